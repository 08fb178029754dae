//! The messages of the specification: Nasdaq TotalView-ITCH 5.0, section "Message formats".

/// Bytes of a message of each type, the type's letter included; `None` for a type there is none of.
#[inline]
pub(super) const fn length_of(kind: u8) -> Option<usize> {
    match LENGTHS[kind as usize] {
        0 => None,
        length => Some(length as usize),
    }
}

const TYPES: [(u8, u8); 23] = [
    // System event; stock directory; trading action; short sale restriction; market participant position.
    (b'S', 12),
    (b'R', 39),
    (b'H', 25),
    (b'Y', 20),
    (b'L', 26),
    // Circuit breaker levels, and reached; quoting of a new issue; collar of an auction; operational halt.
    (b'V', 35),
    (b'W', 12),
    (b'K', 28),
    (b'J', 35),
    (b'h', 21),
    // Order added, without and with its owner; executed, also at another price; reduced; deleted; replaced.
    (b'A', 36),
    (b'F', 40),
    (b'E', 31),
    (b'C', 36),
    (b'X', 23),
    (b'D', 19),
    (b'U', 35),
    // Trade of an order that was not shown; of an auction; broken trade; imbalance; retail interest; direct listing.
    (b'P', 44),
    (b'Q', 40),
    (b'B', 19),
    (b'I', 50),
    (b'N', 20),
    (b'O', 48),
];

const LENGTHS: [u8; 256] = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < TYPES.len() {
        lengths[TYPES[at].0 as usize] = TYPES[at].1;
        at += 1;
    }
    lengths
};
