//! Exposure sums: every level gives what a few plain lines give, whatever the numbers.
mod math_support;

use cwts_core::layout::Exposure;
use cwts_core::math::{Column, Totals};
use math_support::{ints, levels, shifts, Placed, Random, KINDS, LENGTHS};
use proptest::prelude::*;

fn plain(positions: &[i64], open_buys: &[i64], open_sells: &[i64]) -> Totals {
    let mut totals = Totals::default();
    for ((position, buy), sell) in positions.iter().zip(open_buys).zip(open_sells) {
        let (longest, shortest) = (
            i128::from(*position) + i128::from(*buy),
            i128::from(*position) - i128::from(*sell),
        );
        totals.long += longest.max(0);
        totals.short += (-shortest).max(0);
        totals.gross += longest.abs().max(shortest.abs());
        totals.net += i128::from(*position);
    }
    totals
}

fn check(columns: [&[i64]; 3], at: [usize; 5]) {
    let [positions, open_buys, open_sells] = columns;
    let expected = plain(positions, open_buys, open_sells);
    let placed: Vec<_> = (0..3).map(|i| Placed::new(columns[i], at[i])).collect();
    let records: Vec<_> = (0..positions.len())
        .map(|i| Exposure {
            position: positions[i],
            open_buy: open_buys[i],
            open_sell: open_sells[i],
            // What is beside the three fields must not be read as one of them.
            open_orders: u32::MAX,
            reserved: u32::MAX,
            bought: -1,
            sold: -1,
            reserved2: u64::MAX,
            reserved3: u64::MAX,
        })
        .collect();
    for kernels in levels() {
        let told = || format!("{:?}: {columns:?}", kernels.level());
        let [p, b, s] = [0, 1, 2].map(|i| placed[i].column());
        assert_eq!(kernels.totals(p, b, s), expected, "{}", told());
        let of_records = kernels.totals_records(Column::of_exposures(&records));
        assert_eq!(of_records, expected, "{}", told());
    }
}

#[test]
fn every_level_agrees_at_every_length_alignment_and_kind_of_number() {
    let mut random = Random::new(3);
    for length in LENGTHS {
        for position_kind in 0..KINDS {
            for open_kind in 0..KINDS {
                let kinds = [position_kind, open_kind, open_kind];
                let columns = kinds.map(|kind| ints(&mut random, length, kind));
                let at = shifts(&mut random);
                check([&columns[0], &columns[1], &columns[2]], at);
            }
        }
    }
}

#[test]
fn one_entry_alone_counts_wherever_it_stands() {
    for length in LENGTHS {
        for place in 0..length {
            let mut columns = [vec![0; length], vec![0; length], vec![0; length]];
            for (column, value) in columns.iter_mut().zip([-3, 5, 11]) {
                column[place] = value;
            }
            check([&columns[0], &columns[1], &columns[2]], [0, 8, 16, 24, 32]);
        }
    }
}

#[test]
fn worst_cases_are_what_the_gate_counts() {
    // Long 10 with 5 more to come; short 4 with 9 more to sell; flat with both sides open.
    let (positions, buys, sells) = ([10, -4, 0], [5, 1, 3], [2, 9, 7]);
    for kernels in levels() {
        let totals = kernels.totals(positions[..].into(), buys[..].into(), sells[..].into());
        let expected = Totals {
            long: 15 + 3,
            short: 13 + 7,
            gross: 15 + 13 + 7,
            net: 6,
        };
        assert_eq!(totals, expected, "{:?}", kernels.level());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 512 }))]

    #[test]
    fn every_level_agrees_on_any_entries(
        entries in prop::collection::vec((prop::array::uniform3(any::<i64>()), 0u32..64), 0..200),
        at in prop::array::uniform5(0usize..64),
    ) {
        let column = |i: usize| entries.iter().map(|(values, by)| values[i] >> by).collect::<Vec<_>>();
        check([&column(0), &column(1), &column(2)], at);
    }
}
