//! The gate one step at a time: decisions and reports whose records are made durable later, all at once.
use crate::gate::{Controls, Gate, Journal};
use crate::layout::{Execution, GateDecision, OrderCommand};
use crate::record::Record;
use core::slice::from_ref;

/// A journal that takes records and leaves the commit to whoever holds the real one.
struct Later<'a, J>(&'a mut J);

impl<J: Journal> Journal for Later<'_, J> {
    #[inline]
    fn next_index(&self) -> u64 {
        self.0.next_index()
    }

    #[inline]
    fn append(
        &mut self,
        record_type: u16,
        version: u16,
        time: i64,
        cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32> {
        self.0.append(record_type, version, time, cause, parts)
    }

    #[inline]
    fn append_all<T: Record>(
        &mut self,
        record_type: u16,
        version: u16,
        payloads: &[T],
        about: impl Fn(&T) -> (i64, u64),
    ) -> Result<(), usize> {
        self.0.append_all(record_type, version, payloads, about)
    }

    #[inline]
    fn commit(&mut self) -> Result<(), u32> {
        Ok(())
    }
}

/// Decides, records and reserves; a decision that cannot be recorded shuts the gate and is `AUDIT_FAILED`.
#[inline]
pub fn decide(
    gate: &mut Gate,
    journal: &mut impl Journal,
    controls: &impl Controls,
    command: &OrderCommand,
) -> GateDecision {
    let mut decision = [GateDecision::default()];
    gate.submit(
        &mut Later(journal),
        controls,
        from_ref(command),
        &mut decision,
    );
    let [decision] = decision;
    decision
}

/// Records the reports and applies them. Those that cannot be recorded shut the gate and are applied all the same.
#[inline]
pub fn apply(gate: &mut Gate, journal: &mut impl Journal, stream: u32, reports: &[Execution]) {
    // What failed shows in the gate, which is shut now, and ends the batch.
    let _ = gate.apply_executions(&mut Later(journal), stream, reports);
}

/// Makes everything durable; false, and the gate shut, when that fails or something could not be recorded before.
pub fn commit(gate: &mut Gate, journal: &mut impl Journal) -> bool {
    gate.apply_executions(journal, 0, &[]).is_ok()
}
