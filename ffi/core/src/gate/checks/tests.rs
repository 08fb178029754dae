//! Every check at its boundary, and every check missed when it is taken out of the table.
use crate::gate::testkit::{limits, rules, Bench, INSTRUMENT, SECOND, START};
use crate::gate::{flags, CHECKS};
use crate::layout::{
    code, command_kind, exec_type, order_type, scope_state, side, time_in_force, OrderCommand,
};

const MS: i64 = 1_000_000;

/// Verdicts of single orders that differ from a good one.
fn verdict(change: impl FnOnce(&mut OrderCommand)) -> u32 {
    let mut bench = Bench::new();
    let mut order = bench.order();
    change(&mut order);
    bench.submit(&order).code
}

#[test]
fn a_good_order_passes_every_check() {
    let mut bench = Bench::new();
    let order = bench.order();
    let decision = bench.submit(&order);
    assert_eq!(decision.code, code::ACCEPTED);
    assert_eq!(decision.check, u32::MAX);
    assert_eq!((decision.reference, decision.exposure), (1_005, 100));
}

#[test]
fn the_strictest_state_decides_and_a_word_that_is_no_state_kills() {
    for (state, expected) in [
        (scope_state::ACTIVE, code::ACCEPTED),
        (scope_state::REDUCE_ONLY, code::REDUCE_ONLY),
        (scope_state::CANCEL_ONLY, code::CANCEL_ONLY),
        (scope_state::KILLED, code::KILLED),
        (4, code::KILLED),
        (u32::MAX, code::KILLED),
    ] {
        let mut bench = Bench::new();
        let resting = bench.order();
        let resting = bench.enter(resting);
        bench.controls.state.set(state);
        let order = bench.order();
        assert_eq!(
            bench
                .submit(&OrderCommand {
                    price: 995,
                    ..order
                })
                .code,
            expected
        );
        let amend = bench.change(command_kind::AMEND, &resting);
        assert_eq!(bench.submit(&amend).code, expected);
        let all = bench.change(command_kind::CANCEL_OWNER, &resting);
        assert_eq!(bench.submit(&all).code, code::ACCEPTED);
        let cancel = bench.change(command_kind::CANCEL, &resting);
        assert_eq!(bench.submit(&cancel).code, code::ACCEPTED);
    }
}

#[test]
fn reduce_only_looks_at_lots_and_not_only_at_the_side() {
    for by_flag in [false, true] {
        let mut bench = Bench::new();
        bench.hold(200);
        if !by_flag {
            bench.controls.state.set(scope_state::REDUCE_ONLY);
        }
        let flags = if by_flag { flags::REDUCE_ONLY } else { 0 };
        let mut sell = |quantity: i64, price: i64| {
            let order = bench.order();
            bench.submit(&OrderCommand {
                side: side::SELL,
                quantity,
                price,
                flags,
                ..order
            })
        };
        assert_eq!(sell(210, 1_000).code, code::REDUCE_ONLY);
        assert_eq!(sell(150, 1_000).code, code::ACCEPTED);
        let past_flat = sell(60, 1_005);
        assert_eq!(past_flat.code, code::REDUCE_ONLY);
        assert_eq!((past_flat.measured, past_flat.limit), (210, 200));
        assert_eq!(sell(50, 1_010).code, code::ACCEPTED);
        assert_eq!(sell(10, 1_015).code, code::REDUCE_ONLY);
        let buy = bench.order();
        assert_eq!(
            bench.submit(&OrderCommand { flags, ..buy }).code,
            code::REDUCE_ONLY
        );
    }
}

#[test]
fn reduce_only_lets_nothing_in_when_flat_and_buys_back_a_short_position() {
    let reducing = |order: OrderCommand| OrderCommand {
        flags: flags::REDUCE_ONLY,
        ..order
    };
    let mut flat = Bench::new();
    let order = flat.order();
    assert_eq!(flat.submit(&reducing(order)).code, code::REDUCE_ONLY);
    let mut short = Bench::new();
    short.hold(-100);
    let order = short.order();
    assert_eq!(short.submit(&reducing(order)).code, code::ACCEPTED);
    let order = short.order();
    assert_eq!(short.submit(&reducing(order)).code, code::REDUCE_ONLY);
}

#[test]
fn strategies_and_instruments_the_gate_has_not_heard_of_are_refused() {
    assert_eq!(verdict(|order| order.owner = 0), code::UNKNOWN_STRATEGY);
    assert_eq!(verdict(|order| order.owner = 2), code::UNKNOWN_STRATEGY);
    assert_eq!(verdict(|order| order.owner = 128), code::UNKNOWN_STRATEGY);
    assert_eq!(
        verdict(|order| order.owner = 1 << 31),
        code::UNKNOWN_STRATEGY
    );
    assert_eq!(
        verdict(|order| order.instrument = 4),
        code::UNKNOWN_INSTRUMENT
    );
    assert_eq!(
        verdict(|order| order.instrument = 128),
        code::UNKNOWN_INSTRUMENT
    );
    assert_eq!(
        verdict(|order| order.instrument = u16::MAX),
        code::UNKNOWN_INSTRUMENT
    );
}

#[test]
fn a_strategy_without_limits_in_a_registered_instrument_is_unknown_there() {
    let mut bench = Bench::new();
    let other = crate::layout::InstrumentRules {
        instrument: 4,
        ..rules()
    };
    bench
        .gate
        .set_instrument(&mut bench.journal, &other, START)
        .unwrap();
    let order = bench.order();
    let elsewhere = OrderCommand {
        instrument: 4,
        ..order
    };
    assert_eq!(bench.submit(&elsewhere).code, code::UNKNOWN_STRATEGY);
}

#[test]
fn what_cannot_be_read_or_contradicts_itself_is_malformed() {
    let malformed: [fn(&mut OrderCommand); 9] = [
        |order| order.kind = 0,
        |order| order.kind = 5,
        |order| order.side = 2,
        |order| order.order_type = 2,
        |order| order.tif = 3,
        |order| order.order_id = 0,
        |order| order.flags = 8,
        |order| order.order_type = order_type::MARKET,
        |order| {
            order.order_type = order_type::MARKET;
            order.price = 0;
            order.flags = flags::POST_ONLY;
        },
    ];
    for (broken, expected) in malformed.into_iter().zip([1, 1, 2, 3, 4, 5, 6, 7, 7]) {
        let mut bench = Bench::new();
        let mut order = bench.order();
        broken(&mut order);
        let decision = bench.submit(&order);
        assert_eq!(
            (decision.code, decision.measured),
            (code::MALFORMED, expected)
        );
    }
    assert_eq!(
        verdict(|order| order.tif = time_in_force::FOK),
        code::ACCEPTED
    );
}

#[test]
fn changes_need_an_open_order_of_the_same_strategy_in_the_same_place() {
    let mut bench = Bench::new();
    let two = crate::layout::StrategyLimits {
        strategy: 2,
        ..limits()
    };
    bench
        .gate
        .set_limits(&mut bench.journal, &two, START)
        .unwrap();
    let order = bench.order();
    let order = bench.enter(order);
    for kind in [command_kind::CANCEL, command_kind::AMEND] {
        let change = bench.change(kind, &order);
        let nothing = OrderCommand {
            target_id: 7,
            ..change
        };
        assert_eq!(bench.submit(&nothing).code, code::UNKNOWN_ORDER);
        let foreign = OrderCommand { owner: 2, ..change };
        assert_eq!(bench.submit(&foreign).code, code::NOT_OWNER);
    }
    let amend = bench.change(command_kind::AMEND, &order);
    let other_side = OrderCommand {
        side: side::SELL,
        ..amend
    };
    assert_eq!(bench.submit(&other_side).code, code::MALFORMED);
    assert_eq!(bench.submit(&amend).code, code::ACCEPTED);
}

#[test]
fn prices_are_positive_multiples_of_the_tick_step() {
    for (price, expected) in [
        (995, code::ACCEPTED),
        (999, code::OFF_TICK),
        (1_000, code::ACCEPTED),
        (1_001, code::OFF_TICK),
        (0, code::OFF_TICK),
        (-5, code::OFF_TICK),
        (i64::MIN, code::OFF_TICK),
    ] {
        assert_eq!(
            verdict(|order| order.price = price),
            expected,
            "price {price}"
        );
    }
}

#[test]
fn quantities_are_positive_multiples_of_the_lot_step() {
    for (quantity, expected) in [
        (10, code::ACCEPTED),
        (19, code::OFF_LOT),
        (20, code::ACCEPTED),
        (21, code::OFF_LOT),
        (0, code::OFF_LOT),
        (-10, code::OFF_LOT),
        (i64::MIN, code::OFF_LOT),
    ] {
        assert_eq!(
            verdict(|order| order.quantity = quantity),
            expected,
            "quantity {quantity}"
        );
    }
}

#[test]
fn the_largest_quantity_is_the_smaller_of_the_strategys_and_the_instruments() {
    for (strategy, instrument) in [(800, 900), (900, 800)] {
        for (quantity, expected) in [
            (790, code::ACCEPTED),
            (800, code::ACCEPTED),
            (810, code::MAX_QUANTITY),
        ] {
            let mut bench = Bench::new();
            let limits = crate::layout::StrategyLimits {
                max_quantity: strategy,
                ..limits()
            };
            let rules = crate::layout::InstrumentRules {
                max_quantity: instrument,
                ..rules()
            };
            bench
                .gate
                .set_limits(&mut bench.journal, &limits, START)
                .unwrap();
            bench
                .gate
                .set_instrument(&mut bench.journal, &rules, START)
                .unwrap();
            let order = bench.order();
            let decision = bench.submit(&OrderCommand { quantity, ..order });
            assert_eq!(decision.code, expected);
        }
    }
}

/// A bench whose largest notional is `max_notional`.
fn with_notional(max_notional: i64) -> Bench {
    let mut bench = Bench::new();
    let limits = crate::layout::StrategyLimits {
        max_notional,
        ..limits()
    };
    bench
        .gate
        .set_limits(&mut bench.journal, &limits, START)
        .unwrap();
    bench
}

#[test]
fn a_limit_order_is_worth_its_price() {
    // 1000 ticks × 100 lots × 7 units.
    for (limit, expected) in [
        (700_001, code::ACCEPTED),
        (700_000, code::ACCEPTED),
        (699_999, code::MAX_NOTIONAL),
    ] {
        let mut bench = with_notional(limit);
        let order = bench.order();
        let decision = bench.submit(&order);
        assert_eq!(decision.code, expected);
        if expected != code::ACCEPTED {
            assert_eq!((decision.measured, decision.limit), (700_000, limit));
        }
    }
}

#[test]
fn a_market_order_is_worth_the_far_touch_and_a_buffer() {
    // Buy: 1010 × 100 × 7 × 1.01 = 714070. Sell: 1000 × 100 × 7 × 1.01 = 707000.
    for (side, worth) in [(side::BUY, 714_070), (side::SELL, 707_000)] {
        for (limit, expected) in [
            (worth + 1, code::ACCEPTED),
            (worth, code::ACCEPTED),
            (worth - 1, code::MAX_NOTIONAL),
        ] {
            let mut bench = with_notional(limit);
            let order = bench.order();
            let market = OrderCommand {
                side,
                order_type: order_type::MARKET,
                price: 0,
                ..order
            };
            assert_eq!(bench.submit(&market).code, expected);
        }
    }
}

#[test]
fn a_fraction_of_a_money_unit_rounds_up() {
    let mut bench = Bench::new();
    let rules = crate::layout::InstrumentRules {
        units_per_tick_lot: 1,
        lot_step: 1,
        ..rules()
    };
    let limits = crate::layout::StrategyLimits {
        max_notional: 1_020,
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
    let order = bench.order();
    let market = OrderCommand {
        order_type: order_type::MARKET,
        price: 0,
        quantity: 1,
        ..order
    };
    // 1010 × 1.01 = 1020.1.
    let decision = bench.submit(&market);
    assert_eq!(
        (decision.code, decision.measured),
        (code::MAX_NOTIONAL, 1_021)
    );
}

#[test]
fn a_value_that_does_not_fit_is_refused_even_when_nothing_else_limits() {
    let mut bench = with_notional(i64::MAX);
    let rules = crate::layout::InstrumentRules {
        units_per_tick_lot: i64::MAX / 1_000,
        ..rules()
    };
    bench
        .gate
        .set_instrument(&mut bench.journal, &rules, START)
        .unwrap();
    for order_type in [order_type::LIMIT, order_type::MARKET] {
        let order = bench.order();
        let price = if order_type == order_type::LIMIT {
            1_000
        } else {
            0
        };
        let decision = bench.submit(&OrderCommand {
            order_type,
            price,
            ..order
        });
        assert_eq!(
            (decision.code, decision.measured),
            (code::MAX_NOTIONAL, i64::MAX)
        );
    }
}

#[test]
fn a_market_order_without_a_far_touch_has_no_value() {
    let mut bench = Bench::new();
    bench.quote(1_000, 0, 1_000, START);
    let order = bench.order();
    let market = OrderCommand {
        order_type: order_type::MARKET,
        price: 0,
        ..order
    };
    assert_eq!(bench.submit(&market).code, code::NO_REFERENCE);
    let sell = OrderCommand {
        side: side::SELL,
        order_id: 9,
        ..market
    };
    assert_eq!(bench.submit(&sell).code, code::ACCEPTED);
}

#[test]
fn orders_need_a_reference_price_that_is_young_enough() {
    for (age, expected) in [
        (1_000 * MS - 1, code::ACCEPTED),
        (1_000 * MS, code::ACCEPTED),
        (1_000 * MS + 1, code::NO_REFERENCE),
        (-5 * SECOND, code::ACCEPTED),
    ] {
        for order_type in [order_type::LIMIT, order_type::MARKET] {
            let mut bench = Bench::new();
            bench.quote(1_000, 1_010, 990, START);
            let order = bench.order();
            let price = if order_type == order_type::LIMIT {
                1_000
            } else {
                0
            };
            let aged = OrderCommand {
                order_type,
                price,
                time: START + age,
                ..order
            };
            assert_eq!(bench.submit(&aged).code, expected, "age {age}");
        }
    }
}

#[test]
fn a_command_from_the_past_does_not_make_old_prices_young() {
    let mut bench = Bench::new();
    for time in [START + 2 * SECOND, START] {
        let order = bench.order();
        let order = OrderCommand { time, ..order };
        assert_eq!(bench.submit(&order).code, code::NO_REFERENCE);
    }
}

#[test]
fn the_reference_is_the_middle_else_the_last_trade_else_nothing() {
    for (bid, ask, last, expected) in [
        (1_000, 1_010, 500, code::ACCEPTED),
        (0, 0, 1_000, code::ACCEPTED),
        (1_000, 0, 1_000, code::ACCEPTED),
        (1_000, 0, 0, code::NO_REFERENCE),
        (0, 1_010, 0, code::NO_REFERENCE),
        (0, 0, 0, code::NO_REFERENCE),
        (i64::MAX, i64::MAX, 1_000, code::NO_REFERENCE),
    ] {
        let mut bench = Bench::new();
        bench.quote(bid, ask, last, START);
        let order = bench.order();
        assert_eq!(bench.submit(&order).code, expected, "{bid} {ask} {last}");
    }
}

#[test]
fn limits_stay_inside_the_collar_on_the_side_that_pays() {
    // Reference 1005: 5 % is 50.25, so buys up to 1055 (a multiple of 5) and sells from 955 on (954.75).
    for (side, price, expected) in [
        (side::BUY, 1_050, code::ACCEPTED),
        (side::BUY, 1_055, code::ACCEPTED),
        (side::BUY, 1_060, code::PRICE_COLLAR),
        (side::BUY, 5, code::ACCEPTED),
        (side::SELL, 960, code::ACCEPTED),
        (side::SELL, 955, code::ACCEPTED),
        (side::SELL, 950, code::PRICE_COLLAR),
        (side::SELL, 2_000, code::ACCEPTED),
    ] {
        let code = verdict(|order| {
            order.side = side;
            order.price = price;
        });
        assert_eq!(code, expected, "side {side} price {price}");
    }
}

#[test]
fn the_collar_is_exact_to_the_half_tick() {
    let mut bench = Bench::new();
    let one = crate::layout::InstrumentRules {
        tick_step: 1,
        collar_bps: 1_000,
        collar_ticks: 0,
        ..rules()
    };
    bench
        .gate
        .set_instrument(&mut bench.journal, &one, START)
        .unwrap();
    // Reference 99.5: buys up to 109.45, sells from 89.55.
    bench.quote(99, 100, 0, START);
    for (side, price, limit, expected) in [
        (side::BUY, 109, 0, code::ACCEPTED),
        (side::BUY, 110, 109, code::PRICE_COLLAR),
        (side::SELL, 90, 0, code::ACCEPTED),
        (side::SELL, 89, 90, code::PRICE_COLLAR),
    ] {
        let order = bench.order();
        let decision = bench.submit(&OrderCommand {
            side,
            price,
            ..order
        });
        assert_eq!((decision.code, decision.limit), (expected, limit));
    }
}

#[test]
fn a_cheap_instrument_may_move_by_whole_ticks() {
    let mut bench = Bench::new();
    // Reference 30, 5 % is 1.5 ticks, but 20 ticks are always allowed.
    bench.quote(30, 30, 30, START);
    for (side, price, expected) in [
        (side::BUY, 50, code::ACCEPTED),
        (side::BUY, 55, code::PRICE_COLLAR),
        (side::SELL, 10, code::ACCEPTED),
        (side::SELL, 5, code::PRICE_COLLAR),
    ] {
        let order = bench.order();
        assert_eq!(
            bench
                .submit(&OrderCommand {
                    side,
                    price,
                    ..order
                })
                .code,
            expected
        );
    }
}

#[test]
fn a_collar_that_does_not_fit_fails_closed() {
    let mut bench = Bench::new();
    let vast = i64::MAX / 4 / 5 * 5;
    bench.quote(vast, vast, 0, START);
    let mut sell = bench.order();
    sell.side = side::SELL;
    assert_eq!(bench.submit(&sell).code, code::PRICE_COLLAR);
}

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
    let two = crate::layout::StrategyLimits {
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
    let slow = crate::layout::StrategyLimits {
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
            let rules = crate::layout::InstrumentRules {
                instrument,
                ..rules()
            };
            let limits = crate::layout::StrategyLimits {
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
                assert_eq!(decision.exposure, 800 + quantity);
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

/// A gate in which one order is stopped by one check and no other.
type Scene = (&'static str, fn(&mut Bench) -> OrderCommand);

/// One scene per row of the table, in its order.
const SCENES: &[Scene] = &[
    ("control_state", |bench| {
        bench.controls.state.set(scope_state::KILLED);
        // A reducing order, so that the reduce-only check has nothing to say.
        bench.hold(500);
        OrderCommand {
            side: side::SELL,
            ..bench.order()
        }
    }),
    ("reduce_only", |bench| {
        bench.controls.state.set(scope_state::REDUCE_ONLY);
        bench.order()
    }),
    ("known_strategy", |bench| OrderCommand {
        owner: 2,
        ..bench.order()
    }),
    ("known_instrument", |bench| OrderCommand {
        instrument: 9,
        ..bench.order()
    }),
    ("well_formed", |bench| OrderCommand {
        tif: 9,
        ..bench.order()
    }),
    ("open_target", |bench| OrderCommand {
        kind: command_kind::CANCEL,
        target_id: 7,
        ..bench.order()
    }),
    ("own_target", |bench| {
        let order = bench.order();
        let order = bench.enter(order);
        OrderCommand {
            owner: 2,
            ..bench.change(command_kind::CANCEL, &order)
        }
    }),
    ("same_target", |bench| {
        let order = bench.order();
        let order = bench.enter(order);
        OrderCommand {
            side: side::SELL,
            ..bench.change(command_kind::AMEND, &order)
        }
    }),
    ("tick_step", |bench| OrderCommand {
        price: 1_001,
        ..bench.order()
    }),
    ("lot_step", |bench| OrderCommand {
        quantity: 11,
        ..bench.order()
    }),
    ("max_quantity", |bench| OrderCommand {
        quantity: 810,
        ..bench.order()
    }),
    ("max_notional", |bench| {
        let limits = crate::layout::StrategyLimits {
            max_notional: 1,
            ..limits()
        };
        bench
            .gate
            .set_limits(&mut bench.journal, &limits, START)
            .unwrap();
        bench.order()
    }),
    ("reference_price", |bench| OrderCommand {
        time: START + 2 * SECOND,
        ..bench.order()
    }),
    ("price_collar", |bench| OrderCommand {
        price: 2_000,
        ..bench.order()
    }),
    ("duplicate_id", |bench| {
        let order = bench.order();
        let order = bench.enter(order);
        OrderCommand {
            price: 995,
            ..order
        }
    }),
    ("duplicate_order", |bench| {
        let order = bench.order();
        let order = bench.enter(order);
        OrderCommand {
            order_id: 7,
            ..order
        }
    }),
    ("message_rate", |bench| {
        let limits = crate::layout::StrategyLimits {
            rate_burst: 0,
            ..limits()
        };
        bench
            .gate
            .set_limits(&mut bench.journal, &limits, START)
            .unwrap();
        bench.order()
    }),
    ("position_limit", |bench| {
        bench.hold(950);
        bench.order()
    }),
];

/// Behind these checks stands a second line that also refuses (a strategy or an instrument without limits has a
/// largest order of nothing): without them the order is stopped all the same, but for another reason.
const SECOND_LINE: &[&str] = &["known_strategy", "known_instrument"];

#[test]
fn every_check_is_missed_when_it_is_taken_out() {
    let names: Vec<_> = CHECKS.iter().map(|row| row.name).collect();
    let scenes: Vec<_> = SCENES.iter().map(|scene| scene.0).collect();
    assert_eq!(names, scenes, "every check has one scene, in table order");
    for (at, (name, scene)) in SCENES.iter().enumerate() {
        let mut full = Bench::new();
        let order = scene(&mut full);
        let decision = full.submit(&order);
        assert_ne!(decision.code, code::ACCEPTED, "{name} let it through");
        assert_eq!(
            decision.check as usize, at,
            "{name} was not what stopped it: {decision:?}"
        );

        let mut mutant = Bench::without(name);
        let order = scene(&mut mutant);
        let missed = mutant.submit(&order);
        if SECOND_LINE.contains(name) {
            assert_ne!(
                missed.code, decision.code,
                "{name} is not what gave its code"
            );
        } else {
            assert_eq!(
                missed.code,
                code::ACCEPTED,
                "without {name} it should pass: {missed:?}"
            );
        }
    }
}

#[test]
fn limits_that_cannot_be_meant_are_refused() {
    let mut bench = Bench::unregistered();
    let broken_rules = [
        crate::layout::InstrumentRules {
            instrument: 128,
            ..rules()
        },
        crate::layout::InstrumentRules {
            tick_step: 0,
            ..rules()
        },
        crate::layout::InstrumentRules {
            lot_step: 0,
            ..rules()
        },
        crate::layout::InstrumentRules {
            units_per_tick_lot: 0,
            ..rules()
        },
        crate::layout::InstrumentRules {
            max_quantity: -1,
            ..rules()
        },
    ];
    for rules in broken_rules {
        let refused = bench.gate.set_instrument(&mut bench.journal, &rules, START);
        assert_eq!(refused, Err(code::BAD_ARGUMENT));
    }
    let broken_limits = [
        crate::layout::StrategyLimits {
            strategy: 0,
            ..limits()
        },
        crate::layout::StrategyLimits {
            strategy: 128,
            ..limits()
        },
        crate::layout::StrategyLimits {
            instrument: 128,
            ..limits()
        },
        crate::layout::StrategyLimits {
            max_position: -1,
            ..limits()
        },
        crate::layout::StrategyLimits {
            max_notional: -1,
            ..limits()
        },
        crate::layout::StrategyLimits {
            max_quantity: -1,
            ..limits()
        },
    ];
    for limits in broken_limits {
        let refused = bench.gate.set_limits(&mut bench.journal, &limits, START);
        assert_eq!(refused, Err(code::BAD_ARGUMENT));
    }
    assert!(bench.journal.records.is_empty());
}
