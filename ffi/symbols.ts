/**
 * Every function the native core exports, as Deno binds it. `ffi/core/src/abi/` is the other side.
 *
 * Handles are u64 and stay BigInts (a number would take V8's slow path). A status is an i32: 0 or a count, or a negated
 * `Code`. What may exceed 32 bits comes back as an f64 that is a whole number below 2^53, negative for a code, because a
 * BigInt result would cost an allocation per call. Byte lengths and record counts are u32. Times are f64 microseconds.
 */
export const HANDSHAKE = {
  cwts_abi_version: { parameters: [], result: "u32" },
  cwts_layout_hash: { parameters: [], result: "u64" },
} as const satisfies Deno.ForeignLibraryInterface;

export const SYMBOLS = {
  cwts_last_error: { parameters: ["buffer", "u32"], result: "i32" },
  cwts_test_panic: { parameters: ["u64"], result: "i32" },
  cwts_test_record: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  cwts_noop: { parameters: ["u32"], result: "u32" },

  cwts_audit_open: { parameters: ["buffer", "u32", "u32", "f64"], result: "i64" },
  cwts_audit_memory: { parameters: [], result: "i64" },
  cwts_audit_append: { parameters: ["u64", "u32", "u32", "u32", "f64", "f64", "buffer", "u32"], result: "f64" },
  cwts_audit_commit: { parameters: ["u64"], result: "i32" },
  cwts_audit_head: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_audit_failed: { parameters: ["u64"], result: "i32" },
  cwts_audit_repaired: { parameters: ["u64"], result: "f64" },
  cwts_audit_verify_memory: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_audit_close: { parameters: ["u64"], result: "i32" },
  cwts_audit_verify: { parameters: ["buffer", "u32", "buffer", "u32"], result: "i32" },
  cwts_audit_verify_background: {
    name: "cwts_audit_verify",
    parameters: ["buffer", "u32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  cwts_audit_verify_against: { parameters: ["buffer", "u32", "f64", "buffer", "u32", "buffer", "u32"], result: "i32" },
  cwts_audit_verify_progress: { parameters: [], result: "f64" },
  cwts_reader_open: { parameters: ["buffer", "u32", "f64"], result: "i64" },
  cwts_reader_next: { parameters: ["u64", "buffer", "u32", "buffer", "u32"], result: "i32" },
  cwts_reader_close: { parameters: ["u64"], result: "i32" },

  cwts_control_open: { parameters: ["buffer", "u32", "u32"], result: "i64" },
  cwts_control_memory: { parameters: [], result: "i64" },
  cwts_control_scope: { parameters: ["u64", "u32"], result: "i32" },
  cwts_control_effective: { parameters: ["u64", "u32", "u32"], result: "i32" },
  cwts_control_request: {
    parameters: ["u64", "u32", "u32", "buffer", "u32", "buffer", "u32", "f64", "buffer", "u32"],
    result: "i32",
  },
  cwts_control_mode: { parameters: ["u64"], result: "i32" },
  cwts_control_set_mode: { parameters: ["u64", "u32"], result: "i32" },
  cwts_control_name: { parameters: ["u64", "u32", "buffer", "u32"], result: "i32" },
  cwts_control_set_name: { parameters: ["u64", "u32", "buffer", "u32"], result: "i32" },
  cwts_control_find: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_control_pending: { parameters: ["u64"], result: "f64" },
  cwts_control_done: { parameters: ["u64", "f64", "f64", "f64", "f64"], result: "i32" },
  cwts_control_attach: { parameters: ["u64", "u32"], result: "i32" },
  cwts_control_detach: { parameters: ["u64"], result: "i32" },
  cwts_control_heartbeat: { parameters: ["u64", "f64"], result: "i32" },
  cwts_control_header: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_control_reason: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_control_actor: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_control_flush: { parameters: ["u64"], result: "i32" },
  cwts_control_close: { parameters: ["u64"], result: "i32" },

  cwts_gate_create: { parameters: ["u64", "u64"], result: "i64" },
  cwts_gate_instrument: { parameters: ["u64", "buffer", "u32", "f64"], result: "i32" },
  cwts_gate_limits: { parameters: ["u64", "buffer", "u32", "f64"], result: "i32" },
  cwts_gate_reference: { parameters: ["u64", "u32", "f64", "f64", "f64", "f64"], result: "i32" },
  cwts_gate_submit: { parameters: ["u64", "buffer", "u32", "buffer", "u32"], result: "i32" },
  cwts_gate_executions: { parameters: ["u64", "u32", "buffer", "u32"], result: "i32" },
  cwts_gate_exposure: { parameters: ["u64", "u32", "u32", "buffer", "u32"], result: "i32" },
  cwts_gate_counters: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_gate_rejected: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_gate_state_hash: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_gate_close: { parameters: ["u64"], result: "i32" },

  cwts_engine_create: { parameters: [], result: "i64" },
  cwts_engine_add_instrument: { parameters: ["u64", "u32"], result: "i32" },
  cwts_engine_submit: {
    parameters: ["u64", "buffer", "u32", "buffer", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
  },
  cwts_engine_drain: { parameters: ["u64", "buffer", "u32", "buffer", "u32", "buffer", "u32"], result: "i32" },
  cwts_engine_cancel_all: {
    parameters: ["u64", "u32", "u32", "f64", "buffer", "u32", "buffer", "u32", "buffer", "u32"],
    result: "i32",
  },
  cwts_engine_depth: { parameters: ["u64", "u32", "u32", "buffer", "u32"], result: "i32" },
  cwts_engine_open_orders: { parameters: ["u64"], result: "i32" },
  cwts_engine_state_hash: { parameters: ["u64", "buffer", "u32"], result: "i32" },
  cwts_engine_close: { parameters: ["u64"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;
