/** `audit page`: the second verifier as a page for people who have no CWTS. */
import type { Command } from "commander";
import { OK } from "./failure.ts";
import type { CliIo } from "./io.ts";

const EXAMPLES = `
Examples:
  $ deno task cwts audit page > verifier.html     open it in a browser, and drop a proof and public keys onto it

The page is one file that works offline and sends nothing. Hand it over apart from the proof.
`;

export function addAuditPage(audit: Command, io: CliIo, finish: (exit: number) => void): void {
  audit.command("page").description("print a page that checks proofs, checkpoints and logs in a browser")
    .addHelpText("after", EXAMPLES)
    .action(async () => {
      const { verifierPage } = await import("../actors/auditors/page/page_file.ts");
      const { bundleScript } = await import("../actors/console/bundle.ts");
      io.out((await verifierPage({ bundle: bundleScript })).trimEnd());
      finish(OK);
    });
}
