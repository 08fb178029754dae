//! Nasdaq TotalView-ITCH 5.0: binary messages, big-endian, times in nanoseconds since midnight in 48 bits.
//!
//! Messages come as in the exchange's files, each behind its length in two bytes, or one after the other without lengths.
//! Every type of the specification is known with its length ([`table`]); those that change orders or the state of a
//! market become events, the others are counted as unknown after their length was checked. The first directory message
//! of an instrument in a session says that its book is empty: from then on every order is told.
//!
//! Messages name an instrument by its locate code, which the directory message of the day ties to a symbol; instruments
//! that the parser was not given are passed over.
mod decode;
mod table;

use super::fault::{wrong, FeedError, Wrong};
use super::symbols::Symbols;
use super::{FeedTotals, Parser};
use crate::layout::{feed_fault, FeedEvent};
use decode::Decoder;
use table::length_of;

/// Bytes of a length in front of a message.
const PREFIX: usize = 2;

/// How messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Each message behind its length in two bytes.
    LengthPrefixed,
    /// One after the other: the type says the length. What follows a faulty message cannot be found, so it is sought byte
    /// by byte.
    Bare,
}

/// Parser of ITCH 5.0.
#[derive(Debug)]
pub struct Itch {
    framing: Framing,
    /// The beginning of a message whose end has not come.
    rest: Vec<u8>,
    /// Byte of the feed at which the next message begins.
    position: u64,
    decoder: Decoder,
    totals: FeedTotals,
}

impl Itch {
    /// A parser without instruments. `midnight`: nanoseconds since the Unix epoch of the midnight that times count from.
    #[must_use]
    pub fn new(framing: Framing, midnight: i64) -> Self {
        Self {
            framing,
            rest: Vec::new(),
            position: 0,
            decoder: Decoder::new(midnight),
            totals: FeedTotals::default(),
        }
    }

    /// Bytes of the message that begins with `bytes`, its length in front included; `None` while that cannot be seen.
    #[inline]
    fn extent(&self, bytes: &[u8]) -> Option<usize> {
        match self.framing {
            Framing::LengthPrefixed => {
                let length = bytes.first_chunk::<PREFIX>()?;
                Some(PREFIX + usize::from(u16::from_be_bytes(*length)))
            }
            // Of an unknown type only its letter is passed over.
            Framing::Bare => bytes.first().map(|kind| length_of(*kind).unwrap_or(1)),
        }
    }

    #[inline]
    fn read(&mut self, whole: &[u8], events: &mut Vec<FeedEvent>) -> Result<bool, FeedError> {
        let start = match self.framing {
            Framing::LengthPrefixed => PREFIX,
            Framing::Bare => 0,
        };
        let position = self.position;
        self.position += whole.len() as u64;
        self.totals.messages += 1;
        let before = events.len();
        match check(&whole[start..]).and_then(|message| self.decoder.decode(message, events)) {
            Ok(()) => {
                self.totals.unknown += u64::from(events.len() == before);
                Ok(true)
            }
            Err(Wrong { fault, at }) => {
                events.truncate(before);
                self.totals.faults += 1;
                Err(FeedError {
                    fault,
                    position: position + (start + at) as u64,
                    message: self.totals.messages,
                })
            }
        }
    }

    /// Completes the message whose beginning is kept; `None` when `input` does not.
    #[cold]
    fn complete(&mut self, input: &mut &[u8]) -> Option<Vec<u8>> {
        loop {
            let wanted = self.extent(&self.rest).unwrap_or(PREFIX);
            if self.rest.len() >= wanted && self.extent(&self.rest).is_some() {
                return Some(core::mem::take(&mut self.rest));
            }
            if input.is_empty() {
                return None;
            }
            let more = (wanted - self.rest.len()).min(input.len());
            let (head, tail) = input.split_at(more);
            self.rest.extend_from_slice(head);
            *input = tail;
        }
    }
}

/// A message whose type is known and whose length is that of its type.
#[inline]
fn check(message: &[u8]) -> Result<&[u8], Wrong> {
    let kind = message.first().ok_or(wrong(feed_fault::LENGTH, 0))?;
    match length_of(*kind) {
        Some(length) if length == message.len() => Ok(message),
        Some(_) => Err(wrong(feed_fault::LENGTH, 0)),
        None => Err(wrong(feed_fault::TYPE, 0)),
    }
}

impl Parser for Itch {
    #[inline]
    fn next(&mut self, input: &mut &[u8], events: &mut Vec<FeedEvent>) -> Result<bool, FeedError> {
        if !self.rest.is_empty() {
            let Some(whole) = self.complete(input) else {
                return Ok(false);
            };
            let outcome = self.read(&whole, events);
            // The buffer goes back to where it was lent from.
            self.rest = whole;
            self.rest.clear();
            return outcome;
        }
        match self
            .extent(input)
            .and_then(|extent| input.split_at_checked(extent))
        {
            Some((whole, tail)) => {
                *input = tail;
                self.read(whole, events)
            }
            None => {
                self.rest.extend_from_slice(input);
                *input = &[];
                Ok(false)
            }
        }
    }

    fn finish(&mut self, _: &mut Vec<FeedEvent>) -> Result<bool, FeedError> {
        if self.rest.is_empty() {
            return Ok(false);
        }
        let position = self.position;
        self.position += self.rest.len() as u64;
        self.rest.clear();
        self.totals.messages += 1;
        self.totals.faults += 1;
        Err(FeedError {
            fault: feed_fault::TRUNCATED,
            position,
            message: self.totals.messages,
        })
    }

    fn symbols_mut(&mut self) -> &mut Symbols {
        &mut self.decoder.symbols
    }

    fn totals(&self) -> FeedTotals {
        self.totals
    }
}
