//! Microprice and imbalance: every level gives the same bits, and they are what the formula says.
mod math_support;

use cwts_core::math::Kernels;
use math_support::{floats, levels, shifts, Placed, Random, KINDS, LENGTHS};
use proptest::prelude::*;

/// What the contract says of one book, in the formula's own words.
fn plain(bid: f64, bid_quantity: f64, ask: f64, ask_quantity: f64) -> (f64, f64) {
    let total = bid_quantity + ask_quantity;
    let empty = !(bid_quantity > 0.0 && ask_quantity > 0.0);
    let canonical = |value: f64| {
        if empty || total.is_infinite() || !value.is_finite() {
            f64::NAN
        } else {
            value
        }
    };
    (
        canonical(bid + (ask - bid) * (bid_quantity / total)),
        canonical((bid_quantity - ask_quantity) / total),
    )
}

fn check(columns: [&[f64]; 4], at: [usize; 5]) {
    let [bids, bid_quantities, asks, ask_quantities] = columns;
    let length = bids.len();
    let expected: Vec<_> = (0..length)
        .map(|i| plain(bids[i], bid_quantities[i], asks[i], ask_quantities[i]))
        .collect();
    let bits = |pick: fn(&(f64, f64)) -> f64| -> Vec<u64> {
        expected.iter().map(|pair| pick(pair).to_bits()).collect()
    };
    let (microprices, imbalances) = (bits(|pair| pair.0), bits(|pair| pair.1));
    let placed: Vec<_> = (0..4).map(|i| Placed::new(columns[i], at[i])).collect();
    for kernels in levels() {
        let told = || format!("{:?}: {columns:?}", kernels.level());
        let [b, bq, a, aq] = [0, 1, 2, 3].map(|i| placed[i].column());
        let mut out = Placed::new(&vec![77.0; length], at[4]);
        kernels.microprice(b, bq, a, aq, &mut out.column_mut());
        assert_eq!(out.bits(), microprices, "{}", told());
        let mut out = Placed::new(&vec![77.0; length], at[4]);
        kernels.imbalance(bq, aq, &mut out.column_mut());
        assert_eq!(out.bits(), imbalances, "{}", told());
    }
}

#[test]
fn every_level_agrees_to_the_bit_at_every_length_alignment_and_kind_of_number() {
    let mut random = Random::new(2);
    for length in LENGTHS {
        for price_kind in 0..KINDS {
            for quantity_kind in 0..KINDS {
                let kinds = [price_kind, quantity_kind, price_kind, quantity_kind];
                let columns = kinds.map(|kind| floats(&mut random, length, kind));
                let at = shifts(&mut random);
                check([&columns[0], &columns[1], &columns[2], &columns[3]], at);
            }
        }
    }
}

fn one(kernels: &Kernels, bid: f64, bid_quantity: f64, ask: f64, ask_quantity: f64) -> [f64; 2] {
    let (mut price, mut imbalance) = ([0.0], [0.0]);
    let [b, bq, a, aq] = [[bid], [bid_quantity], [ask], [ask_quantity]];
    kernels.microprice(
        b[..].into(),
        bq[..].into(),
        a[..].into(),
        aq[..].into(),
        &mut (&mut price[..]).into(),
    );
    kernels.imbalance(
        bq[..].into(),
        aq[..].into(),
        &mut (&mut imbalance[..]).into(),
    );
    [price[0], imbalance[0]]
}

#[test]
fn the_microprice_leans_to_the_side_with_less() {
    for kernels in levels() {
        assert_eq!(one(kernels, 100.0, 5.0, 102.0, 5.0), [101.0, 0.0]);
        assert_eq!(one(kernels, 100.0, 9.0, 102.0, 3.0), [101.5, 0.5]);
        assert_eq!(one(kernels, 100.0, 1.0, 104.0, 3.0), [101.0, -0.5]);
        // Subnormal quantities are quantities.
        assert_eq!(one(kernels, 100.0, 5e-324, 102.0, 5e-324), [101.0, 0.0]);
    }
}

#[test]
fn a_book_with_an_empty_side_or_beyond_all_bounds_has_no_signal() {
    let nan = f64::NAN.to_bits();
    for kernels in levels() {
        for gone in [0.0, -0.0, -1.0, f64::NAN, -f64::NAN, f64::NEG_INFINITY] {
            for [price, imbalance] in [
                one(kernels, 100.0, gone, 102.0, 5.0),
                one(kernels, 100.0, 5.0, 102.0, gone),
                one(kernels, 100.0, gone, 102.0, gone),
            ] {
                assert_eq!([price.to_bits(), imbalance.to_bits()], [nan, nan]);
            }
        }
        let endless = one(kernels, 100.0, f64::MAX, 102.0, f64::MAX);
        assert_eq!(endless.map(f64::to_bits), [nan, nan]);
        for price in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(one(kernels, price, 5.0, 102.0, 5.0)[0].to_bits(), nan);
            assert_eq!(one(kernels, 100.0, 5.0, price, 5.0)[0].to_bits(), nan);
            assert_eq!(one(kernels, price, 5.0, price, 5.0)[1], 0.0);
        }
        assert!(one(kernels, -f64::MAX, 5.0, f64::MAX, 5.0)[0].is_nan());
    }
}

/// Whether `value` is within `units` units in the last place of `numerator / denominator`, decided in whole numbers.
fn is_within(value: f64, units: i128, numerator: i128, denominator: i128) -> bool {
    let bits = value.abs().to_bits();
    let exponent = (bits >> 52) as i32 - 1_075;
    let mantissa = ((bits & ((1 << 52) - 1)) | (1 << 52)) as i128;
    let mantissa = if value < 0.0 { -mantissa } else { mantissa };
    if value == 0.0 {
        return numerator == 0;
    }
    // |mantissa · 2^exponent − n / d| ≤ units · 2^exponent, multiplied by d · 2^-exponent or so.
    let scale = u32::try_from(-exponent).expect("values below 2^52");
    let Some(scaled) = numerator
        .checked_shl(scale)
        .filter(|it| it >> scale == numerator)
    else {
        // Too wide for whole numbers of 128 bits: the caller keeps to narrower ones.
        panic!("{value} is too small to be judged");
    };
    (mantissa * denominator - scaled).abs() <= units * denominator
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 8 } else { 4_096 }))]

    #[test]
    fn the_signals_are_as_near_to_the_formula_as_stated(
        bid in 1i64 << 20..1 << 40,
        spread in 0i64..1 << 20,
        bid_quantity in 1i64..1 << 20,
        ask_quantity in 1i64..1 << 20,
    ) {
        let total = i128::from(bid_quantity + ask_quantity);
        let ask = bid + spread;
        let priced = i128::from(bid) * i128::from(ask_quantity) + i128::from(ask) * i128::from(bid_quantity);
        for kernels in levels() {
            let [price, imbalance] =
                one(kernels, bid as f64, bid_quantity as f64, ask as f64, ask_quantity as f64);
            prop_assert!(is_within(price, 3, priced, total), "{price}");
            prop_assert!(bid as f64 <= price && price <= ask as f64, "{price}");
            prop_assert!(is_within(imbalance, 1, i128::from(bid_quantity - ask_quantity), total), "{imbalance}");
        }
    }
}
