//! The whole order path as a stage of the gate's measurement: gate, journal and matching book in one call.
use crate::crowd::Crowd;
use crate::desk::{middle, Day, Desk, PERIOD, START};
use crate::gate::Stage;
use crate::sizes::Dice;
use cwts_core::book::{DirectBook, MatchingEngine};
use cwts_core::gate::Journal;
use cwts_core::layout::{command_kind, side, Execution, OrderCommand};
use cwts_core::pipeline::{submit, Venue};

/// Commands that leave nothing open behind them.
const ROUND: usize = 16;
/// Quantities before one comes again: no order looks like another of the same window.
const QUANTITIES: usize = 9_999;

impl Day {
    /// Of sixteen commands eight come to rest, the ninth takes the best of them, and the others are cancelled. The reports
    /// are the book's.
    pub fn of_the_path(orders: usize, crowd: &Crowd) -> Self {
        let mut dice = Dice(7);
        let mut written = Vec::with_capacity(orders);
        for start in (0..orders / ROUND * ROUND).step_by(ROUND) {
            let owner = 1 + dice.below(u64::from(crowd.strategies)) as u32;
            let instrument = crowd.instrument(owner, dice.below(u64::from(crowd.each)));
            let buys = dice.below(2) == 0;
            // Towards the other side of the book.
            let (own, other, step) = if buys {
                (side::BUY, side::SELL, 1)
            } else {
                (side::SELL, side::BUY, -1)
            };
            for place in 0..ROUND {
                let n = start + place;
                let entered = n.min(start + 7);
                let mut order = OrderCommand {
                    kind: command_kind::NEW,
                    side: if place < 8 { own } else { other },
                    instrument,
                    order_id: n as u64 + 1,
                    price: middle(start) + step * ((entered - start) as i64 - 20),
                    quantity: 1 + (entered % QUANTITIES) as i64,
                    owner,
                    time: START + n as i64 * PERIOD,
                    ..OrderCommand::default()
                };
                if place > 8 {
                    order.kind = command_kind::CANCEL;
                    order.target_id = n as u64 - 8;
                    order.order_id = order.target_id;
                }
                written.push(order);
            }
        }
        Self {
            orders: written,
            reports: Vec::new(),
        }
    }
}

/// A desk with a book behind it.
pub struct Path<J> {
    desk: Desk<J>,
    engine: MatchingEngine<DirectBook>,
}

impl<J: Journal> Path<J> {
    pub fn open(journal: J, crowd: &Crowd) -> Self {
        let mut engine = MatchingEngine::new();
        for instrument in 0..crowd.instruments {
            engine.add_instrument(instrument).expect("listed once");
        }
        let desk = Desk::open(journal, crowd);
        Self { desk, engine }
    }
}

impl<J: Journal> Stage for Path<J> {
    fn quote(&mut self, order: usize) {
        self.desk.quote(order);
    }

    #[inline(always)]
    fn decide(&mut self, orders: &[OrderCommand]) {
        let venue = Venue {
            engine: &mut self.engine,
            stream: 0,
            records: false,
        };
        let desk = &mut self.desk;
        let passage = submit(
            &mut desk.gate,
            &mut desk.journal,
            &desk.page,
            venue,
            orders,
            &mut desk.decisions,
        );
        assert!(passage.recorded, "the log failed");
        desk.refused += orders.len() as u64 - u64::from(passage.accepted);
    }

    /// The reports were applied before the answer.
    fn settle(&mut self, _: &[Execution]) {
        self.engine.clear_events();
    }

    fn close(&self, orders: usize) {
        assert_eq!(self.engine.open_orders(), 0, "orders were left in the book");
        self.desk.close(orders);
    }

    fn refused(&self) -> u64 {
        self.desk.refused
    }
}
