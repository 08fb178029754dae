//! Export of the order path: one call that decides, records and carries out a batch.
use super::audit::AUDITS;
use super::buffer::{put, put_records, take_records};
use super::control::CONTROLS;
use super::engine::{EngineInUse, Out, ENGINES, NO_LOG};
use super::gate::{GateInUse, GATES};
use super::status::Failure;
use crate::gate::VENUES;
use crate::layout::{code, GateDecision, PipelineCounts, SubmitCounts};
use crate::pipeline::{self, Passage, Venue};
use crate::record::bytes_of;
use core::mem::size_of;

/// `engine` of a path that ends where the caller sends.
const NO_ENGINE: u64 = 0;

/// Sends `count` `OrderCommand` records through the gate, the audit log and the engine's books, and writes as many
/// `GateDecision` records, the `Execution` and `MarketTick` records as far as they fit, and a `PipelineCounts`; returns
/// how many records wait because a buffer was full. Engine 0 is none: the caller sends what passed. `stream` numbers the
/// engine's reports for the gate, see `cwts_gate_executions`. Nothing is written before the log has taken everything;
/// when it cannot, every decision is `AUDIT_FAILED`, and the reports wait in the engine. Reports that wait from an
/// earlier call are drained first.
#[no_mangle]
pub unsafe extern "C" fn cwts_pipeline_submit(
    gate: u64,
    engine: u64,
    stream: u32,
    commands: *const u8,
    count: u32,
    decisions: *mut u8,
    decisions_length: u32,
    executions: *mut u8,
    executions_length: u32,
    ticks: *mut u8,
    ticks_length: u32,
    counts: *mut u8,
    counts_length: u32,
) -> i32 {
    GATES.call(gate, |this| {
        let out = Out {
            executions,
            executions_length,
            ticks,
            ticks_length,
            counts,
            counts_length,
        };
        out.check::<PipelineCounts>()?;
        check_decisions(decisions, decisions_length, count)?;
        if stream as usize >= VENUES {
            let sentence = format!("stream {stream} is not below {VENUES}");
            return Err(Failure::argument(sentence));
        }
        // SAFETY: as promised by the caller.
        unsafe { take_records(commands, count, &mut this.commands) }?;
        // From here on nothing may fail but what the answer can tell.
        let (passage, written) = if engine == NO_ENGINE {
            (this.decide()?, SubmitCounts::default())
        } else {
            let mut venue = ENGINES.lock(engine)?;
            let passage = this.carry_out(&mut venue, stream)?;
            let written = if passage.recorded {
                // SAFETY: as promised by the caller.
                unsafe { venue.hand_over_records(&out) }?
            } else {
                venue.all_waiting()
            };
            (passage, written)
        };
        // SAFETY: as promised by the caller.
        unsafe { put_records(decisions, decisions_length, &this.decisions) }?;
        let answer = PipelineCounts {
            accepted: passage.accepted,
            executions: written.executions,
            ticks: written.ticks,
            waiting_executions: written.waiting_executions,
            waiting_ticks: written.waiting_ticks,
            refused_at_door: passage.refused_at_door,
            reserved: 0,
        };
        // SAFETY: as promised by the caller.
        unsafe { put(out.counts, out.counts_length, bytes_of(&answer)) }?;
        Ok(i64::from(written.waiting_executions) + i64::from(written.waiting_ticks))
    }) as i32
}

fn check_decisions(decisions: *mut u8, length: u32, count: u32) -> Result<(), Failure> {
    if (length as usize) < count as usize * size_of::<GateDecision>() {
        return Err(code::BUFFER_TOO_SMALL.into());
    }
    if decisions.is_null() && count > 0 {
        return Err(Failure::argument("a buffer is missing"));
    }
    Ok(())
}

impl GateInUse {
    /// The batch through gate and log alone.
    fn decide(&mut self) -> Result<Passage, Failure> {
        let mut audit = AUDITS.lock(self.audit)?;
        let control = CONTROLS.lock(self.control)?;
        self.decisions
            .resize(self.commands.len(), GateDecision::default());
        self.gate
            .submit(&mut *audit, &*control, &self.commands, &mut self.decisions);
        let passed = |decision: &&GateDecision| decision.code == code::ACCEPTED;
        Ok(Passage {
            accepted: self.decisions.iter().filter(passed).count() as u32,
            refused_at_door: 0,
            recorded: !self.gate.is_shut(),
        })
    }

    /// The batch through gate, log and books.
    fn carry_out(&mut self, venue: &mut EngineInUse, stream: u32) -> Result<Passage, Failure> {
        let mut audit = AUDITS.lock(self.audit)?;
        let control = CONTROLS.lock(self.control)?;
        if venue.waiting() > 0 && !self.gate.is_shut() {
            return Err(Failure::argument(
                "records of an earlier call wait in the engine: drain them first",
            ));
        }
        if venue.records != NO_LOG && venue.records != self.audit {
            return Err(Failure::argument(
                "the engine records in another log than the gate: give both the same",
            ));
        }
        self.decisions
            .resize(self.commands.len(), GateDecision::default());
        venue.lent = true;
        let books = Venue {
            records: venue.records != NO_LOG,
            engine: &mut venue.engine,
            stream,
        };
        let passage = pipeline::submit(
            &mut self.gate,
            &mut *audit,
            &*control,
            books,
            &self.commands,
            &mut self.decisions,
        );
        venue.lent = false;
        Ok(passage)
    }
}
