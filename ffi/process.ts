/** What this process is asked of by whoever started it. */
import { core } from "./library.ts";

/** Whether the end of the terminal is to be ignored, as `nohup` asks for. Ask before listening for the signal. */
export function hangupIgnored(): boolean {
  return core().cwts_hangup_ignored() === 1;
}
