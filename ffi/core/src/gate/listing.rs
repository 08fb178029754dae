//! What the gate knows of one instrument: its rules and its market prices.
use super::reference::Reference;
use super::Gate;
use crate::image::image;
use crate::layout::{code, InstrumentRules};

/// A registered instrument.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// As they were last set.
    pub rules: InstrumentRules,
    /// As they were last set; none at first.
    pub reference: Reference,
    /// Whether the market was told since it was last put on record.
    pub untold: bool,
}

image!(Listing {
    rules,
    reference,
    untold
});

impl Gate {
    /// A registered instrument.
    #[inline]
    pub(super) fn listing(&self, instrument: u16) -> Option<&Listing> {
        self.listings.get(usize::from(instrument))?.as_ref()
    }

    /// Every registered instrument, by id.
    pub(super) fn all_listings(&self) -> impl Iterator<Item = &Listing> {
        self.listings.iter().flatten()
    }

    /// Registers an instrument, or changes its rules.
    pub(super) fn list(&mut self, rules: &InstrumentRules) {
        let at = usize::from(rules.instrument);
        if at >= self.listings.len() {
            self.listings.resize(at + 1, None);
        }
        let old = self.listings[at];
        // How the market stands may have been told before the instrument was listed.
        let untold = || self.facts.security(rules.instrument).was_seen();
        self.listings[at] = Some(Listing {
            rules: *rules,
            reference: old.map_or_else(Reference::default, |old| old.reference),
            untold: old.map_or_else(untold, |old| old.untold),
        });
    }

    /// Sets best prices and last trade of an instrument, in ticks; 0 means there is none. Time in nanoseconds.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` for an instrument that is not registered.
    pub fn set_reference(&mut self, instrument: u16, reference: Reference) -> Result<(), u32> {
        let known = self.listings.get_mut(usize::from(instrument));
        let known = known.and_then(Option::as_mut).ok_or(code::BAD_ARGUMENT)?;
        known.untold |= known.reference != reference;
        known.reference = reference;
        self.facts.note_price(instrument, &reference);
        Ok(())
    }

    /// The market prices last set for an instrument.
    #[must_use]
    pub fn reference(&self, instrument: u16) -> Option<Reference> {
        self.listing(instrument).map(|listing| listing.reference)
    }
}
