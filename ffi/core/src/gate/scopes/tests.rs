//! Places in the tree: who is met when, how much there may be, and what of it is on record and in the state hash.
use crate::gate::testkit::{everything, limits, rules, Bench, INSTRUMENT, ROOM, START, STRATEGY};
use crate::gate::{set, Gate, EVERY_INSTRUMENT};
use crate::layout::{
    code, exec_type, record_type, scope_kind, Execution, GateScope, InstrumentRules, OrderCommand,
    ScopeLimits, StrategyLimits, DEFAULT_ACCOUNT_NODE, FIRM_NODE, STRATEGY_LAST,
};
use crate::record::{bytes_of, read};

const ELSEWHERE: u16 = 65_534;

fn everywhere(strategy: u32) -> StrategyLimits {
    StrategyLimits {
        strategy,
        instrument: EVERY_INSTRUMENT,
        max_position: 300,
        ..limits()
    }
}

/// Strategy and instrument of the highest numbers, as well.
fn wide() -> Bench {
    let mut bench = Bench::new();
    let (gate, journal) = (&mut bench.gate, &mut bench.journal);
    let rules = InstrumentRules {
        instrument: ELSEWHERE,
        ..rules()
    };
    gate.set_instrument(journal, &rules, START).unwrap();
    let reference = gate.reference(INSTRUMENT).unwrap();
    gate.set_reference(ELSEWHERE, reference).unwrap();
    gate.set_limits(journal, &everywhere(STRATEGY), START)
        .unwrap();
    gate.set_limits(journal, &everywhere(STRATEGY_LAST), START)
        .unwrap();
    bench
}

fn order_in(bench: &mut Bench, owner: u32, instrument: u16) -> OrderCommand {
    OrderCommand {
        owner,
        instrument,
        ..bench.order()
    }
}

#[test]
fn limits_for_every_instrument_hold_where_there_are_no_others() {
    let mut bench = wide();
    for (owner, instrument, limit) in [
        (STRATEGY, INSTRUMENT, 1_000),
        (STRATEGY, ELSEWHERE, 300),
        (STRATEGY_LAST, INSTRUMENT, 300),
        (STRATEGY_LAST, ELSEWHERE, 300),
    ] {
        let order = order_in(&mut bench, owner, instrument);
        let decision = bench.submit(&order);
        assert_eq!((decision.code, decision.limit), (code::ACCEPTED, limit));
        assert_eq!(bench.gate.exposure(owner, instrument).open_buy, 100);
    }
    let unlisted = order_in(&mut bench, STRATEGY, 9);
    assert_eq!(bench.submit(&unlisted).code, code::UNKNOWN_INSTRUMENT);
    let firm = bench.gate.scope_usage(FIRM_NODE).unwrap();
    assert_eq!(firm.open_orders, 4);
    // Changed later, they change where an order was met already, and nowhere else.
    let tighter = StrategyLimits {
        max_position: 150,
        ..everywhere(STRATEGY)
    };
    bench
        .gate
        .set_limits(&mut bench.journal, &tighter, START)
        .unwrap();
    for (instrument, expected) in [
        (ELSEWHERE, code::POSITION_LIMIT),
        (INSTRUMENT, code::ACCEPTED),
    ] {
        let order = order_in(&mut bench, STRATEGY, instrument);
        let order = OrderCommand {
            price: 995,
            ..order
        };
        assert_eq!(bench.submit(&order).code, expected);
    }
}

#[test]
fn an_order_that_is_refused_takes_no_room() {
    let mut bench = wide();
    let before = bench.gate.scopes.size();
    for _ in 0..ROOM {
        let order = order_in(&mut bench, STRATEGY_LAST, ELSEWHERE);
        let wrong = OrderCommand {
            quantity: 11,
            ..order
        };
        assert_eq!(bench.submit(&wrong).code, code::OFF_LOT);
        assert_eq!(bench.gate.scopes.size(), before);
    }
    let order = order_in(&mut bench, STRATEGY_LAST, ELSEWHERE);
    bench.enter(order);
    // All four levels are new in this instrument.
    let (cells, leaves) = before;
    assert_eq!(bench.gate.scopes.size(), (cells + 4, leaves + 1));
}

#[test]
fn what_finds_no_room_is_refused_and_what_traded_all_the_same_is_counted() {
    let mut bench = Bench::unregistered();
    bench.gate = Gate::with_room(7);
    let (gate, journal) = (&mut bench.gate, &mut bench.journal);
    gate.set_instrument(journal, &rules(), START).unwrap();
    gate.set_limits(journal, &limits(), START).unwrap();
    gate.set_limits(journal, &everywhere(2), START).unwrap();
    let second = StrategyLimits {
        strategy: 3,
        ..limits()
    };
    let records = journal.records.len();
    let refused = gate.set_limits(journal, &second, START);
    assert_eq!(refused, Err(code::SCOPE_CAPACITY));
    let limit = ScopeLimits {
        instrument: ELSEWHERE,
        set: set::POSITION,
        ..everything(FIRM_NODE)
    };
    let refused = gate.set_scope_limits(journal, &limit, START);
    assert_eq!(refused, Err(code::SCOPE_CAPACITY));
    assert_eq!(journal.records.len(), records);
    bench.quote(1_000, 1_010, 0, START);
    let order = order_in(&mut bench, 2, INSTRUMENT);
    let refused = bench.submit(&order);
    assert_eq!(refused.code, code::SCOPE_CAPACITY);
    assert_eq!((refused.measured, refused.limit), (4, 7));
    for instrument in [INSTRUMENT, 7, 8, 9] {
        let trade = Execution {
            exec_type: exec_type::TRADE,
            instrument,
            order_id: 1,
            quantity: 30,
            owner: 2,
            ..Execution::default()
        };
        bench.apply(&[trade]).unwrap();
        assert_eq!(bench.gate.exposure(2, instrument).position, 30);
        let firm = bench.gate.scope_exposure(FIRM_NODE, instrument).unwrap();
        assert_eq!(firm.position, 30);
    }
    assert_eq!(bench.gate.exposure(STRATEGY, INSTRUMENT).position, 0);
}

#[test]
fn every_change_of_the_tree_and_its_limits_is_on_record_as_it_was_made() {
    let mut bench = Bench::unregistered();
    let (gate, journal) = (&mut bench.gate, &mut bench.journal);
    let account = GateScope {
        parent: 1,
        kind: scope_kind::ACCOUNT,
        ..GateScope::default()
    };
    let node = gate.add_scope(journal, &account, START).unwrap();
    assert_eq!(node, DEFAULT_ACCOUNT_NODE + 1);
    let limits = ScopeLimits {
        set: set::GROSS,
        max_gross: 5,
        ..everything(node)
    };
    gate.set_scope_limits(journal, &limits, START).unwrap();
    let [(kind, version, scope), (_, limits_version, recorded)] = &journal.records[..] else {
        panic!("{} records", journal.records.len());
    };
    assert_eq!((*kind, *version), (record_type::LIMITS_SET, 3));
    let placed = GateScope { node, ..account };
    assert_eq!(read::<GateScope>(scope), Some(placed));
    assert_eq!(*limits_version, 4);
    assert_eq!(recorded, bytes_of(&limits));
    let usage = gate.scope_usage(node).unwrap();
    assert_eq!(
        (usage.set, usage.max_gross, usage.parent),
        (set::GROSS, 5, 1)
    );
    assert!(gate.scope_usage(node + 1).is_none());
    assert!(gate.scope_exposure(node + 1, 0).is_none());
    bench.journal.room = Some(0);
    let refused = bench.gate.add_scope(&mut bench.journal, &account, START);
    assert_eq!(refused, Err(code::AUDIT_FAILED));
    assert!(bench.gate.scope_usage(node + 1).is_none());
    assert!(bench.gate.is_shut());
}

#[test]
fn the_state_hash_covers_tree_limits_and_the_value_of_what_is_held() {
    let scope = |parent, kind, strategy| GateScope {
        parent,
        kind,
        strategy,
        ..GateScope::default()
    };
    let steps: [fn(&mut Bench); 8] = [
        |_| {},
        |bench| bench.limit(everything(FIRM_NODE)),
        |bench| bench.limit(everything(DEFAULT_ACCOUNT_NODE)),
        |bench| {
            bench.limit(ScopeLimits {
                instrument: INSTRUMENT,
                ..everything(FIRM_NODE)
            });
        },
        |bench| {
            let order = bench.order();
            bench.enter(order);
        },
        // The same order at another price of the market.
        |bench| {
            bench.quote(1_010, 1_020, 0, START);
            let order = bench.order();
            bench.enter(order);
        },
        // All is closed again; only what a lot was worth tells the two apart.
        |bench| {
            let order = bench.order();
            let order = bench.enter(order);
            bench.report(exec_type::CANCELED, &order, 100, 0);
        },
        |bench| {
            bench.quote(1_010, 1_020, 0, START);
            let order = bench.order();
            let order = bench.enter(order);
            bench.report(exec_type::CANCELED, &order, 100, 0);
        },
    ];
    let mut hashes: Vec<_> = steps
        .iter()
        .map(|step| {
            let mut bench = Bench::new();
            step(&mut bench);
            bench.gate.state_hash()
        })
        .collect();
    for added in [
        scope(FIRM_NODE, scope_kind::CUSTOMER, 0),
        scope(1, scope_kind::ACCOUNT, 0),
        scope(2, scope_kind::STRATEGY, 5),
        scope(2, scope_kind::STRATEGY, 6),
    ] {
        let mut bench = Bench::new();
        bench
            .gate
            .add_scope(&mut bench.journal, &added, START)
            .unwrap();
        hashes.push(bench.gate.state_hash());
    }
    for (at, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..at].contains(hash), "{at} changed nothing");
    }
}
