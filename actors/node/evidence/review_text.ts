/** A review pack as a person reads it, with the hash of the pack it was written from. */
import { MONEY_SCALE } from "../../protocol/mod.ts";
import { ADOPT } from "./describe.ts";
import { type Noted, packBytes, type ReviewPack, sha256 } from "./review.ts";
import type { LimitUse } from "./usage.ts";

const MONEY = ["max_notional", "max_gross", "max_net"];

export function reviewText(pack: ReviewPack): string {
  const {
    period,
    runs,
    decisions,
    limits,
    rejects,
    changes,
    overrides,
    warnings,
    incidents,
    alerts,
    deployments,
    tests,
  } = pack;
  return [
    `# Review of market-access controls, ${period.from} to ${period.to}`,
    "",
    ADOPT,
    "",
    `SHA-256 of the pack: ${sha256(packBytes(pack))}`,
    "",
    "## Runs",
    "",
    "| run | records | root of the log | configuration at the start | at the end | gate loaded with | ended |",
    "| ---: | ---: | --- | --- | --- | --- | --- |",
    ...runs.map(({ run, records, root, config, configAtEnd, gate, stoppedInOrder }) =>
      `| ${run} | ${records} | ${root} | ${config} | ${configAtEnd} | ${gate} | ${
        stoppedInOrder ? "in order" : "not in order"
      } |`
    ),
    "",
    `${decisions.made} decisions, ${decisions.accepted} accepted.`,
    "",
    "## Limits and their use",
    "",
    "The most that each limit was asked to hold, by the decisions and executions on record; values at the reference price",
    "of the order that changed them.",
    "",
    "| scope | limit | value | used at most | share |",
    "| --- | --- | ---: | ---: | ---: |",
    ...limits.map(limitRow),
    "",
    "## Refused, by reason",
    "",
    ...(rejects.length === 0 ? ["Nothing was refused."] : [
      "| code | reason | orders |",
      "| ---: | --- | ---: |",
      ...rejects.map(({ code, name, count }) => `| ${code} | ${name} | ${count} |`),
    ]),
    "",
    "## Changes",
    "",
    ...list(changes),
    "",
    "## Overrides",
    "",
    `Warnings that a person acknowledged: ${overrides.acknowledged}. Looser limits for a time:`,
    "",
    ...list(overrides.temporary),
    "",
    "## Warnings",
    "",
    ...list(warnings),
    "",
    "## Incidents",
    "",
    ...list(incidents),
    "",
    "## Alerts told on and answered",
    "",
    ...list(alerts),
    "",
    "## What ran",
    "",
    ...list(deployments),
    "",
    "## Tests of controls",
    "",
    ...(tests === null ? ["None were handed in."] : ["```json", JSON.stringify(tests, null, 1), "```"]),
    "",
    "## Delivery of executions to surveillance",
    "",
    "Not on record: it is measured by the wall clock, and stands in the summary of a run and in `GET /post-trade`.",
    "",
  ].join("\n");
}

function limitRow({ scope, instrument, limit, value, used }: LimitUse): string {
  const amount = (units: number) => MONEY.includes(limit) ? (units / MONEY_SCALE).toFixed(2) : String(units);
  const share = used === null || value === 0 ? "" : `${(used / value * 100).toFixed(1)} %`;
  const name = instrument === null ? scope : `${scope} in ${instrument}`;
  return `| ${name} | ${limit} | ${amount(value)} | ${used === null ? "not measured" : amount(used)} | ${share} |`;
}

/** Fields that say who, what and why; the rest is in the pack. */
const SHOWN = [
  "action",
  "scope",
  "limit",
  "instrument",
  "from",
  "to",
  "reason",
  "who",
  "actor",
  "kind",
  "trigger",
  "breaker",
  "alert",
  "state",
  "measured",
  "level",
  "difference",
  "detail",
  "text",
  "escalated",
  "subject",
  "afterMs",
  "deployment",
];

function list(noted: readonly Noted[]): string[] {
  if (noted.length === 0) return ["None."];
  return noted.map(({ run, index, what }) => {
    const shown = SHOWN.filter((name) => what[name] !== undefined && what[name] !== null);
    const said = shown.map((name) =>
      `${name} ${typeof what[name] === "object" ? JSON.stringify(what[name]) : what[name]}`
    );
    return `- run ${run}, record ${index}: ${said.join(", ")}`;
  });
}
