//! Size and price: quantity, value, reference, collar.
use super::{verdict, MS};
use crate::gate::testkit::{limits, rules, Bench, SECOND, START};
use crate::layout::{
    code, demand, order_type, side, InstrumentRules, OrderCommand, StrategyLimits,
};

#[test]
fn the_largest_quantity_is_the_smaller_of_the_strategys_and_the_instruments() {
    for (strategy, instrument) in [(800, 900), (900, 800)] {
        for (quantity, expected) in [
            (790, code::ACCEPTED),
            (800, code::ACCEPTED),
            (810, code::MAX_QUANTITY),
        ] {
            let mut bench = Bench::new();
            let limits = StrategyLimits {
                max_quantity: strategy,
                ..limits()
            };
            let rules = InstrumentRules {
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
    let limits = StrategyLimits {
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
    let rules = InstrumentRules {
        units_per_tick_lot: 1,
        lot_step: 1,
        ..rules()
    };
    let limits = StrategyLimits {
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
    let rules = InstrumentRules {
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
    let one = InstrumentRules {
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
        (side::BUY, 109, 1_000, code::ACCEPTED),
        (side::BUY, 110, 109, code::PRICE_COLLAR),
        (side::SELL, 90, 1_000, code::ACCEPTED),
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
fn a_price_that_jumps_is_not_traded_on_until_its_window_is_over() {
    // From 1005 to 1007.5: 24.9 hundredths of a percent.
    for (limit, expected) in [(25, code::ACCEPTED), (24, code::PRICE_MOVE)] {
        let mut bench = Bench::new();
        bench.demand(demand::PRICE_MOVE, |terms, _| {
            (terms.max_move_bps, terms.move_window_ms) = (limit, 100);
        });
        bench.quote(1_000, 1_010, 990, START);
        bench.quote(1_005, 1_010, 990, START + MS);
        let order = bench.order();
        let decision = bench.submit(&order);
        assert_eq!(decision.code, expected);
        if expected != code::ACCEPTED {
            assert_eq!((decision.measured, decision.limit), (25, 24));
        }
        bench.hold(300);
        let order = bench.order();
        let sale = OrderCommand {
            side: side::SELL,
            ..order
        };
        bench.enter(sale);
        bench.quote(1_005, 1_010, 990, START + 300 * MS);
        let order = bench.order();
        bench.enter(OrderCommand {
            price: 1_005,
            ..order
        });
    }
}

#[test]
fn before_the_first_price_of_the_day_the_collar_is_around_the_close_of_the_day_before() {
    // The collar is 5 %, from 1000 down to 950 and up to 1050.
    for (price, side, expected) in [
        (1_050, side::BUY, code::ACCEPTED),
        (1_055, side::BUY, code::PRICE_COLLAR),
        (950, side::SELL, code::ACCEPTED),
        (945, side::SELL, code::PRICE_COLLAR),
    ] {
        for (close, expected) in [(1_000, expected), (0, code::NO_REFERENCE)] {
            let mut bench = Bench::new();
            bench.quote(0, 0, 0, START);
            bench.demand(0, |terms, _| terms.prior_close = close);
            let order = bench.order();
            let decision = bench.submit(&OrderCommand {
                price,
                side,
                ..order
            });
            assert_eq!(decision.code, expected, "{price} around {close}");
        }
    }
}

#[test]
fn a_price_of_today_that_is_too_old_is_not_replaced_by_yesterday_s() {
    let mut bench = Bench::new();
    bench.demand(0, |terms, _| terms.prior_close = 1_000);
    let order = bench.order();
    let late = OrderCommand {
        time: START + 2 * SECOND,
        ..order
    };
    assert_eq!(bench.submit(&late).code, code::NO_REFERENCE);
}
