//! Shares located for accounts to sell short, and how many of them are taken.
//!
//! A short order takes its lots when it is let in. What ends unfilled gives back; what has been sold stays taken.
use crate::gate::hash::WordState;
use crate::gate::orders::{OpenOrder, LOCATED};
use crate::gate::scopes::ACCOUNT;
use crate::gate::{flags, Gate};
use crate::image::image;
use crate::layout::{demand, Locate};
use crate::record::bytes_of;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

#[derive(Clone, Copy, Default)]
struct Pool {
    granted: Locate,
    /// Lots open or sold on it.
    taken: i64,
}

/// By account and instrument.
#[derive(Default)]
pub struct Locates(HashMap<u64, Pool, WordState>);

image!(Pool { granted, taken });
image!(Locates(_));

fn key(account: u32, instrument: u16) -> u64 {
    u64::from(account) << 16 | u64::from(instrument)
}

impl Locates {
    /// Grants lots in place of those granted before; what is taken stays taken.
    pub fn grant(&mut self, locate: &Locate) {
        let pool = self
            .0
            .entry(key(locate.node, locate.instrument))
            .or_default();
        pool.granted = *locate;
    }

    /// Lots an account may still sell short now.
    #[must_use]
    pub fn left(&self, account: u32, instrument: u16, now: i64) -> i64 {
        match self.0.get(&key(account, instrument)) {
            Some(pool) if now < pool.granted.until => {
                pool.granted.quantity.saturating_sub(pool.taken)
            }
            _ => 0,
        }
    }

    /// Takes lots, or gives them back when negative.
    pub fn take(&mut self, account: u32, instrument: u16, lots: i64) {
        if lots != 0 {
            let pool = self.0.entry(key(account, instrument)).or_default();
            pool.taken = pool.taken.saturating_add(lots);
        }
    }

    /// Feeds every pool to `digest` in canonical order.
    pub fn digest(&self, digest: &mut Sha256) {
        let mut pools: Vec<_> = self.0.iter().collect();
        pools.sort_unstable_by_key(|(key, _)| **key);
        for (key, pool) in pools {
            digest.update(key.to_le_bytes());
            digest.update(bytes_of(&pool.granted));
            digest.update(pool.taken.to_le_bytes());
        }
    }
}

impl Gate {
    /// Notes on a short order whether it lives on a locate, which holds for as long as it is open.
    pub(in crate::gate) fn mark_located(&self, order: &mut OpenOrder, now: i64) {
        if order.marks & flags::ANY_SHORT == 0 {
            return;
        }
        let security = self.facts.security(order.instrument);
        let asked = self.facts.needs(security) & demand::SHORT_SALE != 0;
        if asked && now >= security.terms.easy_until {
            order.marks |= LOCATED;
        }
    }

    /// Takes lots from the locate an order lives on, or gives them back when negative.
    #[inline]
    pub(in crate::gate) fn take_located(&mut self, order: &OpenOrder, lots: i64) {
        if order.marks & LOCATED != 0 {
            let cell = self.scopes.leaf(order.leaf).cells[ACCOUNT];
            let account = self.scopes.cell(cell).node;
            self.facts.locates.take(account, order.instrument, lots);
        }
    }
}
