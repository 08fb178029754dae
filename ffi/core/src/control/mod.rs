//! The control page: who may stop orders, in one memory-mapped file that any process of the operator can write.
//!
//! A state word per scope (the firm, its customers, accounts and strategies, each instrument) and the system mode decide what the gate lets
//! through. The gate reads them before every decision; stopping it needs no message, no lock and no living event loop,
//! only one store by anyone who has the file mapped. The words outlive every process.
//!
//! # What a request may promise
//!
//! [`ControlPage::request`] returns the number of a decision, *G*. **No decision numbered above *G* is made under the
//! old state.** For each decision *n* the gate, in this order,
//!
//! 1. stores *n* in `gate_sequence` ([`ControlPage::begin_decision`]),
//! 2. loads the scope words ([`ControlPage::effective`]);
//!
//! and for a request the requester, in this order,
//!
//! 3. stores the new state in the scope word,
//! 4. loads `gate_sequence`, which gives *G*.
//!
//! All four are sequentially consistent, so there is one order of all of them that every processor agrees on, in which
//! each load sees the last store before it. Let *n* > *G*. The gate counts upward, so load 4, which saw *G*, comes before
//! the store 1 of *n*. Then 3 comes before 4, 4 before 1 and 1 before 2: the gate's load for decision *n* sees the new
//! state or a still newer one. ∎
//!
//! This is the handshake of Dekker's algorithm: each side announces itself before it looks at the other. It breaks when
//! either side looks first, and when the four are weaker than sequentially consistent, because a processor may then let
//! a load overtake its own earlier store to another address. The tests show both.
//!
//! The same holds for [`ControlPage::set_mode`]. Decision *G* itself may have gone either way: it is the one being made
//! while the word changed. `gate_sequence` starts again at 0 when a node attaches.

mod error;
mod file;
mod page;
mod words;

pub use error::ControlError;
pub use page::{mode, ControlPage, ACTOR_BYTES, NAME_BYTES, REASON_BYTES};
