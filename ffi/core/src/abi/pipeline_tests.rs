//! The order path as another language calls it: buffers, handles, panics.
use super::audit::*;
use super::control::*;
use super::engine::*;
use super::gate::*;
use super::pipeline::*;
use super::tests::{
    handle, order, sentence, Node, BAD_ARGUMENT, BAD_HANDLE, ENGINE_TABLE, TOO_SMALL,
};
use super::*;
use crate::layout::{code, exec_type, Execution, GateDecision, OrderCommand, PipelineCounts};
use crate::pipeline::tests::PANIC;
use crate::record::{bytes_of_slice, read};
use core::ptr::null_mut;
use std::sync::{MutexGuard, PoisonError};

/// A node with a venue, and the buffers of a call.
struct Path {
    _alone: MutexGuard<'static, ()>,
    node: Node,
    engine: u64,
    decisions: [u8; 256],
    executions: Vec<u8>,
    ticks: [u8; 256],
    counts: [u8; 32],
}

impl Path {
    fn new() -> Self {
        let alone = ENGINE_TABLE.lock().unwrap_or_else(PoisonError::into_inner);
        let engine = handle(cwts_engine_create());
        assert_eq!(cwts_engine_add_instrument(engine, 0), 0);
        Self {
            _alone: alone,
            node: Node::new(),
            engine,
            decisions: [0; 256],
            executions: vec![0; 256],
            ticks: [0; 256],
            counts: [0; 32],
        }
    }

    fn submit(&mut self, engine: u64, orders: &[OrderCommand]) -> i32 {
        let commands = bytes_of_slice(orders);
        // SAFETY: the buffers are as long as they say.
        unsafe {
            cwts_pipeline_submit(
                self.node.gate,
                engine,
                0,
                commands.as_ptr(),
                orders.len() as u32,
                self.decisions.as_mut_ptr(),
                256,
                self.executions.as_mut_ptr(),
                self.executions.len() as u32,
                self.ticks.as_mut_ptr(),
                256,
                self.counts.as_mut_ptr(),
                32,
            )
        }
    }

    fn counts(&self) -> PipelineCounts {
        read(&self.counts).expect("32 bytes")
    }

    fn code(&self, at: usize) -> u32 {
        read::<GateDecision>(&self.decisions[at * 64..])
            .expect("64 bytes")
            .code
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        cwts_engine_close(self.engine);
    }
}

#[test]
fn a_batch_goes_all_the_way_in_one_call() {
    let mut path = Path::new();
    assert_eq!(path.submit(path.engine, &[order(1), order(2), order(1)]), 0);
    let counts = path.counts();
    assert_eq!(
        (counts.accepted, counts.executions, counts.ticks),
        (2, 2, 2)
    );
    assert_eq!(path.code(2), code::DUPLICATE_ID);
    let second: Execution = read(&path.executions[64..]).expect("64 bytes");
    assert_eq!((second.order_id, second.exec_type), (2, exec_type::NEW));
    assert_eq!(cwts_engine_open_orders(path.engine), 2);
    // Two records of limits, the market, three decisions, two executions.
    assert_eq!(path.node.records(), 8);
}

#[test]
fn without_an_engine_the_caller_sends_what_passed() {
    let mut path = Path::new();
    assert_eq!(path.submit(0, &[order(1), order(1)]), 0);
    let counts = path.counts();
    assert_eq!((counts.accepted, counts.executions), (1, 0));
    assert_eq!(path.code(1), code::DUPLICATE_ID);
    assert_eq!(path.node.records(), 5);
}

#[test]
fn what_does_not_fit_waits_and_comes_before_the_next_batch() {
    let mut path = Path::new();
    path.executions.truncate(64);
    let waiting = path.submit(path.engine, &[order(1), order(2)]);
    assert_eq!(waiting, 1);
    assert_eq!(path.counts().waiting_executions, 1);
    assert_eq!(path.submit(path.engine, &[order(3)]), BAD_ARGUMENT);
    assert!(sentence().contains("drain them first"));
    // The refused call has decided nothing.
    assert_eq!(path.node.records(), 7);
    let mut counts = [0u8; 16];
    // SAFETY: the buffers are as long as they say.
    let waiting = unsafe {
        let out = path.executions.as_mut_ptr();
        cwts_engine_drain(path.engine, out, 64, null_mut(), 0, counts.as_mut_ptr(), 16)
    };
    assert_eq!(waiting, 0);
    assert_eq!(path.submit(path.engine, &[order(3)]), 0);
}

#[test]
fn buffers_that_cannot_hold_the_answer_are_refused_before_anything_is_decided() {
    let path = Path::new();
    let (gate, engine) = (path.node.gate, path.engine);
    let commands = bytes_of_slice(&[order(1), order(2)]).to_vec();
    let from = commands.as_ptr();
    let mut out = [0u8; 128];
    let to = out.as_mut_ptr();
    let none = null_mut();
    // SAFETY: no call is told of more bytes than the buffers have, or of bytes at null that would be touched.
    unsafe {
        let submit = cwts_pipeline_submit;
        assert_eq!(
            submit(gate, engine, 0, from, 2, to, 127, none, 0, none, 0, to, 32),
            TOO_SMALL
        );
        assert_eq!(
            submit(gate, engine, 0, from, 2, none, 128, none, 0, none, 0, to, 32),
            BAD_ARGUMENT
        );
        assert_eq!(
            submit(gate, engine, 0, from, 2, to, 128, none, 64, none, 0, to, 32),
            BAD_ARGUMENT
        );
        assert_eq!(
            submit(gate, engine, 0, from, 2, to, 128, none, 0, none, 64, to, 32),
            BAD_ARGUMENT
        );
        assert_eq!(
            submit(gate, engine, 0, from, 2, to, 128, none, 0, none, 0, to, 31),
            TOO_SMALL
        );
        assert_eq!(
            submit(gate, engine, 0, from, 2, to, 128, none, 0, none, 0, none, 32),
            TOO_SMALL
        );
        assert_eq!(
            submit(gate, engine, 64, from, 2, to, 128, none, 0, none, 0, to, 32),
            BAD_ARGUMENT
        );
        assert_eq!(
            submit(gate, gate, 0, from, 2, to, 128, none, 0, none, 0, to, 32),
            BAD_HANDLE
        );
        assert_eq!(
            submit(engine, engine, 0, from, 2, to, 128, none, 0, none, 0, to, 32),
            BAD_HANDLE
        );
    }
    assert_eq!(path.node.records(), 2);
    assert_eq!(cwts_engine_open_orders(engine), 0);
}

#[test]
fn a_panic_between_book_and_gate_poisons_both_and_neither_log_nor_page() {
    let mut path = Path::new();
    let panicking = OrderCommand {
        cause: PANIC,
        ..order(2)
    };
    let status = path.submit(path.engine, &[order(1), panicking, order(3)]);
    assert_eq!(status, -(code::PANICKED as i32));
    assert_eq!(path.submit(path.engine, &[order(4)]), BAD_HANDLE);
    assert_eq!(cwts_engine_open_orders(path.engine), BAD_HANDLE);
    let mut out = [0u8; 96];
    // SAFETY: the buffer is as long as it says.
    let counters = unsafe { cwts_gate_counters(path.node.gate, out.as_mut_ptr(), 96) };
    assert_eq!(counters, BAD_HANDLE);
    assert_eq!(cwts_audit_commit(path.node.audit), 0);
    assert_eq!(cwts_control_mode(path.node.control), 0);
    // What is poisoned can still be closed.
    assert_eq!(cwts_engine_close(path.engine), 0);
    assert_eq!(cwts_gate_close(path.node.gate), 0);
}

#[test]
fn a_poisoned_engine_stops_the_path_before_the_gate() {
    let mut path = Path::new();
    assert_eq!(cwts_test_panic(path.engine), -(code::PANICKED as i32));
    assert_eq!(path.submit(path.engine, &[order(1)]), BAD_HANDLE);
    assert_eq!(path.node.records(), 2);
}
