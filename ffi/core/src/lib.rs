//! Native core of CWTS. `ffi/README.md` says what is where.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod abi;
mod ask_for;
pub mod audit;
pub mod book;
pub mod control;
pub mod gate;
mod image;
mod large_pages;
// The generator lists every value of an enum as it stands in the description.
#[allow(clippy::manual_range_patterns)]
pub mod layout;
pub mod market;
pub mod math;
pub mod pipeline;
pub mod record;
pub mod recovery;
