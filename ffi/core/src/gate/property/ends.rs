//! Orders that end together leave the gate as they leave it one after the other, whatever else the venue says in between.
use crate::gate::flags;
use crate::gate::testkit::{
    limits, parent, rules, Bench, FakeJournal, INSTRUMENT, START, STRATEGY,
};
use crate::layout::{
    code, exec_type, factor_measure, side, Execution, InstrumentRules, OrderCommand, StrategyLimits,
};
use proptest::prelude::*;

/// Two strategies in two instruments.
const PLACES: [(u32, u16); 4] = [
    (STRATEGY, INSTRUMENT),
    (STRATEGY, 9),
    (2, INSTRUMENT),
    (2, 9),
];
/// Larger than all orders together.
const PARENT: u64 = 7;

#[derive(Clone, Debug)]
struct Entered {
    place: usize,
    side: u8,
    lots: i64,
    child: bool,
}

/// What a venue says, right or wrong.
#[derive(Clone, Debug)]
struct Said {
    kind: u8,
    /// Of the orders entered, or of none.
    pick: usize,
    lots: i64,
    leaves: i64,
    /// Of the venue's numbering; 0 for none.
    sequence: u64,
    /// 1 in 16 each: it names another strategy, instrument or side than the order's, or a number that cannot be.
    wrong: u8,
}

fn entered() -> impl Strategy<Value = Entered> {
    (0..4usize, 0..2u8, 1..40i64, any::<bool>()).prop_map(|(place, side, lots, child)| Entered {
        place,
        side,
        lots,
        child,
    })
}

fn said() -> impl Strategy<Value = Said> {
    let kind = prop_oneof![
        12 => Just(exec_type::CANCELED),
        2 => Just(exec_type::EXPIRED),
        1 => Just(exec_type::REJECTED),
        1 => Just(exec_type::TRADE),
        1 => Just(exec_type::RESTATED),
        1 => Just(exec_type::CANCEL_REJECTED),
    ];
    (kind, 0..48usize, 0..30i64, 0..30i64, 0..200u64, any::<u8>()).prop_map(
        |(kind, pick, lots, leaves, sequence, wrong)| Said {
            kind,
            pick,
            lots,
            leaves,
            sequence,
            wrong,
        },
    )
}

/// A gate with open orders, some of them of a parent, under a limit of a sum over instruments.
fn gate_with(orders: &[Entered]) -> (Bench, Vec<OrderCommand>) {
    let mut bench = Bench::unregistered();
    for instrument in [INSTRUMENT, 9] {
        let rules = InstrumentRules {
            instrument,
            lot_step: 1,
            ..rules()
        };
        let (gate, journal) = (&mut bench.gate, &mut bench.journal);
        gate.set_instrument(journal, &rules, START).unwrap();
    }
    for strategy in [STRATEGY, 2] {
        let limits = StrategyLimits {
            strategy,
            instrument: crate::gate::EVERY_INSTRUMENT,
            max_position: 100_000,
            rate_per_second: u32::MAX,
            rate_burst: u32::MAX,
            duplicate_window_ms: 0,
            ..limits()
        };
        let (gate, journal) = (&mut bench.gate, &mut bench.journal);
        gate.set_limits(journal, &limits, START).unwrap();
    }
    for instrument in [INSTRUMENT, 9] {
        let reference = crate::gate::Reference {
            bid: 1_000,
            ask: 1_010,
            last: 990,
            time: START,
        };
        bench.gate.set_reference(instrument, reference).unwrap();
    }
    bench.sum(3, factor_measure::LOSS, i64::MAX);
    let opened = bench.open_parents(&[parent(PARENT, 1 << 20)]);
    assert_eq!(opened.code, code::ACCEPTED);
    let sent = orders.iter().map(|order| {
        let (owner, instrument) = PLACES[order.place];
        let child = order.child && order.place == 0 && order.side == side::BUY;
        let command = OrderCommand {
            owner,
            instrument,
            side: order.side,
            quantity: order.lots,
            flags: if child { flags::CHILD } else { 0 },
            target_id: if child { PARENT } else { 0 },
            ..bench.order()
        };
        bench.enter(command)
    });
    let sent = sent.collect();
    (bench, sent)
}

fn report(said: &Said, sent: &[OrderCommand]) -> Execution {
    let none = OrderCommand {
        order_id: 5,
        owner: STRATEGY,
        ..OrderCommand::default()
    };
    let order = sent.get(said.pick).unwrap_or(&none);
    Execution {
        exec_type: said.kind,
        side: match said.wrong {
            0..16 => 1 - order.side,
            16..32 => 7,
            _ => order.side,
        },
        instrument: order.instrument + u16::from((32..48).contains(&said.wrong)),
        owner: order.owner + u32::from((48..64).contains(&said.wrong)),
        order_id: order.order_id,
        quantity: if (64..80).contains(&said.wrong) {
            -1
        } else {
            said.lots
        },
        leaves: said.leaves,
        venue_sequence: said.sequence,
        ..Execution::default()
    }
}

/// Everything the log was given.
fn records(journal: &FakeJournal) -> &[(u16, u16, Vec<u8>)] {
    &journal.records
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn orders_that_end_together_leave_the_gate_as_one_after_the_other_would(
        orders in prop::collection::vec(entered(), 1..48),
        said in prop::collection::vec(said(), 1..120),
        room in prop_oneof![3 => Just(None), 1 => (0..60usize).prop_map(Some)],
    ) {
        let (mut together, sent) = gate_with(&orders);
        let (mut alone, _) = gate_with(&orders);
        let reports: Vec<Execution> = said.iter().map(|said| report(said, &sent)).collect();
        (together.journal.room, alone.journal.room) = (room, room);
        let recorded = together.apply(&reports);
        let mut each = Ok(());
        for one in &reports {
            each = each.and(alone.apply(std::slice::from_ref(one)));
        }
        prop_assert_eq!(recorded, each);
        prop_assert_eq!(together.gate.counters(), alone.gate.counters());
        prop_assert_eq!(together.gate.state_hash(), alone.gate.state_hash());
        prop_assert_eq!(records(&together.journal), records(&alone.journal));
    }
}
