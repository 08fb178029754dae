//! A journal in a vector, a control page in a few cells, and a gate with one strategy that may trade.
use super::{Controls, Gate, Journal, Reference, EVERY_INSTRUMENT};
use crate::layout::{
    code, command_kind, exec_type, fact_kind, market_phase, order_type, scope_state, side,
    Execution, Factor, FactorLimit, GateDecision, InstrumentRules, Mandate, MarketStatus,
    OrderCommand, ParentOrder, ScopeLimits, SecurityTerms, StrategyLimits,
};
use crate::record::{bytes_of, Record};
use std::cell::Cell;

pub const SECOND: i64 = 1_000_000_000;
/// When tests begin; any time will do.
pub const START: i64 = 1_700_000_000 * SECOND;
pub const STRATEGY: u32 = 1;
pub const INSTRUMENT: u16 = 3;
/// Pairs of node and instrument in a gate under test.
pub const ROOM: usize = 256;

/// Remembers what was appended, and fails when told to.
#[derive(Default)]
pub struct FakeJournal {
    pub records: Vec<(u16, u16, Vec<u8>)>,
    /// Appends still to succeed.
    pub room: Option<usize>,
    pub commit_fails: bool,
    pub commits: usize,
}

impl Journal for FakeJournal {
    fn next_index(&self) -> u64 {
        self.records.len() as u64
    }

    fn append(
        &mut self,
        record_type: u16,
        version: u16,
        _time: i64,
        _cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32> {
        if let Some(room) = &mut self.room {
            *room = room.checked_sub(1).ok_or(code::IO)?;
        }
        self.records.push((record_type, version, parts.concat()));
        Ok(self.records.len() as u64 - 1)
    }

    fn commit(&mut self) -> Result<(), u32> {
        self.commits += 1;
        if self.commit_fails {
            return Err(code::IO);
        }
        Ok(())
    }
}

/// One state for everything.
pub struct FakeControls {
    pub state: Cell<u32>,
    pub announced: Cell<u64>,
}

impl Default for FakeControls {
    fn default() -> Self {
        Self {
            state: Cell::new(scope_state::ACTIVE),
            announced: Cell::new(0),
        }
    }
}

impl Controls for FakeControls {
    fn begin_decision(&self, sequence: u64) {
        self.announced.set(sequence);
    }

    fn effective(&self, _strategy: u32, _instrument: u32) -> u32 {
        self.state.get()
    }
}

pub fn rules() -> InstrumentRules {
    InstrumentRules {
        instrument: INSTRUMENT,
        tick_step: 5,
        lot_step: 10,
        collar_bps: 500,
        collar_ticks: 20,
        reference_max_age_ms: 1_000,
        market_buffer_bps: 100,
        units_per_tick_lot: 7,
        max_quantity: 900,
        ..InstrumentRules::default()
    }
}

pub fn limits() -> StrategyLimits {
    StrategyLimits {
        strategy: STRATEGY,
        instrument: INSTRUMENT,
        max_quantity: 800,
        max_notional: 10_000_000,
        max_position: 1_000,
        rate_per_second: 10,
        rate_burst: 5,
        duplicate_window_ms: 100,
        ..StrategyLimits::default()
    }
}

/// Terms under which everything passes: venue 3, issuer 77, a day's volume of 10 000 lots of which an order may be a tenth.
pub fn terms() -> SecurityTerms {
    SecurityTerms {
        instrument: INSTRUMENT,
        venue: 3,
        issuer: 77,
        order_volume_bps: 1_000,
        average_volume: 10_000,
        status_max_age_ms: 1_000,
        quotes_max_age_ms: 1_000,
        ..SecurityTerms::default()
    }
}

/// A market that trades between 900 and 1100, no price test in force, quotes of 1000 and 1010 elsewhere, seen at `START`.
pub fn status() -> MarketStatus {
    MarketStatus {
        instrument: INSTRUMENT,
        phase: market_phase::CONTINUOUS,
        price_test: 1,
        time: START,
        lower_band: 900,
        upper_band: 1_100,
        away_bid: 1_000,
        away_ask: 1_010,
        snapshot: 5,
        quotes_time: START,
        ..MarketStatus::default()
    }
}

/// A parent of the strategy to buy so many lots.
pub fn parent(id: u64, quantity: i64) -> ParentOrder {
    ParentOrder {
        parent: id,
        quantity,
        strategy: STRATEGY,
        instrument: INSTRUMENT,
        ..ParentOrder::default()
    }
}

/// A mandate of the strategy for venue 3 that ends in a minute.
pub fn mandate() -> Mandate {
    Mandate {
        strategy: STRATEGY,
        active: 1,
        venues: 1 << 3,
        until: START + 60 * SECOND,
        ..Mandate::default()
    }
}

/// Limits of nothing for a node over all instruments; `set` says which of them there are.
pub fn everything(node: u32) -> ScopeLimits {
    ScopeLimits {
        node,
        instrument: EVERY_INSTRUMENT,
        ..ScopeLimits::default()
    }
}

/// A gate, its surroundings, and the next order id.
pub struct Bench {
    pub gate: Gate,
    pub journal: FakeJournal,
    pub controls: FakeControls,
    pub next_id: u64,
    pub venue_sequence: u64,
}

impl Bench {
    /// Bid 1000, ask 1010, last 990, set at `START`.
    pub fn new() -> Self {
        let mut bench = Self::unregistered();
        let (gate, journal) = (&mut bench.gate, &mut bench.journal);
        gate.set_instrument(journal, &rules(), START).unwrap();
        gate.set_limits(journal, &limits(), START).unwrap();
        bench.quote(1_000, 1_010, 990, START);
        bench
    }

    /// A gate that knows nobody and nothing.
    pub fn unregistered() -> Self {
        Self {
            gate: Gate::with_room(ROOM),
            journal: FakeJournal::default(),
            controls: FakeControls::default(),
            next_id: 100,
            venue_sequence: 0,
        }
    }

    /// The same gate with one row of the table left out.
    pub fn without(row: &'static str) -> Self {
        let known = super::CHECKS.iter().any(|check| check.name == row);
        assert!(known, "no check is called {row}");
        let mut bench = Self::new();
        bench.gate.without = Some(row);
        bench
    }

    /// Tells the gate a fact.
    pub fn tell<T: Record>(&mut self, kind: u32, fact: &T) {
        let told = self
            .gate
            .tell(&mut self.journal, kind, bytes_of(fact), START);
        assert_eq!(told, Ok(()));
    }

    /// Makes an instrument ask for checks, with terms and a status that let everything through.
    pub fn demand(
        &mut self,
        demands: u32,
        change: impl FnOnce(&mut SecurityTerms, &mut MarketStatus),
    ) {
        let (mut terms, mut status) = (terms(), status());
        terms.demands = demands;
        change(&mut terms, &mut status);
        self.tell(fact_kind::SECURITY, &terms);
        self.tell(fact_kind::MARKET_STATUS, &status);
    }

    /// Lets a lot of the instrument add `weight` to a sum of the firm, and limits that.
    pub fn sum(&mut self, weight: i64, measure: u8, limit: i64) {
        let factor = Factor {
            instrument: INSTRUMENT,
            factor: 1,
            weight,
            ..Factor::default()
        };
        let limit = FactorLimit {
            factor: 1,
            measure,
            active: 1,
            limit,
            ..FactorLimit::default()
        };
        self.tell(fact_kind::FACTOR, &factor);
        self.tell(fact_kind::FACTOR_LIMIT, &limit);
    }

    /// Opens a basket.
    pub fn open_parents(&mut self, parents: &[ParentOrder]) -> GateDecision {
        self.gate.open_parents(&mut self.journal, parents, START)
    }

    /// Sets limits of a scope.
    pub fn limit(&mut self, limits: ScopeLimits) {
        let set = self
            .gate
            .set_scope_limits(&mut self.journal, &limits, START);
        assert_eq!(set, Ok(()), "{limits:?}");
    }

    pub fn quote(&mut self, bid: i64, ask: i64, last: i64, time: i64) {
        let reference = Reference {
            bid,
            ask,
            last,
            time,
        };
        self.gate.set_reference(INSTRUMENT, reference).unwrap();
        // Tests that count records mean those of what they do.
        let elsewhere = &mut FakeJournal::default();
        self.gate.record_market(elsewhere, INSTRUMENT, START);
    }

    /// A good buy limit order with a fresh id.
    pub fn order(&mut self) -> OrderCommand {
        self.next_id += 1;
        OrderCommand {
            kind: command_kind::NEW,
            side: side::BUY,
            order_type: order_type::LIMIT,
            instrument: INSTRUMENT,
            order_id: self.next_id,
            price: 1_000,
            quantity: 100,
            owner: STRATEGY,
            time: START,
            ..OrderCommand::default()
        }
    }

    pub fn change(&self, kind: u8, target: &OrderCommand) -> OrderCommand {
        OrderCommand {
            kind,
            order_id: target.order_id,
            target_id: target.order_id,
            ..*target
        }
    }

    pub fn submit(&mut self, command: &OrderCommand) -> GateDecision {
        let mut decisions = [GateDecision::default()];
        self.gate.submit(
            &mut self.journal,
            &self.controls,
            std::slice::from_ref(command),
            &mut decisions,
        );
        decisions[0]
    }

    /// Submits, and panics unless it passed.
    pub fn enter(&mut self, command: OrderCommand) -> OrderCommand {
        let decision = self.submit(&command);
        assert_eq!(decision.code, code::ACCEPTED, "{decision:?}");
        command
    }

    /// A report of the venue on `order`.
    pub fn report(&mut self, exec_type: u8, order: &OrderCommand, quantity: i64, leaves: i64) {
        self.venue_sequence += 1;
        let report = Execution {
            exec_type,
            side: order.side,
            instrument: order.instrument,
            order_id: order.order_id,
            price: order.price,
            quantity,
            leaves,
            owner: order.owner,
            venue_sequence: self.venue_sequence,
            ..Execution::default()
        };
        self.apply(&[report]).unwrap();
    }

    pub fn apply(&mut self, reports: &[Execution]) -> Result<(), u32> {
        self.gate.apply_executions(&mut self.journal, 0, reports)
    }

    /// Fills the whole of a fresh market-independent position: buys when positive, sells when negative.
    pub fn hold(&mut self, position: i64) {
        let order = OrderCommand {
            side: if position > 0 { side::BUY } else { side::SELL },
            owner: STRATEGY,
            instrument: INSTRUMENT,
            order_id: 1,
            ..OrderCommand::default()
        };
        self.report(exec_type::TRADE, &order, position.abs(), 0);
    }

    pub fn open(&self) -> (i64, i64, u32) {
        let exposure = self.gate.exposure(STRATEGY, INSTRUMENT);
        (exposure.open_buy, exposure.open_sell, exposure.open_orders)
    }

    pub fn position(&self) -> i64 {
        self.gate.exposure(STRATEGY, INSTRUMENT).position
    }
}
