//! Both books of CWTS. A record of 64 bytes is written for every event, a tick for every change of the best prices, and
//! order ids have 64 bits, in every measurement.
use super::{Engine, Outcome};
use crate::tape::{self, Operation};
use cwts_core::book::{Book, Events};
use cwts_core::layout::{exec_type, liquidity, OrderCommand};

pub struct Cwts<B> {
    book: B,
    events: Events,
    lots: u64,
    refused: u64,
}

impl<B: Book> Engine for Cwts<B> {
    type Command = OrderCommand;

    fn commands(tape: &[Operation]) -> Vec<OrderCommand> {
        tape::commands(tape)
    }

    fn new() -> Self {
        Self {
            book: B::new(0),
            events: Events::new(),
            lots: 0,
            refused: 0,
        }
    }

    fn counting() -> Self {
        Self::new()
    }

    #[inline(always)]
    fn apply(&mut self, command: &OrderCommand) {
        self.events.clear();
        self.book.submit(command, &mut self.events);
    }

    fn count(&mut self, command: &OrderCommand) {
        self.apply(command);
        for record in &self.events.executions {
            match record.exec_type {
                exec_type::TRADE if record.liquidity == liquidity::TAKER => {
                    self.lots += record.quantity as u64;
                }
                exec_type::REJECTED | exec_type::CANCEL_REJECTED => self.refused += 1,
                _ => {}
            }
        }
    }

    fn outcome(&self) -> Outcome {
        Outcome {
            fills: self.events.matches(),
            lots: self.lots,
            refused: self.refused,
            open_orders: self.book.open_orders() as u64,
            levels: self.book.levels() as u64,
            records: self.events.venue_sequence(),
            state_hash: self.book.state_hash(),
        }
    }
}
