//! Random commands through both books at once: equal records, equal ticks, equal best prices after every command,
//! equal depth and state hash every thousand, and a ledger that follows every lot. Several kinds of price, because each
//! takes other ways through the direct book.
mod book_support;

use book_support::ledger::Ledger;
use book_support::{
    amend, by, cancel, cancel_owner, fok, ioc, limit, market, post_only, Chance, BUY, SELL,
};
use cwts_core::book::{Book, DirectBook, Events, NaiveBook, MAX_PRICE, TICK_BEST, TICK_TRADE};
use cwts_core::layout::{MarketTick, OrderCommand};
use proptest::prelude::*;

/// Naive and direct book side by side.
struct Twins {
    naive: NaiveBook,
    direct: DirectBook,
    naive_events: Events,
    direct_events: Events,
    ledger: Ledger,
    best: MarketTick,
}

impl Twins {
    fn new() -> Self {
        Self {
            naive: NaiveBook::new(9),
            direct: DirectBook::new(9),
            naive_events: Events::new(),
            direct_events: Events::new(),
            ledger: Ledger::default(),
            best: MarketTick::default(),
        }
    }

    fn send(&mut self, command: &OrderCommand) {
        self.naive_events.clear();
        self.direct_events.clear();
        self.naive.submit(command, &mut self.naive_events);
        self.direct.submit(command, &mut self.direct_events);
        assert_eq!(
            self.naive_events.executions, self.direct_events.executions,
            "{command:?}"
        );
        assert_eq!(
            self.naive_events.ticks, self.direct_events.ticks,
            "{command:?}"
        );
        self.ledger.follow(&self.direct_events);
        self.check_ticks(command);
    }

    /// Best-price ticks come last and at most once, exactly when the best prices differ from the last ones published.
    fn check_ticks(&mut self, command: &OrderCommand) {
        let (bid, ask) = (self.direct.best(BUY), self.direct.best(SELL));
        assert_eq!(
            (bid, ask),
            (self.naive.best(BUY), self.naive.best(SELL)),
            "{command:?}"
        );
        let (bid, ask) = (bid.unwrap_or_default(), ask.unwrap_or_default());
        assert!(
            ask.price == 0 || bid.price < ask.price,
            "crossed by {command:?}"
        );
        let now = MarketTick {
            instrument: 9,
            kind: TICK_BEST,
            bid: bid.price,
            bid_quantity: bid.quantity,
            ask: ask.price,
            ask_quantity: ask.quantity,
            time: command.time,
            ..MarketTick::default()
        };
        let changed = MarketTick {
            instrument: 9,
            time: command.time,
            ..self.best
        } != now;
        let ticks = &self.direct_events.ticks;
        let prints = ticks
            .iter()
            .take_while(|tick| tick.kind == TICK_TRADE)
            .count();
        assert_eq!(
            &ticks[prints..],
            if changed {
                std::slice::from_ref(&now)
            } else {
                &[]
            }
        );
        // What exceeds i64 is shown as i64::MAX, before and after.
        let saturated = bid.quantity == i64::MAX || ask.quantity == i64::MAX;
        assert!(
            prints == 0 || changed || saturated,
            "a trade that left the best prices alone"
        );
        self.best = now;
    }

    fn compare_state(&self) {
        let (mut naive, mut direct) = (Vec::new(), Vec::new());
        for side in [BUY, SELL] {
            for levels in [3, usize::MAX] {
                self.naive.depth(side, levels, &mut naive);
                self.direct.depth(side, levels, &mut direct);
                assert_eq!(naive, direct);
            }
        }
        assert_eq!(self.naive.open_orders(), self.direct.open_orders());
        assert_eq!(self.naive.levels(), self.direct.levels());
        assert_eq!(self.naive.state_hash(), self.direct.state_hash());
        self.ledger.agree_with(&self.direct);
        self.ledger.agree_with(&self.naive);
    }
}

/// How a regime draws prices around a middle.
#[derive(Clone, Copy, Debug)]
enum Prices {
    /// A few ticks around a fixed middle: many orders on few levels.
    Tight,
    /// As a market: most near, some far, the middle wandering slowly through several windows.
    Drifting,
    /// A few thousand ticks each way: across the edges of the window.
    Wide,
    /// Anything from 1 to the largest price, of every magnitude.
    Absurd,
}

struct Regime {
    chance: Chance,
    prices: Prices,
    middle: i64,
    next_id: u64,
    /// Ids that were entered lately; many of them are open.
    recent: Vec<u64>,
}

impl Regime {
    fn price(&mut self, side: u8) -> i64 {
        let chance = &mut self.chance;
        let away = match self.prices {
            Prices::Tight => chance.between(-2, 6),
            Prices::Drifting => chance.between(-3, 10) << chance.below(8),
            Prices::Wide => chance.between(-200, 12_000),
            Prices::Absurd => {
                let magnitude = chance.below(63);
                return ((chance.next() >> 1) >> magnitude).clamp(1, MAX_PRICE as u64) as i64;
            }
        };
        (if side == BUY {
            self.middle - away
        } else {
            self.middle + away
        })
        .max(1)
    }

    fn quantity(&mut self) -> i64 {
        match self.chance.below(50) {
            0 => i64::MAX - self.chance.between(0, 3),
            1..=4 => self.chance.between(1, 100_000),
            _ => self.chance.between(1, 40),
        }
    }

    fn target(&mut self) -> u64 {
        if self.recent.is_empty() || self.chance.below(50) == 0 {
            return self.chance.below(self.next_id + 3);
        }
        self.recent[self.chance.below(self.recent.len() as u64) as usize]
    }

    fn new_id(&mut self) -> u64 {
        if self.chance.below(40) == 0 {
            return self.target();
        }
        self.next_id += 1;
        // Ids of every width, never twice the same.
        let id = if self.next_id % 2 == 0 {
            self.next_id
        } else {
            self.next_id << 33 | 1
        };
        if self.recent.len() < 400 {
            self.recent.push(id);
        } else {
            let place = self.chance.below(400) as usize;
            self.recent[place] = id;
        }
        id
    }

    fn command(&mut self, step: u64) -> OrderCommand {
        if matches!(self.prices, Prices::Drifting) {
            // 12 000 ticks up over one half of each 80 000 commands and down again over the other.
            let up = step / 40_000 % 2 == 0;
            self.middle += i64::from(self.chance.below(10) < 3) * if up { 1 } else { -1 };
        }
        let side = self.chance.below(2) as u8;
        let (price, quantity) = (self.price(side), self.quantity());
        let command = match self.chance.below(1_000) {
            0..=399 => limit(self.new_id(), side, quantity, price),
            400..=449 => post_only(self.new_id(), side, quantity, price),
            450..=499 => ioc(self.new_id(), side, quantity, price),
            500..=549 => fok(self.new_id(), side, quantity, price),
            550..=579 => market(self.new_id(), side, quantity),
            580..=749 => cancel(self.target()),
            750..=969 => {
                let keep_price = self.chance.below(3) == 0;
                let target = self.target();
                let flags = u16::from(self.chance.below(20) == 0);
                OrderCommand {
                    flags,
                    ..amend(target, quantity, if keep_price { 0 } else { price })
                }
            }
            970..=971 => cancel_owner(self.chance.below(6) as u32),
            _ => self.garbage(),
        };
        // Mostly the right owner: owners follow from ids.
        let owner = |id: u64| (id % 5) as u32;
        match command.kind {
            4 => command,
            1 => OrderCommand {
                time: step as i64,
                ..by(owner(command.order_id), command)
            },
            _ if self.chance.below(50) == 0 => by(99, command),
            _ => OrderCommand {
                time: step as i64,
                ..by(owner(command.target_id), command)
            },
        }
    }

    fn garbage(&mut self) -> OrderCommand {
        let chance = &mut self.chance;
        let pick =
            |chance: &mut Chance| [0, 1, -1, i64::MIN, i64::MAX, 50][chance.below(6) as usize];
        OrderCommand {
            kind: chance.below(6) as u8,
            side: chance.below(3) as u8,
            order_type: chance.below(3) as u8,
            tif: chance.below(4) as u8,
            flags: chance.below(8) as u16,
            order_id: chance.below(3),
            price: pick(chance),
            quantity: pick(chance),
            target_id: chance.below(4),
            ..OrderCommand::default()
        }
    }
}

/// Runs one regime; returns how many matches it saw.
fn run(prices: Prices, seed: u64, steps: u64) -> u64 {
    let mut twins = Twins::new();
    let mut regime = Regime {
        chance: Chance(seed),
        prices,
        middle: 30_000,
        next_id: 0,
        recent: Vec::new(),
    };
    for step in 0..steps {
        let mut command = regime.command(step);
        if command.kind == 3 && command.price == 0 {
            command.price = price_of(&twins.naive, command.target_id);
        }
        twins.send(&command);
        if step % 1_000 == 0 {
            twins.compare_state();
        }
    }
    twins.compare_state();
    twins.direct_events.matches()
}

/// The price an open order rests at; 1 when there is none.
fn price_of(book: &NaiveBook, id: u64) -> i64 {
    let mut found = 1;
    if book.contains(id) {
        for side in [BUY, SELL] {
            book.for_each_order(side, &mut |order| {
                if order.order_id == id {
                    found = order.price;
                }
            });
        }
    }
    found
}

const STEPS: u64 = 260_000;

#[test]
fn books_agree_on_few_crowded_levels() {
    assert!(run(Prices::Tight, 1, STEPS) > STEPS / 10);
}

#[test]
fn books_agree_in_a_market_that_moves_through_several_windows() {
    assert!(run(Prices::Drifting, 2, STEPS) > STEPS / 10);
}

#[test]
fn books_agree_across_the_edges_of_the_window() {
    assert!(run(Prices::Wide, 3, STEPS) > STEPS / 20);
}

#[test]
fn books_agree_on_prices_of_every_magnitude() {
    assert!(run(Prices::Absurd, 4, STEPS) > STEPS / 20);
}

fn any_command() -> impl Strategy<Value = OrderCommand> {
    let price =
        prop_oneof![8 => 90..110i64, 1 => 1..40_000i64, 1 => (1..60u32).prop_map(|bits| 1 << bits)];
    let order = (1..25u64, 0..2u8, 1..20i64, price, 0..10u8, 1..4u32);
    order.prop_map(|(id, side, quantity, price, kind, owner)| {
        let command = match kind {
            0..=3 => limit(id, side, quantity, price),
            4 => post_only(id, side, quantity, price),
            5 => ioc(id, side, quantity, price),
            6 => fok(id, side, quantity, price),
            7 => market(id, side, quantity),
            8 => cancel(id),
            _ => amend(id, quantity, price),
        };
        // Owner 3 sends mass cancels instead of orders.
        match owner {
            3 if kind == 0 => cancel_owner(id as u32 % 3),
            _ => by(id as u32 % 3, command),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same comparison on short runs, which shrink to a readable counter-example.
    #[test]
    fn books_agree_on_any_short_run(commands in prop::collection::vec(any_command(), 1..120)) {
        let mut twins = Twins::new();
        for command in &commands {
            twins.send(command);
        }
        twins.compare_state();
    }
}
