//! SHA-256 of many short messages at once.
//!
//! One SHA-256 is a chain of rounds, each waiting for the one before; a processor with SHA instructions can work on
//! another message meanwhile. So messages are hashed two at a time where the processor has the instructions
//! (`pair.rs`), and one after the other where it has not. The results are those of SHA-256 either way.
//!
//! All messages here have one byte in front that says what they are, as RFC 6962 has it: a leaf or a node.
use crate::audit::format::Hash;
use sha2::{Digest, Sha256};

#[cfg(target_arch = "x86_64")]
mod pair;
#[cfg(test)]
mod tests;

/// In front of a record's bytes (RFC 6962, section 2.1).
pub const LEAF: u8 = 0;
/// In front of two hashes (RFC 6962, section 2.1).
pub const NODE: u8 = 1;

/// Puts SHA-256(`prefix` || message *i*) into `out[i]`, for every place of `out`.
#[inline]
pub fn hash_all<'a>(prefix: u8, message: impl Fn(usize) -> &'a [u8], out: &mut [Hash]) {
    #[cfg(target_arch = "x86_64")]
    if pair::is_available() {
        // SAFETY: the processor has the instructions.
        return unsafe { pair::hash_all(prefix, message, out) };
    }
    one_by_one(prefix, message, out);
}

/// As [`hash_all`], with the library's implementation.
fn one_by_one<'a>(prefix: u8, message: impl Fn(usize) -> &'a [u8], out: &mut [Hash]) {
    for (i, hash) in out.iter_mut().enumerate() {
        *hash = hash_one(prefix, message(i));
    }
}

/// SHA-256(`prefix` || `message`).
#[must_use]
pub fn hash_one(prefix: u8, message: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([prefix])
        .chain_update(message)
        .finalize()
        .into()
}

/// The hash of the tree node above `left` and `right`.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([NODE])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}
