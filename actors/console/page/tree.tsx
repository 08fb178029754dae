/** The supervision tree: who is below whom, how full each mailbox is, what it handles, how often it came back. */
import { chosenActor, chosenCrash, crashes, folded, rates, snapshot } from "./state.ts";
import { count, counted, NONE, rate } from "./format.ts";
import { Empty, Panel } from "./panel.tsx";
import { type TreeRow, treeRows } from "./tree_rows.ts";

const ROW = 22;
const INDENT = 12;
const SHOWN_ROWS = 500;

export function Tree() {
  const s = snapshot.value;
  const rows = s === null ? [] : treeRows(s.actors, folded.value);
  const total = s?.actorsTotal ?? 0;
  const shown = rows.slice(0, SHOWN_ROWS);
  const restarts = s?.actors.reduce((sum, actor) => sum + actor.restarts, 0) ?? 0;
  return (
    <Panel
      id="tree"
      title="Supervision"
      aside={s !== null && total > 0 && `${counted(total, "actor")}, ${counted(restarts, "restart")}`}
    >
      {rows.length === 0
        ? <Empty>{s === null ? "No snapshot received yet." : "The node reports no actors."}</Empty>
        : (
          <>
            <div class="scroll tree">
              <Links rows={shown} />
              <table class="fixed" aria-label="Supervision tree">
                <thead>
                  <tr>
                    <th scope="col">Actor</th>
                    <th scope="col" class="w-gauge num">Mailbox</th>
                    <th scope="col" class="w-rate num" title="messages handled per second, over the last two seconds">
                      Msg/s
                    </th>
                    <th scope="col" class="w-rate num" title="restarts">Rst</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((row) => <Row key={row.actor.path} row={row} />)}
                </tbody>
              </table>
            </div>
            {total > shown.length && rows.length > SHOWN_ROWS && (
              <p class="note">Showing {count(shown.length)} of {count(total)}; all are under /api/v1/actors.</p>
            )}
            <Detail />
          </>
        )}
    </Panel>
  );
}

function Row({ row }: { readonly row: TreeRow }) {
  const { actor, depth } = row;
  const name = actor.path.split("/").filter((part) => part !== "").at(-1) ?? actor.path;
  const waiting = actor.mailbox + row.hiddenMailbox;
  const perSecond = rates.value.get(actor.path);
  return (
    <tr class={chosenActor.value === actor.path ? "chosen" : undefined} data-actor={actor.path}>
      <th scope="row" style={{ paddingLeft: `${depth * INDENT + 4}px` }}>
        {row.below > 0
          ? (
            <button
              type="button"
              class="fold"
              aria-expanded={!row.folded}
              aria-label={`${row.folded ? "Open" : "Close"} ${actor.path}`}
              onClick={() => toggle(actor.path)}
            >
              {row.folded ? "▸" : "▾"}
            </button>
          )
          : <span class="fold" aria-hidden="true" />}
        <span class={`dot dot-${actor.state}`} title={actor.state}>
          <span class="hidden">{actor.state}</span>
        </span>
        <button type="button" class="plain" title={actor.path} onClick={() => choose(actor.path)}>{name}</button>
        {row.folded && <span class="muted">&nbsp;+{row.below}</span>}
      </th>
      <td class="num">
        <Gauge waiting={waiting} capacity={actor.mailboxCapacity} />
      </td>
      <td class="num">{perSecond === undefined ? NONE : rate(perSecond)}</td>
      <td class={actor.restarts > 0 ? "num warn" : "num muted"} key={actor.restarts}>{count(actor.restarts)}</td>
    </tr>
  );
}

/** How full the mailbox is, on a square-root scale so that the first few messages show. */
function Gauge({ waiting, capacity }: { readonly waiting: number; readonly capacity: number }) {
  const share = capacity > 0 ? Math.min(1, waiting / capacity) : 0;
  const level = share > 0.8 ? "high" : share > 0.5 ? "mid" : "low";
  return (
    <span class="gauge-cell">
      <span class="gauge" aria-hidden="true">
        <span class={`gauge-fill gauge-${level}`} style={{ width: `${Math.sqrt(share) * 100}%` }} />
      </span>
      <span class="gauge-number" title={`${waiting} of ${capacity}`}>{count(waiting)}</span>
    </span>
  );
}

/** The lines from parent to child, under the table. */
function Links({ rows }: { readonly rows: readonly TreeRow[] }) {
  const y = (row: number) => (row + 1.5) * ROW;
  const path = rows.map((row, index) => {
    if (row.parentRow < 0) return "";
    const x = (row.depth - 1) * INDENT + 11.5;
    return `M${x} ${y(row.parentRow) + 7}V${y(index) - 0.5}H${x + (row.below > 0 ? 5 : 16)}`;
  }).join("");
  return (
    <svg class="links" aria-hidden="true" width="120" height={(rows.length + 1) * ROW}>
      <path d={path} />
    </svg>
  );
}

/** Always as high, chosen or not. */
function Detail() {
  const actor = snapshot.value?.actors.find((candidate) => candidate.path === chosenActor.value);
  if (actor === undefined) {
    return <p class="detail muted">Choose an actor to see its mailbox, messages and last exit.</p>;
  }
  const crash = crashes.value.find(({ path }) => path === actor.path);
  return (
    <div class="detail" aria-live="off">
      <p class="clip">
        <strong>{actor.path}</strong> <span class="muted">{actor.type}{actor.strategy && `, ${actor.strategy}`}</span>
      </p>
      <p class="clip">
        {actor.state}, {count(actor.mailbox)} of {count(actor.mailboxCapacity)} waiting, {count(actor.handled)} handled,
        {" "}
        {counted(actor.restarts, "restart")}
      </p>
      <p class="clip" title={actor.lastExit ?? undefined}>
        {actor.lastExit === null ? "Never exited." : `Last exit: ${actor.lastExit}`}
        {crash !== undefined && (
          <>
            {" "}
            <button type="button" class="plain crash-link" onClick={() => chosenCrash.value = crash.id}>
              crash {crash.id}
            </button>
          </>
        )}
      </p>
    </div>
  );
}

function choose(path: string): void {
  chosenActor.value = chosenActor.value === path ? null : path;
}

function toggle(path: string): void {
  const next = new Set(folded.value);
  if (!next.delete(path)) next.add(path);
  folded.value = next;
}
