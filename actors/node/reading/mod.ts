/** What people read out of a log: the state of a run behind any record, and the story of an order. */
export { RunState, type StrictScope } from "./run_state.ts";
export { type OrderName, OrderStory, type StoryLine } from "./story.ts";
export type { AlertRow } from "./alerts.ts";
export type { OrderRow } from "./orders.ts";
export type { PositionRow, ProfitRow } from "./positions.ts";
export type { RunNames } from "./names.ts";
export { readNames, type Wanted, wantedRecords } from "./export.ts";
export { type Cell, type ColumnName, COLUMNS, contentOf, type FlatRow, flatRow, nanosText, typeName } from "./flat.ts";
export { exactJson } from "./exact_json.ts";
export { rowsNow, type SqlValue, type TableName, type TableRow, type TableRows, TABLES } from "./tables.ts";
export type { Batch, Cursor, ProjectionStore } from "./projection/port.ts";
export { BATCH_RECORDS, Projector } from "./projection/projector.ts";
export { SqliteStore } from "./projection/sqlite.ts";
