//! What goes into the books of an engine, read back from its records: an engine that is given the same inputs in the same
//! order comes to the same books.
use super::{Book, CancelScope, MatchingEngine, EVERY_INSTRUMENT};
use crate::layout::{venue_change_kind, OrderCommand, VenueChange};
use crate::record::read;

/// Schema version of a VenueInput record that holds an OrderCommand.
pub const COMMAND_VERSION: u16 = 1;
/// Schema version of a VenueInput record that holds a VenueChange.
pub const CHANGE_VERSION: u16 = 2;

/// `owner` that means everybody.
const EVERY_OWNER: u32 = u32::MAX;

/// Whose orders are cancelled in which instrument, as numbers say it.
#[must_use]
pub const fn cancel_scope(owner: u32, instrument: u16) -> CancelScope {
    match (owner, instrument) {
        (EVERY_OWNER, EVERY_INSTRUMENT) => CancelScope::Everything,
        (EVERY_OWNER, instrument) => CancelScope::Instrument(instrument),
        (owner, EVERY_INSTRUMENT) => CancelScope::Owner(owner),
        (owner, instrument) => CancelScope::OwnerInInstrument(owner, instrument),
    }
}

impl<B: Book> MatchingEngine<B> {
    /// Gives the books an input from its record, and forgets what they report. False when it can be none.
    pub fn replay(&mut self, version: u16, payload: &[u8]) -> bool {
        let done = match (version, payload.len()) {
            (COMMAND_VERSION, size) if size == size_of::<OrderCommand>() => {
                read(payload).map(|command| self.submit(&command)).is_some()
            }
            (CHANGE_VERSION, size) if size == size_of::<VenueChange>() => {
                read(payload).is_some_and(|change| self.change(&change))
            }
            _ => false,
        };
        self.clear_events();
        done
    }

    /// Changes the books as a record says. False when there is no such change or no such instrument.
    pub fn change(&mut self, change: &VenueChange) -> bool {
        let VenueChange {
            state,
            instrument,
            owner,
            amount,
            time,
            ..
        } = *change;
        let group = u32::try_from(amount);
        match change.kind {
            venue_change_kind::LISTED => self.add_instrument(instrument).is_ok(),
            venue_change_kind::STATE => self.set_state(instrument, state, time).is_ok(),
            venue_change_kind::ADVANCED => {
                self.advance(time);
                true
            }
            venue_change_kind::GROUP => group.map(|group| self.set_group(owner, group)).is_ok(),
            venue_change_kind::POSITION => self.set_position(instrument, owner, amount),
            venue_change_kind::CANCEL_ALL => {
                self.cancel_all(cancel_scope(owner, instrument), time);
                true
            }
            venue_change_kind::CANCEL_GROUP => group
                .map(|group| self.cancel_all(CancelScope::Group(group), time))
                .is_ok(),
            _ => false,
        }
    }
}
