/**
 * The written description of controls, as Markdown, from a configuration: who stands above whom with which limits, every
 * check of the gate with its parameters, roles, kill scopes, and the rules of regulation by their day. It states the hash
 * of the configuration and that over what the gate was loaded with, so that the text cannot part from what it describes.
 */
import { type Config, configHash, usualSecurity, VERSION } from "../../../config/mod.ts";
import { snake } from "../../../config/keys.ts";
import {
  type DatedRule,
  inForce,
  LULD,
  QUOTES,
  ROUND_LOTS,
  SHORT_SALES,
  TICK_SIZES,
} from "../../../config/rulebook/mod.ts";
import { CODE_TEXT } from "../../../ffi/layout.gen.ts";
import { gateChecks } from "../../../ffi/mod.ts";
import { listLimits } from "../../controls/names.ts";
import { ACTIONS, APART, MATRIX, type Role, ROLES } from "../../protocol/mod.ts";
import type { NamedScope } from "../limits.ts";
import { FIRM, instrumentScope, organismScope } from "../scopes.ts";
import { CATALOGUE, type CheckEntry } from "./catalogue.ts";
import type { RunRecord } from "./run_record.ts";

export interface Described {
  /** In force. */
  readonly config: Config;
  readonly gate: string;
  readonly scopes: readonly NamedScope[];
  /** Day the rules of regulation are read for, "YYYY-MM-DD". */
  readonly day: string;
  /** Of the log whose run is described, with its number; null for a configuration alone. */
  readonly run: { readonly number: number; readonly record: RunRecord } | null;
}

export const ADOPT =
  "These are controls a broker-dealer can adopt under its direct and exclusive control. Whether they " +
  "are adequate for a business is for those to judge who answer for it.";

export function describeControls(of: Described): string {
  return [
    "# Written description of market-access controls",
    "",
    ADOPT,
    "",
    ...identity(of),
    "",
    "## Whose limits hold",
    "",
    "An order counts for its organism and everybody above it; each limit of each of them has to hold.",
    "",
    ...tree(of),
    "",
    "## Checks of the gate, in their order",
    "",
    "The first that objects decides. A cancel always passes.",
    "",
    ...gateChecks().flatMap((name) => check(name, CATALOGUE[name], of.config)),
    "## Who may do what",
    "",
    `| | ${ROLES.join(" | ")} |`,
    `| --- |${ROLES.map(() => " --- |").join("")}`,
    ...ACTIONS.map((action) => {
      const may = MATRIX[action] as readonly Role[];
      return `| ${action} |${ROLES.map((role) => (may.includes(role) ? " yes |" : " |")).join("")}`;
    }),
    "",
    ...APART.map(({ roles, why }) => `- Nobody is both ${roles[0]} and ${roles[1]}: ${why}.`),
    "",
    "## What can be killed",
    "",
    ...killScopes(of.config).map((scope) => `- ${scope}`),
    "",
    "## What is stopped without being asked",
    "",
    ...triggers(of.config),
    "",
    `## Rules in force on ${of.day}`,
    "",
    ...RULES.flatMap((rule) => regulation(rule, of.day)),
    "",
  ].join("\n");
}

function identity({ config, gate, run }: Described): string[] {
  const lines = [
    `- CWTS ${VERSION}`,
    `- configuration in force: ${configHash(config)}`,
  ];
  if (run === null) {
    return [...lines, `- a gate loaded with it holds: ${gate}`, "- from the configuration alone; no run"];
  }
  const { number, record } = run;
  return [
    ...lines,
    `- the gate of run ${number} was loaded with, on its log: ${record.gate}`,
    `- configuration run ${number} was started with, on its log: ${record.start.config}`,
    `- changes of limits on its log since: ${record.changes.length}`,
    ...deployed(record.deployment),
  ];
}

/** What ran, to be held against other nodes and what was released. */
function deployed(deployment: RunRecord["deployment"]): string[] {
  if (deployment === null) return ["- code that ran: its log does not say"];
  const { code, core, release, mismatches } = deployment;
  const released = release === null ? "no release was there to compare with" : `released by ${release.person}`;
  return [
    `- code that ran, on its log: ${code}`,
    `- native core that ran, on its log: ${core}`,
    `- at its start: ${mismatches.length === 0 ? released : mismatches.map(({ sentence }) => sentence).join("; ")}`,
  ];
}

function tree({ config, scopes }: Described): string[] {
  const depth = (scope: NamedScope): number => {
    const parent = scopes.find(({ node }) => node === scope.parent && node !== scope.node);
    return parent === undefined ? 0 : depth(parent) + 1;
  };
  const limits = listLimits(config);
  const under = (parent: NamedScope | null): string[] =>
    scopes.filter((one) => parent === null ? depth(one) === 0 : one.parent === parent.node && one !== parent)
      .flatMap((scope) => {
        const indent = "  ".repeat(depth(scope));
        const own = limits.filter((row) => row.scope === scope.name);
        const lines = own.map(({ limit, instrument, value, unit }) =>
          `${indent}  - ${limit}${instrument === null ? "" : ` in ${instrument}`}: ${value} ${unit}`.trimEnd()
        );
        return [
          `${indent}- **${scope.name}**${own.length === 0 ? ": no limit of its own" : ""}`,
          ...lines,
          ...under(scope),
        ];
      });
  return under(null);
}

function check(name: string, entry: CheckEntry, config: Config): string[] {
  const codes = entry.codes.map((code) => {
    const [short, sentence] = CODE_TEXT[code];
    return `- refuses with ${code} ${short}: ${sentence}`;
  });
  return [`### ${entry.row}. ${name}`, "", ...codes, ...parameters(entry, config).map((line) => `- ${line}`), ""];
}

type Row = Readonly<Record<string, unknown>>;

function parameters(entry: CheckEntry, config: Config): string[] {
  const { instruments = [], organisms = [], scopes = [], list, controls = [], demand, told } = entry;
  const lines: string[] = [];
  for (const key of instruments) {
    lines.push(`${snake(key)}: ${config.instruments.map((of) => `${of.symbol} ${text((of as Row)[key])}`).join(", ")}`);
  }
  for (const key of organisms) {
    const values = config.organisms.map(({ id, limits }) => `${id} ${text((limits as Row)[key])}`);
    lines.push(`${snake(key)} of organisms: ${values.join(", ") || "none"}`);
  }
  for (const key of scopes) {
    const rows = listLimits(config).filter(({ limit, scope }) =>
      limit === snake(key) && !scope.startsWith("organism:")
    );
    const values = rows.map(({ scope, instrument, value }) =>
      `${scope}${instrument === null ? "" : ` in ${instrument}`} ${value}`
    );
    lines.push(`${snake(key)} above: ${values.join(", ") || "none"}`);
  }
  for (const key of controls) lines.push(`${snake(key)}: ${text((config.controls as unknown as Row)[key])}`);
  if (list !== undefined) lines.push(...entries(entry, config));
  if (demand !== undefined) lines.push(`its data is demanded ${demandedOf(demand, config)}`);
  if (told !== undefined) lines.push(`by: ${told}`);
  return lines.length > 0 ? lines : ["has no parameters"];
}

function entries({ list = "", keys, demand, where = {} }: CheckEntry, config: Config): string[] {
  const rows = rowsOf(list, config).filter((row) => Object.entries(where).every(([key, value]) => row[key] === value));
  if (rows.length === 0) {
    const asked = demand !== undefined && demandedOf(demand, config) !== NOWHERE;
    return [`[[controls.${list}]]: none${asked ? "" : ", so it refuses nothing for that"}`];
  }
  const names = ["scope", "symbol", "organism", "account", "issuer", "name"];
  return rows.map((row) => {
    const shown = Object.entries(row).filter(([key, value]) =>
      value !== undefined && (names.includes(key) || keys === undefined || keys.includes(key))
    );
    return `[[controls.${list}]] ${shown.map(([key, value]) => `${snake(key)} ${text(value)}`).join(", ")}`;
  });
}

/** As configured; of securities also those that nobody configured, where the firm demands something of every order. */
function rowsOf(list: string, { controls, instruments }: Config): readonly Row[] {
  if (list === "securities" && controls.demands.length > 0) {
    const configured = new Map(controls.securities.map((of) => [of.symbol, of]));
    return instruments.map(({ symbol }) => configured.get(symbol) ?? usualSecurity(symbol));
  }
  return (controls as unknown as Readonly<Record<string, readonly Row[]>>)[list];
}

const NOWHERE = "nowhere";

function demandedOf(demand: string, { controls }: Config): string {
  if ((controls.demands as readonly string[]).includes(demand)) return "of every order";
  const symbols = controls.securities.filter(({ demands }) => (demands as readonly string[]).includes(demand));
  return symbols.length === 0 ? NOWHERE : `in ${symbols.map(({ symbol }) => symbol).join(", ")}`;
}

const text = (value: unknown): string =>
  value === undefined ? "none" : typeof value === "object" ? JSON.stringify(value) : String(value);

/** Every scope that has a word on the control page. */
export function killScopes({ organisms, instruments }: Config): string[] {
  return [
    FIRM,
    ...organisms.map(({ id }) => organismScope(id)),
    ...instruments.map(({ symbol }) => instrumentScope(symbol)),
  ];
}

/** Each rule with the state it leads to and its limits. */
function triggers({ kill }: Config): string[] {
  return Object.entries(kill.triggers as Readonly<Record<string, Row>>).map(([rule, { state, ...limits }]) => {
    const shown = Object.entries(limits).map(([key, value]) => `${snake(key)} ${text(value)}`);
    return `- **${snake(rule)}** → ${text(state)}${shown.length === 0 ? "" : `: ${shown.join(", ")}`}`;
  });
}

const RULES: readonly DatedRule<unknown>[] = [ROUND_LOTS, TICK_SIZES, LULD, SHORT_SALES, QUOTES];

function regulation(rule: DatedRule<unknown>, day: string): string[] {
  const regime = inForce(rule, day);
  if (regime === null) return [`- **${rule.name}**: no rule on that day`];
  const { from, until, source, evidence } = regime;
  const span = until === null ? `since ${from}` : `from ${from}, until ${until}`;
  return [
    `- **${rule.name}**, ${span}: ${source} (${evidence === "read" ? "source read" : "to be confirmed"})`,
    `  - \`${JSON.stringify(regime.rule)}\``,
  ];
}
