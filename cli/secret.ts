/** Reads secrets: from a terminal without showing them, from a pipe a line each. They are never taken as arguments. */
import { UserError } from "../config/errors.ts";

const decoder = new TextDecoder();
const [ENTER, NEWLINE, INTERRUPT, END, BACKSPACE, DELETE] = [13, 10, 3, 4, 8, 127];
const LONGEST = 4_096;

/** Reads stdin to the end of a line, byte by byte, so that the next line is left for the next question. */
function readLine(terminal: boolean, show: (text: string) => void): string {
  const bytes: number[] = [];
  const one = new Uint8Array(1);
  while (bytes.length < LONGEST) {
    const byte = Deno.stdin.readSync(one) === null ? END : one[0];
    if (byte === ENTER || byte === NEWLINE || (byte === END && (terminal || bytes.length > 0))) break;
    if (byte === END) throw new UserError("USAGE", "a secret was expected on the standard input, a line for each");
    if (terminal && byte === INTERRUPT) {
      show("\n");
      throw new UserError("USAGE", "nothing was done");
    }
    if (terminal && (byte === BACKSPACE || byte === DELETE)) bytes.pop();
    else bytes.push(byte);
  }
  return decoder.decode(new Uint8Array(bytes));
}

/** What a person types after `question`, or the next line of the pipe. Throws USAGE when there is none. */
export function readSecret(question: string, show: (text: string) => void): string {
  if (!Deno.stdin.isTerminal()) return readLine(false, show);
  show(`${question}: `);
  Deno.stdin.setRaw(true);
  try {
    return readLine(true, show);
  } finally {
    Deno.stdin.setRaw(false);
    show("\n");
  }
}
