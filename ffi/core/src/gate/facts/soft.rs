//! What is unusual for a person to enter.
use crate::image::image;
use crate::layout::SoftLimits;
use crate::record::bytes_of;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// By node.
#[derive(Default)]
pub struct Soft(BTreeMap<u32, SoftLimits>);

image!(Soft(_));

impl Soft {
    /// Whether no node has any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets the limits of a node.
    pub fn set(&mut self, limits: &SoftLimits) {
        self.0.insert(limits.node, *limits);
    }

    /// The limits of a node, if it has any.
    #[must_use]
    pub fn of(&self, node: u32) -> Option<&SoftLimits> {
        self.0.get(&node)
    }

    /// Feeds everything to `digest`.
    pub fn digest(&self, digest: &mut Sha256) {
        self.0
            .values()
            .for_each(|limits| digest.update(bytes_of(limits)));
    }
}
