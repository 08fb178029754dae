/** Alerts of a run: raised, told on and answered, as the records of the alerts desk tell it. */
import type { Said } from "./records.ts";

export interface AlertRow {
  /** Index of the record that raised it, and its place there: several from before the start are told in one record. */
  readonly alert: number;
  readonly place: number;
  readonly kind: string;
  /** "critical", "warning" …; "note" for what is put on record and rings nobody. */
  readonly severity: string;
  readonly subject: string;
  text: string;
  /** Microseconds by the node's clock. */
  readonly raised: number;
  /** How often it was raised before somebody answered. */
  count: number;
  state: "raised" | "ended" | "acknowledged" | "closed" | "noted";
  /** Roles it was told on to, in order; "trigger" where it stopped trading. */
  escalated: string;
  /** Who answered last, what they said and when; null while nobody did. */
  answeredBy: string | null;
  answer: string | null;
  answered: number | null;
}

export class RunAlerts {
  /** Not closed. */
  #open: AlertRow[] = [];
  #changed = new Set<AlertRow>();

  /** Raised and not closed, oldest first. */
  open(): readonly Readonly<AlertRow>[] {
    return this.#open;
  }

  takeChanged(): readonly Readonly<AlertRow>[] {
    const changed = [...this.#changed];
    this.#changed = new Set();
    return changed;
  }

  /** A note; of no concern unless it is about an alert. */
  noted(index: number, time: number, said: Said): void {
    if (Array.isArray(said.open) && said.alerts === "restored") return this.#restored(index, time, said.open);
    if (typeof said.ended === "string") return this.#ended(said.ended, String(said.subject ?? ""));
    if (typeof said.escalated === "string") {
      const row = this.#find(said.escalated, String(said.subject ?? ""));
      if (row === undefined) return;
      row.escalated = [row.escalated, String(said.to)].filter((part) => part !== "").join(" ");
      return void this.#changed.add(row);
    }
    if (typeof said.alert !== "string") return;
    const subject = String(said.subject ?? "");
    const text = String(said.text ?? "");
    if (typeof said.severity !== "string") {
      return this.#add(rowOf({ alert: index, kind: said.alert, severity: "note", subject, text, raised: time }));
    }
    const known = this.#open.find((row) => row.kind === said.alert && row.subject === subject && waits(row));
    if (known === undefined) {
      return this.#add(rowOf({ alert: index, kind: said.alert, severity: said.severity, subject, text, raised: time }));
    }
    known.count++;
    known.state = "raised";
    known.text = text;
    this.#changed.add(known);
  }

  /** What a person did; of no concern unless it answers an alert. */
  acted(time: number, said: Said): void {
    const { action } = said;
    if (action !== "alert-acknowledged" && action !== "alert-closed") return;
    const row = this.#find(String(said.alert), String(said.subject ?? ""));
    if (row === undefined) return;
    row.state = action === "alert-closed" ? "closed" : "acknowledged";
    row.answeredBy = String(said.who);
    row.answer = String(said.reason);
    row.answered = time;
    this.#changed.add(row);
    if (row.state === "closed") this.#open = this.#open.filter((one) => one !== row);
  }

  save(): readonly AlertRow[] {
    return this.#open;
  }

  restore(open: readonly AlertRow[]): void {
    this.#open = [...open];
  }

  /** Alerts from before the start, which the run goes on with. */
  #restored(index: number, time: number, open: readonly Said[]): void {
    open.forEach(({ kind, subject, state }, i) => {
      const row = rowOf({
        alert: index,
        place: i,
        kind: String(kind),
        severity: "restored",
        subject: String(subject),
        text: "raised before this run",
        raised: time,
      });
      if (state === "acknowledged") row.state = "acknowledged";
      this.#add(row);
    });
  }

  /** Its cause is gone: a warning is over with it, and so is what somebody had acknowledged. */
  #ended(kind: string, subject: string): void {
    for (const row of this.#open.filter((one) => one.kind === kind && one.subject === subject)) {
      const over = row.severity === "warning" || row.state === "acknowledged";
      row.state = over ? "closed" : "ended";
      if (over) this.#open = this.#open.filter((one) => one !== row);
      this.#changed.add(row);
    }
  }

  #add(row: AlertRow): void {
    this.#changed.add(row);
    if (row.severity === "note") row.state = "noted";
    else this.#open.push(row);
  }

  /** The oldest that waits, as whoever answers sees it first. */
  #find(kind: string, subject: string): AlertRow | undefined {
    return this.#open.find((row) => row.kind === kind && row.subject === subject);
  }
}

/** Raised and not acknowledged, whether its cause is still there or not. */
const waits = ({ state }: AlertRow): boolean => state === "raised" || state === "ended";

type Raised = Pick<AlertRow, "alert" | "kind" | "severity" | "subject" | "text" | "raised"> & Partial<AlertRow>;

function rowOf(raised: Raised): AlertRow {
  const fresh = { count: 1, state: "raised", escalated: "", answeredBy: null, answer: null, answered: null } as const;
  return { place: 0, ...fresh, ...raised };
}
