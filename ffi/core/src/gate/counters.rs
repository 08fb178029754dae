//! What the gate counts, since it was created.
use crate::image::image;
use crate::layout::{code, CodeCount, GateCounters};

/// Gate codes are 1101 to 1799.
const FIRST_CODE: u32 = 1_100;
const CODES: usize = 700;

/// Counters of one gate.
pub struct Tally {
    /// Totals.
    pub totals: GateCounters,
    by_code: [u64; CODES],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            totals: GateCounters::default(),
            by_code: [0; CODES],
        }
    }
}

image!(Tally { totals, by_code });

const fn cell(code: u32) -> usize {
    (code - FIRST_CODE) as usize
}

impl Tally {
    /// Whether there is a place for a verdict.
    pub const fn counts(&self, verdict: u32) -> bool {
        verdict == code::ACCEPTED
            || (verdict >= FIRST_CODE && ((verdict - FIRST_CODE) as usize) < CODES)
    }

    /// Counts one decision.
    pub fn decided(&mut self, verdict: u32) {
        self.totals.decisions += 1;
        if verdict == code::ACCEPTED {
            self.totals.accepted += 1;
        } else {
            self.totals.rejected += 1;
            self.by_code[cell(verdict)] += 1;
        }
    }

    /// A verdict became another, because it could not be made durable.
    pub fn recount(&mut self, before: u32, after: u32) {
        if before == code::ACCEPTED {
            self.totals.accepted -= 1;
            self.totals.rejected += 1;
        } else {
            self.by_code[cell(before)] -= 1;
        }
        self.by_code[cell(after)] += 1;
    }

    /// Rejections by code, ascending, without zeros.
    pub fn rejected(&self) -> impl Iterator<Item = CodeCount> + '_ {
        let counted = self.by_code.iter().zip(FIRST_CODE..);
        counted
            .filter(|(count, _)| **count > 0)
            .map(|(&count, code)| CodeCount {
                code,
                reserved: 0,
                count,
            })
    }
}

impl super::Gate {
    /// Totals, with the open orders of this moment.
    #[must_use]
    pub fn counters(&self) -> GateCounters {
        GateCounters {
            open_orders: self.open.len() as u64,
            shut: u64::from(self.shut),
            sequence: self.sequence,
            ..self.tally.totals
        }
    }

    /// Rejections by code, ascending, without zeros.
    pub fn rejected(&self) -> impl Iterator<Item = CodeCount> + '_ {
        self.tally.rejected()
    }
}
