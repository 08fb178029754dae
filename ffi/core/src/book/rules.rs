//! Rules that both books share because they concern a command or a view, not the book's structure.
use super::{Book, RestingOrder, FLAG_POST_ONLY, MAX_PRICE};
use crate::layout::{code, order_type, side, time_in_force, OrderCommand};

/// Best prices as a market tick shows them: 0 where a side is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Top {
    pub bid: i64,
    pub bid_quantity: i64,
    pub ask: i64,
    pub ask_quantity: i64,
}

/// Whether `price` is one at which an order may rest.
#[inline]
pub(crate) fn is_price(price: i64) -> bool {
    (1..=MAX_PRICE).contains(&price)
}

/// Whether a new order can be read. Errors: the reject code.
#[inline]
pub(crate) fn read_new(command: &OrderCommand) -> Result<(), u32> {
    let known = side::is_known(command.side)
        && order_type::is_known(command.order_type)
        && time_in_force::is_known(command.tif);
    let is_limit = command.order_type == order_type::LIMIT;
    let may_rest = is_limit && command.tif == time_in_force::GTC;
    let post_only = command.flags & FLAG_POST_ONLY != 0;
    let sound = command.order_id != 0
        && command.quantity > 0
        && (!is_limit || is_price(command.price))
        && (!post_only || may_rest);
    if known && sound {
        Ok(())
    } else {
        Err(code::VENUE_MALFORMED)
    }
}

/// Whether an amend can be read. Errors: the reject code.
#[inline]
pub(crate) fn read_amend(command: &OrderCommand) -> Result<(), u32> {
    if command.target_id != 0 && command.quantity > 0 && is_price(command.price) {
        Ok(())
    } else {
        Err(code::VENUE_MALFORMED)
    }
}

/// The price up to which an order may match: its limit, or the farthest price for a market order.
#[inline]
pub(crate) fn matching_limit(command: &OrderCommand) -> i64 {
    match (command.order_type, command.side) {
        (order_type::LIMIT, _) => command.price,
        (_, side::BUY) => MAX_PRICE,
        _ => 1,
    }
}

/// The price a new order is reported with.
#[inline]
pub(crate) fn reported_price(command: &OrderCommand) -> i64 {
    if command.order_type == order_type::MARKET {
        0
    } else {
        command.price
    }
}

/// Why what is left of a new order is dropped; `None` when it rests.
#[inline]
pub(crate) fn drop_reason(command: &OrderCommand) -> Option<u32> {
    if command.order_type == order_type::MARKET {
        Some(code::NO_LIQUIDITY)
    } else if command.tif == time_in_force::GTC {
        None
    } else {
        Some(code::IOC)
    }
}

/// See [`Book::state_hash`]: folds every order, in matching order, into one number.
pub(crate) fn state_hash<B: Book + ?Sized>(book: &B) -> u64 {
    let mut hash = fold(0, book.open_orders() as u64);
    for side in [side::BUY, side::SELL] {
        book.for_each_order(side, &mut |order: &RestingOrder| {
            hash = fold(hash, order.order_id);
            hash = fold(hash, order.price as u64);
            hash = fold(hash, order.quantity as u64);
            let rest = u64::from(order.owner) << 2
                | u64::from(order.post_only) << 1
                | u64::from(order.side);
            hash = fold(hash, rest);
        });
    }
    hash
}

/// Mixes one word into a hash; the order of the words matters. The finaliser of SplitMix64 (Steele et al. 2014).
pub(crate) fn fold(hash: u64, word: u64) -> u64 {
    let mut z = (hash.rotate_left(23) ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
