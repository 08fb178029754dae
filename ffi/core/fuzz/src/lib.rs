//! What each fuzz target does with its bytes. A target is a function that panics when the core does what it must not.
//!
//! `deno task fuzz` drives them by coverage; `cargo test` runs the inputs that are kept in `corpus/`, without any fuzzer.
#![deny(unsafe_op_in_unsafe_fn)]

pub mod abi;
pub mod audit;
pub mod books;
mod calls;
pub mod events;
pub mod feeds;
mod noise;
pub mod order_path;

/// Every target by its name.
pub const TARGETS: [(&str, fn(&[u8])); 6] = [
    ("abi", abi::run),
    ("audit", audit::run),
    ("books", books::run),
    ("events", events::run),
    ("feeds", feeds::run),
    ("order_path", order_path::run),
];
