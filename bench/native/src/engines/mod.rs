//! Every engine behind one small face, so that all are measured by the same loop.
mod cwts;
mod orderbook_rs;

pub use self::cwts::Cwts;
pub use self::orderbook_rs::{
    owner as orderbook_rs_owner, side_of as orderbook_rs_side, OrderbookRs,
};

use crate::tape::Operation;

/// A matching engine with one book.
pub trait Engine {
    /// An operation in the engine's own words, made before the clock starts.
    type Command;

    fn commands(tape: &[Operation]) -> Vec<Self::Command>;

    /// An empty book.
    fn new() -> Self;

    /// An empty book that counts its fills and refusals for [`Engine::outcome`].
    fn counting() -> Self;

    /// The engine's cheapest way to carry out an operation.
    fn apply(&mut self, command: &Self::Command);

    /// What is to be looked at after each operation of a counting engine.
    fn count(&mut self, command: &Self::Command);

    fn outcome(&self) -> Outcome;
}

/// What a tape did to a book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Pairs of maker and taker.
    pub fills: u64,
    /// Lots that changed hands.
    pub lots: u64,
    /// Operations that were refused.
    pub refused: u64,
    pub open_orders: u64,
    pub levels: u64,
    /// Records written about all of it; 0 for an engine that does not write them.
    pub records: u64,
    /// Equal for equal books; 0 for an engine that has no such thing.
    pub state_hash: u64,
}
