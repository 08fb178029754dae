//! Limits of scopes at their boundary: every limit at every level, both sides, and who is named when one refuses.
use crate::gate::set;
use crate::gate::testkit::{everything, limits, Bench, INSTRUMENT, START, STRATEGY};
use crate::layout::{
    code, command_kind, exec_type, scope_kind, side, Execution, GateDecision, GateScope,
    OrderCommand, ScopeLimits, StrategyLimits, DEFAULT_ACCOUNT_NODE, DEFAULT_CUSTOMER_NODE,
    FIRM_NODE, NO_NODE,
};

/// Another strategy in the account of the first.
const SISTER: u32 = 2;
/// Money units of a lot at the reference price: 1005 ticks of 7 units.
const LOT: i64 = 7_035;
/// A limit that is set above any other here.
const VAST: i64 = 1 << 40;

fn bench() -> Bench {
    let mut bench = Bench::new();
    let sister = StrategyLimits {
        strategy: SISTER,
        ..limits()
    };
    bench
        .gate
        .set_limits(&mut bench.journal, &sister, START)
        .unwrap();
    bench
}

/// Firm, customer, account and the first strategy.
fn levels(bench: &Bench) -> [u32; 4] {
    let own = bench.gate.node_of(STRATEGY).unwrap();
    [FIRM_NODE, DEFAULT_CUSTOMER_NODE, DEFAULT_ACCOUNT_NODE, own]
}

fn here(node: u32, set: u16) -> ScopeLimits {
    ScopeLimits {
        instrument: INSTRUMENT,
        set,
        ..everything(node)
    }
}

fn order(bench: &mut Bench, owner: u32, side: u8, quantity: i64) -> OrderCommand {
    OrderCommand {
        owner,
        side,
        quantity,
        ..bench.order()
    }
}

fn numbers(decision: &GateDecision) -> (u32, u32, i64, i64) {
    (
        decision.code,
        decision.scope,
        decision.measured,
        decision.limit,
    )
}

#[test]
fn two_strategies_of_one_account_share_its_limit_and_the_second_is_refused_with_its_numbers() {
    for side in [side::BUY, side::SELL] {
        for (quantity, passes) in [(390, true), (400, true), (410, false)] {
            let mut bench = bench();
            bench.limit(ScopeLimits {
                max_position: 900,
                ..here(DEFAULT_ACCOUNT_NODE, set::POSITION)
            });
            let first = order(&mut bench, STRATEGY, side, 500);
            bench.enter(first);
            let second = order(&mut bench, SISTER, side, quantity);
            let decision = bench.submit(&second);
            if passes {
                let own = bench.gate.node_of(SISTER).unwrap();
                assert_eq!(numbers(&decision), (code::ACCEPTED, own, quantity, 1_000));
            } else {
                let account = DEFAULT_ACCOUNT_NODE;
                assert_eq!(
                    numbers(&decision),
                    (code::POSITION_LIMIT, account, 910, 900)
                );
            }
            let held = bench
                .gate
                .scope_exposure(DEFAULT_ACCOUNT_NODE, INSTRUMENT)
                .unwrap();
            let counted = if passes { 500 + quantity } else { 500 };
            assert_eq!(held.open_buy + held.open_sell, counted);
        }
    }
}

#[test]
fn a_position_limit_holds_at_every_level_for_what_is_filled_and_open() {
    for level in 0..4 {
        for side in [side::BUY, side::SELL] {
            for (quantity, passes) in [(190, true), (200, true), (210, false)] {
                let mut bench = bench();
                let node = levels(&bench)[level];
                bench.limit(ScopeLimits {
                    max_position: 600,
                    ..here(node, set::POSITION)
                });
                bench.hold(if side == side::BUY { 100 } else { -100 });
                let open = order(&mut bench, STRATEGY, side, 300);
                bench.enter(open);
                let next = order(&mut bench, STRATEGY, side, quantity);
                let decision = bench.submit(&next);
                let refusal = (code::POSITION_LIMIT, node, 400 + quantity, 600);
                if passes {
                    assert_eq!(decision.code, code::ACCEPTED);
                } else {
                    assert_eq!(numbers(&decision), refusal);
                }
            }
        }
    }
}

#[test]
fn open_orders_are_limited_at_every_level_here_and_everywhere() {
    for level in 0..4 {
        for here_only in [true, false] {
            let mut bench = bench();
            let node = levels(&bench)[level];
            let limit = if here_only {
                here(node, set::OPEN_ORDERS)
            } else {
                ScopeLimits {
                    set: set::OPEN_ORDERS,
                    ..everything(node)
                }
            };
            bench.limit(ScopeLimits {
                max_open_orders: 2,
                ..limit
            });
            let first = order(&mut bench, STRATEGY, side::BUY, 10);
            let first = bench.enter(first);
            let second = order(&mut bench, STRATEGY, side::SELL, 20);
            bench.enter(second);
            let third = order(&mut bench, STRATEGY, side::BUY, 30);
            let refused = bench.submit(&third);
            assert_eq!(numbers(&refused), (code::OPEN_ORDER_LIMIT, node, 3, 2));
            // An amend enters no order.
            let amend = bench.change(command_kind::AMEND, &first);
            bench.enter(amend);
            bench.report(exec_type::CANCELED, &first, 10, 0);
            let fourth = order(&mut bench, STRATEGY, side::BUY, 40);
            bench.enter(fourth);
        }
    }
}

#[test]
fn gross_value_is_limited_at_every_level_and_two_sides_do_not_cancel_out() {
    for level in 0..3 {
        for (quantity, passes) in [(190, true), (200, true), (210, false)] {
            let mut bench = bench();
            let node = levels(&bench)[level];
            bench.limit(ScopeLimits {
                set: set::GROSS,
                max_gross: 500 * LOT,
                ..everything(node)
            });
            let first = order(&mut bench, STRATEGY, side::BUY, 300);
            bench.enter(first);
            let second = order(&mut bench, SISTER, side::SELL, quantity);
            let decision = bench.submit(&second);
            let refusal = (code::GROSS_LIMIT, node, (300 + quantity) * LOT, 500 * LOT);
            if passes {
                assert_eq!(decision.code, code::ACCEPTED);
            } else {
                assert_eq!(numbers(&decision), refusal);
            }
        }
    }
}

#[test]
fn net_value_is_limited_at_every_level_long_and_short() {
    for level in 0..3 {
        for (side, other) in [(side::BUY, side::SELL), (side::SELL, side::BUY)] {
            for (quantity, passes) in [(190, true), (200, true), (210, false)] {
                let mut bench = bench();
                let node = levels(&bench)[level];
                bench.limit(ScopeLimits {
                    set: set::NET,
                    max_net: 500 * LOT,
                    ..everything(node)
                });
                let first = order(&mut bench, STRATEGY, side, 300);
                bench.enter(first);
                // The other side counts for itself: both will not fill.
                let hedge = order(&mut bench, STRATEGY, other, 500);
                bench.enter(hedge);
                let second = order(&mut bench, SISTER, side, quantity);
                let decision = bench.submit(&second);
                let refusal = (code::NET_LIMIT, node, (300 + quantity) * LOT, 500 * LOT);
                if passes {
                    assert_eq!(decision.code, code::ACCEPTED);
                } else {
                    assert_eq!(numbers(&decision), refusal);
                }
            }
        }
    }
}

#[test]
fn the_lowest_scope_that_refuses_is_named() {
    let mut bench = bench();
    let [firm, customer, account, own] = levels(&bench);
    for (node, lowest) in [
        (firm, firm),
        (account, account),
        (customer, account),
        (own, own),
    ] {
        bench.limit(ScopeLimits {
            max_position: 50,
            ..here(node, set::POSITION)
        });
        let order = order(&mut bench, STRATEGY, side::BUY, 100);
        assert_eq!(
            numbers(&bench.submit(&order)),
            (code::POSITION_LIMIT, lowest, 100, 50)
        );
    }
    // What is asked of the strategy itself is answered in its own name.
    let wrong = order(&mut bench, STRATEGY, side::BUY, 11);
    assert_eq!(bench.submit(&wrong).scope, own);
    let stranger = order(&mut bench, 77, side::BUY, 10);
    assert_eq!(bench.submit(&stranger).scope, NO_NODE);
}

#[test]
fn what_only_takes_away_from_a_strategys_position_passes_its_own_lowered_limits_of_value() {
    let mut bench = bench();
    let entry = order(&mut bench, STRATEGY, side::BUY, 600);
    let entry = bench.enter(entry);
    bench.report(exec_type::TRADE, &entry, 600, 0);
    bench.limit(ScopeLimits {
        set: set::GROSS | set::NET,
        max_gross: 100 * LOT,
        max_net: 100 * LOT,
        ..everything(DEFAULT_ACCOUNT_NODE)
    });
    let more = order(&mut bench, STRATEGY, side::BUY, 10);
    assert_eq!(bench.submit(&more).code, code::GROSS_LIMIT);
    let less = order(&mut bench, STRATEGY, side::SELL, 600);
    let less = bench.enter(less);
    let past_flat = order(&mut bench, STRATEGY, side::SELL, 10);
    assert_eq!(bench.submit(&past_flat).code, code::GROSS_LIMIT);
    bench.report(exec_type::TRADE, &less, 600, 0);
    let usage = bench.gate.scope_usage(FIRM_NODE).unwrap();
    assert_eq!((usage.gross, usage.net_long, usage.net_short), (0, 0, 0));
}

#[test]
fn who_flattens_a_strategy_may_still_break_the_limit_of_the_account() {
    // The sister is short by as much as the first is long: the account is flat, and selling would leave it short.
    let mut bench = bench();
    bench.hold(100);
    let short = Execution {
        exec_type: exec_type::TRADE,
        side: side::SELL,
        instrument: INSTRUMENT,
        order_id: 2,
        quantity: 100,
        owner: SISTER,
        ..Execution::default()
    };
    bench.apply(&[short]).unwrap();
    bench.limit(ScopeLimits {
        max_position: 50,
        ..here(DEFAULT_ACCOUNT_NODE, set::POSITION)
    });
    let sell = order(&mut bench, STRATEGY, side::SELL, 60);
    let refused = bench.submit(&sell);
    assert_eq!(
        numbers(&refused),
        (code::POSITION_LIMIT, DEFAULT_ACCOUNT_NODE, 60, 50)
    );
}

#[test]
fn limits_replace_each_other_and_what_is_not_set_is_no_limit() {
    let mut bench = bench();
    let node = FIRM_NODE;
    bench.limit(ScopeLimits {
        set: set::EVERYWHERE,
        ..everything(node)
    });
    let refused = order(&mut bench, STRATEGY, side::BUY, 10);
    assert_ne!(bench.submit(&refused).code, code::ACCEPTED);
    bench.limit(everything(node));
    let passes = order(&mut bench, STRATEGY, side::BUY, 10);
    bench.enter(passes);
    let own = bench.gate.node_of(STRATEGY).unwrap();
    bench.limit(ScopeLimits {
        max_position: 20,
        ..here(own, set::POSITION)
    });
    let refused = order(&mut bench, STRATEGY, side::BUY, 20);
    assert_eq!(bench.submit(&refused).limit, 20);
    // The strategy's own limits do not loosen the scope's, nor the other way round.
    bench
        .gate
        .set_limits(&mut bench.journal, &limits(), START)
        .unwrap();
    let refused = order(&mut bench, STRATEGY, side::BUY, 30);
    assert_eq!(bench.submit(&refused).limit, 20);
    bench.limit(ScopeLimits {
        max_position: VAST,
        ..here(own, set::POSITION)
    });
    bench.hold(900);
    let refused = order(&mut bench, STRATEGY, side::BUY, 200);
    assert_eq!(bench.submit(&refused).limit, 1_000);
}

#[test]
fn lots_that_cannot_be_counted_are_refused_at_every_level() {
    let mut bench = bench();
    let trade = |owner, order_id| Execution {
        exec_type: exec_type::TRADE,
        instrument: INSTRUMENT,
        order_id,
        quantity: i64::MAX,
        owner,
        ..Execution::default()
    };
    // Each alone fits; the firm's sum does not.
    bench.apply(&[trade(SISTER, 8)]).unwrap();
    let order = order(&mut bench, STRATEGY, side::BUY, 10);
    let refused = bench.submit(&order);
    assert_eq!(
        numbers(&refused),
        (
            code::POSITION_LIMIT,
            DEFAULT_ACCOUNT_NODE,
            i64::MAX,
            i64::MAX
        )
    );
}

#[test]
fn values_that_do_not_fit_are_refused_where_there_is_a_limit() {
    let mut bench = bench();
    let entry = order(&mut bench, STRATEGY, side::BUY, 10);
    bench.enter(entry);
    // A position beyond any sum of 64 bits, valued like the order before.
    bench.hold(i64::MAX / 2);
    bench.limit(ScopeLimits {
        set: set::GROSS | set::NET,
        max_gross: i64::MAX - 1,
        max_net: i64::MAX - 1,
        ..everything(FIRM_NODE)
    });
    let usage = bench.gate.scope_usage(FIRM_NODE).unwrap();
    assert_eq!((usage.gross, usage.net_long), (i64::MAX, i64::MAX));
    let next = order(&mut bench, SISTER, side::BUY, 10);
    let refused = bench.submit(&next);
    assert_eq!(
        numbers(&refused),
        (code::GROSS_LIMIT, FIRM_NODE, i64::MAX, i64::MAX - 1)
    );
}

#[test]
fn a_node_fits_only_below_one_of_the_level_above_and_limits_only_what_they_can() {
    let mut bench = bench();
    let records = bench.journal.records.len();
    let scope = |parent, kind, strategy| GateScope {
        parent,
        kind,
        strategy,
        ..GateScope::default()
    };
    for wrong in [
        scope(FIRM_NODE, scope_kind::FIRM, 0),
        scope(FIRM_NODE, scope_kind::ACCOUNT, 0),
        scope(DEFAULT_ACCOUNT_NODE, scope_kind::ACCOUNT, 0),
        scope(DEFAULT_ACCOUNT_NODE, scope_kind::STRATEGY, 0),
        scope(DEFAULT_ACCOUNT_NODE, scope_kind::STRATEGY, STRATEGY),
        scope(DEFAULT_ACCOUNT_NODE, scope_kind::STRATEGY, u32::MAX),
        scope(DEFAULT_CUSTOMER_NODE, scope_kind::ACCOUNT, 9),
        scope(99, scope_kind::CUSTOMER, 0),
        scope(FIRM_NODE, 4, 0),
        scope(NO_NODE, 0, 0),
    ] {
        let added = bench.gate.add_scope(&mut bench.journal, &wrong, START);
        assert_eq!(added, Err(code::BAD_ARGUMENT), "{wrong:?}");
    }
    for wrong in [
        here(FIRM_NODE, set::GROSS),
        here(FIRM_NODE, set::NET),
        here(99, set::POSITION),
        ScopeLimits {
            set: set::POSITION,
            ..everything(FIRM_NODE)
        },
        ScopeLimits {
            set: 1 << 4,
            ..everything(FIRM_NODE)
        },
        ScopeLimits {
            max_gross: -1,
            ..everything(FIRM_NODE)
        },
        ScopeLimits {
            max_position: -1,
            ..here(FIRM_NODE, set::POSITION)
        },
    ] {
        let set = bench
            .gate
            .set_scope_limits(&mut bench.journal, &wrong, START);
        assert_eq!(set, Err(code::BAD_ARGUMENT), "{wrong:?}");
    }
    assert_eq!(bench.journal.records.len(), records);
}
