//! What the gate needs from outside: somewhere to record and someone to say whether orders may flow.
//!
//! Both are borrowed per call, so the gate owns neither the log nor the control page and tests can hand it failing ones.

use crate::record::{bytes_of, Record};

/// An append-only record of what happened. `crate::audit::AuditLog` is the real one.
pub trait Journal {
    /// Index the next appended record will get.
    fn next_index(&self) -> u64;

    /// Appends one record whose payload is the concatenation of `parts`; time in nanoseconds.
    ///
    /// # Errors
    /// The [`crate::layout::code`] of the failure. A journal that failed once keeps failing.
    fn append(
        &mut self,
        record_type: u16,
        version: u16,
        time: i64,
        cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32>;

    /// Appends a record for each of `payloads`, in order, as [`Journal::append`] does; `about` says the time and cause of
    /// each.
    ///
    /// # Errors
    /// When one could not be appended, how many were before it. Those after it were not tried.
    fn append_all<T: Record>(
        &mut self,
        record_type: u16,
        version: u16,
        payloads: &[T],
        about: impl Fn(&T) -> (i64, u64),
    ) -> Result<(), usize> {
        for (kept, payload) in payloads.iter().enumerate() {
            let (time, cause) = about(payload);
            let parts = [bytes_of(payload)];
            self.append(record_type, version, time, cause, &parts)
                .map_err(|_| kept)?;
        }
        Ok(())
    }

    /// Makes everything appended as durable as the journal was opened to be.
    ///
    /// # Errors
    /// As for [`Journal::append`].
    fn commit(&mut self) -> Result<(), u32>;
}

/// Who may stop orders. `crate::control::ControlPage` is the real one.
pub trait Controls {
    /// Publishes the number of the decision about to be made, before any state word is read for it.
    fn begin_decision(&self, sequence: u64);

    /// The strictest [`crate::layout::scope_state`] of the firm, the strategy and the instrument. Numbers outside the
    /// page's range have no scope of their own and fall under the firm's.
    fn effective(&self, strategy: u32, instrument: u32) -> u32;
}
