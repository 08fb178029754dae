/** Limits as a tree: every scope with what it uses, a bar for each limit whose use is counted, and a way to change it. */
import { signal } from "@preact/signals";
import type { ControlScope, LimitUse } from "../../protocol/controls.ts";
import { tree } from "./controls_requests.ts";
import { counted, money } from "./format.ts";
import { changing } from "./limit_change.tsx";
import { figure, limitName, percent, refName, unitName } from "./limit_text.ts";
import { Empty, Panel } from "./panel.tsx";
import { currency } from "./state.ts";
import { scopeRows } from "./scope_rows.ts";

/** 0: everything. */
const atLeast = signal(0);
const folded = signal<ReadonlySet<string>>(new Set());
/** Scopes whose limits without counted use are shown. */
const opened = signal<ReadonlySet<string>>(new Set());

export function LimitTree() {
  const { value, problem } = tree.value;
  if (value === null) {
    return (
      <Panel id="limits" title="Limits">
        <Empty>{problem ?? "No limits received yet."}</Empty>
      </Panel>
    );
  }
  const rows = scopeRows(value.scopes, folded.value);
  return (
    <Panel id="limits" title="Limits and their use" aside={<Filter />}>
      <div class="scroll">
        <table class="fixed limit-tree" aria-label="Limits">
          <thead>
            <tr>
              <th scope="col" class="w-limit">Scope, limit</th>
              <th scope="col">Use</th>
              <th scope="col" class="w-used num">Used of limit</th>
              <th scope="col" class="w-peak num spare" title="most used since the node started">Peak</th>
              <th scope="col" class="w-change">
                <span class="hidden">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ scope, depth, below, closed }) => (
              <Scope key={scope.name} scope={scope} depth={depth} below={below} closed={closed} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Filter() {
  return (
    <div class="filters">
      <label>
        <span class="hidden">Show</span>
        <select value={atLeast.value} onChange={(event) => atLeast.value = Number(event.currentTarget.value)}>
          <option value="0">All limits</option>
          <option value="50">Used to 50 % or more</option>
          <option value="75">Used to 75 % or more</option>
        </select>
      </label>
    </div>
  );
}

function Scope({ scope, depth, below, closed }: {
  readonly scope: ControlScope;
  readonly depth: number;
  readonly below: number;
  readonly closed: boolean;
}) {
  const shown = scope.limits.filter((row) => row.level >= atLeast.value);
  const bars = shown.filter((row) => row.share !== null);
  const others = shown.filter((row) => row.share === null);
  const open = opened.value.has(scope.name);
  if (atLeast.value > 0 && shown.length === 0) return null;
  return (
    <>
      <tr class="scope-row" data-scope={scope.name} style={{ "--depth": depth }}>
        <th scope="row" class="indented">
          {below > 0
            ? (
              <button
                type="button"
                class="fold"
                aria-expanded={!closed}
                aria-label={`${closed ? "Open" : "Close"} ${scope.name}`}
                onClick={() => folded.value = toggled(folded.value, scope.name)}
              >
                {closed ? "▸" : "▾"}
              </button>
            )
            : <span class="fold" aria-hidden="true" />}
          <strong title={scope.name}>{scope.name}</strong>
          {closed && <span class="muted">&nbsp;+{below}</span>}
        </th>
        <td colspan={3} class="muted totals">
          {scope.totals === null
            ? "every order in it"
            : `${counted(scope.totals.openOrders, "open order")}, gross ${money(scope.totals.gross)}`}
        </td>
        <td class="spare" />
      </tr>
      {bars.map((row) => <Limit key={keyOf(row)} row={row} depth={depth} />)}
      {others.length > 0 && (
        <tr class="more-row" style={{ "--depth": depth + 1 }}>
          <td colspan={4} class="indented">
            <button
              type="button"
              class="plain muted"
              aria-expanded={open}
              onClick={() => opened.value = toggled(opened.value, scope.name)}
            >
              {open ? "▾" : "▸"} {counted(others.length, "limit")} of single orders, use not counted
            </button>
          </td>
          <td class="spare" />
        </tr>
      )}
      {open && others.map((row) => <Limit key={keyOf(row)} row={row} depth={depth} />)}
    </>
  );
}

const keyOf = ({ scope, limit, instrument }: LimitUse): string => `${scope} ${limit} ${instrument}`;

function Limit({ row, depth }: { readonly row: LimitUse; readonly depth: number }) {
  const unit = unitName(row.unit, currency.value);
  const name = limitName(row.limit);
  return (
    <tr class="limit-row" data-limit={keyOf(row)} style={{ "--depth": depth + 1 }}>
      <th scope="row" class="indented" title={`${row.limit} of ${row.scope}`}>
        {name} {row.instrument !== null && <span class="muted">{row.instrument}</span>}
      </th>
      <td class="bar-of">
        {row.share === null
          ? <span class="muted">not counted</span>
          : <UseBar share={row.share} level={row.level} name={refName(row)} />}
      </td>
      <td class="num used-of">
        {row.used !== null && (
          <>
            {figure(row.used)} <span class="muted">of</span>
          </>
        )} {figure(row.value)} <span class="muted unit">{unit}</span>
      </td>
      <td class="num spare muted">{row.peak === null ? "" : figure(row.peak)}</td>
      <td class="change">
        {row.changeable
          ? (
            <button
              type="button"
              class="small"
              aria-label={`Change ${refName(row)}`}
              onClick={() => changing.value = row}
            >
              Change…
            </button>
          )
          : <span class="muted" title="set by the configuration alone">fixed</span>}
      </td>
    </tr>
  );
}

/** Colour, a mark and the number say the same. */
export function UseBar({ share, level, name }: {
  readonly share: number;
  readonly level: LimitUse["level"];
  readonly name: string;
}) {
  const shown = percent(share);
  return (
    <span
      class={`use use-${level}`}
      role="meter"
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.min(100, Math.round(share * 1000) / 10)}
      aria-valuetext={`${shown} used`}
    >
      <span class="use-track" aria-hidden="true">
        <span class="use-fill" style={{ width: `${Math.min(1, Math.max(0, share)) * 100}%` }} />
      </span>
      <span class="use-number" aria-hidden="true">{shown}</span>
    </span>
  );
}

function toggled(set: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(name)) next.add(name);
  return next;
}
