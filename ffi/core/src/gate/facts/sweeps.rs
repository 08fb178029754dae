//! The last sweep of each strategy in each instrument.
use crate::image::image;
use crate::layout::Sweep;
use crate::record::bytes_of;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// By strategy and instrument.
#[derive(Default)]
pub struct Sweeps(BTreeMap<(u32, u16), Sweep>);

image!(Sweeps(_));

impl Sweeps {
    /// Takes a sweep in place of the one before.
    pub fn take(&mut self, sweep: &Sweep) {
        self.0.insert((sweep.strategy, sweep.instrument), *sweep);
    }

    /// The last sweep.
    #[must_use]
    pub fn of(&self, strategy: u32, instrument: u16) -> Option<&Sweep> {
        self.0.get(&(strategy, instrument))
    }

    /// Feeds every sweep to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        self.0
            .values()
            .for_each(|sweep| digest.update(bytes_of(sweep)));
    }
}
