//! Rules that both books share because they concern a command or a view, not the book's structure.
use super::{
    Book, OpenOrder, FLAG_POST_ONLY, FLAG_REDUCE_ONLY, MAX_PRICE, MAX_SLICES, SELF_TRADE_SHIFT,
};
use crate::layout::{code, order_type, self_trade, side, time_in_force, OrderCommand};

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

/// The self-trade mode in `flags`; not always one that is known.
pub(crate) fn self_trade_of(flags: u16) -> u8 {
    (flags >> SELF_TRADE_SHIFT & 7) as u8
}

pub(crate) fn is_stop(order_type: u8) -> bool {
    matches!(order_type, order_type::STOP | order_type::STOP_LIMIT)
}

/// Whether an order of that type and time in force may come to rest in a queue.
pub(crate) fn may_rest(order_type: u8, tif: u8) -> bool {
    order_type != order_type::MARKET && !matches!(tif, time_in_force::IOC | time_in_force::FOK)
}

/// The trigger of a new stop; `None` when the numbers do not fit, 0 for what is no stop.
pub(crate) fn trigger_of(command: &OrderCommand) -> Option<i64> {
    match command.order_type {
        order_type::STOP => Some(command.price),
        order_type::STOP_LIMIT => command
            .price
            .checked_add(i64::from(command.trigger_offset())),
        _ => Some(0),
    }
}

/// Whether a new order can be read. Errors: the reject code.
pub(crate) fn read_new(command: &OrderCommand) -> Result<(), u32> {
    let (kind, tif) = (command.order_type, command.tif);
    let known = side::is_known(command.side)
        && order_type::is_known(kind)
        && time_in_force::is_known(tif)
        && self_trade::is_known(self_trade_of(command.flags));
    let is_resting_limit = kind == order_type::LIMIT && may_rest(kind, tif);
    let post_only = command.flags & FLAG_POST_ONLY != 0;
    let stop_is_sound =
        !is_stop(kind) || (may_rest(kind, tif) && trigger_of(command).is_some_and(is_price));
    let has_offset = command.trigger_offset() != 0;
    let display = i64::from(command.display);
    let sound = command.order_id != 0
        && command.quantity > 0
        && (kind == order_type::MARKET || is_price(command.price))
        && (!post_only || is_resting_limit)
        && stop_is_sound
        && (!has_offset || kind == order_type::STOP_LIMIT)
        && (command.expires() != 0) == (tif == time_in_force::GTD)
        && (display == 0
            || (is_resting_limit
                && display <= command.quantity
                && !has_too_many_slices(command.display, command.quantity)));
    if known && sound {
        Ok(())
    } else {
        Err(code::VENUE_MALFORMED)
    }
}

/// Whether an iceberg of that size would show itself in more slices than there may be.
#[inline]
pub(crate) fn has_too_many_slices(display: u32, quantity: i64) -> bool {
    display != 0 && quantity > i64::from(display) * MAX_SLICES
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
pub(crate) fn matching_limit(order: &OpenOrder) -> i64 {
    match (order.order_type, order.side) {
        (order_type::LIMIT, _) => order.price,
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

/// Whether `flags` ask for a reduce-only order.
pub(crate) fn is_reduce_only(flags: u16) -> bool {
    flags & FLAG_REDUCE_ONLY != 0
}

/// See [`Book::state_hash`]: folds every order, in matching order, and every account into one number.
pub(crate) fn state_hash<B: Book + ?Sized>(book: &B) -> u64 {
    let mut orders: Vec<OpenOrder> = Vec::new();
    for side in [side::BUY, side::SELL] {
        book.for_each_order(side, &mut |order| orders.push(*order));
    }
    book.for_each_stop(&mut |order| orders.push(*order));
    let mut ages: Vec<u64> = orders.iter().map(|order| order.age).collect();
    ages.sort_unstable();
    let mut hash = fold(u64::from(book.state()), book.last_trade() as u64);
    hash = fold(hash, orders.len() as u64);
    for order in &orders {
        let rank = ages.partition_point(|age| *age < order.age) as u64;
        let kinds = u64::from(order.side)
            | u64::from(order.order_type) << 8
            | u64::from(order.tif) << 16
            | u64::from(order.self_trade) << 24
            | u64::from(order.post_only) << 32
            | u64::from(order.reduce_only) << 40;
        let who = u64::from(order.owner) << 32 | u64::from(order.expires);
        let lots = [order.total, order.leaves, order.shown].map(|lots| lots as u64);
        let prices = [order.price, order.trigger].map(|price| price as u64);
        let rest = [order.order_id, rank, kinds, who, u64::from(order.display)];
        for word in rest.into_iter().chain(lots).chain(prices) {
            hash = fold(hash, word);
        }
    }
    book.for_each_account(&mut |account| {
        hash = fold(
            hash,
            u64::from(account.owner) << 32 | u64::from(account.group),
        );
        hash = fold(hash, account.position as u64);
        hash = fold(hash, u64::from(account.open_orders));
    });
    hash
}

/// Mixes one word into a hash; the order of the words matters. The finaliser of SplitMix64 (Steele et al. 2014).
pub(crate) fn fold(hash: u64, word: u64) -> u64 {
    let mut z = (hash.rotate_left(23) ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
