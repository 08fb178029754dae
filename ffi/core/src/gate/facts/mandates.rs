//! What each strategy was certified for.
use crate::image::image;
use crate::layout::Mandate;
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

/// By strategy id; those that have none hold an empty one, whose strategy is no strategy.
#[derive(Default)]
pub struct Mandates(Vec<Mandate>);

image!(Mandates(_));

impl Mandates {
    /// Whether no strategy has one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives a strategy its mandate, in place of the one before.
    pub fn give(&mut self, mandate: &Mandate) {
        let at = mandate.strategy as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, Mandate::default());
        }
        self.0[at] = *mandate;
    }

    /// A strategy's mandate, whether or not it still holds.
    #[inline]
    #[must_use]
    pub fn of(&self, strategy: u32) -> Option<&Mandate> {
        let mandate = self.0.get(strategy as usize)?;
        (mandate.strategy != 0).then_some(mandate)
    }

    /// Feeds every mandate to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        let given = self.0.iter().filter(|mandate| mandate.strategy != 0);
        given.for_each(|mandate| digest.update(bytes_of(mandate)));
    }
}
