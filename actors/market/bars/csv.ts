/**
 * Daily bars from a CSV file: date, open, high, low, close, volume and, if the source gives one, adjclose.
 *
 * Prices become integer ticks at the nearest tick (half away from zero): published histories are often
 * single-precision exports such as "1438.359985". With an adjusted close all four prices are scaled by
 * adjclose / close, exactly, before rounding. Any bad row is refused with its line number; nothing is skipped or
 * repaired.
 */
import { UserError } from "../../../config/errors.ts";
import { MICROS_PER_SECOND } from "../../../runtime/mod.ts";
import {
  type Bar,
  type Decimal,
  DecimalError,
  type Instrument,
  nearestTicks,
  parseDecimal,
} from "../../protocol/mod.ts";

export interface BarsOptions {
  readonly instrument: Pick<Instrument, "id" | "symbol" | "tick">;
  /** Shown in errors: the file's name. */
  readonly source: string;
  /** Time of day, UTC, at which a day's bar ends; default "21:00", the close of New York in winter. */
  readonly closeUtc?: string;
}

const REQUIRED = ["date", "open", "high", "low", "close", "volume"] as const;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** Bars of the text, oldest first. Throws UserError "BARS_COLUMN", "BARS_ROW", "BARS_EMPTY" or "BARS_CLOSE". */
export function parseBars(text: string, options: BarsOptions): Bar[] {
  const { source, closeUtc = "21:00" } = options;
  const close = TIME.exec(closeUtc);
  if (close === null) {
    throw new UserError(
      "BARS_CLOSE",
      `"${closeUtc}" is not a time of day: write the close in UTC, for example "21:00".`,
    );
  }
  const lines = text.split("\n");
  const header = (lines[0] ?? "").replace(/^\uFEFF/, "").trim().toLowerCase().split(",");
  for (const name of REQUIRED) {
    if (!header.includes(name)) {
      throw new UserError(
        "BARS_COLUMN",
        `${source}: the first line has no column "${name}"; it needs ${REQUIRED.join(", ")}.`,
      );
    }
  }
  const row = new Row(header, options, (Number(close[1]) * 3600 + Number(close[2]) * 60) * MICROS_PER_SECOND);
  const bars: Bar[] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === "" && lines.slice(i).every((rest) => rest.trim() === "")) break;
    bars.push(row.read(line, i + 1, bars.at(-1)));
  }
  if (bars.length === 0) throw new UserError("BARS_EMPTY", `${source}: there are no bars below the header.`);
  return bars;
}

/** Reads a file of bars. Throws UserError "BARS_FILE" when it cannot be read, else as `parseBars`. */
export function readBars(path: string, options: Omit<BarsOptions, "source">): Bar[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "does not exist"
      : `cannot be read (${(error as Error).message})`;
    throw new UserError("BARS_FILE", `The bar file ${path} ${why}: give the path of a CSV of daily bars.`);
  }
  return parseBars(text, { ...options, source: path.split("/").at(-1)! });
}

/** The embedded history: S&P 500, daily, 2000-01-03 to 2020-04-17. */
export function embeddedBarsPath(): string {
  const url = new URL("../data/sp500-2000.csv", import.meta.resolve("vega-datasets"));
  return decodeURIComponent(url.pathname);
}

/** Node time at which the first bar ends: where the clock of a bar run starts. */
export function firstTimestamp(bars: readonly Bar[]): number {
  return bars[0].time;
}

class Row {
  readonly #columns: Map<string, number>;

  constructor(readonly header: readonly string[], readonly options: BarsOptions, readonly closeOfDay: number) {
    this.#columns = new Map(header.map((name, index) => [name, index]));
  }

  read(line: string, number: number, previous: Bar | undefined): Bar {
    const fields = line.split(",");
    const refuse = (what: string): never => {
      throw new UserError("BARS_ROW", `${this.options.source}, line ${number}: ${what}.`);
    };
    if (fields.length !== this.header.length) {
      refuse(`${fields.length} fields where the header has ${this.header.length}`);
    }
    const field = (name: string): string => fields[this.#columns.get(name)!];
    const time = this.#timeOf(field("date"), refuse);
    if (previous !== undefined && time <= previous.time) {
      refuse(`the date ${field("date")} does not follow the line above`);
    }
    const factor = this.#adjustment(field, refuse);
    const ticks = (name: string): number => {
      try {
        return nearestTicks(this.options.instrument, positive(name, field(name), refuse), factor);
      } catch (error) {
        return error instanceof DecimalError ? refuse(error.message) : raise(error);
      }
    };
    const [open, high, low, close] = [ticks("open"), ticks("high"), ticks("low"), ticks("close")];
    if (low < 1) refuse(`the low of ${field("low")} is less than one tick of ${this.options.instrument.tick}`);
    if (high < Math.max(open, close, low)) refuse(`the high of ${field("high")} is below another price of the day`);
    if (low > Math.min(open, close)) refuse(`the low of ${field("low")} is above another price of the day`);
    const volume = Number(field("volume"));
    if (!/^\d/.test(field("volume")) || !Number.isFinite(volume)) {
      refuse(`the volume "${field("volume")}" is not a number`);
    }
    return { kind: "Bar", instrument: this.options.instrument.id, open, high, low, close, volume, time };
  }

  #timeOf(date: string, refuse: (what: string) => never): number {
    const match = DATE.exec(date);
    const midnight = match === null ? NaN : Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
    // Date.UTC carries 30 February over into March.
    if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date) {
      return refuse(`"${date}" is not a date of the form 2000-01-03`);
    }
    return midnight * 1_000 + this.closeOfDay;
  }

  #adjustment(field: (name: string) => string, refuse: (what: string) => never) {
    if (!this.#columns.has("adjclose") || field("adjclose") === field("close")) return undefined;
    positive("adjclose", field("adjclose"), refuse);
    positive("close", field("close"), refuse);
    const [numerator, denominator]: Decimal[] = [parseDecimal(field("adjclose")), parseDecimal(field("close"))];
    return { numerator, denominator };
  }
}

function raise(error: unknown): never {
  throw error;
}

/** The text, if it is a decimal above zero. */
function positive(name: string, text: string, refuse: (what: string) => never): string {
  try {
    if (parseDecimal(text).digits > 0n) return text;
  } catch (error) {
    if (!(error instanceof DecimalError)) throw error;
  }
  return refuse(`the ${name} "${text}" is not a price above zero`);
}
