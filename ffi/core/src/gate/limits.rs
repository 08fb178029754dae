//! The limits and rules loaded into the gate, as they were recorded.
use super::ports::Journal;
use super::scopes::{order_limit, set, Leaf, Terms, NO_ORDER_LIMIT, OWN};
use super::Gate;
use crate::image::image;
use crate::layout::{
    code, record_type, scope_kind, GateScope, InstrumentRules, ScopeLimits, StrategyLimits,
    DEFAULT_ACCOUNT_NODE, INSTRUMENT_LAST, STRATEGY_LAST,
};
use crate::record::bytes_of;
use std::collections::BTreeMap;

/// Schema version of a LimitsSet record that holds StrategyLimits.
pub const STRATEGY_LIMITS_VERSION: u16 = 1;
/// Schema version of a LimitsSet record that holds InstrumentRules.
pub const INSTRUMENT_RULES_VERSION: u16 = 2;
/// Schema version of a LimitsSet record that holds a GateScope.
pub const SCOPE_VERSION: u16 = 3;
/// Schema version of a LimitsSet record that holds ScopeLimits.
pub const SCOPE_LIMITS_VERSION: u16 = 4;

/// `instrument` of limits for every instrument, or for all of them together.
pub const EVERY_INSTRUMENT: u16 = u16::MAX;

const NANOS_PER_MS: i64 = 1_000_000;

/// What was set, by (strategy, instrument) and by (node, instrument). What an order needs of it stands in the tree.
#[derive(Default)]
pub struct Limits {
    strategies: BTreeMap<(u32, u16), StrategyLimits>,
    scopes: BTreeMap<(u32, u16), ScopeLimits>,
}

image!(Limits { strategies, scopes });

impl Limits {
    /// What a strategy may do in an instrument.
    pub fn terms(&self, strategy: u32, instrument: u16) -> Option<Terms> {
        let own = self.strategies.get(&(strategy, instrument));
        own.or_else(|| self.strategies.get(&(strategy, EVERY_INSTRUMENT)))
            .map(Terms::of)
    }

    /// Limits of strategies, by strategy and instrument.
    pub fn of_strategies(&self) -> impl Iterator<Item = &StrategyLimits> {
        self.strategies.values()
    }

    /// Limits of scopes, by node and instrument.
    pub fn of_scopes(&self) -> impl Iterator<Item = &ScopeLimits> {
        self.scopes.values()
    }

    /// The strictest message rate and burst over the strategy's instruments: it holds for all of them together, and
    /// does not depend on the order in which they were loaded.
    fn strictest_rate(&self, strategy: u32) -> (u32, u32) {
        self.strategies
            .range((strategy, 0)..=(strategy, EVERY_INSTRUMENT))
            .fold((u32::MAX, u32::MAX), |(rate, burst), (_, limits)| {
                (
                    rate.min(limits.rate_per_second),
                    burst.min(limits.rate_burst),
                )
            })
    }
}

impl Gate {
    /// Registers an instrument or changes its rules, and records them. Time in nanoseconds.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` when a field is out of range; `AUDIT_FAILED` when it could not be recorded (nothing changes, and
    /// the gate is shut).
    pub fn set_instrument(
        &mut self,
        journal: &mut impl Journal,
        rules: &InstrumentRules,
        time: i64,
    ) -> Result<(), u32> {
        let sound = u32::from(rules.instrument) <= INSTRUMENT_LAST
            && rules.tick_step >= 1
            && rules.lot_step >= 1
            && rules.units_per_tick_lot >= 1
            && rules.max_quantity >= 0;
        if !sound {
            return Err(code::BAD_ARGUMENT);
        }
        self.record_limits(journal, INSTRUMENT_RULES_VERSION, time, bytes_of(rules))?;
        self.list(rules);
        Ok(())
    }

    /// Registers a strategy in an instrument, or in every one in which it has no limits of its own, or changes its
    /// limits, and records them. A strategy without a place in the tree gets one below the default account. Time in
    /// nanoseconds.
    ///
    /// # Errors
    /// As for [`Gate::set_instrument`], and `SCOPE_CAPACITY` when there is no room to count it.
    pub fn set_limits(
        &mut self,
        journal: &mut impl Journal,
        limits: &StrategyLimits,
        time: i64,
    ) -> Result<(), u32> {
        let (strategy, instrument) = (limits.strategy, limits.instrument);
        let sound = (1..=STRATEGY_LAST).contains(&strategy)
            && limits.max_quantity >= 0
            && limits.max_notional >= 0
            && limits.max_position >= 0;
        if !sound {
            return Err(code::BAD_ARGUMENT);
        }
        let leaf = self.scopes.find(strategy, instrument);
        if instrument != EVERY_INSTRUMENT && leaf.is_none() && !self.scopes.has_room() {
            return Err(code::SCOPE_CAPACITY);
        }
        self.record_limits(journal, STRATEGY_LIMITS_VERSION, time, bytes_of(limits))?;
        if self.scopes.strategy(strategy).is_none() {
            self.place(&GateScope {
                parent: DEFAULT_ACCOUNT_NODE,
                kind: scope_kind::STRATEGY,
                strategy,
                ..GateScope::default()
            });
        }
        self.limits
            .strategies
            .insert((strategy, instrument), *limits);
        match leaf {
            _ if instrument == EVERY_INSTRUMENT => self.renew_all(strategy),
            Some(leaf) => self.renew(leaf),
            None => {
                self.meet(strategy, instrument);
            }
        }
        let (rate, burst) = self.limits.strictest_rate(strategy);
        if let Some(known) = self.scopes.strategy_mut(strategy) {
            known.may_trade = true;
            known.bucket.configure(rate, burst);
        }
        self.recent
            .keep_for(i64::from(limits.duplicate_window_ms) * NANOS_PER_MS);
        Ok(())
    }

    /// Puts a node into the tree, records it, and returns its id. Time in nanoseconds.
    ///
    /// # Errors
    /// As for [`Gate::set_instrument`]. A node fits below one of the level above; a strategy has one place for good.
    pub fn add_scope(
        &mut self,
        journal: &mut impl Journal,
        scope: &GateScope,
        time: i64,
    ) -> Result<u32, u32> {
        let fitting = self.scopes.fitting(scope);
        let fitting = fitting.filter(|scope| scope.strategy <= STRATEGY_LAST);
        let scope = fitting.ok_or(code::BAD_ARGUMENT)?;
        self.record_limits(journal, SCOPE_VERSION, time, bytes_of(&scope))?;
        self.scopes.place(scope);
        Ok(scope.node)
    }

    fn place(&mut self, scope: &GateScope) {
        if let Some(scope) = self.scopes.fitting(scope) {
            self.scopes.place(scope);
        }
    }

    /// Sets the limits of a node in one instrument, or over all of them together (`instrument` 65535), in place of those
    /// set before, and records them. Time in nanoseconds.
    ///
    /// # Errors
    /// As for [`Gate::set_limits`].
    pub fn set_scope_limits(
        &mut self,
        journal: &mut impl Journal,
        limits: &ScopeLimits,
        time: i64,
    ) -> Result<(), u32> {
        let (node, instrument) = (limits.node, limits.instrument);
        let everywhere = instrument == EVERY_INSTRUMENT;
        let meant = if everywhere {
            set::EVERYWHERE
        } else {
            set::HERE
        };
        let sound = (node as usize) < self.scopes.nodes().len()
            && limits.set & !meant == 0
            && limits
                .max_position
                .min(limits.max_gross)
                .min(limits.max_net)
                >= 0;
        if !sound {
            return Err(code::BAD_ARGUMENT);
        }
        let cell = self.scopes.cell_of(node, instrument);
        if !everywhere && cell.is_none() && !self.scopes.has_room() {
            return Err(code::SCOPE_CAPACITY);
        }
        self.record_limits(journal, SCOPE_LIMITS_VERSION, time, bytes_of(limits))?;
        self.limits.scopes.insert((node, instrument), *limits);
        if !everywhere {
            self.scopes.make_cell(node, instrument);
            self.limit_cell(node, instrument);
        } else if let Some(node) = self.scopes.node_mut(node) {
            node.limit(limits);
        }
        Ok(())
    }

    /// Meets a strategy in an instrument: it counts there from now on, and may trade if its limits say so.
    pub(super) fn meet(&mut self, strategy: u32, instrument: u16) -> u32 {
        let leaf = self.scopes.make_leaf(strategy, instrument);
        self.renew(leaf);
        leaf
    }

    /// Makes what a leaf and its cell say agree with the strategy's limits.
    fn renew(&mut self, at: u32) {
        let Leaf {
            strategy,
            instrument,
            cells,
            ..
        } = *self.scopes.leaf(at);
        if let Some(terms) = self.limits.terms(strategy, instrument) {
            let leaf = &mut self.scopes.leaves_mut()[at as usize];
            leaf.terms = terms;
            leaf.may_trade = true;
        }
        let node = self.scopes.cell(cells[OWN]).node;
        self.limit_cell(node, instrument);
    }

    /// The same in every instrument.
    fn renew_all(&mut self, strategy: u32) {
        for at in 0..self.scopes.leaves().len() as u32 {
            if self.scopes.leaf(at).strategy == strategy {
                self.renew(at);
            }
        }
    }

    /// Makes what the cell of a node says agree with its limits: of the strategy, if it is one, and of the scope.
    fn limit_cell(&mut self, node: u32, instrument: u16) {
        let Some(at) = self.scopes.cell_of(node, instrument) else {
            return;
        };
        let scope = self.scopes.nodes()[node as usize].scope;
        let set_here = self.limits.scopes.get(&(node, instrument));
        let by_scope = set_here
            .filter(|limits| limits.set & set::POSITION != 0)
            .map_or(i64::MAX, |limits| limits.max_position);
        let by_strategy = if scope.kind == scope_kind::STRATEGY {
            let terms = self.limits.terms(scope.strategy, instrument);
            terms.map_or(0, |terms| terms.max_position)
        } else {
            i64::MAX
        };
        let orders = set_here.map_or(NO_ORDER_LIMIT, order_limit);
        let cell = self.scopes.cell_mut(at);
        cell.max_position = by_scope.min(by_strategy);
        cell.max_open_orders = orders;
    }

    pub(super) fn record_limits(
        &mut self,
        journal: &mut impl Journal,
        version: u16,
        time: i64,
        bytes: &[u8],
    ) -> Result<(), u32> {
        if self.shut {
            return Err(code::AUDIT_FAILED);
        }
        let recorded = journal
            .append(record_type::LIMITS_SET, version, time, 0, &[bytes])
            .and_then(|_| journal.commit());
        recorded.map_err(|_| {
            self.shut = true;
            code::AUDIT_FAILED
        })
    }
}
