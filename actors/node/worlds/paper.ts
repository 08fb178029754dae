/** A market that outlives the node: the paper exchange, a process of its own, on the wall's time. */
import { type Config, UserError } from "../../../config/mod.ts";
import { MICROS_PER_SECOND } from "../../../runtime/mod.ts";
import { worker } from "../../../supervision/mod.ts";
import { readToken, VenueFault } from "../../venues/paper/client.ts";
import { paperExchange } from "../../venues/paper/exchange.ts";
import { type PaperSession, PaperVenue } from "../../venues/paper/venue.ts";
import { PAPER, reconcile, RUN_VENUE_FILE } from "../paper/reconcile.ts";
import { StateFile } from "../state_file.ts";
import { wallNanos } from "../wall.ts";
import type { World } from "./world.ts";

const now = () => Math.round(wallNanos() / 1_000);

export function paperWorld(config: Config): World {
  let session: PaperSession | null = null;
  let venue: PaperVenue | null = null;
  let write = () => {};
  return {
    name: PAPER,
    start: now(),
    sampleEvery: MICROS_PER_SECOND,
    faults: () => [],
    async settle({ dataDir, run, runPath, instruments }) {
      try {
        const report = await reconcile({ config, instruments, dataDir, run, now });
        const { journal, asOf: after } = report;
        write = () => new StateFile(runPath, RUN_VENUE_FILE).write(`${JSON.stringify({ journal, after })}\n`);
        const { directory, deadlineMs, cancelOnDisconnect } = config.venue;
        const token = readToken(directory);
        session = { directory, token, session: run, journal, after, deadlineMs, cancelOnDisconnect };
        return report;
      } catch (error) {
        if (error instanceof VenueFault) throw new UserError(error.code, error.message);
        throw error;
      }
    },
    async connect() {
      // Before the first order can go, and after what the run begins with is on record.
      write();
      try {
        await venue?.connect();
      } catch (error) {
        if (error instanceof VenueFault) throw new UserError(error.code, error.message);
        throw error;
      }
    },
    build({ instruments, isApproved, doorOpen }) {
      if (session === null) throw new Error("a paper world is built before it was settled");
      venue = new PaperVenue({ session, instruments, isApproved, doorOpen });
      return {
        venue: worker("exchange", paperExchange, { venue, instruments: instruments.map(({ id }) => id) }),
        market: [],
        port: venue,
        close: () => venue!.close(),
      };
    },
  };
}
