//! What is wrong with a message, and where.
use crate::layout::feed_fault;
use core::fmt;

/// A message that was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedError {
    /// [`crate::layout::feed_fault`].
    pub fault: u32,
    /// Byte of the feed, from 0, at which the message is wrong.
    pub position: u64,
    /// Number of the message in the feed, from 1.
    pub message: u64,
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fault,
            position,
            message,
        } = self;
        let sentence = sentence(*fault);
        write!(f, "message {message}, byte {position}: {sentence}")
    }
}

impl std::error::Error for FeedError {}

/// A fault at a place in the message at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub fault: u32,
    /// Byte of the message.
    pub at: usize,
}

pub(super) const fn wrong(fault: u32, at: usize) -> Wrong {
    Wrong { fault, at }
}

const fn sentence(fault: u32) -> &'static str {
    match fault {
        feed_fault::STAMP => "the line does not begin with a receive time of 19 digits and a space",
        feed_fault::TIME_BACKWARDS => "the time is before that of the message in front of it",
        feed_fault::TOO_LONG => "the message is longer than any of this feed",
        feed_fault::JSON => "what follows the receive time is not JSON",
        feed_fault::SHAPE => "a field is missing, given twice, or not of its type",
        feed_fault::RANGE => "a number is too large",
        feed_fault::SYMBOL => "it is about a symbol that the parser was not given",
        feed_fault::OFF_TICK => "a price is not a whole number of ticks above zero",
        feed_fault::OFF_LOT => "a quantity is not a whole number of lots, or is zero",
        feed_fault::LENGTH => "the length is not that of a message of this type",
        feed_fault::TYPE => "there is no message of this type",
        feed_fault::TRUNCATED => "the feed ends in the middle of a message",
        _ => "it is wrong",
    }
}
