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
//! Scopes. What an order reserves counts at every level of a tree: firm, customer, account, strategy, each in the
//! instrument and over all instruments (see `scopes`). A check that looks at a limit looks at every level, and the
//! decision names the lowest that refuses. How many pairs of node and instrument can be counted is declared when the gate
//! is made; nothing grows while orders flow.
//!
//! The gate is single-threaded, reads no clock and draws no chance: time comes with the commands.
mod bucket;
mod case;
mod checks;
mod counters;
mod digest;
mod executions;
mod facts;
mod flow;
mod hash;
mod ids;
mod image;
mod limits;
mod listing;
mod market_seen;
mod open_orders;
mod orders;
mod plain;
mod ports;
mod recent;
mod reference;
mod release;
mod replay;
mod reservation;
mod scopes;
mod table;
mod usage;

#[cfg(test)]
mod naive;
#[cfg(test)]
mod property;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;

use crate::layout::{code, command_kind, record_type, GateDecision, OrderCommand, NO_NODE};
use crate::record::bytes_of;
use case::Case;
use checks::parent::Parentage;
use counters::Tally;
use facts::Facts;
use flow::Flow;
use ids::IdSet;
use limits::Limits;
use listing::Listing;
use open_orders::OpenOrders;
use orders::OpenOrder;
use recent::{Recent, Shape};
use reservation::{Passed, Undo};
use scopes::{Added, Scopes, Worst};

pub use executions::VENUES;
pub use facts::{held, FACT_VERSION};
pub use flow::BASKET_VERSION;
pub use limits::EVERY_INSTRUMENT;
pub use orders::OpenOrder as GateOrder;
pub use ports::{Controls, Journal};
pub use reference::Reference;
pub use replay::{Judged, NotReplayable, Replayed};
pub use scopes::set;
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
    /// A sale marked short.
    pub const SHORT: u16 = 1 << 6;
    /// A sale marked short exempt: Rule 201 does not hold for it.
    pub const SHORT_EXEMPT: u16 = 1 << 7;
    /// Either of them.
    pub const ANY_SHORT: u16 = SHORT | SHORT_EXEMPT;
    /// Part of a sweep that takes every better protected quote as well.
    pub const INTERMARKET_SWEEP: u16 = 1 << 8;
    /// Part of a larger order: `target_id` of a new order names its parent.
    pub const CHILD: u16 = 1 << 9;
    /// Entered by a person.
    pub const MANUAL: u16 = 1 << 10;
    /// The person has acknowledged the warning about this order, with a reason.
    pub const ACKNOWLEDGED: u16 = 1 << 11;
    /// What is nobody's business outside the firm.
    pub const INTERNAL: u16 = CHILD | MANUAL | ACKNOWLEDGED;
    /// Every bit with a meaning.
    pub const KNOWN: u16 = POST_ONLY
        | REDUCE_ONLY
        | DELIBERATE_DUPLICATE
        | SELF_TRADE
        | ANY_SHORT
        | INTERMARKET_SWEEP
        | CHILD
        | MANUAL
        | ACKNOWLEDGED;
}

/// The command as a venue may see it: without what is only said inside the firm.
#[inline]
#[must_use]
pub fn outward(command: &OrderCommand) -> OrderCommand {
    let names_parent = command.kind == command_kind::NEW && command.flags & flags::CHILD != 0;
    OrderCommand {
        flags: command.flags & !flags::INTERNAL,
        target_id: if names_parent { 0 } else { command.target_id },
        ..*command
    }
}

/// `GateDecision.audit_index` of a decision that could not be recorded.
pub const NOT_RECORDED: u64 = u64::MAX;
/// Schema version of Decision records. In version 1 the last eight bytes of the decision were the strategy's worst-case
/// position when it was accepted, which now stands in `measured`. Up to version 2 neither the state it was decided in nor the
/// market it was measured against was on record.
pub const DECISION_VERSION: u16 = 3;
/// The version before, whose decisions can be carried out again and not be judged again.
pub const UNJUDGEABLE_VERSION: u16 = 2;
/// Schema version of Execution records.
pub const EXECUTION_VERSION: u16 = 1;

/// Pairs of node and instrument that a gate of the usual size can count: 127 strategies in 128 instruments, each in an
/// account of its own, need fewer.
pub const USUAL_ROOM: usize = 65_536;

/// The most such pairs: two gibibytes of address space.
pub const MOST_ROOM: usize = 1 << 24;

/// The gate. See the module.
pub struct Gate {
    limits: Limits,
    scopes: Scopes,
    /// By instrument id, as far as any is registered.
    listings: Vec<Option<Listing>>,
    facts: Facts,
    flow: Flow,
    open: OpenOrders,
    ids: IdSet,
    recent: Recent,
    venues: Vec<u64>,
    tally: Tally,
    sequence: u64,
    shut: bool,
    /// Of each accept of the current batch.
    undo: Vec<Undo>,
    #[cfg(test)]
    without: Option<&'static str>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A gate of the usual size that knows no strategy and no instrument, and so lets nothing in.
    #[must_use]
    pub fn new() -> Self {
        Self::with_room(USUAL_ROOM)
    }

    /// The same for so many pairs of node and instrument. A strategy in an instrument needs up to four: its own, its
    /// account's, its customer's and the firm's.
    #[must_use]
    pub fn with_room(pairs: usize) -> Self {
        Self {
            limits: Limits::default(),
            scopes: Scopes::with_room(pairs),
            listings: Vec::new(),
            facts: Facts::default(),
            flow: Flow::default(),
            open: OpenOrders::default(),
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
        for (at, (command, decision)) in commands.iter().zip(decisions.iter_mut()).enumerate() {
            self.look_ahead(commands, at);
            self.decide(journal, controls, command, decision);
        }
        // An append that failed takes with it what was appended before it and not yet written.
        if !was_shut && (self.shut || journal.commit().is_err()) {
            self.take_back(decisions);
        }
    }

    /// Asks the memory for what the commands after the one at `at` will need. Changes nothing.
    #[inline]
    pub fn look_ahead(&self, commands: &[OrderCommand], at: usize) {
        self.scopes.look_ahead(commands, at);
    }

    fn decide(
        &mut self,
        journal: &mut impl Journal,
        controls: &impl Controls,
        command: &OrderCommand,
        decision: &mut GateDecision,
    ) {
        self.sequence += 1;
        let is_new = command.kind == command_kind::NEW;
        if is_new {
            self.recent.ask_for(&Shape::of(command));
        }
        let met = self.scopes.size();
        let leaf = self.leaf_for(command);
        controls.begin_decision(self.sequence);
        let state = controls.effective(command.owner, u32::from(command.instrument));
        *decision = GateDecision {
            order_id: command.order_id,
            audit_index: NOT_RECORDED,
            sequence: self.sequence,
            code: code::AUDIT_FAILED,
            check: RECORDING,
            scope: NO_NODE,
            ..GateDecision::default()
        };
        if !self.shut {
            if self.is_untold(command.instrument) {
                self.record_market(journal, command.instrument, command.time);
            }
            let now = self.advance_clock(command);
            let passed = self.evaluate(command, leaf, now, state, decision);
            self.record(journal, command, decision);
            if decision.code == code::MESSAGE_RATE {
                self.flow.paces.refused(decision.scope, now);
            }
            if decision.code == code::ACCEPTED {
                self.reserve(command, leaf, now, &passed);
            } else if self.scopes.size() != met {
                self.scopes.forget(met);
            }
            if is_new && command.order_id != 0 {
                self.ids.insert(command.order_id);
            }
        }
        self.tally.decided(decision.code);
    }

    /// Where the command counts. A strategy that may trade in every instrument is met here in one that is new to it.
    #[inline]
    fn leaf_for(&mut self, command: &OrderCommand) -> Option<u32> {
        self.scopes.ask_for_nodes(command.owner);
        let known = self.scopes.find(command.owner, command.instrument);
        if let Some(leaf) = known {
            // By the time the checks look at them they are there.
            self.scopes.ask_for_cells(leaf);
        }
        if known.is_some() || command.kind != command_kind::NEW || self.shut {
            return known;
        }
        self.first_use(command)
    }

    #[cold]
    fn first_use(&mut self, command: &OrderCommand) -> Option<u32> {
        let (strategy, instrument) = (command.owner, command.instrument);
        let may_trade = self.listing(instrument).is_some()
            && self.scopes.strategy(strategy).is_some()
            && self.limits.terms(strategy, instrument).is_some();
        (may_trade && self.scopes.has_room()).then(|| self.meet(strategy, instrument))
    }

    /// Runs the table and fills in the verdict. What a command brings with it if it was accepted.
    #[inline]
    fn evaluate(
        &self,
        command: &OrderCommand,
        leaf: Option<u32>,
        now: i64,
        state: u32,
        decision: &mut GateDecision,
    ) -> Passed {
        let targeted = matches!(command.kind, command_kind::CANCEL | command_kind::AMEND);
        let listing = self.listing(command.instrument);
        let leaf = leaf.map(|leaf| self.scopes.leaf(leaf));
        let elsewhere = match leaf {
            Some(_) => None,
            None => self.limits.terms(command.owner, command.instrument),
        };
        let target = targeted.then(|| self.open.get(command.target_id)).flatten();
        let security = self.facts.security(command.instrument);
        let mut case = Case {
            command,
            now,
            state,
            strategy: self.scopes.strategy(command.owner),
            leaf,
            counted: None,
            terms: match leaf {
                Some(leaf) => leaf.may_trade.then_some(&leaf.terms),
                None => elsewhere.as_ref(),
            },
            rules: listing.map(|listing| &listing.rules),
            target,
            parent: Parentage::of(&self.flow.parents, command, target),
            reference: listing
                .map(|listing| listing.reference)
                .unwrap_or_default()
                .or_prior_close(security.terms.prior_close, now),
            ids: &self.ids,
            recent: &self.recent,
            scopes: &self.scopes,
            facts: &self.facts,
            flow: &self.flow,
            security,
            needs: self.facts.needs(security),
            added: 0,
            worst: Worst::UNCOUNTED,
            mark: None,
            plain: false,
            moved: None,
        };
        case.work_out();
        decision.code = code::ACCEPTED;
        decision.check = PASSED;
        decision.state = state;
        decision.reference = case.reference.ticks().unwrap_or(0);
        decision.scope = case.strategy.map_or(NO_NODE, |strategy| strategy.node());
        #[cfg(test)]
        let skip = |name: &str| self.without == Some(name);
        #[cfg(not(test))]
        let skip = |_: &str| false;
        if let Some((at, reject)) = table::first_refusal(&case, skip) {
            decision.code = reject.code;
            decision.check = at;
            decision.measured = reject.measured;
            decision.limit = reject.limit;
            if reject.scope != NO_NODE {
                decision.scope = reject.scope;
            }
            return Passed::default();
        }
        decision.measured = case.worst.either();
        decision.limit = case.own().max_position;
        let lots = case.added;
        let values = case.mark.zip(case.moved);
        Passed {
            added: values.map(|(mark, moved)| Added { lots, mark, moved }),
            parent: case.parent.place,
        }
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
            DECISION_VERSION,
            command.time,
            command.cause,
            &[bytes_of(command), bytes_of(decision)],
        );
        if appended != Ok(decision.audit_index) {
            self.shut = true;
            refuse_unrecorded(decision);
        }
    }

    /// Makes of a verdict the answer that it is not on record, and counts it as that and nothing else.
    pub fn disown(&mut self, decision: &mut GateDecision) {
        self.tally.recount(decision.code, code::AUDIT_FAILED);
        refuse_unrecorded(decision);
    }

    /// The command's time, never before an earlier one of the same strategy.
    #[inline]
    fn advance_clock(&mut self, command: &OrderCommand) -> i64 {
        match self.scopes.strategy_mut(command.owner) {
            Some(strategy) => {
                strategy.clock = command.time.max(strategy.clock);
                strategy.clock
            }
            None => command.time,
        }
    }

    /// The open order of that id.
    #[must_use]
    pub fn open_order(&self, id: u64) -> Option<&OpenOrder> {
        self.open.get(id)
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
}

/// All that is left of a verdict that is not on record.
fn refuse_unrecorded(decision: &mut GateDecision) {
    *decision = GateDecision {
        order_id: decision.order_id,
        audit_index: NOT_RECORDED,
        sequence: decision.sequence,
        code: code::AUDIT_FAILED,
        check: RECORDING,
        scope: decision.scope,
        ..GateDecision::default()
    };
}
