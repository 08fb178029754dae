//! Restricted lists: whom they bind, and which instruments or issuers they name.
use crate::gate::hash::{folded, WordState};
use crate::image::image;
use crate::layout::{side, Restriction};
use crate::record::bytes_of;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};

/// An issuer or an instrument, as one word.
fn name(issuer: u32, instrument: u16) -> u64 {
    u64::from(issuer) << 16 | u64::from(instrument)
}

/// Every entry in force or ended, by name first: most instruments are named by none.
#[derive(Default)]
pub struct Restrictions {
    by_name: HashMap<u64, BTreeMap<u32, Restriction>, WordState>,
    /// A bit of every name that there is; what has none is named by no entry.
    bits: u64,
}

image!(Restrictions { by_name, bits });

/// The bit of a name: one of 64, so that a few names leave most of them clear.
fn bit_of(name: u64) -> u64 {
    1 << (folded(name) >> 58)
}

impl Restrictions {
    /// Whether there is no entry at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Puts an entry in place of the one for the same node and name; one without sides only takes that away.
    pub fn enter(&mut self, entry: &Restriction) {
        let name = name(entry.issuer, entry.instrument);
        let entries = self.by_name.entry(name).or_default();
        entries.remove(&entry.node);
        if entry.sides != 0 {
            entries.insert(entry.node, *entry);
        }
        if entries.is_empty() {
            self.by_name.remove(&name);
            self.bits = self
                .by_name
                .keys()
                .fold(0, |bits, name| bits | bit_of(*name));
        } else {
            self.bits |= bit_of(name);
        }
    }

    /// The entry that forbids somebody below the nodes of `path` to trade on `side` now, by the instrument or its issuer.
    #[must_use]
    pub fn forbids(
        &self,
        path: &[u32],
        issuer: u32,
        instrument: u16,
        order_side: u8,
        now: i64,
    ) -> Option<&Restriction> {
        let names = [name(0, instrument), name(issuer, super::WHOLE_MARKET)];
        if self.bits & (bit_of(names[0]) | bit_of(names[1])) == 0 {
            return None;
        }
        let bit = if order_side == side::BUY { 1 } else { 2 };
        let named = names.iter().filter_map(|name| self.by_name.get(name));
        named
            .flat_map(|entries| path.iter().filter_map(|node| entries.get(node)))
            .find(|entry| entry.sides & bit != 0 && now < entry.until)
    }

    /// Feeds every entry to `digest` in canonical order.
    pub fn digest(&self, digest: &mut Sha256) {
        let mut names: Vec<_> = self.by_name.iter().collect();
        names.sort_unstable_by_key(|(name, _)| **name);
        for entry in names.iter().flat_map(|(_, entries)| entries.values()) {
            digest.update(bytes_of(entry));
        }
    }
}
