//! The order gate: nothing reaches a venue except through [`Gate::submit`].
//!
//! Every command runs the checks of [`table::CHECKS`] in order; the first that objects decides. What passes reserves
//! its exposure at once, so that the next command already counts it. Every decision, accepts and cancels too, is
//! appended to the journal before it is answered; when that fails the gate shuts and stays shut.
//!
//! Worst case. Exposure counts orders entered, not orders filled: position plus everything open on a side. An amend
//! names the new total of its order (FIX OrderQty), and until the venue answers it the order counts at the larger of its
//! old and new total, less what has filled. Fills that are on their way meanwhile move lots from open to position and
//! change nothing in the sum, so the worst case is never too small.
//!
//! The gate is single-threaded, reads no clock and draws no chance: time comes with the commands.
mod bucket;
mod case;
mod checks;
mod counters;
mod digest;
mod executions;
mod hash;
mod ids;
mod limits;
mod orders;
mod ports;
mod recent;
mod reference;
mod table;

#[cfg(test)]
mod property;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;

use crate::layout::{
    code, command_kind, record_type, Exposure, GateDecision, OrderCommand, STRATEGY_SCOPE_LAST,
};
use crate::record::bytes_of;
use bucket::Bucket;
use case::Case;
use counters::Tally;
use hash::WordState;
use ids::IdSet;
use limits::Limits;
use orders::{Change, OpenOrder};
use recent::{Recent, Shape};
use std::collections::HashMap;

pub use executions::VENUES;
pub use orders::OpenOrder as GateOrder;
pub use ports::{Controls, Journal};
pub use reference::Reference;
pub use table::{Row, CHECKS, PASSED, RECORDING};

/// Bits of `OrderCommand.flags`.
pub mod flags {
    /// Never take liquidity.
    pub const POST_ONLY: u16 = 1;
    /// Only take away from a position.
    pub const REDUCE_ONLY: u16 = 1 << 1;
    /// The same order again is meant.
    pub const DELIBERATE_DUPLICATE: u16 = 1 << 2;
    /// Self-trade mode, three bits.
    pub const SELF_TRADE: u16 = 7 << crate::book::SELF_TRADE_SHIFT;
    /// Every bit with a meaning.
    pub const KNOWN: u16 = POST_ONLY | REDUCE_ONLY | DELIBERATE_DUPLICATE | SELF_TRADE;
}

/// `GateDecision.audit_index` of a decision that could not be recorded.
pub const NOT_RECORDED: u64 = u64::MAX;
/// Schema version of Decision and Execution records.
pub const RECORD_VERSION: u16 = 1;

/// One past the largest strategy id.
const STRATEGIES: usize = STRATEGY_SCOPE_LAST as usize + 1;
/// One past the largest instrument id.
const INSTRUMENTS: usize = 128;

/// The gate. See the module.
pub struct Gate {
    limits: Limits,
    exposure: Vec<Exposure>,
    references: Vec<Reference>,
    buckets: Vec<Bucket>,
    /// Latest command time per strategy: a command cannot go back in time to refill its bucket.
    clocks: Vec<i64>,
    open: HashMap<u64, OpenOrder, WordState>,
    ids: IdSet,
    recent: Recent,
    venues: Vec<u64>,
    tally: Tally,
    sequence: u64,
    shut: bool,
    /// Orders as they were before each accept of the current batch, to take back what could not be committed.
    undo: Vec<(u64, Option<OpenOrder>)>,
    #[cfg(test)]
    without: Option<&'static str>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A gate that knows no strategy and no instrument, and so lets nothing in.
    #[must_use]
    pub fn new() -> Self {
        Self {
            limits: Limits::default(),
            exposure: vec![Exposure::default(); STRATEGIES * INSTRUMENTS],
            references: vec![Reference::default(); INSTRUMENTS],
            buckets: vec![Bucket::default(); STRATEGIES],
            clocks: vec![i64::MIN; STRATEGIES],
            open: HashMap::default(),
            ids: IdSet::default(),
            recent: Recent::default(),
            venues: vec![0; executions::VENUES],
            tally: Tally::default(),
            sequence: 0,
            shut: false,
            undo: Vec::new(),
            #[cfg(test)]
            without: None,
        }
    }

    /// Decides on each command in turn and writes the verdicts to the front of `decisions`; then makes the records
    /// durable. When that fails, nothing of the batch is accepted, nothing of it stays reserved, and the gate is shut.
    ///
    /// # Panics
    /// If `decisions` is shorter than `commands`.
    pub fn submit(
        &mut self,
        journal: &mut impl Journal,
        controls: &impl Controls,
        commands: &[OrderCommand],
        decisions: &mut [GateDecision],
    ) {
        let decisions = &mut decisions[..commands.len()];
        self.undo.clear();
        let was_shut = self.shut;
        for (command, decision) in commands.iter().zip(decisions.iter_mut()) {
            *decision = self.decide(journal, controls, command);
        }
        // An append that failed takes with it what was appended before it and not yet written.
        if !was_shut && (self.shut || journal.commit().is_err()) {
            self.take_back(decisions);
        }
    }

    fn decide(
        &mut self,
        journal: &mut impl Journal,
        controls: &impl Controls,
        command: &OrderCommand,
    ) -> GateDecision {
        self.sequence += 1;
        controls.begin_decision(self.sequence);
        let state = controls.effective(command.owner, u32::from(command.instrument));
        let mut decision = GateDecision {
            order_id: command.order_id,
            audit_index: NOT_RECORDED,
            sequence: self.sequence,
            code: code::AUDIT_FAILED,
            check: RECORDING,
            ..GateDecision::default()
        };
        if !self.shut {
            let now = self.advance_clock(command);
            self.evaluate(command, now, state, &mut decision);
            self.record(journal, command, &mut decision);
            if decision.code == code::ACCEPTED {
                self.reserve(command, now);
            }
            if command.kind == command_kind::NEW && command.order_id != 0 {
                self.ids.insert(command.order_id);
            }
        }
        self.tally.decided(decision.code);
        decision
    }

    /// Runs the table and fills in the verdict.
    fn evaluate(&self, command: &OrderCommand, now: i64, state: u32, decision: &mut GateDecision) {
        let instrument = usize::from(command.instrument);
        let strategy = command.owner as usize;
        let targeted = matches!(command.kind, command_kind::CANCEL | command_kind::AMEND);
        let case = Case {
            command,
            now,
            state,
            strategy_known: self.limits.knows(strategy),
            limits: self.limits.of(strategy, instrument),
            rules: self.limits.rules(instrument),
            target: targeted
                .then(|| self.open.get(&command.target_id).copied())
                .flatten(),
            exposure: self.exposure(command.owner, command.instrument),
            reference: self.references.get(instrument).copied().unwrap_or_default(),
            bucket: self.buckets.get(strategy).copied().unwrap_or_default(),
            ids: &self.ids,
            recent: &self.recent,
        };
        decision.code = code::ACCEPTED;
        decision.check = PASSED;
        decision.reference = case.reference.doubled().map_or(0, |doubled| doubled / 2);
        let kind = table::kind_bit(command.kind);
        for (at, row) in CHECKS.iter().enumerate() {
            #[cfg(test)]
            if self.without == Some(row.name) {
                continue;
            }
            if row.kinds & kind == 0 {
                continue;
            }
            if let Err(reject) = (row.check)(&case) {
                decision.code = reject.code;
                decision.check = at as u32;
                decision.measured = reject.measured;
                decision.limit = reject.limit;
                return;
            }
        }
        decision.exposure = case.worst().either();
    }

    /// Appends the decision, with its own index inside; a decision that cannot be recorded is a rejection, and shuts
    /// the gate.
    fn record(
        &mut self,
        journal: &mut impl Journal,
        command: &OrderCommand,
        decision: &mut GateDecision,
    ) {
        decision.audit_index = journal.next_index();
        let appended = journal.append(
            record_type::DECISION,
            RECORD_VERSION,
            command.time,
            command.cause,
            &[bytes_of(command), bytes_of(decision)],
        );
        if appended != Ok(decision.audit_index) {
            self.shut = true;
            refuse_unrecorded(decision);
        }
    }

    /// Counts an accepted command against the strategy before anything else is decided.
    fn reserve(&mut self, command: &OrderCommand, now: i64) {
        match command.kind {
            command_kind::NEW => {
                let order = OpenOrder::entered(command);
                self.undo.push((command.order_id, None));
                self.open.insert(command.order_id, order);
                self.count_open(&order, order.reserved(), 1);
                if self
                    .limits
                    .watches_duplicates(command.owner, command.instrument)
                {
                    self.recent.enter(Shape::of(command), now);
                }
            }
            command_kind::AMEND => self.send(command.target_id, Change::Amend(command.quantity)),
            command_kind::CANCEL => self.send(command.target_id, Change::Cancel),
            _ => {}
        }
        if matches!(command.kind, command_kind::NEW | command_kind::AMEND) {
            self.buckets[command.owner as usize].take(now);
        }
    }

    fn send(&mut self, target: u64, change: Change) {
        let Some(order) = self.open.get_mut(&target) else {
            return;
        };
        self.undo.push((target, Some(*order)));
        let before = order.reserved();
        order.send(change);
        let order = *order;
        self.count_open(&order, order.reserved() - before, 0);
    }

    /// Adds `lots` and `orders` to what is open on the order's side.
    fn count_open(&mut self, order: &OpenOrder, lots: i64, orders: i32) {
        let exposure = &mut self.exposure[slot(order.strategy, order.instrument)];
        let open = if order.side == crate::layout::side::BUY {
            &mut exposure.open_buy
        } else {
            &mut exposure.open_sell
        };
        *open = open.saturating_add(lots);
        exposure.open_orders = exposure.open_orders.saturating_add_signed(orders);
    }

    /// Refuses everything this batch accepted and restores the orders it touched, newest first.
    fn take_back(&mut self, decisions: &mut [GateDecision]) {
        self.shut = true;
        while let Some((id, before)) = self.undo.pop() {
            let now = match before {
                Some(before) => self.open.insert(id, before),
                None => self.open.remove(&id),
            };
            if let Some(now) = now {
                let reserved = before.map_or(0, |before| before.reserved());
                let orders = if before.is_some() { 0 } else { -1 };
                self.count_open(&now, reserved - now.reserved(), orders);
            }
        }
        for decision in decisions {
            if decision.code == code::ACCEPTED {
                self.tally.take_back();
                refuse_unrecorded(decision);
            }
        }
    }

    /// The command's time, never before an earlier one of the same strategy.
    fn advance_clock(&mut self, command: &OrderCommand) -> i64 {
        match self.clocks.get_mut(command.owner as usize) {
            Some(clock) => {
                *clock = command.time.max(*clock);
                *clock
            }
            None => command.time,
        }
    }

    /// What the gate holds for a strategy in an instrument; nothing for ids out of range.
    #[must_use]
    pub fn exposure(&self, strategy: u32, instrument: u16) -> Exposure {
        if strategy as usize >= STRATEGIES || usize::from(instrument) >= INSTRUMENTS {
            return Exposure::default();
        }
        self.exposure[slot(strategy, instrument)]
    }

    /// The open order of that id.
    #[must_use]
    pub fn open_order(&self, id: u64) -> Option<&OpenOrder> {
        self.open.get(&id)
    }

    /// How many orders are resting or in flight.
    #[must_use]
    pub fn open_orders(&self) -> usize {
        self.open.len()
    }

    /// Whether recording failed once, which nothing in this process undoes.
    #[must_use]
    pub const fn is_shut(&self) -> bool {
        self.shut
    }

    /// Sets best prices and last trade of an instrument, in ticks; 0 means there is none. Time in nanoseconds.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` for an instrument out of range.
    pub fn set_reference(&mut self, instrument: u16, reference: Reference) -> Result<(), u32> {
        let known = self.references.get_mut(usize::from(instrument));
        *known.ok_or(code::BAD_ARGUMENT)? = reference;
        Ok(())
    }

    /// The market prices last set for an instrument.
    #[must_use]
    pub fn reference(&self, instrument: u16) -> Option<Reference> {
        self.references.get(usize::from(instrument)).copied()
    }
}

fn refuse_unrecorded(decision: &mut GateDecision) {
    decision.code = code::AUDIT_FAILED;
    decision.check = RECORDING;
    decision.audit_index = NOT_RECORDED;
    decision.measured = 0;
    decision.limit = 0;
    decision.exposure = 0;
}

const fn slot(strategy: u32, instrument: u16) -> usize {
    strategy as usize * INSTRUMENTS + instrument as usize
}
