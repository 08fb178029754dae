//! Sums over instruments at a node: sectors, underlyings, deltas, vegas, and losses in scenarios of the margin.
//!
//! A lot of an instrument adds its weight to a sum. What is open may fill or not, so each instrument holds a sum at two
//! ends, and the ends of all instruments are added: whatever fills, the sum lies in between. Within an instrument a node
//! nets its strategies; between instruments nothing that is open is netted.
use super::worst::Worst;
use crate::image::image;
use crate::layout::{factor_measure, Factor, FactorLimit};
use crate::record::bytes_of;
use core::hint::select_unpredictable;
use sha2::{Digest, Sha256};

/// Largest number of a sum.
pub const FACTOR_LAST: u16 = 1_023;

/// Both ends of a sum. They wrap: taking away what was added gives exactly what was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    pub high: i128,
    pub low: i128,
}

image!(Ends { high, low });

impl Ends {
    /// What a position that may become `worst` adds at `weight` a lot. Fits: both factors have 64 bits.
    #[inline]
    #[must_use]
    pub fn of(worst: &Worst, weight: i64) -> Self {
        let (most, least) = worst.ends();
        Self::default().stepped(Step { most, least }, weight)
    }

    /// With a step of the position at `weight` a lot: below none the ends change sides.
    #[inline]
    #[must_use]
    pub fn stepped(self, step: Step, weight: i64) -> Self {
        let (up, down) = step.turned(weight);
        let value = |lots: i64| i128::from(lots) * i128::from(weight);
        Self {
            high: self.high.wrapping_add(value(up)),
            low: self.low.wrapping_add(value(down)),
        }
    }

    /// With what is added, less what was there.
    #[inline]
    #[must_use]
    pub const fn moved(self, from: Self, to: Self) -> Self {
        Self {
            high: self.high.wrapping_add(to.high).wrapping_sub(from.high),
            low: self.low.wrapping_add(to.low).wrapping_sub(from.low),
        }
    }

    /// What a limit of that measure holds down.
    #[inline]
    #[must_use]
    pub fn measured(self, measure: u8) -> i128 {
        if measure == factor_measure::LOSS {
            self.low.wrapping_neg().max(0)
        } else {
            self.high.abs().max(self.low.abs())
        }
    }
}

/// How far both ends of a position move with one step, lots.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    most: i64,
    least: i64,
}

impl Step {
    /// From one worst case to another; `None` when that does not fit.
    #[inline]
    #[must_use]
    pub fn between(from: &Worst, to: &Worst) -> Option<Self> {
        let (from, to) = (from.ends(), to.ends());
        Some(Self {
            most: to.0.checked_sub(from.0)?,
            least: to.1.checked_sub(from.1)?,
        })
    }

    /// Lots that move the high end of a sum at that weight, and those that move the low one.
    #[inline]
    fn turned(self, weight: i64) -> (i64, i64) {
        (
            select_unpredictable(weight < 0, self.least, self.most),
            select_unpredictable(weight < 0, self.most, self.least),
        )
    }
}

/// A limited sum of one node.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    pub limit: FactorLimit,
    pub ends: Ends,
}

impl Limited {
    /// Whether the sum plainly stays within its limit: what is said to fit does, the rest has to be worked out.
    #[inline]
    fn plainly_fits(&self, step: Step, weight: i64) -> bool {
        let Ends { high, low } = self.ends.stepped(step, weight);
        let limit = i128::from(self.limit.limit);
        let holds_high = (self.limit.measure == factor_measure::LOSS) | (high <= limit);
        // Sums that wrapped have ends that say nothing of what lies between them.
        holds_high & (low >= -limit) & (low <= high)
    }
}

/// Weights by instrument, limited sums by node; both sorted by factor.
#[derive(Default)]
pub struct Factors {
    weights: Vec<Vec<Factor>>,
    limited: Vec<Vec<Limited>>,
}

image!(Limited { limit, ends });
image!(Factors { weights, limited });

/// What a lot adds to a factor, of weights sorted by factor from which those of smaller factors are taken away: both lists
/// are gone through side by side.
#[inline]
pub fn next_weight(weights: &mut &[Factor], factor: u16) -> Option<i64> {
    while let [first, rest @ ..] = *weights {
        if first.factor > factor {
            return None;
        }
        *weights = rest;
        if first.factor == factor {
            return Some(first.weight);
        }
    }
    None
}

/// The vector at `at`, made if need be.
fn reach<T>(of: &mut Vec<Vec<T>>, at: usize) -> &mut Vec<T> {
    if at >= of.len() {
        of.resize_with(at + 1, Vec::new);
    }
    &mut of[at]
}

impl Factors {
    /// Whether no node limits a sum.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.limited.iter().all(Vec::is_empty)
    }

    /// What a lot of an instrument adds.
    #[inline]
    #[must_use]
    pub fn weights(&self, instrument: u16) -> &[Factor] {
        self.weights
            .get(usize::from(instrument))
            .map_or(&[], Vec::as_slice)
    }

    /// The sums that a node limits.
    #[inline]
    #[must_use]
    pub fn limited(&self, node: u32) -> &[Limited] {
        self.limited.get(node as usize).map_or(&[], Vec::as_slice)
    }

    /// Sets a weight. `held` is what a node holds in the instrument.
    pub fn weigh(&mut self, factor: &Factor, held: impl Fn(u32) -> Option<Worst>) {
        let of = reach(&mut self.weights, usize::from(factor.instrument));
        let before = of.iter().find(|one| one.factor == factor.factor);
        let before = before.map_or(0, |one| one.weight);
        of.retain(|one| one.factor != factor.factor);
        if factor.weight != 0 {
            of.push(*factor);
            of.sort_unstable_by_key(|one| one.factor);
        }
        let limited = self.limited.iter_mut().flatten();
        for one in limited.filter(|one| one.limit.factor == factor.factor) {
            if let Some(worst) = held(one.limit.node) {
                let (from, to) = (Ends::of(&worst, before), Ends::of(&worst, factor.weight));
                one.ends = one.ends.moved(from, to);
            }
        }
    }

    /// Sets a limit, or lifts it. `held` is what its node holds, by instrument.
    pub fn limit(&mut self, limit: &FactorLimit, held: impl Iterator<Item = (u16, Worst)>) {
        let mut ends = Ends::default();
        for (instrument, worst) in held {
            if let Some(weight) = next_weight(&mut self.weights(instrument), limit.factor) {
                ends = ends.moved(Ends::default(), Ends::of(&worst, weight));
            }
        }
        let of = reach(&mut self.limited, limit.node as usize);
        of.retain(|one| one.limit.factor != limit.factor);
        if limit.active != 0 {
            of.push(Limited {
                limit: *limit,
                ends,
            });
            of.sort_unstable_by_key(|one| one.limit.factor);
        }
    }

    /// What a node holds in an instrument may become another worst case.
    pub fn shift(&mut self, node: u32, instrument: u16, from: &Worst, to: &Worst) {
        let weights = self.weights.get(usize::from(instrument));
        let mut weights = weights.map_or(&[][..], Vec::as_slice);
        let limited = self.limited.get_mut(node as usize);
        let step = Step::between(from, to);
        for one in limited.into_iter().flatten() {
            let Some(weight) = next_weight(&mut weights, one.limit.factor) else {
                continue;
            };
            one.ends = match step {
                Some(step) => one.ends.stepped(step, weight),
                None => one.ends.moved(Ends::of(from, weight), Ends::of(to, weight)),
            };
        }
    }

    /// Whether every sum of a node plainly stays within its limit when what it holds in an instrument becomes another
    /// worst case; see [`Limited::plainly_fits`].
    #[inline]
    #[must_use]
    pub fn plainly_fit(&self, node: u32, instrument: u16, from: &Worst, to: &Worst) -> bool {
        let limited = self.limited(node);
        let mut weights = self.weights(instrument);
        if limited.is_empty() || weights.is_empty() {
            return true;
        }
        let Some(step) = Step::between(from, to) else {
            return false;
        };
        limited.iter().all(|one| {
            next_weight(&mut weights, one.limit.factor)
                .is_none_or(|weight| one.plainly_fits(step, weight))
        })
    }

    /// Feeds weights, limits and sums to `digest` in canonical order.
    pub fn digest(&self, digest: &mut Sha256) {
        for factor in self.weights.iter().flatten() {
            digest.update(bytes_of(factor));
        }
        for one in self.limited.iter().flatten() {
            digest.update(bytes_of(&one.limit));
            digest.update(one.ends.high.to_le_bytes());
            digest.update(one.ends.low.to_le_bytes());
        }
    }
}
