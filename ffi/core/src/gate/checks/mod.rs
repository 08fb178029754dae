//! The checks, one small function each. Every check is pure, and fails closed when something it needs is missing.
pub mod control;
pub mod form;
pub mod known;
pub mod open_orders;
pub mod position;
pub mod price;
pub mod rate;
pub mod repetition;
pub mod room;
pub mod size;
pub mod target;
pub mod value;

#[cfg(test)]
mod tests;
