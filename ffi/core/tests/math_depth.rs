//! Depth kernels: every level gives what a few plain lines give, on easy and on awkward numbers.
mod math_support;

use cwts_core::layout::DepthLevel;
use cwts_core::math::{saturate, Column, Sweep};
use math_support::{ints, levels, shifts, Placed, Random, KINDS, LENGTHS};
use proptest::prelude::*;

fn plain_between(prices: &[i64], quantities: &[i64], low: i64, high: i64) -> i128 {
    let side = prices.iter().zip(quantities);
    side.filter(|(price, _)| low <= **price && **price <= high)
        .map(|(_, quantity)| i128::from(*quantity))
        .sum()
}

fn plain_cumulative(quantities: &[i64]) -> Vec<i64> {
    let sums = quantities.iter().scan(0i128, |sum, quantity| {
        *sum += i128::from(*quantity);
        Some(saturate(*sum))
    });
    sums.collect()
}

/// Lot by lot of each level, with no thought of speed.
fn plain_sweep(prices: &[i64], quantities: &[i64], lots: i64) -> Sweep {
    let mut wanted = i128::from(lots.max(0));
    let mut sweep = Sweep::default();
    for (at, (price, quantity)) in prices.iter().zip(quantities).enumerate() {
        let taken = i128::from((*quantity).max(0)).min(wanted);
        if taken > 0 {
            wanted -= taken;
            sweep.filled += taken as i64;
            sweep.notional += i128::from(*price) * taken;
            sweep.worst = *price;
            sweep.levels = at + 1;
        }
    }
    sweep
}

fn records(prices: &[i64], quantities: &[i64]) -> Vec<DepthLevel> {
    let side = prices.iter().zip(quantities);
    // What is beside the two fields must not be read as one of them.
    side.map(|(&price, &quantity)| DepthLevel {
        price,
        quantity,
        orders: 0x5555_5555,
        reserved: 0x5555_5555,
        reserved2: 0x5555_5555_5555_5555,
    })
    .collect()
}

fn check(prices: &[i64], quantities: &[i64], (low, high): (i64, i64), lots: i64, at: [usize; 5]) {
    let placed_prices = Placed::new(prices, at[0]);
    let placed_quantities = Placed::new(quantities, at[1]);
    let records = records(prices, quantities);
    let depth = plain_between(prices, quantities, low, high);
    let sums = plain_cumulative(quantities);
    let swept = plain_sweep(prices, quantities, lots);
    for kernels in levels() {
        let told = || {
            format!(
                "{:?}: {prices:?} {quantities:?} from {low} to {high}, {lots} lots",
                kernels.level()
            )
        };
        let (p, q) = (placed_prices.column(), placed_quantities.column());
        let of_records = Column::of_levels(&records);
        assert_eq!(kernels.between(p, q, low, high), depth, "{}", told());
        assert_eq!(
            kernels.between_levels(of_records, low, high),
            depth,
            "{}",
            told()
        );
        assert_eq!(kernels.sweep(p, q, lots), swept, "{}", told());
        assert_eq!(kernels.sweep_levels(of_records, lots), swept, "{}", told());

        let mut out = Placed::new(&vec![77i64; quantities.len()], at[2]);
        kernels.cumulative(q, &mut out.column_mut());
        assert_eq!(out.ints(), sums, "{}", told());
        let mut own = Placed::new(quantities, at[3]);
        // SAFETY: the same memory from the same start on, which `cumulative` allows.
        let own_again = unsafe { Column::new(own.start_for_reading(), quantities.len()) };
        kernels.cumulative(own_again, &mut own.column_mut());
        assert_eq!(own.ints(), sums, "{}, in place", told());
    }
}

#[test]
fn every_level_agrees_at_every_length_alignment_and_kind_of_number() {
    let mut random = Random::new(1);
    for length in LENGTHS {
        for price_kind in 0..KINDS {
            for quantity_kind in 0..KINDS {
                let prices = ints(&mut random, length, price_kind);
                let quantities = ints(&mut random, length, quantity_kind);
                let (a, b) = (random.int(price_kind), random.int(price_kind));
                let bounds = (a.min(b), a.max(b));
                let lots = random.int(quantity_kind).saturating_mul(7);
                let at = shifts(&mut random);
                check(&prices, &quantities, bounds, lots, at);
            }
        }
    }
}

#[test]
fn one_value_alone_counts_wherever_it_stands() {
    for length in LENGTHS {
        for place in 0..length {
            let mut quantities = vec![0; length];
            quantities[place] = 1 + place as i64;
            let prices: Vec<i64> = (0..length as i64).collect();
            let here = place as i64;
            check(&prices, &quantities, (here, here), 1, [0, 8, 16, 24, 32]);
            check(
                &prices,
                &quantities,
                (0, i64::MAX),
                i64::MAX,
                [0, 8, 16, 24, 32],
            );
        }
    }
}

#[test]
fn a_size_is_filled_at_every_place_of_a_long_book() {
    let length = if cfg!(miri) { 12 } else { 140 };
    let prices: Vec<i64> = (0..length).map(|at| 1_000 + at).collect();
    let quantities: Vec<i64> = (0..length).map(|at| at % 5 * 3).collect();
    let all: i64 = quantities.iter().sum();
    for lots in -1..=all + 2 {
        let swept = plain_sweep(&prices, &quantities, lots);
        for kernels in levels() {
            let (p, q) = (prices[..].into(), quantities[..].into());
            assert_eq!(kernels.sweep(p, q, lots), swept, "{:?}", kernels.level());
        }
    }
}

#[test]
fn sums_beyond_64_bits_are_exact_and_come_back_into_range() {
    let quantities = [
        i64::MAX,
        i64::MAX,
        i64::MIN,
        i64::MIN,
        5,
        i64::MIN,
        i64::MIN,
    ];
    let expected = [
        i64::MAX,
        i64::MAX,
        i64::MAX - 1,
        -2,
        3,
        i64::MIN + 3,
        i64::MIN,
    ];
    for kernels in levels() {
        let mut out = [0; 7];
        kernels.cumulative(quantities[..].into(), &mut (&mut out[..]).into());
        assert_eq!(out, expected, "{:?}", kernels.level());
        let many = vec![i64::MAX; 1_000];
        let sum = kernels.between(many[..].into(), many[..].into(), i64::MAX, i64::MAX);
        assert_eq!(sum, 1_000 * i128::from(i64::MAX), "{:?}", kernels.level());
    }
}

#[test]
fn a_block_of_equal_quantities_is_exact_whatever_their_size() {
    for bits in 40..=63 {
        for quantity in [((1i128 << bits) - 1) as i64, -((1i128 << bits) - 1) as i64] {
            for length in [8, 32, 65] {
                let quantities = vec![quantity; length];
                check(
                    &quantities,
                    &quantities,
                    (quantity, quantity),
                    quantity,
                    [0; 5],
                );
                // After a sum that is as large as may be, or as may be added to in registers.
                for before in [i128::from(i64::MAX), (1 << 62) - 1] {
                    let mut quantities = vec![0; 32];
                    quantities[0] = (i128::from(quantity.signum()) * before) as i64;
                    quantities.extend(vec![quantity; length]);
                    check(
                        &quantities,
                        &quantities,
                        (quantity, quantity),
                        quantity,
                        [0; 5],
                    );
                }
            }
        }
    }
}

#[test]
fn an_average_price_is_the_notional_over_the_lots_and_nothing_has_none() {
    let (prices, quantities) = ([101, 102, 104], [10, 20, 40]);
    for kernels in levels() {
        let sweep = kernels.sweep(prices[..].into(), quantities[..].into(), 40);
        assert_eq!((sweep.filled, sweep.worst, sweep.levels), (40, 104, 3));
        assert_eq!(sweep.notional, 101 * 10 + 102 * 20 + 104 * 10);
        assert_eq!(sweep.average(), 4_090.0 / 40.0);
        let nothing = kernels.sweep(prices[..].into(), quantities[..].into(), 0);
        assert_eq!(nothing, Sweep::default());
        assert!(nothing.average().is_nan());
    }
}

#[test]
#[should_panic(expected = "the columns differ in length")]
fn columns_of_different_lengths_are_refused() {
    let (prices, quantities) = ([1, 2, 3], [1, 2]);
    let _ = levels()[0].between(prices[..].into(), quantities[..].into(), 0, 9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 }))]

    #[test]
    fn every_level_agrees_on_any_side(
        side in prop::collection::vec((any::<i64>(), any::<i64>(), 0u32..64, 0u32..64), 0..200),
        bounds in (any::<i64>(), any::<i64>(), 0u32..64),
        lots in (any::<i64>(), 0u32..64),
        at in prop::array::uniform5(0usize..64),
    ) {
        // Shifted, so that numbers of every width are as likely as those of 64 bits.
        let prices: Vec<_> = side.iter().map(|(price, _, by, _)| price >> by).collect();
        let quantities: Vec<_> = side.iter().map(|(_, quantity, _, by)| quantity >> by).collect();
        let (a, b) = (bounds.0 >> bounds.2, bounds.1 >> bounds.2);
        check(&prices, &quantities, (a.min(b), a.max(b)), lots.0 >> lots.1, at);
    }
}
