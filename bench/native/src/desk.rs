//! A gate with every limit set at every level, what it needs around it, and the day it lives through.
use crate::crowd::Crowd;
use crate::gate::Stage;
use crate::sizes::Dice;
use cwts_core::audit::AuditLog;
use cwts_core::control::ControlPage;
use cwts_core::gate::{set, Controls, Gate, Journal, Reference, EVERY_INSTRUMENT};
use cwts_core::layout::{
    code, command_kind, exec_type, scope_kind, Execution, GateDecision, GateScope, InstrumentRules,
    OrderCommand, ScopeLimits, StrategyLimits, DEFAULT_ACCOUNT_NODE, DEFAULT_CUSTOMER_NODE,
    FIRM_NODE,
};
use cwts_core::record::Record;

pub const START: i64 = 1_700_000_000_000_000_000;
/// Nanoseconds from one order to the next, on the clock of the day and in the open loop.
pub const PERIOD: i64 = 1_000;
/// Orders between two moves of the price.
pub const CALM: usize = 10_000;

pub struct Memory(pub AuditLog);

impl Journal for Memory {
    fn next_index(&self) -> u64 {
        self.0.next_index()
    }

    fn append(
        &mut self,
        record_type: u16,
        version: u16,
        time: i64,
        cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32> {
        let appended = self.0.append(record_type, version, 1, time, cause, parts);
        appended.map_err(|error| error.code())
    }

    fn append_all<T: Record>(
        &mut self,
        record_type: u16,
        version: u16,
        payloads: &[T],
        about: impl Fn(&T) -> (i64, u64),
    ) -> Result<(), usize> {
        let appended = self.0.append_all(record_type, version, 1, payloads, about);
        appended.map_err(|(kept, _)| kept)
    }

    fn commit(&mut self) -> Result<(), u32> {
        self.0.commit().map_err(|error| error.code())
    }
}

/// Counts records and keeps none.
pub struct Nothing(pub u64);

impl Journal for Nothing {
    fn next_index(&self) -> u64 {
        self.0
    }

    fn append(&mut self, _: u16, _: u16, _: i64, _: u64, _: &[&[u8]]) -> Result<u64, u32> {
        self.0 += 1;
        Ok(self.0 - 1)
    }

    fn append_all<T: Record>(
        &mut self,
        _: u16,
        _: u16,
        payloads: &[T],
        _: impl Fn(&T) -> (i64, u64),
    ) -> Result<(), usize> {
        self.0 += payloads.len() as u64;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), u32> {
        Ok(())
    }
}

pub struct Page(pub ControlPage);

impl Controls for Page {
    fn begin_decision(&self, sequence: u64) {
        self.0.begin_decision(sequence);
    }

    fn effective(&self, strategy: u32, instrument: u32) -> u32 {
        self.0.effective(strategy, instrument)
    }
}

/// The orders of a day and the report that ends each.
pub struct Day {
    pub orders: Vec<OrderCommand>,
    /// As many, or none where a book makes them.
    pub reports: Vec<Execution>,
}

impl Day {
    pub fn of(orders: usize, crowd: &Crowd) -> Self {
        let mut dice = Dice(7);
        let written = (0..orders).map(|n| {
            let middle = middle(n);
            let owner = 1 + dice.below(u64::from(crowd.strategies)) as u32;
            OrderCommand {
                kind: command_kind::NEW,
                side: dice.below(2) as u8,
                instrument: crowd.instrument(owner, dice.below(u64::from(crowd.each))),
                order_id: n as u64 + 1,
                price: middle - 50 + dice.below(100) as i64,
                quantity: 1 + dice.below(1_000) as i64,
                owner,
                time: START + n as i64 * PERIOD,
                ..OrderCommand::default()
            }
        });
        let orders: Vec<_> = written.collect();
        let reports = orders.iter().zip(1..).map(|(order, venue_sequence)| {
            let cancelled = dice.below(3) == 0;
            Execution {
                exec_type: if cancelled {
                    exec_type::CANCELED
                } else {
                    exec_type::TRADE
                },
                side: order.side,
                instrument: order.instrument,
                order_id: order.order_id,
                price: order.price,
                quantity: order.quantity,
                owner: order.owner,
                time: order.time,
                venue_sequence,
                ..Execution::default()
            }
        });
        let reports = reports.collect();
        Self { orders, reports }
    }

    /// The reports of so many orders from `place` on; none where a book makes them.
    pub fn reports_of(&self, place: usize, orders: usize) -> &[Execution] {
        self.reports.get(place..place + orders).unwrap_or(&[])
    }
}

pub fn middle(order: usize) -> i64 {
    10_000 + (order / CALM) as i64
}

/// A gate and what it needs.
pub struct Desk<J> {
    pub gate: Gate,
    pub journal: J,
    pub page: Page,
    instruments: u16,
    pub decisions: Vec<GateDecision>,
    pub refused: u64,
}

/// Far above what the day needs.
const VAST: i64 = 1 << 60;

impl<J: Journal> Desk<J> {
    pub fn open(journal: J, crowd: &Crowd) -> Self {
        let mut desk = Self {
            gate: Gate::with_room(crowd.room()),
            journal,
            page: Page(ControlPage::in_memory()),
            instruments: crowd.instruments,
            decisions: vec![GateDecision::default(); 512],
            refused: 0,
        };
        for instrument in 0..crowd.instruments {
            let rules = InstrumentRules {
                instrument,
                tick_step: 1,
                lot_step: 1,
                collar_bps: 500,
                collar_ticks: 10,
                reference_max_age_ms: 60_000,
                market_buffer_bps: 100,
                units_per_tick_lot: 1_000,
                max_quantity: 1_000_000,
                ..InstrumentRules::default()
            };
            desk.gate
                .set_instrument(&mut desk.journal, &rules, START)
                .expect("good rules");
        }
        let accounts = desk.grow(crowd);
        desk.limit(FIRM_NODE, crowd);
        for strategy in 1..=crowd.strategies {
            let account = accounts[(strategy as usize - 1) % accounts.len()];
            let node = desk.add(account, scope_kind::STRATEGY, strategy);
            for nth in 0..crowd.each {
                let limits = StrategyLimits {
                    strategy,
                    instrument: crowd.instrument(strategy, u64::from(nth)),
                    max_quantity: 10_000,
                    max_notional: 1 << 50,
                    max_position: 1 << 40,
                    rate_per_second: u32::MAX,
                    rate_burst: u32::MAX,
                    duplicate_window_ms: 10,
                    ..StrategyLimits::default()
                };
                desk.gate
                    .set_limits(&mut desk.journal, &limits, START)
                    .expect("good limits");
                desk.limit_here(node, limits.instrument);
                desk.limit_here(account, limits.instrument);
            }
            desk.limit(node, crowd);
        }
        desk
    }

    /// Customers and accounts, each with its limits; the accounts.
    fn grow(&mut self, crowd: &Crowd) -> Vec<u32> {
        let mut customers = vec![DEFAULT_CUSTOMER_NODE];
        for _ in 1..crowd.customers {
            customers.push(self.add(FIRM_NODE, scope_kind::CUSTOMER, 0));
        }
        let mut accounts = vec![DEFAULT_ACCOUNT_NODE];
        for nth in 1..crowd.accounts as usize {
            let customer = customers[nth % customers.len()];
            accounts.push(self.add(customer, scope_kind::ACCOUNT, 0));
        }
        for node in customers.iter().chain(&accounts) {
            self.limit(*node, crowd);
        }
        accounts
    }

    fn add(&mut self, parent: u32, kind: u8, strategy: u32) -> u32 {
        let scope = GateScope {
            parent,
            kind,
            strategy,
            ..GateScope::default()
        };
        self.gate
            .add_scope(&mut self.journal, &scope, START)
            .expect("it fits")
    }

    /// Sets every limit of a node over all instruments, and of the firm in each.
    fn limit(&mut self, node: u32, crowd: &Crowd) {
        let limits = ScopeLimits {
            node,
            instrument: EVERY_INSTRUMENT,
            set: set::EVERYWHERE,
            max_gross: VAST,
            max_net: VAST,
            max_open_orders: u32::MAX - 1,
            ..ScopeLimits::default()
        };
        self.gate
            .set_scope_limits(&mut self.journal, &limits, START)
            .expect("good limits");
        if node == FIRM_NODE {
            (0..crowd.instruments).for_each(|instrument| self.limit_here(node, instrument));
        }
    }

    /// Sets every limit of a node in an instrument.
    fn limit_here(&mut self, node: u32, instrument: u16) {
        let limits = ScopeLimits {
            node,
            instrument,
            set: set::HERE,
            max_position: VAST,
            max_open_orders: u32::MAX - 1,
            ..ScopeLimits::default()
        };
        self.gate
            .set_scope_limits(&mut self.journal, &limits, START)
            .expect("there is room");
    }
}

impl<J: Journal> Stage for Desk<J> {
    /// The price as it is at that order.
    fn quote(&mut self, order: usize) {
        let last = middle(order);
        let reference = Reference {
            bid: last - 1,
            ask: last + 1,
            last,
            time: START + order as i64 * PERIOD,
        };
        for instrument in 0..self.instruments {
            self.gate
                .set_reference(instrument, reference)
                .expect("it is listed");
        }
    }

    #[inline(always)]
    fn decide(&mut self, orders: &[OrderCommand]) {
        self.gate
            .submit(&mut self.journal, &self.page, orders, &mut self.decisions);
    }

    /// The venue's answer to what the gate let through.
    #[inline(always)]
    fn settle(&mut self, reports: &[Execution]) {
        for (report, decision) in reports.iter().zip(&self.decisions) {
            if decision.code != code::ACCEPTED {
                self.refused += 1;
                continue;
            }
            let one = std::slice::from_ref(report);
            self.gate
                .apply_executions(&mut self.journal, 0, one)
                .expect("recorded");
        }
    }

    /// Nothing may be left open, and hardly anything refused, or it was not the day that was meant.
    fn close(&self, orders: usize) {
        let counters = self.gate.counters();
        assert_eq!(
            (counters.open_orders, counters.inconsistent),
            (0, 0),
            "orders were left open; the figure would be a lie"
        );
        assert_eq!(counters.decisions, orders as u64, "orders were lost");
        assert!(
            self.refused * 50 < orders as u64,
            "{} of {orders} orders were refused: not the day that was meant",
            self.refused
        );
    }

    fn refused(&self) -> u64 {
        self.refused
    }
}
