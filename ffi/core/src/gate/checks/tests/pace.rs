//! Repetition, message rate, and the position limit.
use super::MS;
use crate::gate::flags;
use crate::gate::testkit::{limits, rules, Bench, INSTRUMENT, SECOND, START};
use crate::layout::{
    code, command_kind, exec_type, side, InstrumentRules, OrderCommand, StrategyLimits,
};

#[test]
fn an_id_is_used_once_whether_or_not_the_order_passed() {
    let mut bench = Bench::new();
    let order = bench.order();
    let refused = OrderCommand {
        quantity: 1,
        ..order
    };
    assert_eq!(bench.submit(&refused).code, code::OFF_LOT);
    assert_eq!(bench.submit(&order).code, code::DUPLICATE_ID);
    let order = bench.order();
    let order = bench.enter(order);
    bench.report(exec_type::CANCELED, &order, 100, 0);
    let later = OrderCommand {
        time: START + SECOND,
        ..order
    };
    bench.quote(1_000, 1_010, 0, START + SECOND);
    assert_eq!(bench.submit(&later).code, code::DUPLICATE_ID);
}

#[test]
fn the_same_order_waits_for_its_window_unless_it_is_meant() {
    for (after, flags, expected) in [
        (100 * MS - 1, 0, code::DUPLICATE_ORDER),
        (100 * MS - 1, flags::DELIBERATE_DUPLICATE, code::ACCEPTED),
        (100 * MS, 0, code::ACCEPTED),
        (100 * MS + 1, 0, code::ACCEPTED),
    ] {
        let mut bench = Bench::new();
        let order = bench.order();
        let order = bench.enter(order);
        let again = OrderCommand {
            order_id: 7,
            time: START + after,
            flags,
            ..order
        };
        assert_eq!(bench.submit(&again).code, expected, "after {after}");
    }
}

#[test]
fn a_different_side_price_quantity_or_strategy_is_a_different_order() {
    let mut bench = Bench::new();
    let two = StrategyLimits {
        strategy: 2,
        ..limits()
    };
    bench
        .gate
        .set_limits(&mut bench.journal, &two, START)
        .unwrap();
    let order = bench.order();
    let order = bench.enter(order);
    let others = [
        OrderCommand {
            side: side::SELL,
            order_id: 11,
            ..order
        },
        OrderCommand {
            price: 995,
            order_id: 12,
            ..order
        },
        OrderCommand {
            quantity: 90,
            order_id: 13,
            ..order
        },
        OrderCommand {
            owner: 2,
            order_id: 14,
            ..order
        },
    ];
    for other in others {
        assert_eq!(bench.submit(&other).code, code::ACCEPTED);
    }
}

#[test]
fn a_strategy_with_a_short_window_is_not_held_to_the_longest_one() {
    let mut bench = Bench::new();
    let slow = StrategyLimits {
        strategy: 2,
        duplicate_window_ms: 60_000,
        ..limits()
    };
    bench
        .gate
        .set_limits(&mut bench.journal, &slow, START)
        .unwrap();
    let order = bench.order();
    let order = bench.enter(order);
    let again = OrderCommand {
        order_id: 7,
        time: START + 100 * MS,
        ..order
    };
    assert_eq!(bench.submit(&again).code, code::ACCEPTED);
}

#[test]
fn a_strategy_sends_its_burst_and_then_its_rate() {
    let mut bench = Bench::new();
    let mut send = |time: i64| {
        let order = bench.order();
        let order = OrderCommand {
            time,
            flags: flags::DELIBERATE_DUPLICATE,
            ..order
        };
        bench.submit(&order)
    };
    for _ in 0..5 {
        assert_eq!(send(START).code, code::ACCEPTED);
    }
    let refused = send(START);
    assert_eq!(
        (refused.code, refused.measured, refused.limit),
        (code::MESSAGE_RATE, 0, SECOND)
    );
    assert_eq!(send(START + 100 * MS - 1).code, code::MESSAGE_RATE);
    assert_eq!(send(START + 100 * MS).code, code::ACCEPTED);
    assert_eq!(send(START + 100 * MS).code, code::MESSAGE_RATE);
}

#[test]
fn amends_cost_a_message_and_cancels_do_not() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    for _ in 0..20 {
        let cancel = bench.change(command_kind::CANCEL, &order);
        assert_eq!(bench.submit(&cancel).code, code::ACCEPTED);
    }
    let amend = bench.change(command_kind::AMEND, &order);
    for _ in 0..4 {
        assert_eq!(bench.submit(&amend).code, code::ACCEPTED);
    }
    assert_eq!(bench.submit(&amend).code, code::MESSAGE_RATE);
}

#[test]
fn the_message_rate_is_the_strictest_over_the_strategys_instruments() {
    for strict_first in [true, false] {
        let mut bench = Bench::unregistered();
        let mut pair = [(INSTRUMENT, 2), (4, 5)];
        if !strict_first {
            pair.reverse();
        }
        for (instrument, rate_burst) in pair {
            let rules = InstrumentRules {
                instrument,
                ..rules()
            };
            let limits = StrategyLimits {
                instrument,
                rate_burst,
                ..limits()
            };
            bench
                .gate
                .set_instrument(&mut bench.journal, &rules, START)
                .unwrap();
            bench
                .gate
                .set_limits(&mut bench.journal, &limits, START)
                .unwrap();
        }
        bench.quote(1_000, 1_010, 0, START);
        let verdicts: Vec<_> = (0..3)
            .map(|i| {
                let order = bench.order();
                bench
                    .submit(&OrderCommand {
                        price: 1_000 - i * 5,
                        ..order
                    })
                    .code
            })
            .collect();
        assert_eq!(
            verdicts,
            [code::ACCEPTED, code::ACCEPTED, code::MESSAGE_RATE]
        );
    }
}

#[test]
fn a_command_from_the_past_does_not_refill_the_bucket() {
    let mut bench = Bench::new();
    for i in 0..5 {
        let order = bench.order();
        bench.enter(OrderCommand {
            price: 1_000 - i * 5,
            ..order
        });
    }
    let order = bench.order();
    let past = OrderCommand {
        time: START - 60 * SECOND,
        quantity: 200,
        ..order
    };
    assert_eq!(bench.submit(&past).code, code::MESSAGE_RATE);
}

#[test]
fn the_worst_case_counts_what_is_filled_and_everything_open_on_the_side() {
    for (quantity, expected) in [
        (190, code::ACCEPTED),
        (200, code::ACCEPTED),
        (210, code::POSITION_LIMIT),
    ] {
        for side in [side::BUY, side::SELL] {
            let sign = if side == side::BUY { 1 } else { -1 };
            let mut bench = Bench::new();
            bench.hold(300 * sign);
            let order = bench.order();
            bench.enter(OrderCommand {
                side,
                quantity: 500,
                ..order
            });
            let order = bench.order();
            let decision = bench.submit(&OrderCommand {
                side,
                quantity,
                ..order
            });
            assert_eq!(decision.code, expected, "side {side} quantity {quantity}");
            if expected == code::ACCEPTED {
                assert_eq!(decision.measured, 800 + quantity);
            } else {
                assert_eq!((decision.measured, decision.limit), (800 + quantity, 1_000));
            }
        }
    }
}

#[test]
fn open_orders_of_the_other_side_do_not_make_room() {
    let mut bench = Bench::new();
    let order = bench.order();
    bench.enter(OrderCommand {
        side: side::SELL,
        quantity: 800,
        ..order
    });
    let order = bench.order();
    bench.enter(OrderCommand {
        quantity: 800,
        ..order
    });
    let order = bench.order();
    let more = OrderCommand {
        quantity: 210,
        price: 995,
        ..order
    };
    assert_eq!(bench.submit(&more).code, code::POSITION_LIMIT);
}

#[test]
fn a_position_outside_a_lowered_limit_may_be_reduced_and_nothing_else() {
    let mut bench = Bench::new();
    bench.hold(2_000);
    let order = bench.order();
    assert_eq!(bench.submit(&order).code, code::POSITION_LIMIT);
    let order = bench.order();
    let sell = OrderCommand {
        side: side::SELL,
        quantity: 800,
        ..order
    };
    assert_eq!(bench.submit(&sell).code, code::ACCEPTED);
    let order = bench.order();
    let flip = OrderCommand {
        side: side::SELL,
        quantity: 800,
        price: 1_005,
        ..order
    };
    assert_eq!(bench.submit(&flip).code, code::ACCEPTED);
    let order = bench.order();
    let past_flat = OrderCommand {
        side: side::SELL,
        quantity: 410,
        price: 1_005,
        ..order
    };
    assert_eq!(bench.submit(&past_flat).code, code::POSITION_LIMIT);
}

#[test]
fn an_amend_is_held_to_the_limit_at_its_larger_size() {
    let mut bench = Bench::new();
    bench.hold(300);
    let order = bench.order();
    let order = bench.enter(OrderCommand {
        quantity: 500,
        ..order
    });
    for (quantity, expected) in [
        (710, code::POSITION_LIMIT),
        (700, code::ACCEPTED),
        (10, code::ACCEPTED),
    ] {
        let amend = OrderCommand {
            quantity,
            ..bench.change(command_kind::AMEND, &order)
        };
        assert_eq!(bench.submit(&amend).code, expected);
    }
    // The amend to 700 is still unanswered, so the smaller one sets nothing free.
    assert_eq!(bench.open(), (700, 0, 1));
}
