//! One hash over everything the gate would have to rebuild after a restart.
//!
//! Market prices are left out: they are an input that no record restores, and every decision names the one it used.
use super::Gate;
use crate::layout::Exposure;
use crate::record::bytes_of;
use sha2::{Digest, Sha256};

impl Gate {
    /// SHA-256 of limits, exposure, open orders, used ids, recent orders, message budgets, venue sequences and
    /// counters, in canonical order: two gates that decided the same things from the same limits agree.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        self.digest_limits(&mut digest);
        self.digest_exposure(&mut digest);
        self.digest_orders(&mut digest);
        self.ids.digest(&mut digest);
        self.recent.digest(&mut digest);
        for (bucket, clock) in self.buckets.iter().zip(&self.clocks) {
            let (level, counted_at) = bucket.parts();
            words(&mut digest, &[level, counted_at, *clock]);
        }
        for sequence in &self.venues {
            digest.update(sequence.to_le_bytes());
        }
        digest.update(bytes_of(&self.counters()));
        for count in self.rejected() {
            digest.update(bytes_of(&count));
        }
        digest.finalize().into()
    }

    fn digest_limits(&self, digest: &mut Sha256) {
        self.limits
            .all_rules()
            .for_each(|rules| digest.update(bytes_of(rules)));
        self.limits
            .all()
            .for_each(|limits| digest.update(bytes_of(limits)));
    }

    fn digest_exposure(&self, digest: &mut Sha256) {
        for (at, exposure) in self.exposure.iter().enumerate() {
            if *exposure != Exposure::default() {
                digest.update((at as u64).to_le_bytes());
                digest.update(bytes_of(exposure));
            }
        }
    }

    fn digest_orders(&self, digest: &mut Sha256) {
        let mut orders: Vec<_> = self.open.iter().collect();
        orders.sort_unstable_by_key(|(id, _)| **id);
        digest.update((orders.len() as u64).to_le_bytes());
        for (id, order) in orders {
            digest.update(id.to_le_bytes());
            words(digest, &order.words());
        }
    }
}

fn words(digest: &mut Sha256, words: &[i64]) {
    for word in words {
        digest.update(word.to_le_bytes());
    }
}
