//! Facts about flow and money: budgets, windows, throttles, parents, capital, sums.
use super::sound;
use crate::gate::ports::Journal;
use crate::gate::scopes::{told, FACTOR_LAST};
use crate::gate::Gate;
use crate::layout::{
    code, fact_kind, factor_measure, BurstLimit, Capital, ExecutionThrottle, Factor, FactorLimit,
    Pace, ParentLimits, Profit, Rearm, SoftLimits, INSTRUMENT_LAST, STRATEGY_LAST,
};

type Told = Result<(), u32>;

impl Gate {
    pub(super) fn tell_pace(&mut self, journal: &mut impl Journal, pace: &Pace, at: i64) -> Told {
        sound(self.is_node(pace.node))?;
        self.record_fact(journal, fact_kind::PACE, pace, at)?;
        self.flow.pace(pace);
        self.scopes.note_told(pace.node, told::PACE);
        self.renew_needs();
        Ok(())
    }

    pub(super) fn tell_burst(
        &mut self,
        journal: &mut impl Journal,
        limit: &BurstLimit,
        at: i64,
    ) -> Told {
        let everywhere = limit.instrument == super::WHOLE_MARKET;
        sound(
            self.is_node(limit.node)
                && limit.window_ms > 0
                && limit.max_lots >= 0
                && limit.max_value >= 0
                && !(everywhere && limit.max_lots != 0),
        )?;
        self.record_fact(journal, fact_kind::BURST, limit, at)?;
        self.flow.burst(limit);
        self.scopes.note_told(limit.node, told::BURST);
        self.renew_needs();
        Ok(())
    }

    pub(super) fn tell_throttle(
        &mut self,
        journal: &mut impl Journal,
        throttle: &ExecutionThrottle,
        at: i64,
    ) -> Told {
        let known = (1..=STRATEGY_LAST).contains(&throttle.strategy);
        sound(known && throttle.window_ms > 0)?;
        self.record_fact(journal, fact_kind::THROTTLE, throttle, at)?;
        self.flow.throttle(throttle);
        self.renew_needs();
        Ok(())
    }

    pub(super) fn tell_rearm(
        &mut self,
        journal: &mut impl Journal,
        rearm: &Rearm,
        at: i64,
    ) -> Told {
        let node = self.scopes.nodes().get(rearm.node as usize);
        let strategy = node.map(|node| node.scope.strategy);
        let strategy = strategy.ok_or(code::BAD_ARGUMENT)?;
        sound((1..=3).contains(&rearm.what))?;
        self.record_fact(journal, fact_kind::REARM, rearm, at)?;
        self.flow.rearm(rearm, strategy);
        Ok(())
    }

    pub(super) fn tell_parents(
        &mut self,
        journal: &mut impl Journal,
        limits: &ParentLimits,
        at: i64,
    ) -> Told {
        let least = limits.max_parent.min(limits.max_basket);
        sound(self.is_node(limits.node) && least >= 0)?;
        self.record_fact(journal, fact_kind::PARENTS, limits, at)?;
        self.flow.limit_parents(limits);
        Ok(())
    }

    pub(super) fn tell_soft(
        &mut self,
        journal: &mut impl Journal,
        limits: &SoftLimits,
        at: i64,
    ) -> Told {
        let least = limits.max_quantity.min(limits.max_value);
        sound(self.is_node(limits.node) && least >= 0)?;
        self.record_fact(journal, fact_kind::SOFT, limits, at)?;
        self.facts.soft.set(limits);
        self.renew_needs();
        Ok(())
    }

    pub(super) fn tell_capital(
        &mut self,
        journal: &mut impl Journal,
        capital: &Capital,
        at: i64,
    ) -> Told {
        let least = capital.capital.min(capital.credit).min(capital.max_loss);
        sound(self.is_node(capital.node) && least >= 0)?;
        self.record_fact(journal, fact_kind::CAPITAL, capital, at)?;
        self.facts.capitals.set(capital);
        self.scopes.note_told(capital.node, told::CAPITAL);
        self.renew_needs();
        Ok(())
    }

    pub(super) fn tell_profit(
        &mut self,
        journal: &mut impl Journal,
        profit: &Profit,
        at: i64,
    ) -> Told {
        sound(self.facts.capitals.of(profit.node).is_some())?;
        self.record_fact(journal, fact_kind::PROFIT, profit, at)?;
        self.facts.capitals.note(profit);
        Ok(())
    }

    pub(super) fn tell_factor(
        &mut self,
        journal: &mut impl Journal,
        factor: &Factor,
        at: i64,
    ) -> Told {
        let known = u32::from(factor.instrument) <= INSTRUMENT_LAST;
        sound(known && factor.factor <= FACTOR_LAST && factor.weight != i64::MIN)?;
        self.record_fact(journal, fact_kind::FACTOR, factor, at)?;
        self.scopes.weigh(factor);
        Ok(())
    }

    pub(super) fn tell_factor_limit(
        &mut self,
        journal: &mut impl Journal,
        limit: &FactorLimit,
        at: i64,
    ) -> Told {
        sound(
            self.is_node(limit.node)
                && limit.factor <= FACTOR_LAST
                && factor_measure::is_known(limit.measure)
                && limit.active <= 1
                && limit.limit >= 0,
        )?;
        self.record_fact(journal, fact_kind::FACTOR_LIMIT, limit, at)?;
        self.scopes.limit_factor(limit);
        self.renew_needs();
        Ok(())
    }
}
