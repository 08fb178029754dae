//! The order path in one call: every command of a batch through the gate, the audit log and the book.
//!
//! Per command, in order:
//! 1. The gate decides, records the decision and reserves the exposure. A decision that cannot be recorded shuts the
//!    gate, and the command goes no further.
//! 2. What passed is looked at once more at the book's door: an order or amendment whose scope has been stopped since is
//!    handed to the engine with [`REFUSED_AT_DOOR`], which answers it with `VENUE_KILLED`.
//! 3. Where the books are to be recovered, what goes into them is recorded: the command as the book is given it.
//! 4. The book carries it out. Every report of an order of ours is recorded and applied to the gate before the next
//!    command is decided, so a later command of the batch sees the positions that an earlier one has made. Background
//!    participants' reports are no business of the gate.
//!
//! Then everything is made as durable as the journal promises, once, and only then is anything answered.
//!
//! # When recording fails
//! An append that fails shuts the gate before the book sees the command. A commit that fails shuts it at the end. Either
//! way no decision of the batch may be told as accepted, because the log may not hold it: all of them are answered with
//! `AUDIT_FAILED`. What earlier commands of the batch did in the book stays done: their orders stay open in the gate and
//! their fills stay counted, so that exposure is what it truly is and a kill finds what rests. The reports are not
//! answered; they wait in the engine for whoever cleans up.
//!
//! Without a book (the caller sends what passed) the path is [`Gate::submit`]: what cannot be recorded is taken back,
//! because nothing has been sent.
mod steps;

#[cfg(test)]
pub(crate) mod tests;

use crate::book::{Book, MatchingEngine, COMMAND_VERSION};
use crate::gate::{flags, outward, Controls, Gate, Journal};
use crate::layout::{
    code, command_kind, record_type, scope_state, GateDecision, OrderCommand, BACKGROUND_OWNER,
    REFUSED_AT_DOOR,
};
use crate::record::bytes_of;

/// As it stands in `OrderCommand.flags`.
const REFUSED: u16 = REFUSED_AT_DOOR as u16;

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// Commands the gate let through.
    pub accepted: u32,
    /// Of those, commands stopped before the book.
    pub refused_at_door: u32,
    /// Whether decisions and reports are on record; if not, the reports are not to be told.
    pub recorded: bool,
}

/// A book and the number of the stream on which its reports reach the gate.
pub struct Venue<'a, B> {
    pub engine: &'a mut MatchingEngine<B>,
    /// Below [`crate::gate::VENUES`].
    pub stream: u32,
    /// Whether what goes into the books is recorded, so that they can be recovered.
    pub records: bool,
}

impl<B: Book> Venue<'_, B> {
    /// Gives a command to the books. One that cannot be recorded where it has to be is not carried out: the log has failed,
    /// and the batch with it.
    #[inline]
    fn enter(&mut self, journal: &mut impl Journal, command: &OrderCommand) {
        if !self.records || record(journal, command) {
            self.engine.submit(command);
        }
    }
}

#[inline(never)]
fn record(journal: &mut impl Journal, command: &OrderCommand) -> bool {
    let (kind, version) = (record_type::VENUE_INPUT, COMMAND_VERSION);
    let (time, cause) = (command.time, command.cause);
    journal
        .append(kind, version, time, cause, &[bytes_of(command)])
        .is_ok()
}

/// Sends `commands` down the path and writes the verdicts to the front of `decisions`. What happened in the book is in
/// the engine's events.
///
/// # Panics
/// If `decisions` is shorter than `commands`.
pub fn submit<B: Book>(
    gate: &mut Gate,
    journal: &mut impl Journal,
    controls: &impl Controls,
    mut venue: Venue<'_, B>,
    commands: &[OrderCommand],
    decisions: &mut [GateDecision],
) -> Passage {
    let decisions = &mut decisions[..commands.len()];
    let mut passage = Passage::default();
    for (at, (command, decision)) in commands.iter().zip(decisions.iter_mut()).enumerate() {
        gate.look_ahead(commands, at);
        *decision = steps::decide(gate, journal, controls, command);
        if decision.code == code::ACCEPTED {
            passage.accepted += 1;
            let refused = carry_out(gate, journal, controls, &mut venue, command);
            passage.refused_at_door += u32::from(refused);
        }
    }
    passage.recorded = steps::commit(gate, journal);
    if !passage.recorded {
        passage.accepted = 0;
        decisions.iter_mut().for_each(|one| gate.disown(one));
    }
    passage
}

/// The book's door, the book, and the reports back to the gate. Returns whether the door was shut.
#[inline]
fn carry_out<B: Book>(
    gate: &mut Gate,
    journal: &mut impl Journal,
    controls: &impl Controls,
    venue: &mut Venue<'_, B>,
    command: &OrderCommand,
) -> bool {
    let known = venue.engine.events().executions.len();
    let refused = !may_enter(controls, command);
    if refused {
        let marked = OrderCommand {
            flags: command.flags & !flags::INTERNAL | REFUSED,
            ..outward(command)
        };
        venue.enter(journal, &marked);
    } else if command.flags & flags::INTERNAL != 0 {
        venue.enter(journal, &outward(command));
    } else {
        venue.enter(journal, command);
    }
    #[cfg(test)]
    tests::panic_if_asked(command);
    let reports = &venue.engine.events().executions[known..];
    for ours in reports.split(|report| report.owner >= BACKGROUND_OWNER) {
        if !ours.is_empty() {
            steps::apply(gate, journal, venue.stream, ours);
        }
    }
    refused
}

/// Whether an order may still enter, by the control page as it is now; what only takes away always may.
#[inline]
fn may_enter(controls: &impl Controls, command: &OrderCommand) -> bool {
    let enters = matches!(command.kind, command_kind::NEW | command_kind::AMEND);
    !enters
        || controls.effective(command.owner, u32::from(command.instrument))
            < scope_state::CANCEL_ONLY
}
