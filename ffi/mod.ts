/** The native core's face: typed handles, errors, loading. Records and codes are in `layout.gen.ts`. */
export {
  type AuditDamage,
  type AuditHead,
  AuditLog,
  type AuditOptions,
  type AuditVerdict,
  type DurabilityName,
  mendTiles,
  SEGMENT_BYTES,
  verifyAudit,
  verifyAuditAgainst,
  verifyAuditAgainstInBackground,
  verifyAuditInBackground,
} from "./audit.ts";
export { type ConsistencyProof, type InclusionProof, proveBeginning, proveInclusion } from "./audit_proof.ts";
export { exactContent, type ExactFields, exactFields, type ExactRecord, exactRecord } from "./audit_exact.ts";
export {
  AuditReader,
  type AuditRecord,
  decodeAudit,
  readAudit,
  readAuditBytes,
  readAuditWhole,
} from "./audit_reader.ts";
export { type ControlHeader, ControlPage, type ControlReceipt } from "./control.ts";
export {
  EVERY_INSTRUMENT,
  EVERY_OWNER,
  executionBytes,
  type Indicative,
  MatchingEngine,
  type OrderStatus,
  type OwnerAccount,
  type SubmitCounts,
  tickBytes,
} from "./engine.ts";
export { nativeCallOf, NativeError, NOT_FROM_CORE } from "./errors.ts";
export {
  type Exposure,
  gateChecks,
  type GateCounters,
  type GateOrder,
  type GateVerdict,
  OrderGate,
  type ParentOrder,
  type ScopeInstrumentLimits,
  type ScopeKindName,
  type ScopeNode,
  type ScopeTotalLimits,
  type ScopeUsage,
} from "./gate.ts";
export { judgeDecisions, type JudgedLog, type JudgeOptions } from "./judge.ts";
export { type DemandName, FACT_VERSION, type FactName, FACTS, type GateFact } from "./gate_facts.ts";
export {
  type ApplyCounts,
  type BestPrices,
  BookBuilder,
  type BookStatus,
  type FedCounts,
  type FeedCounts,
  FeedParser,
  type FeedSymbol,
} from "./market.ts";
export { ExposureSums, type MathLevel, Sweep, VectorMath } from "./math.ts";
export { OrderPath, type OrderPathParts, type PathCounts } from "./pipeline.ts";
export { hangupIgnored } from "./process.ts";
export { recover, type Recovery, type RecoveryParts, type SnapshotParts, Snapshots } from "./recovery.ts";
export { libraryPath } from "./library.ts";
export * from "./layout.gen.ts";
