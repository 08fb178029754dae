//! Both books must answer every command with the same records and come to the same state.
//!
//! `CWTS_LONG=1 cargo test --release --test book_differential` runs eleven million commands instead of one and a half. A
//! failure names its seed; `CWTS_SEED=n` runs that one alone. After every command a ledger that reads nothing but the
//! records checks that no lot and no money was made or lost.
mod book_support;

use book_support::ledger::Ledger;
use book_support::{Chance, SECOND};
use cwts_core::book::{Book, DirectBook, Events, NaiveBook, Whose, SELF_TRADE_SHIFT};
use cwts_core::layout::{
    code, command_kind, exec_type, order_type, side, time_in_force, trading_state, OrderCommand,
};
use std::collections::BTreeMap;

const OWNERS: u64 = 5;
/// What is done to both books in one step.
#[derive(Clone, Copy, Debug)]
enum Step {
    Submit(OrderCommand),
    Advance(i64),
    State(u8, i64),
    Group(u32, u32),
    Position(u32, i64),
    CancelAll(Whose, i64),
}

/// How a run draws: which prices, how often something rare.
struct Market {
    chance: Chance,
    time: i64,
    next_id: u64,
    spread: u64,
    base: i64,
    /// One in this many orders has each rare trait; 0 for none.
    rare: u64,
}

impl Market {
    fn price(&mut self) -> i64 {
        match self.chance.below(200) {
            0 => 1,
            1 => i64::MAX - 1,
            2 => self.base + 50_000 + self.chance.below(9_000) as i64,
            _ => self.base + self.chance.below(self.spread) as i64,
        }
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.chance.below(n) == 0
    }

    fn is_rare(&mut self) -> bool {
        self.rare > 0 && self.one_in(self.rare)
    }

    fn new_order(&mut self) -> OrderCommand {
        self.next_id += 1;
        let mut order = OrderCommand {
            kind: command_kind::NEW,
            side: self.chance.below(2) as u8,
            order_type: order_type::LIMIT,
            order_id: self.next_id,
            price: self.price(),
            quantity: 1 + self.chance.below(20) as i64,
            owner: 1 + self.chance.below(OWNERS) as u32,
            time: self.time,
            ..OrderCommand::default()
        };
        if self.is_rare() {
            order.tif = self.chance.below(6) as u8;
        }
        if order.tif == time_in_force::GTD && !self.one_in(8) {
            order.set_expires((self.time / SECOND) as u32 + self.chance.below(30) as u32);
        }
        if self.is_rare() {
            order.order_type = self.chance.below(4) as u8;
        }
        if order.order_type == order_type::STOP_LIMIT {
            order.set_trigger_offset(self.chance.below(21) as i32 - 10);
        }
        if self.is_rare() {
            order.flags |= 1;
        }
        if self.is_rare() {
            order.flags |= 2;
        }
        if self.is_rare() {
            order.flags |= (self.chance.below(5) as u16) << SELF_TRADE_SHIFT;
        }
        if self.is_rare() {
            order.display = 1 + self.chance.below(5) as u32;
        }
        if self.one_in(400) {
            // Something that cannot be read.
            match self.chance.below(7) {
                0 => order.quantity = -order.quantity,
                1 => order.side = 7,
                2 => order.order_id = 0,
                3 => order.price = 0,
                4 => order.flags |= 7 << SELF_TRADE_SHIFT,
                5 => order.kind = 9,
                _ => order.target_id = self.chance.next(),
            }
        }
        if self.one_in(60) {
            order.quantity = i64::MAX / 2 + self.chance.below(9) as i64;
        }
        if self.one_in(100) {
            order.order_id = self.next_id.saturating_sub(self.chance.below(40)).max(1);
        }
        order
    }

    fn change(&mut self, open: &[(u64, u32)]) -> OrderCommand {
        let (target_id, mut owner) = open
            .get(self.chance.below(open.len().max(1) as u64) as usize)
            .copied()
            .unwrap_or((self.chance.below(self.next_id + 2), 1));
        if self.one_in(50) {
            owner = 1 + self.chance.below(OWNERS) as u32;
        }
        let amend = !self.one_in(4);
        let mut quantity = 1 + self.chance.below(25) as i64;
        if self.one_in(60) {
            quantity = i64::MAX - self.chance.below(9) as i64;
        }
        let flags = u16::from(self.is_rare());
        OrderCommand {
            kind: if amend {
                command_kind::AMEND
            } else {
                command_kind::CANCEL
            },
            target_id,
            owner,
            flags,
            price: self.price(),
            quantity,
            time: self.time,
            ..OrderCommand::default()
        }
    }

    fn step(&mut self, open: &[(u64, u32)]) -> Step {
        self.time += self.chance.below(SECOND as u64 / 4) as i64;
        let owner = 1 + self.chance.below(OWNERS) as u32;
        match self.chance.below(400) {
            0 => Step::CancelAll(Whose::Owner(owner), self.time),
            1 if self.one_in(3) => Step::CancelAll(Whose::Everybody, self.time),
            2 => Step::CancelAll(Whose::Group(owner), self.time),
            3 => Step::Advance(self.time),
            4 if self.rare > 0 => Step::Group(owner, 1 + self.chance.below(OWNERS) as u32),
            5 if self.rare > 0 => Step::Position(owner, self.chance.below(60) as i64 - 30),
            6..=9 if self.rare > 0 => Step::State(self.chance.below(6) as u8, self.time),
            10..=16 if self.rare > 0 => Step::State(trading_state::CONTINUOUS, self.time),
            17 => Step::Submit(OrderCommand {
                kind: command_kind::CANCEL_OWNER,
                owner,
                time: self.time,
                ..OrderCommand::default()
            }),
            18..=219 => Step::Submit(self.new_order()),
            _ => Step::Submit(self.change(open)),
        }
    }
}

fn apply<B: Book>(book: &mut B, step: &Step, events: &mut Events) {
    match *step {
        Step::Submit(command) => book.submit(&command, events),
        Step::Advance(time) => book.advance(time, events),
        Step::State(state, time) => {
            let changed = book.set_state(state, time, events);
            assert_eq!(changed.is_ok(), trading_state::is_known(state));
        }
        Step::Group(owner, group) => book.set_group(owner, group),
        Step::Position(owner, lots) => book.set_position(owner, lots),
        Step::CancelAll(whose, time) => {
            let before = book.open_orders();
            let cancelled = book.cancel_all(whose, time, events);
            assert_eq!(before - book.open_orders(), cancelled as usize);
        }
    }
}

fn open_of(book: &NaiveBook) -> Vec<(u64, u32)> {
    let mut open = Vec::new();
    for side in [side::BUY, side::SELL] {
        book.for_each_order(side, &mut |order| open.push((order.order_id, order.owner)));
    }
    book.for_each_stop(&mut |order| open.push((order.order_id, order.owner)));
    open
}

/// How often each kind of record with each reason was seen, so that a run shows what it has compared.
type Seen = BTreeMap<(u8, u16), u64>;

/// Says on a panic which run it was and how far it had come.
struct Replay {
    seed: u64,
    market: String,
    step: u64,
    latest: Option<Step>,
}

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self {
                seed,
                market,
                step,
                latest,
            } = self;
            eprintln!("CWTS_SEED={seed} ({market}) fails at step {step}: {latest:?}");
        }
    }
}

fn compare(seed: u64, steps: u64, spread: u64, rare: u64) -> Seen {
    let mut seen = Seen::new();
    let mut market = Market {
        chance: Chance(seed),
        time: 1_000 * SECOND,
        next_id: 0,
        spread,
        base: 1 + (seed % 3 * 40_000) as i64,
        rare,
    };
    let (mut naive, mut direct) = (NaiveBook::new(3), DirectBook::new(3));
    let (mut said, mut answered) = (Events::new(), Events::new());
    let mut ledger = Ledger::default();
    let mut open = Vec::new();
    let mut replay = Replay {
        seed,
        market: format!("spread {spread}, rare {rare}"),
        step: 0,
        latest: None,
    };
    for n in 0..steps {
        if n % 16 == 0 {
            open = open_of(&naive);
        }
        let mut step = market.step(&open);
        if open.len() > 150 && n % 64 == 0 {
            step = Step::CancelAll(Whose::Everybody, market.time);
        }
        (replay.step, replay.latest) = (n, Some(step));
        said.clear();
        answered.clear();
        apply(&mut naive, &step, &mut said);
        apply(&mut direct, &step, &mut answered);
        assert_eq!(answered.executions, said.executions);
        assert_eq!(answered.ticks, said.ticks);
        assert_eq!(direct.open_orders(), naive.open_orders());
        if let Step::Position(owner, lots) = step {
            ledger.set_position(owner, lots);
        }
        ledger.follow(&answered);
        assert_eq!(ledger.open_orders(), direct.open_orders());
        for record in &said.executions {
            *seen.entry((record.exec_type, record.reason)).or_default() += 1;
        }
        if direct.state() == trading_state::CONTINUOUS {
            let best = |side| direct.best(side).map(|level| level.price);
            let (bid, ask) = (best(side::BUY), best(side::SELL));
            assert!(bid.is_none() || ask.is_none() || bid < ask, "crossed");
        }
        if n % 32 == 0 || n + 1 == steps {
            ledger.agree_with(&direct);
            same_views(&direct, &naive, &open);
        }
    }
    seen
}

/// Everything that can be asked of a book.
fn same_views(direct: &DirectBook, naive: &NaiveBook, open: &[(u64, u32)]) {
    assert_eq!(direct.state_hash(), naive.state_hash());
    assert_eq!(direct.state(), naive.state());
    assert_eq!(direct.last_trade(), naive.last_trade());
    assert_eq!(direct.indicative(), naive.indicative());
    assert_eq!(direct.levels(), naive.levels());
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let (mut l3, mut m3) = (Vec::new(), Vec::new());
    for side in [side::BUY, side::SELL] {
        assert_eq!(direct.best(side), naive.best(side));
        direct.depth(side, 5, &mut a);
        naive.depth(side, 5, &mut b);
        assert_eq!(a, b);
        direct.orders(side, 7, &mut l3);
        naive.orders(side, 7, &mut m3);
        assert_eq!(l3, m3);
    }
    for (id, _) in open.iter().take(5) {
        assert_eq!(direct.find(*id), naive.find(*id));
    }
    for owner in 0..=OWNERS as u32 {
        assert_eq!(direct.account(owner), naive.account(owner));
    }
}

fn rounds(seeds: u64, steps: u64, spread: u64, rare: u64) -> Seen {
    if let Ok(seed) = std::env::var("CWTS_SEED") {
        return compare(
            seed.parse().expect("CWTS_SEED is a number"),
            steps,
            spread,
            rare,
        );
    }
    let factor = if std::env::var("CWTS_LONG").is_ok() {
        8
    } else {
        1
    };
    let mut seen = Seen::new();
    for seed in 1..=seeds * factor {
        for (kind, count) in compare(seed, steps, spread, rare) {
            *seen.entry(kind).or_default() += count;
        }
    }
    seen
}

#[test]
fn plain_orders_in_a_narrow_market() {
    rounds(90, 4_000, 12, 0);
}

#[test]
fn plain_orders_in_a_wide_market() {
    rounds(60, 4_000, 3_000, 0);
}

#[test]
fn every_kind_of_order_in_a_narrow_market() {
    let seen = rounds(120, 4_000, 10, 4);
    let (canceled, rejected, refused) = (
        exec_type::CANCELED,
        exec_type::REJECTED,
        exec_type::CANCEL_REJECTED,
    );
    let wanted = [
        (exec_type::TRADE, 0),
        (exec_type::REPLACED, 0),
        (exec_type::TRIGGERED, 0),
        (exec_type::EXPIRED, code::EXPIRED),
        (exec_type::RESTATED, code::SELF_TRADE),
        (canceled, 0),
        (canceled, code::SELF_TRADE),
        (canceled, code::NOTHING_TO_REDUCE),
        (canceled, code::NO_LIQUIDITY),
        (canceled, code::IOC),
        (canceled, code::BELOW_FILLED),
        (canceled, code::OWNER_CANCEL),
        (rejected, code::VENUE_MALFORMED),
        (rejected, code::NOT_TRADING),
        (rejected, code::EXPIRED),
        (rejected, code::VENUE_DUPLICATE_ID),
        (rejected, code::NOTHING_TO_REDUCE),
        (rejected, code::BOOK_FULL),
        (rejected, code::WOULD_CROSS),
        (rejected, code::UNFILLABLE),
        (refused, code::VENUE_MALFORMED),
        (refused, code::VENUE_UNKNOWN_ORDER),
        (refused, code::NOT_TRADING),
        (refused, code::WOULD_CROSS),
        (refused, code::BOOK_FULL),
    ];
    for (kind, reason) in wanted {
        let count = seen.get(&(kind, reason as u16)).copied().unwrap_or(0);
        assert!(
            count >= 10,
            "kind {kind} with reason {reason} was seen {count} times"
        );
    }
}

#[test]
fn every_kind_of_order_now_and_then() {
    rounds(60, 4_000, 40, 20);
}

#[test]
fn every_kind_of_order_in_a_wide_market() {
    rounds(30, 4_000, 20_000, 3);
}
