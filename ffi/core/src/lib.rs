//! Native core of CWTS. See `docs/native-core.md`.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod layout;
