//! The limits and rules loaded into the gate.
use super::ports::Journal;
use super::{Gate, INSTRUMENTS, STRATEGIES};
use crate::layout::{code, record_type, InstrumentRules, StrategyLimits};
use crate::record::bytes_of;

/// Schema version of a LimitsSet record that holds StrategyLimits.
pub const STRATEGY_LIMITS_VERSION: u16 = 1;
/// Schema version of a LimitsSet record that holds InstrumentRules.
pub const INSTRUMENT_RULES_VERSION: u16 = 2;

const NANOS_PER_MS: i64 = 1_000_000;

/// Limits per (strategy, instrument) and rules per instrument, in flat arrays.
pub struct Limits {
    limits: Vec<Option<StrategyLimits>>,
    rules: Vec<Option<InstrumentRules>>,
    known: [bool; STRATEGIES],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            limits: vec![None; STRATEGIES * INSTRUMENTS],
            rules: vec![None; INSTRUMENTS],
            known: [false; STRATEGIES],
        }
    }
}

impl Limits {
    /// Whether the strategy has limits in any instrument.
    pub fn knows(&self, strategy: usize) -> bool {
        self.known.get(strategy).copied().unwrap_or(false)
    }

    /// Limits of the strategy in the instrument.
    pub fn of(&self, strategy: usize, instrument: usize) -> Option<&StrategyLimits> {
        if strategy >= STRATEGIES || instrument >= INSTRUMENTS {
            return None;
        }
        self.limits[strategy * INSTRUMENTS + instrument].as_ref()
    }

    /// Rules of the instrument.
    pub fn rules(&self, instrument: usize) -> Option<&InstrumentRules> {
        self.rules.get(instrument)?.as_ref()
    }

    /// Whether the strategy's orders in the instrument are compared with recent ones.
    pub fn watches_duplicates(&self, strategy: u32, instrument: u16) -> bool {
        self.of(strategy as usize, usize::from(instrument))
            .is_some_and(|limits| limits.duplicate_window_ms > 0)
    }

    /// Every limit, by strategy and instrument.
    pub fn all(&self) -> impl Iterator<Item = &StrategyLimits> {
        self.limits.iter().flatten()
    }

    /// Every instrument's rules, by instrument.
    pub fn all_rules(&self) -> impl Iterator<Item = &InstrumentRules> {
        self.rules.iter().flatten()
    }

    /// The strictest message rate and burst over the strategy's instruments: it holds for all of them together, and
    /// does not depend on the order in which they were loaded.
    fn strictest_rate(&self, strategy: usize) -> (u32, u32) {
        self.limits[strategy * INSTRUMENTS..(strategy + 1) * INSTRUMENTS]
            .iter()
            .flatten()
            .fold((u32::MAX, u32::MAX), |(rate, burst), limits| {
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
        let sound = usize::from(rules.instrument) < INSTRUMENTS
            && rules.tick_step >= 1
            && rules.lot_step >= 1
            && rules.units_per_tick_lot >= 1
            && rules.max_quantity >= 0;
        if !sound {
            return Err(code::BAD_ARGUMENT);
        }
        self.record_limits(journal, INSTRUMENT_RULES_VERSION, time, bytes_of(rules))?;
        self.limits.rules[usize::from(rules.instrument)] = Some(*rules);
        Ok(())
    }

    /// Registers a strategy in an instrument or changes its limits, and records them. Time in nanoseconds.
    ///
    /// # Errors
    /// As for [`Gate::set_instrument`].
    pub fn set_limits(
        &mut self,
        journal: &mut impl Journal,
        limits: &StrategyLimits,
        time: i64,
    ) -> Result<(), u32> {
        let strategy = limits.strategy as usize;
        let sound = (1..STRATEGIES).contains(&strategy)
            && usize::from(limits.instrument) < INSTRUMENTS
            && limits.max_quantity >= 0
            && limits.max_notional >= 0
            && limits.max_position >= 0;
        if !sound {
            return Err(code::BAD_ARGUMENT);
        }
        self.record_limits(journal, STRATEGY_LIMITS_VERSION, time, bytes_of(limits))?;
        self.limits.limits[strategy * INSTRUMENTS + usize::from(limits.instrument)] = Some(*limits);
        self.limits.known[strategy] = true;
        let (rate, burst) = self.limits.strictest_rate(strategy);
        self.buckets[strategy].configure(rate, burst);
        self.recent
            .keep_for(i64::from(limits.duplicate_window_ms) * NANOS_PER_MS);
        Ok(())
    }

    fn record_limits(
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
