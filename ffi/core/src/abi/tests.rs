//! The interface as another language sees it: wrong handles, small buffers, odd numbers, panics, threads.
use super::audit::*;
use super::control::*;
use super::engine::*;
use super::gate::*;
use super::*;
use crate::layout::{
    code, command_kind, AuditHead, GateCounters, GateDecision, InstrumentRules, MarketTick,
    OrderCommand, StrategyLimits, SubmitCounts, SCOPE_COUNT,
};
use crate::record::{bytes_of, bytes_of_slice, read};
use core::ptr::{null, null_mut};
use std::sync::Mutex;

pub const BAD_HANDLE: i32 = -(code::BAD_HANDLE as i32);
pub const BAD_ARGUMENT: i32 = -(code::BAD_ARGUMENT as i32);
pub const TOO_SMALL: i32 = -(code::BUFFER_TOO_SMALL as i32);

/// The tests of the engine's table share it: one fills it.
pub static ENGINE_TABLE: Mutex<()> = Mutex::new(());

pub fn handle(result: i64) -> u64 {
    assert!(result > 0, "no handle: {result}");
    result as u64
}

pub fn sentence() -> String {
    let mut out = [0u8; 256];
    // SAFETY: the buffer is as long as it says.
    let length = unsafe { cwts_last_error(out.as_mut_ptr(), 256) };
    String::from_utf8_lossy(&out[..length as usize]).into_owned()
}

/// Which export failed last.
fn failed_call() -> String {
    let mut out = [0u8; 64];
    // SAFETY: the buffer is as long as it says.
    let length = unsafe { cwts_last_call(out.as_mut_ptr(), 64) };
    String::from_utf8_lossy(&out[..length as usize]).into_owned()
}

#[test]
fn the_call_that_failed_last_is_named_whatever_it_failed_of() {
    assert_eq!(cwts_audit_commit(7), BAD_HANDLE);
    assert_eq!(failed_call(), "cwts_audit_commit");
    // SAFETY: nothing is read through a null path of no length.
    assert!(unsafe { cwts_control_open(null(), 3, 0) } < 0);
    assert_eq!(failed_call(), "cwts_control_open");
    let page = handle(cwts_control_memory());
    assert!(cwts_control_scope(page, 9_999) < 0);
    assert_eq!(failed_call(), "cwts_control_scope");
    assert!(cwts_test_panic(page) < 0);
    assert_eq!(failed_call(), "cwts_test_panic");
    assert_eq!(cwts_control_close(page), 0);
    assert_eq!(
        failed_call(),
        "cwts_test_panic",
        "a call that succeeds leaves the last failure alone"
    );
    assert_eq!(cwts_control_close(page), BAD_HANDLE);
    assert_eq!(failed_call(), "cwts_control_close");
}

pub struct Node {
    pub audit: u64,
    pub control: u64,
    pub gate: u64,
}

impl Node {
    pub fn new() -> Self {
        let audit = handle(cwts_audit_memory());
        let control = handle(cwts_control_memory());
        let gate = handle(cwts_gate_create(audit, control, 0));
        let rules = InstrumentRules {
            tick_step: 1,
            lot_step: 1,
            collar_bps: 1_000,
            reference_max_age_ms: 1_000,
            units_per_tick_lot: 1,
            max_quantity: 100,
            ..InstrumentRules::default()
        };
        let limits = StrategyLimits {
            strategy: 1,
            max_quantity: 100,
            max_notional: 1_000_000,
            max_position: 1_000,
            rate_per_second: 1_000,
            rate_burst: 1_000,
            ..StrategyLimits::default()
        };
        // SAFETY: both records are 64 bytes.
        unsafe {
            assert_eq!(
                cwts_gate_instrument(gate, bytes_of(&rules).as_ptr(), 64, 0.0),
                0
            );
            assert_eq!(
                cwts_gate_limits(gate, bytes_of(&limits).as_ptr(), 64, 0.0),
                0
            );
        }
        assert_eq!(cwts_gate_reference(gate, 0, 99.0, 101.0, 100.0, 0.0), 0);
        Self {
            audit,
            control,
            gate,
        }
    }

    fn submit(&self, orders: &[OrderCommand], out: &mut [u8]) -> i32 {
        let commands = bytes_of_slice(orders);
        // SAFETY: the buffers are as long as they say.
        unsafe {
            cwts_gate_submit(
                self.gate,
                commands.as_ptr(),
                orders.len() as u32,
                out.as_mut_ptr(),
                out.len() as u32,
            )
        }
    }

    pub fn records(&self) -> u64 {
        let mut out = [0u8; 96];
        // SAFETY: the buffer is as long as it says.
        let status = unsafe { cwts_audit_head(self.audit, out.as_mut_ptr(), 96) };
        assert_eq!(status, 0);
        read::<AuditHead>(&out[..64]).expect("64 bytes").records
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        cwts_gate_close(self.gate);
        cwts_control_close(self.control);
        cwts_audit_close(self.audit);
    }
}

pub fn order(order_id: u64) -> OrderCommand {
    OrderCommand {
        kind: command_kind::NEW,
        order_id,
        price: 100,
        quantity: 1 + order_id as i64,
        owner: 1,
        ..OrderCommand::default()
    }
}

#[test]
fn a_batch_is_decided_in_one_call_wherever_the_buffer_lies() {
    let node = Node::new();
    let mut unaligned = [0u8; 1 + 2 * 64];
    unaligned[1..].copy_from_slice(bytes_of_slice(&[order(1), order(2)]));
    let mut out = [0u8; 2 * 64 + 1];
    // SAFETY: both buffers hold two records behind their first byte.
    let passed = unsafe {
        let commands = unaligned.as_ptr().add(1);
        cwts_gate_submit(node.gate, commands, 2, out.as_mut_ptr().add(1), 128)
    };
    assert_eq!(passed, 2);
    let second: GateDecision = read(&out[65..]).expect("a record");
    assert_eq!((second.order_id, second.sequence), (2, 2));
    assert_eq!(node.records(), 5);
}

#[test]
fn handles_that_are_closed_foreign_or_invented_are_refused() {
    let node = Node::new();
    let gate = handle(cwts_gate_create(node.audit, node.control, 0));
    assert_eq!(cwts_gate_close(gate), 0);
    assert_eq!(cwts_gate_close(gate), BAD_HANDLE);
    let mut out = [0u8; 96];
    for wrong in [
        gate,
        node.audit,
        node.control,
        0,
        1,
        u64::MAX,
        node.gate + 1,
    ] {
        // SAFETY: the buffer is as long as it says.
        let status = unsafe { cwts_gate_counters(wrong, out.as_mut_ptr(), 96) };
        assert_eq!(status, BAD_HANDLE, "{wrong:#x}");
        assert_eq!(cwts_test_panic(wrong & !(0xff << 48)), BAD_HANDLE);
    }
    assert_eq!(cwts_audit_commit(node.gate), BAD_HANDLE);
    assert_eq!(cwts_control_mode(node.gate), BAD_HANDLE);
    assert_eq!(cwts_engine_open_orders(node.gate), BAD_HANDLE);
    assert_eq!(
        cwts_gate_create(node.control, node.audit, 0),
        i64::from(BAD_HANDLE)
    );
    let vast = cwts_gate_create(node.audit, node.control, u32::MAX);
    assert_eq!(vast, i64::from(BAD_ARGUMENT));
    assert!(sentence().contains("room for 4294967295 pairs"));
}

#[test]
fn a_slot_used_again_does_not_revive_an_old_handle() {
    let slot = |handle: u64| handle & 0xffff;
    let first = handle(cwts_control_memory());
    cwts_control_close(first);
    let again = (0..2 * handles::SLOTS).find_map(|_| {
        let page = handle(cwts_control_memory());
        assert!(page < 1 << 53);
        if slot(page) == slot(first) {
            return Some(page);
        }
        cwts_control_close(page);
        None
    });
    let again = again.expect("slots are used in turn");
    assert_eq!(cwts_control_mode(first), BAD_HANDLE);
    assert_eq!(cwts_control_close(first), BAD_HANDLE);
    assert_eq!(cwts_control_mode(again), 0);
    assert_eq!(cwts_control_close(again), 0);
}

#[test]
fn a_full_table_is_a_sentence_and_not_a_crash() {
    let _alone = ENGINE_TABLE.lock();
    let mut engines = Vec::new();
    let refused = loop {
        match cwts_engine_create() {
            engine if engine > 0 => engines.push(engine as u64),
            status => break status,
        }
    };
    assert_eq!(refused, i64::from(BAD_ARGUMENT));
    assert!(sentence().contains("close some"));
    for engine in engines {
        cwts_engine_close(engine);
    }
}

#[test]
fn a_gate_without_its_log_or_page_decides_nothing() {
    let node = Node::new();
    cwts_audit_close(node.audit);
    let mut out = [0u8; 64];
    assert_eq!(node.submit(&[order(1)], &mut out), BAD_HANDLE);
    assert_eq!(out, [0u8; 64]);
    let other = Node::new();
    cwts_control_close(other.control);
    assert_eq!(other.submit(&[order(1)], &mut out), BAD_HANDLE);
}

#[test]
fn a_buffer_too_small_for_the_decisions_decides_nothing() {
    let node = Node::new();
    let mut out = [0u8; 127];
    assert_eq!(node.submit(&[order(1), order(2)], &mut out), TOO_SMALL);
    assert_eq!(node.records(), 2);
    let mut counters = [0u8; 96];
    // SAFETY: the buffer is as long as it says.
    unsafe { cwts_gate_counters(node.gate, counters.as_mut_ptr(), 96) };
    assert_eq!(
        read::<GateCounters>(&counters).expect("96 bytes").decisions,
        0
    );
}

#[test]
fn missing_buffers_are_refused() {
    let node = Node::new();
    let mut out = [0u8; 64];
    // SAFETY: null is never read, and the other buffer is as long as it says.
    unsafe {
        let submit = cwts_gate_submit(node.gate, null(), 1, out.as_mut_ptr(), 64);
        assert_eq!(submit, BAD_ARGUMENT);
        let head = cwts_audit_head(node.audit, null_mut(), 96);
        assert_eq!(head, BAD_ARGUMENT);
        assert_eq!(
            cwts_gate_instrument(node.gate, null(), 64, 0.0),
            BAD_ARGUMENT
        );
        assert_eq!(
            cwts_gate_instrument(node.gate, out.as_ptr(), 63, 0.0),
            BAD_ARGUMENT
        );
        assert_eq!(
            cwts_audit_append(node.audit, 1, 1, 0, 0.0, 0.0, null(), 0),
            2.0
        );
    }
}

#[test]
fn numbers_that_are_not_whole_are_refused_by_name() {
    let node = Node::new();
    for (bid, time) in [
        (0.5, 0.0),
        (f64::NAN, 0.0),
        (f64::INFINITY, 0.0),
        (1e300, 0.0),
        (1.0, 0.5),
        (1.0, 9_007_199_254_740_994.0),
    ] {
        let status = cwts_gate_reference(node.gate, 0, bid, 1.0, 1.0, time);
        assert_eq!(status, BAD_ARGUMENT, "bid {bid} time {time}");
        assert!(sentence().contains("whole number"), "{}", sentence());
    }
    assert_eq!(
        cwts_gate_reference(node.gate, 128, 1.0, 1.0, 1.0, 0.0),
        BAD_ARGUMENT
    );
    assert_eq!(
        cwts_gate_reference(node.gate, 65_536, 1.0, 1.0, 1.0, 0.0),
        BAD_ARGUMENT
    );
}

#[test]
fn a_panic_poisons_its_handle_and_nothing_else() {
    let node = Node::new();
    assert_eq!(cwts_test_panic(node.gate), -(code::PANICKED as i32));
    assert!(sentence().contains("asked to panic"));
    let mut out = [0u8; 64];
    assert_eq!(node.submit(&[order(1)], &mut out), BAD_HANDLE);
    assert_eq!(node.records(), 2);
    assert_eq!(cwts_control_mode(node.control), 0);
    let again = handle(cwts_gate_create(node.audit, node.control, 0));
    assert_eq!(cwts_gate_close(again), 0);
    assert_eq!(cwts_gate_close(node.gate), 0);
}

#[test]
fn a_poisoned_log_shuts_the_gate_that_uses_it() {
    let node = Node::new();
    assert_eq!(cwts_test_panic(node.audit), -(code::PANICKED as i32));
    let mut out = [0u8; 64];
    assert_eq!(node.submit(&[order(1)], &mut out), BAD_HANDLE);
}

/// Executions and ticks of an engine, taken a record at a time.
fn drain(engine: u64) -> (Vec<u64>, usize) {
    let (mut sequences, mut ticks) = (Vec::new(), 0);
    for _ in 0..100 {
        let (mut execution, mut tick, mut counts) = ([0u8; 64], [0u8; 64], [0u8; 16]);
        // SAFETY: the buffers are as long as they say.
        let waiting = unsafe {
            let (e, t, c) = (
                execution.as_mut_ptr(),
                tick.as_mut_ptr(),
                counts.as_mut_ptr(),
            );
            cwts_engine_drain(engine, e, 64, t, 64, c, 16)
        };
        let counts: SubmitCounts = read(&counts).expect("16 bytes");
        if counts.executions == 1 {
            sequences.push(
                read::<crate::layout::Execution>(&execution)
                    .expect("a record")
                    .venue_sequence,
            );
        }
        if counts.ticks == 1 {
            assert_ne!(read::<MarketTick>(&tick).expect("a record").time, 0);
            ticks += 1;
        }
        if waiting == 0 {
            return (sequences, ticks);
        }
    }
    panic!("a hundred calls did not drain the engine");
}

#[test]
fn what_does_not_fit_waits_in_order_and_nothing_is_lost() {
    let _alone = ENGINE_TABLE.lock();
    let engine = handle(cwts_engine_create());
    assert_eq!(cwts_engine_add_instrument(engine, 0), 0);
    assert_eq!(cwts_engine_add_instrument(engine, 0), 0);
    assert_eq!(cwts_engine_add_instrument(engine, 65_535), BAD_ARGUMENT);
    let timed = |order_id| OrderCommand {
        time: 5,
        ..order(order_id)
    };
    let submit = |orders: &[OrderCommand]| {
        let mut counts = [0u8; 16];
        // SAFETY: the buffers are as long as they say; those of no bytes are never written.
        unsafe {
            let commands = bytes_of_slice(orders).as_ptr();
            let (none, counts) = (null_mut(), counts.as_mut_ptr());
            let many = orders.len() as u32;
            cwts_engine_submit(engine, commands, many, none, 0, none, 0, counts, 16)
        }
    };
    // Ten reports and ten changes of the best bid, in two calls that can hand over nothing.
    assert_eq!(submit(&(1..=4).map(timed).collect::<Vec<_>>()), 8);
    assert_eq!(submit(&(5..=10).map(timed).collect::<Vec<_>>()), 20);
    assert_eq!(drain(engine), ((1..=10).collect(), 10));
    assert_eq!(drain(engine), (Vec::new(), 0));
    assert_eq!(cwts_engine_open_orders(engine), 10);
    assert_eq!(submit(&[]), 0);
    // SAFETY: without a place for the counts nothing is carried out.
    let refused = unsafe {
        let commands = bytes_of_slice(&[timed(11)]).as_ptr();
        cwts_engine_submit(
            engine,
            commands,
            1,
            null_mut(),
            0,
            null_mut(),
            0,
            null_mut(),
            0,
        )
    };
    assert_eq!(refused, TOO_SMALL);
    assert_eq!(cwts_engine_open_orders(engine), 10);
    cwts_engine_close(engine);
}

#[test]
fn scopes_states_and_names_outside_their_range_are_refused() {
    let page = handle(cwts_control_memory());
    assert_eq!(cwts_control_scope(page, SCOPE_COUNT), BAD_ARGUMENT);
    assert_eq!(cwts_control_set_mode(page, 3), BAD_ARGUMENT);
    let mut receipt = [0u8; 16];
    let long = "x".repeat(33);
    // SAFETY: the buffers are as long as they say.
    unsafe {
        let out = receipt.as_mut_ptr();
        for (scope, state) in [(SCOPE_COUNT, 0), (0, 4)] {
            let status =
                cwts_control_request(page, scope, state, null(), 0, null(), 0, 0.0, out, 16);
            assert_eq!(status, BAD_ARGUMENT);
        }
        assert_eq!(
            cwts_control_set_name(page, 1, long.as_ptr(), 33),
            BAD_ARGUMENT
        );
        assert_eq!(
            cwts_control_set_name(page, 1, [0xff].as_ptr(), 1),
            BAD_ARGUMENT
        );
        assert_eq!(
            cwts_control_set_name(page, 7, b"organism:a".as_ptr(), 10),
            0
        );
        assert_eq!(cwts_control_find(page, b"organism:a".as_ptr(), 10), 7);
        assert_eq!(cwts_control_find(page, b"organism:b".as_ptr(), 10), -1);
        assert_eq!(
            cwts_control_name(page, 7, receipt.as_mut_ptr(), 9),
            TOO_SMALL
        );
    }
    cwts_control_close(page);
}

#[test]
fn several_threads_may_call_one_gate() {
    let node = Node::new();
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            let node = &node;
            scope.spawn(move || {
                let mut out = [0u8; 64];
                for at in 0..50 {
                    let id = 1 + thread * 50 + at;
                    let one = OrderCommand {
                        quantity: 1,
                        ..order(id)
                    };
                    assert_eq!(node.submit(&[one], &mut out), 1);
                }
            });
        }
    });
    assert_eq!(node.records(), 203);
}
