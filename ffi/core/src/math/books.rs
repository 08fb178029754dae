//! Signals from the best bid and ask of many books at once.
//!
//! Each value of a column belongs to one book; the columns of a call are equally long. Prices and quantities are `f64` in
//! any unit, whole ticks and lots as a rule. A book with an *empty side*, one whose quantity is not above zero (NaN is
//! not), has no signal: NaN. So it is where quantities or result are beyond the largest `f64`. Results are finite or the
//! one NaN that `f64::NAN` is, and the same to the bit at every level: the operations are the same, in the same order, and
//! each is rounded as IEEE 754 says.
use super::column::{Column, ColumnMut};
use super::lanes::Lanes;

/// Price at which the next trade is expected if the thinner side gives way first:
///
/// `bid + (ask - bid) · Qb / (Qb + Qa)`
///
/// which is the mid price weighted with the opposite quantities, `(bid · Qa + ask · Qb) / (Qa + Qb)`. Source: J. Gatheral
/// and R. Oomen, "Zero-intelligence realized variance estimation", Finance and Stochastics 14 (2010); called the weighted
/// mid price by S. Stoikov, "The micro-price: a high-frequency estimator of future prices", Quantitative Finance 18
/// (2018). Within 3 units in the last place where the numbers are whole, at most 2^52 and `0 ≤ bid ≤ ask`.
pub fn microprice(
    bids: Column<f64>,
    bid_quantities: Column<f64>,
    asks: Column<f64>,
    ask_quantities: Column<f64>,
    out: &mut ColumnMut<f64>,
) {
    for at in 0..bids.len() {
        let (bid, ask) = (bids.get(at), asks.get(at));
        let (bid_quantity, ask_quantity) = (bid_quantities.get(at), ask_quantities.get(at));
        let total = bid_quantity + ask_quantity;
        let price = bid + (ask - bid) * (bid_quantity / total);
        let has_sides = bid_quantity > 0.0 && ask_quantity > 0.0 && total < f64::INFINITY;
        out.set(at, finite_if(has_sides, price));
    }
}

/// How much more is wanted than offered at the best prices, from −1 (all on the ask) to 1 (all on the bid):
///
/// `(Qb - Qa) / (Qb + Qa)`
///
/// Source: the queue imbalance of M. Gould and J. Bonart, "Queue imbalance as a one-tick-ahead price predictor in a limit
/// order book", Market Microstructure and Liquidity 2 (2016). Within 1 unit in the last place where the quantities are
/// whole and at most 2^52.
pub fn imbalance(
    bid_quantities: Column<f64>,
    ask_quantities: Column<f64>,
    out: &mut ColumnMut<f64>,
) {
    for at in 0..bid_quantities.len() {
        let (bid_quantity, ask_quantity) = (bid_quantities.get(at), ask_quantities.get(at));
        let total = bid_quantity + ask_quantity;
        let imbalance = (bid_quantity - ask_quantity) / total;
        let has_sides = bid_quantity > 0.0 && ask_quantity > 0.0 && total < f64::INFINITY;
        out.set(at, finite_if(has_sides, imbalance));
    }
}

fn finite_if(holds: bool, value: f64) -> f64 {
    if holds && value.abs() < f64::INFINITY {
        value
    } else {
        f64::NAN
    }
}

/// [`microprice`] in registers. The last values are followed by empty books, which are not written.
#[inline(always)]
pub fn microprice_lanes<L: Lanes>(
    cpu: L,
    bids: Column<f64>,
    bid_quantities: Column<f64>,
    asks: Column<f64>,
    ask_quantities: Column<f64>,
    out: &mut ColumnMut<f64>,
) {
    let whole = bids.len() - bids.len() % L::LANES;
    for at in (0..whole).step_by(L::LANES) {
        let prices = microprice_of(
            cpu,
            bids.lanes(cpu, at),
            bid_quantities.lanes(cpu, at),
            asks.lanes(cpu, at),
            ask_quantities.lanes(cpu, at),
        );
        out.set_lanes(cpu, at, prices);
    }
    if whole < bids.len() {
        let prices = microprice_of(
            cpu,
            bids.rest(cpu, whole),
            bid_quantities.rest(cpu, whole),
            asks.rest(cpu, whole),
            ask_quantities.rest(cpu, whole),
        );
        out.set_rest(cpu, whole, prices);
    }
}

#[inline(always)]
fn microprice_of<L: Lanes>(
    cpu: L,
    bid: L::F,
    bid_quantity: L::F,
    ask: L::F,
    ask_quantity: L::F,
) -> L::F {
    let total = cpu.add_f(bid_quantity, ask_quantity);
    let weight = cpu.div_f(bid_quantity, total);
    let price = cpu.add_f(bid, cpu.mul_f(cpu.sub_f(ask, bid), weight));
    finite_if_sides(cpu, bid_quantity, ask_quantity, total, price)
}

/// [`imbalance`] in registers.
#[inline(always)]
pub fn imbalance_lanes<L: Lanes>(
    cpu: L,
    bid_quantities: Column<f64>,
    ask_quantities: Column<f64>,
    out: &mut ColumnMut<f64>,
) {
    let whole = bid_quantities.len() - bid_quantities.len() % L::LANES;
    for at in (0..whole).step_by(L::LANES) {
        let bid_quantity = bid_quantities.lanes(cpu, at);
        let imbalances = imbalance_of(cpu, bid_quantity, ask_quantities.lanes(cpu, at));
        out.set_lanes(cpu, at, imbalances);
    }
    if whole < bid_quantities.len() {
        let bid_quantity = bid_quantities.rest(cpu, whole);
        let imbalances = imbalance_of(cpu, bid_quantity, ask_quantities.rest(cpu, whole));
        out.set_rest(cpu, whole, imbalances);
    }
}

#[inline(always)]
fn imbalance_of<L: Lanes>(cpu: L, bid_quantity: L::F, ask_quantity: L::F) -> L::F {
    let total = cpu.add_f(bid_quantity, ask_quantity);
    let imbalance = cpu.div_f(cpu.sub_f(bid_quantity, ask_quantity), total);
    finite_if_sides(cpu, bid_quantity, ask_quantity, total, imbalance)
}

/// `value` where both sides are there and it is finite, else NaN.
#[inline(always)]
fn finite_if_sides<L: Lanes>(
    cpu: L,
    bid_quantity: L::F,
    ask_quantity: L::F,
    total: L::F,
    value: L::F,
) -> L::F {
    let (zero, infinity) = (cpu.splat_f(0.0), cpu.splat_f(f64::INFINITY));
    let sides = cpu.both(cpu.lt_f(zero, bid_quantity), cpu.lt_f(zero, ask_quantity));
    let bounded = cpu.both(
        cpu.lt_f(total, infinity),
        cpu.lt_f(cpu.abs_f(value), infinity),
    );
    cpu.select_f(cpu.both(sides, bounded), value, cpu.splat_f(f64::NAN))
}
