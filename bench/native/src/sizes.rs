//! The direct book by size: how many orders rest, over how many instruments.
//!
//! The flow has the shares of the common tape: of a hundred operations eighty-two move an order, three are immediate or
//! cancel, the others enter and cancel so that about the same number rests. Prices are farther apart the more orders
//! rest, so that both the queues and the ladder grow with the square root of their number. Everything goes through the
//! matching engine, which routes by instrument. A book of up to a
//! thousand orders is compared with the naive one, a larger one with the list of open orders that the flow keeps.
use crate::clock::Clock;
use crate::figures::{Line, Watched};
use cwts_core::book::{Book, DirectBook, MatchingEngine, NaiveBook};
use cwts_core::layout::{command_kind, exec_type, liquidity, side, time_in_force, OrderCommand};
use std::hint::black_box;
use std::time::Instant;

const MIDDLE: i64 = 10_000_000;
/// Mean distance from the middle, in ticks, and at how many orders per instrument.
const MEAN_DISTANCE: f64 = 180.0;
const AT_ORDERS: f64 = 1_000.0;
const OWNER: u32 = 1;
/// Stands for "not open" in `Flow::place`.
const NOWHERE: u32 = u32::MAX;

/// Resting orders up to which the naive book follows: it looks at every order of a queue.
const COMPARED: usize = 1_000;

pub struct Size {
    /// Resting orders over all instruments.
    pub orders: usize,
    pub instruments: usize,
    /// Operations after the book is filled.
    pub operations: usize,
}

/// Measures the size and prints one line.
pub fn measure(size: &Size, runs: usize) {
    let (commands, live) = Flow::new(size).commands();
    let (fill, flow) = commands.split_at(size.orders);
    let expected = (size.orders <= COMPARED).then(|| {
        let mut naive = engine::<NaiveBook>(size);
        carry_out(&mut naive, &commands);
        naive.state_hash()
    });

    let mut rates = Vec::with_capacity(runs);
    let mut grown = engine::<DirectBook>(size);
    for _ in 0..runs {
        grown = engine::<DirectBook>(size);
        carry_out(&mut grown, fill);
        let begun = Instant::now();
        carry_out(&mut grown, flow);
        rates.push(flow.len() as f64 / begun.elapsed().as_secs_f64());
        let hash = grown.state_hash();
        assert_eq!(hash, expected.unwrap_or(hash), "the books disagree");
        assert_eq!(grown.open_orders(), live, "the book lost orders");
    }
    let bytes: usize = grown
        .instruments()
        .filter_map(|one| grown.book(one))
        .map(DirectBook::bytes)
        .sum();
    let levels: usize = grown
        .instruments()
        .filter_map(|one| grown.book(one))
        .map(Book::levels)
        .sum();

    let clock = Clock::calibrated();
    let mut timed = engine::<DirectBook>(size);
    carry_out(&mut timed, fill);
    let watched = Watched::now(&clock);
    let mut ticks = vec![1; flow.len()];
    for (command, ticks) in flow.iter().zip(&mut ticks) {
        let begun = clock.ticks();
        timed.clear_events();
        timed.submit(command);
        *ticks = clock.ticks() - begun;
    }
    Line::default()
        .text("engine", "cwts-direct")
        .count("resting", size.orders as u64)
        .count("instruments", size.instruments as u64)
        .count("operations", flow.len() as u64)
        .count("open_orders", grown.open_orders() as u64)
        .count("levels", levels as u64)
        .count("fills", grown.events().matches())
        .count("book_kib", (bytes / 1024) as u64)
        .figures("rates", &rates)
        .tail(&clock, &watched, &mut ticks)
        .print();
}

fn engine<B: Book>(size: &Size) -> MatchingEngine<B> {
    let mut engine = MatchingEngine::new();
    for instrument in 0..size.instruments {
        engine
            .add_instrument(instrument as u16)
            .expect("the engine lists that many");
    }
    engine
}

fn carry_out<B: Book>(engine: &mut MatchingEngine<B>, commands: &[OrderCommand]) {
    for command in commands {
        engine.clear_events();
        engine.submit(command);
    }
    black_box(engine);
}

/// Writes the flow. It plays a venue beside it, so that every cancel and move names an order that is open.
struct Flow<'a> {
    size: &'a Size,
    dice: Dice,
    mean: f64,
    venue: MatchingEngine<DirectBook>,
    out: Vec<OrderCommand>,
    live: Vec<u32>,
    /// By order id: place in `live`.
    place: Vec<u32>,
    /// By order id: what was entered.
    entered: Vec<(u16, u8, i64)>,
}

impl<'a> Flow<'a> {
    fn new(size: &'a Size) -> Self {
        let per_instrument = size.orders as f64 / size.instruments as f64;
        Self {
            size,
            dice: Dice(12_345),
            mean: MEAN_DISTANCE * (per_instrument / AT_ORDERS).sqrt(),
            venue: engine(size),
            out: Vec::with_capacity(size.orders + size.operations),
            live: Vec::with_capacity(size.orders + 64),
            place: vec![NOWHERE],
            entered: vec![(0, 0, 0)],
        }
    }

    /// The commands, and how many orders are open after them.
    fn commands(mut self) -> (Vec<OrderCommand>, usize) {
        for n in 0..self.size.orders {
            self.passive(
                (n % self.size.instruments) as u16,
                (n / self.size.instruments % 2) as u8,
            );
        }
        assert_eq!(
            self.live.len(),
            self.size.orders,
            "the first orders all rest"
        );
        for _ in 0..self.size.operations {
            let kind = self.dice.below(100);
            if kind < 15 {
                if self.live.len() <= self.size.orders {
                    let (instrument, side) = (self.instrument(), self.dice.below(2) as u8);
                    self.passive(instrument, side);
                } else {
                    let target_id = self.pick();
                    let (instrument, side, _) = self.entered[target_id as usize];
                    let kind = command_kind::CANCEL;
                    self.write(OrderCommand {
                        kind,
                        target_id,
                        instrument,
                        side,
                        ..OrderCommand::default()
                    });
                }
            } else if kind < 18 {
                let (instrument, side) = (self.instrument(), self.dice.below(2) as u8);
                let (price, quantity) = (self.crossing(side, 3.0), 1 + self.dice.below(60) as i64);
                let tif = time_in_force::IOC;
                self.enter(OrderCommand {
                    instrument,
                    side,
                    price,
                    quantity,
                    tif,
                    ..OrderCommand::default()
                });
            } else {
                let target_id = self.pick();
                let (instrument, side, quantity) = self.entered[target_id as usize];
                let crosses = self.dice.below(1_000) >= 964;
                let price = if crosses {
                    self.crossing(side, 6.0)
                } else {
                    self.away(side)
                };
                let kind = command_kind::AMEND;
                let amend = OrderCommand {
                    kind,
                    target_id,
                    instrument,
                    side,
                    price,
                    quantity,
                    ..OrderCommand::default()
                };
                self.write(amend);
            }
        }
        (self.out, self.live.len())
    }

    fn passive(&mut self, instrument: u16, side: u8) {
        let (price, quantity) = (self.away(side), 1 + self.dice.below(100) as i64);
        self.enter(OrderCommand {
            instrument,
            side,
            price,
            quantity,
            ..OrderCommand::default()
        });
    }

    fn enter(&mut self, order: OrderCommand) {
        let order_id = self.entered.len() as u64;
        self.entered
            .push((order.instrument, order.side, order.quantity));
        self.place.push(NOWHERE);
        if order.tif != time_in_force::IOC {
            self.place[order_id as usize] = self.live.len() as u32;
            self.live.push(order_id as u32);
        }
        self.write(OrderCommand {
            kind: command_kind::NEW,
            order_id,
            ..order
        });
    }

    fn write(&mut self, command: OrderCommand) {
        let command = OrderCommand {
            owner: OWNER,
            time: self.out.len() as i64,
            ..command
        };
        self.out.push(command);
        self.venue.clear_events();
        self.venue.submit(&command);
        let ended: Vec<u64> = self
            .venue
            .events()
            .executions
            .iter()
            .filter(|record| match record.exec_type {
                exec_type::TRADE => record.leaves == 0 && record.liquidity != liquidity::NONE,
                kind => kind == exec_type::CANCELED,
            })
            .map(|record| record.order_id)
            .collect();
        ended.into_iter().for_each(|id| self.forget(id as usize));
    }

    fn forget(&mut self, id: usize) {
        let place = std::mem::replace(&mut self.place[id], NOWHERE);
        if place == NOWHERE {
            return;
        }
        self.live.swap_remove(place as usize);
        if let Some(moved) = self.live.get(place as usize) {
            self.place[*moved as usize] = place;
        }
    }

    fn pick(&mut self) -> u64 {
        u64::from(self.live[self.dice.below(self.live.len() as u64) as usize])
    }

    fn instrument(&mut self) -> u16 {
        self.dice.below(self.size.instruments as u64) as u16
    }

    /// A price on the order's own side of the middle.
    fn away(&mut self, side: u8) -> i64 {
        let distance = 1 + (-(1.0 - self.dice.unit()).ln() * self.mean) as i64;
        if side == side::BUY {
            MIDDLE - distance
        } else {
            MIDDLE + distance
        }
    }

    /// A price on the other side, a part of the mean distance away.
    fn crossing(&self, side: u8, part: f64) -> i64 {
        let distance = 1 + (self.mean / part) as i64;
        if side == side::BUY {
            MIDDLE + distance
        } else {
            MIDDLE - distance
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// From 0 to 1, 1 not included.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}
