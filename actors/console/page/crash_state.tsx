/** The state of a crashed actor before and after the message it failed in: what changed first, the rest below. */
import { compareStates, type StateChange } from "../../protocol/crashes.ts";
import { NONE } from "./format.ts";

export function CrashState({ before, after }: { readonly before: unknown; readonly after: unknown }) {
  const places = compareStates(before, after);
  if (places.length === 0) return <p class="muted pad">The actor shows nothing of its state.</p>;
  const both = before !== null && after !== null;
  const changed = both ? places.filter((one) => one.before !== one.after) : [];
  const kept = both ? places.filter((one) => one.before === one.after) : places;
  return (
    <div class="scroll state-box">
      <table class="state-table" aria-label="State">
        <thead>
          <tr>
            <th scope="col">{both ? `${changed.length} of ${places.length} changed` : "Place"}</th>
            {both && <th scope="col">Before</th>}
            <th scope="col">{both ? "After" : after === null ? "Before" : "After"}</th>
          </tr>
        </thead>
        <tbody>
          {changed.map((one) => <Changed key={one.place} one={one} />)}
          {kept.map((one) => (
            <tr key={one.place} class="kept">
              <th scope="row">{one.place}</th>
              <td colSpan={both ? 2 : 1}>{one.after ?? one.before}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Changed({ one }: { readonly one: StateChange }) {
  return (
    <tr class="changed">
      <th scope="row">{one.place}</th>
      <td class="was">{one.before ?? NONE}</td>
      <td class="is">{one.after ?? NONE}</td>
    </tr>
  );
}
