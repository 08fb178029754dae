//! What the tests of the books share: commands in short, records as one-line sentences, a ledger that checks that no
//! quantity appears or vanishes, and the common tape.
#![allow(dead_code)] // Every test file uses a part of it.
pub mod ledger;
pub mod tape;

use cwts_core::book::{
    Book, Events, OpenOrder, AUCTION, FLAG_POST_ONLY, FLAG_REDUCE_ONLY, SELF_TRADE_SHIFT,
    TICK_BEST, TICK_STATE,
};
use cwts_core::layout::{
    command_kind, exec_type, liquidity, order_type, side, time_in_force, Execution, MarketTick,
    OrderCommand,
};

/// Writes each test once and runs it over both books.
#[allow(unused_macros)]
macro_rules! over_both_books {
    ($(fn $name:ident<$book:ident>() $body:block)*) => {
        mod rule {
            use super::*;
            $(pub fn $name<$book: cwts_core::book::Book>() $body)*
        }
        mod naive {
            $(#[test] fn $name() { super::rule::$name::<cwts_core::book::NaiveBook>(); })*
        }
        mod direct {
            $(#[test] fn $name() { super::rule::$name::<cwts_core::book::DirectBook>(); })*
        }
    };
}

pub const BUY: u8 = side::BUY;
pub const SELL: u8 = side::SELL;

/// No records.
pub const NOTHING: [&str; 0] = [];

/// Nanoseconds.
pub const SECOND: i64 = 1_000_000_000;

/// A limit order of owner 1, good till cancelled.
pub fn limit(order_id: u64, side: u8, quantity: i64, price: i64) -> OrderCommand {
    OrderCommand {
        kind: command_kind::NEW,
        side,
        order_id,
        price,
        quantity,
        owner: 1,
        ..OrderCommand::default()
    }
}

pub fn ioc(order_id: u64, side: u8, quantity: i64, price: i64) -> OrderCommand {
    OrderCommand {
        tif: time_in_force::IOC,
        ..limit(order_id, side, quantity, price)
    }
}

pub fn fok(order_id: u64, side: u8, quantity: i64, price: i64) -> OrderCommand {
    OrderCommand {
        tif: time_in_force::FOK,
        ..limit(order_id, side, quantity, price)
    }
}

pub fn market(order_id: u64, side: u8, quantity: i64) -> OrderCommand {
    OrderCommand {
        order_type: order_type::MARKET,
        ..limit(order_id, side, quantity, 0)
    }
}

pub fn post_only(order_id: u64, side: u8, quantity: i64, price: i64) -> OrderCommand {
    OrderCommand {
        flags: FLAG_POST_ONLY,
        ..limit(order_id, side, quantity, price)
    }
}

/// Waits for a trade at `trigger`, then is a market order.
pub fn stop(order_id: u64, side: u8, quantity: i64, trigger: i64) -> OrderCommand {
    OrderCommand {
        order_type: order_type::STOP,
        ..limit(order_id, side, quantity, trigger)
    }
}

/// Waits for a trade at `trigger`, then is a limit order at `price`.
pub fn stop_limit(id: u64, side: u8, quantity: i64, price: i64, trigger: i64) -> OrderCommand {
    let mut order = OrderCommand {
        order_type: order_type::STOP_LIMIT,
        ..limit(id, side, quantity, price)
    };
    order.set_trigger_offset((trigger - price) as i32);
    order
}

/// A limit order that shows `display` lots at a time.
pub fn iceberg(id: u64, side: u8, quantity: i64, price: i64, display: u32) -> OrderCommand {
    OrderCommand {
        display,
        ..limit(id, side, quantity, price)
    }
}

pub fn reduce_only(order: OrderCommand) -> OrderCommand {
    OrderCommand {
        flags: order.flags | FLAG_REDUCE_ONLY,
        ..order
    }
}

/// The same order with a self-trade mode.
pub fn prevent(mode: u8, order: OrderCommand) -> OrderCommand {
    OrderCommand {
        flags: order.flags | u16::from(mode) << SELF_TRADE_SHIFT,
        ..order
    }
}

/// The same order until a second since the Unix epoch.
pub fn until(second: u32, order: OrderCommand) -> OrderCommand {
    let mut order = OrderCommand {
        tif: time_in_force::GTD,
        ..order
    };
    order.set_expires(second);
    order
}

/// The same order until the market closes.
pub fn for_the_day(order: OrderCommand) -> OrderCommand {
    OrderCommand {
        tif: time_in_force::DAY,
        ..order
    }
}

/// The same command issued at a time in nanoseconds.
pub fn at_time(time: i64, command: OrderCommand) -> OrderCommand {
    OrderCommand { time, ..command }
}

pub fn cancel(target_id: u64) -> OrderCommand {
    OrderCommand {
        kind: command_kind::CANCEL,
        target_id,
        owner: 1,
        ..OrderCommand::default()
    }
}

pub fn amend(target_id: u64, quantity: i64, price: i64) -> OrderCommand {
    OrderCommand {
        kind: command_kind::AMEND,
        price,
        quantity,
        ..cancel(target_id)
    }
}

pub fn cancel_owner(owner: u32) -> OrderCommand {
    OrderCommand {
        kind: command_kind::CANCEL_OWNER,
        owner,
        ..OrderCommand::default()
    }
}

/// The same command from somebody else.
pub fn by(owner: u32, command: OrderCommand) -> OrderCommand {
    OrderCommand { owner, ..command }
}

/// A book with its events.
pub struct Venue<B> {
    pub book: B,
    pub events: Events,
}

impl<B: Book> Venue<B> {
    pub fn new() -> Self {
        Self {
            book: B::new(3),
            events: Events::new(),
        }
    }

    /// A venue that has carried out these commands and forgotten the records.
    pub fn after(commands: &[OrderCommand]) -> Self {
        let mut venue = Self::new();
        for command in commands {
            venue.send(command);
        }
        venue
    }

    /// Carries out one command; its records are in `events` until the next.
    pub fn send(&mut self, command: &OrderCommand) {
        self.events.clear();
        self.book.submit(command, &mut self.events);
    }

    /// Carries out one command; returns its execution records as sentences.
    pub fn reports(&mut self, command: OrderCommand) -> Vec<String> {
        self.send(&command);
        self.events.executions.iter().map(report).collect()
    }

    /// Carries out one command; returns its ticks as sentences.
    pub fn ticks(&mut self, command: OrderCommand) -> Vec<String> {
        self.send(&command);
        self.events.ticks.iter().map(tick).collect()
    }

    /// Does something that is no command; returns its execution records as sentences.
    pub fn watch(&mut self, what: impl FnOnce(&mut B, &mut Events)) -> Vec<String> {
        self.events.clear();
        what(&mut self.book, &mut self.events);
        self.events.executions.iter().map(report).collect()
    }

    /// Changes the trading state at time 0; returns the execution records as sentences.
    pub fn turn(&mut self, state: u8) -> Vec<String> {
        self.watch(|book, events| book.set_state(state, 0, events).expect("a known state"))
    }

    /// The ticks of the latest command as sentences.
    pub fn latest_ticks(&self) -> Vec<String> {
        self.events.ticks.iter().map(tick).collect()
    }

    /// The position of an owner, lots.
    pub fn position(&self, owner: u32) -> i64 {
        self.book.account(owner).position
    }

    /// An open order that must be there.
    pub fn order(&self, id: u64) -> OpenOrder {
        self.book.find(id).expect("the order is open")
    }

    /// Resting orders of a side in matching order, as "id shown of leaves@price".
    pub fn shown(&self, side: u8) -> Vec<String> {
        let mut out = Vec::new();
        self.book.for_each_order(side, &mut |order| {
            out.push(format!(
                "#{} {} of {}@{}",
                order.order_id, order.shown, order.leaves, order.price
            ));
        });
        out
    }

    /// Resting orders of a side in matching order, as "id leaves@price".
    pub fn queue(&self, side: u8) -> Vec<String> {
        let mut out = Vec::new();
        self.book.for_each_order(side, &mut |order| {
            out.push(format!(
                "#{} {}@{}",
                order.order_id, order.leaves, order.price
            ));
        });
        out
    }
}

pub fn side_name(side: u8) -> &'static str {
    if side == BUY {
        "buy"
    } else {
        "sell"
    }
}

/// An execution record as a sentence.
pub fn report(record: &Execution) -> String {
    let kind = match (record.exec_type, record.liquidity) {
        (exec_type::NEW, liquidity::NONE) => "new",
        (exec_type::TRADE, liquidity::MAKER) => "made",
        (exec_type::TRADE, liquidity::TAKER) => "took",
        (exec_type::CANCELED, liquidity::NONE) => "canceled",
        (exec_type::REPLACED, liquidity::NONE) => "replaced",
        (exec_type::REJECTED, liquidity::NONE) => "rejected",
        (exec_type::CANCEL_REJECTED, liquidity::NONE) => "cancel rejected",
        (exec_type::TRIGGERED, liquidity::NONE) => "triggered",
        (exec_type::EXPIRED, liquidity::NONE) => "expired",
        (exec_type::RESTATED, liquidity::NONE) => "restated",
        (exec_type::TRADE, liquidity::NONE) => "crossed",
        other => panic!("a record that cannot be: {other:?}"),
    };
    let Execution {
        order_id,
        quantity,
        price,
        leaves,
        ..
    } = *record;
    let side = side_name(record.side);
    let mut text = format!("{kind} #{order_id} {side} {quantity}@{price} leaves {leaves}");
    if record.reason != 0 {
        text += &format!(" because {}", record.reason);
    }
    if record.match_id != 0 {
        text += &format!(" match {}", record.match_id);
    }
    text
}

/// A tick as a sentence.
pub fn tick(tick: &MarketTick) -> String {
    let MarketTick {
        bid,
        bid_quantity,
        ask,
        ask_quantity,
        price,
        quantity,
        match_id,
        ..
    } = *tick;
    if tick.kind == TICK_STATE {
        return format!("state {}", tick.aggressor);
    }
    if tick.kind == TICK_BEST {
        assert_eq!((price, quantity, match_id, tick.aggressor), (0, 0, 0, 0));
        format!("best {bid_quantity}@{bid} {ask_quantity}@{ask}")
    } else {
        assert_eq!((bid, bid_quantity, ask, ask_quantity), (0, 0, 0, 0));
        format!(
            "print {quantity}@{price} {} match {match_id}",
            if tick.aggressor == AUCTION {
                "auction"
            } else {
                side_name(tick.aggressor)
            }
        )
    }
}

/// A small reproducible generator for test data (SplitMix64).
pub struct Chance(pub u64);

impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `bound` - 1.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low) as u64 + 1) as i64
    }
}
