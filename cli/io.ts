/** Where a command writes, and how loud it may be. Tests hand in their own. */
import { styleText } from "node:util";
import { readSecret } from "./secret.ts";

export interface CliIo {
  /** Results, one line. */
  readonly out: (line: string) => void;
  /** Talk that is not a result: errors, progress, warnings. */
  readonly err: (line: string) => void;
  /** Raw text to the error stream, for a progress line that rewrites itself. */
  readonly errRaw: (text: string) => void;
  /** A person is watching the error stream. */
  readonly terminal: boolean;
  readonly color: boolean;
  /** Asks for a yes; false when it is not given. Absent when nobody can be asked. */
  readonly confirm?: (question: string) => boolean;
  /** Asks for something that is not shown; without a terminal, the next line of the standard input. */
  readonly secret?: (question: string) => string;
}

const encoder = new TextEncoder();

function writer(stream: { writeSync(data: Uint8Array): number; isTerminal(): boolean }) {
  return (text: string) => {
    let data = encoder.encode(text);
    try {
      while (data.length > 0) data = data.subarray(stream.writeSync(data));
    } catch (error) {
      // Whoever read us has gone (`… | head`, a terminal that was closed): there is nobody left to tell.
      if (!(error instanceof Deno.errors.BrokenPipe || (error as { code?: string }).code === "EIO")) throw error;
    }
  };
}

export function processIo(): CliIo {
  const [out, err] = [writer(Deno.stdout), writer(Deno.stderr)];
  return {
    out: (line) => out(`${line}\n`),
    err: (line) => err(`${line}\n`),
    errRaw: err,
    terminal: Deno.stderr.isTerminal(),
    color: !Deno.noColor && Deno.stdout.isTerminal(),
    confirm: Deno.stdin.isTerminal() ? (question) => globalThis.confirm(question) : undefined,
    secret: (question) => readSecret(question, err),
  };
}

export type Paint = "bold" | "dim" | "red" | "green" | "yellow";

/** The text in a colour, where colour is welcome. */
export function paint(io: Pick<CliIo, "color">, style: Paint, text: string): string {
  return io.color ? styleText(style, text, { validateStream: false }) : text;
}

/** Rows as aligned columns; the last column is never padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, cell.length));
  return rows.map((row) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]))).join("  ").trimEnd()
  );
}
