/** Public face of the access family: who is let in, and what each may do. */
export type { AccessEvent } from "./book.ts";
export { AccessDesk, type AccessDeskOptions } from "./desk.ts";
export type { BookFile } from "./ledger.ts";
