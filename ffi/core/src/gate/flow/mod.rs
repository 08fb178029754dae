//! How much flows, and how fast: budgets of messages, short windows, trades in a row, parents and their children.
//!
//! What is kept here changes with every order that is let in, and is latched when a limit was run into too often: a latch
//! opens only by being told so.
mod bursts;
mod paces;
mod parents;
mod ring;
mod throttles;

pub use bursts::Entered;
pub use parents::{Parent, Parents, BASKET_VERSION, NO_PARENT, UNJUDGEABLE_BASKET_VERSION};

use super::scopes::Added;
use crate::image::image;
use crate::layout::{BurstLimit, ExecutionThrottle, Pace, ParentLimits, Rearm};
use bursts::Bursts;
use paces::Paces;
use sha2::{Digest, Sha256};
use throttles::Throttles;

/// Bits of `Rearm.what`.
pub mod rearm {
    /// Message rate.
    pub const RATE: u32 = 1;
    /// Executions.
    pub const EXECUTIONS: u32 = 1 << 1;
}

/// Every budget and latch.
#[derive(Default)]
pub struct Flow {
    pub paces: Paces,
    pub bursts: Bursts,
    pub throttles: Throttles,
    pub parents: Parents,
}

image!(Flow {
    paces,
    bursts,
    throttles,
    parents
});

impl Flow {
    /// Sets the pace of a node.
    pub fn pace(&mut self, pace: &Pace) {
        self.paces.set(pace);
    }

    /// Sets a window of a node.
    pub fn burst(&mut self, limit: &BurstLimit) {
        self.bursts.set(limit);
    }

    /// Sets the throttle of a strategy.
    pub fn throttle(&mut self, throttle: &ExecutionThrottle) {
        self.throttles.set(throttle);
    }

    /// Sets how large parents of a node may be.
    pub fn limit_parents(&mut self, limits: &ParentLimits) {
        self.parents.limit(limits);
    }

    /// Takes a message out of the budgets and windows of the nodes of a path. What it adds has no value in a window when it
    /// has none at all.
    pub fn enter(&mut self, path: &[u32], instrument: u16, now: i64, added: Option<&Added>) {
        self.paces.enter(path, now);
        let (lots, mark) = added.map_or((0, 0), |added| (added.lots, added.mark));
        let entered = Entered {
            count: 1,
            lots,
            value: lots.saturating_mul(mark),
        };
        self.bursts.enter(path, instrument, now, entered);
    }

    /// Unlatches a node; `strategy` is the one whose node it is, if it is one's.
    pub fn rearm(&mut self, rearm: &Rearm, strategy: u32) {
        if rearm.what & rearm::RATE != 0 {
            self.paces.rearm(rearm.node);
        }
        if rearm.what & rearm::EXECUTIONS != 0 {
            self.throttles.rearm(strategy);
        }
    }

    /// Feeds everything to `digest` in canonical order; `children` as for [`Parents::digest`].
    pub fn digest(&self, digest: &mut Sha256, children: Vec<(u64, u32)>) {
        self.paces.digest(digest);
        self.bursts.digest(digest);
        self.throttles.digest(digest);
        self.parents.digest(digest, children);
        digest.update([0]);
    }
}
