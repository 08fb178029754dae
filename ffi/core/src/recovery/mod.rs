//! From a log back to the state of the gate and the books that wrote it.
//!
//! [`recover`] reads a directory once, checking the chain of seals as it goes, and carries out again what the records say
//! was done: decisions with their verdicts, reports, limits and facts in the gate, inputs in the books of an engine that
//! recorded them. What comes out has the state hash of what there was when the last record was written. A [`snapshot`]
//! stands for the beginning of a log, so that only what is behind it need be read; it is an abbreviation and never the only
//! truth: one that cannot be used is passed over for an earlier one, or for the whole log.
//!
//! Nothing is decided again where trading has to go on. Whether the decisions were right is another question, which
//! [`judge`] asks: the market of each decision is on record before it.
//!
//! # What is recovered, and what is not
//!
//! | recovered, equal by state hash | told again |
//! |---|---|
//! | limits, tree, facts, positions, reservations, open orders, used ids, recent orders, budgets, windows, latches, parents, locates, counters, sequence numbers of venues; prices, protected quotes and moves as they were when an order was last measured against them | what the market did since |
//! | books: orders with their places, positions, groups, states, counters | reports that the engine had not handed over |
//!
//! Prices count as old as they are: until the market is told again, orders that need a younger one are refused. Kill words stand on the control page, which is a
//! file of its own. How many scopes a gate has room for is asked of whoever makes it.
mod judge;
mod replay;
pub mod snapshot;
mod writer;

#[cfg(test)]
mod tests;

pub use judge::{judge, Sentence};
pub use replay::{recover, Recovery, RecoveryError};
pub use writer::{Snapshots, Written};
