//! The checks, one small function each. Every check is pure, and fails closed when something it needs is missing.
pub mod control;
pub mod form;
pub mod known;
pub mod position;
pub mod price;
pub mod rate;
pub mod repetition;
pub mod size;
pub mod target;

#[cfg(test)]
mod tests;
