//! The checks, one small function each. Every check is pure, and fails closed when something it needs is missing.
pub mod authority;
pub mod control;
pub mod factors;
pub mod flow;
pub mod form;
pub mod known;
pub mod market;
pub mod money;
pub mod open_orders;
pub mod parent;
pub mod position;
pub mod price;
pub mod protected;
pub mod rate;
pub mod repetition;
pub mod restricted;
pub mod room;
pub mod self_match;
pub mod short_sale;
pub mod size;
pub mod soft;
pub mod target;
pub mod value;
pub mod volume;

#[cfg(test)]
mod tests;
