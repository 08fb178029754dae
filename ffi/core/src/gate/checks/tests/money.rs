//! Credit, losses, margin, sums over instruments, self-match, people, concentration and liquidity: each at its boundary.
use crate::gate::flags;
use crate::gate::testkit::{limits, Bench, INSTRUMENT, SECOND, START};
use crate::layout::{
    code, command_kind, demand, exec_type, fact_kind, factor_measure, self_trade, side, Capital,
    Factor, FactorLimit, OrderCommand, Profit, SoftLimits, StrategyLimits, DEFAULT_ACCOUNT_NODE,
    DEFAULT_CUSTOMER_NODE, FIRM_NODE,
};
use crate::record::bytes_of;

const NODES: [u32; 4] = [FIRM_NODE, DEFAULT_CUSTOMER_NODE, DEFAULT_ACCOUNT_NODE, 3];
/// 100 lots at the reference of 1005 ticks and 7 units each.
const WORTH: i64 = 703_500;

fn sell(bench: &mut Bench) -> OrderCommand {
    OrderCommand {
        side: side::SELL,
        ..bench.order()
    }
}

#[test]
fn credit_is_used_by_everything_held_and_open_and_given_back() {
    for node in NODES {
        for (credit, expected) in [
            (2 * WORTH + 1, code::ACCEPTED),
            (2 * WORTH, code::ACCEPTED),
            (2 * WORTH - 1, code::CREDIT_LIMIT),
            (0, code::ACCEPTED),
        ] {
            let mut bench = Bench::new();
            let capital = Capital {
                node,
                credit,
                ..Capital::default()
            };
            bench.tell(fact_kind::CAPITAL, &capital);
            let first = bench.order();
            let first = bench.enter(OrderCommand {
                price: 995,
                ..first
            });
            let second = bench.order();
            let decision = bench.submit(&second);
            assert_eq!(decision.code, expected, "credit {credit}");
            if expected != code::ACCEPTED {
                assert_eq!((decision.scope, decision.measured), (node, 2 * WORTH));
                bench.report(exec_type::CANCELED, &first, 100, 0);
                let again = bench.order();
                bench.enter(again);
            }
        }
    }
}

#[test]
fn what_only_reduces_passes_a_used_up_credit() {
    let mut bench = Bench::new();
    bench.hold(100);
    let capital = Capital {
        credit: 1,
        ..Capital::default()
    };
    bench.tell(fact_kind::CAPITAL, &capital);
    let order = bench.order();
    assert_eq!(bench.submit(&order).code, code::CREDIT_LIMIT);
    let sale = sell(&mut bench);
    bench.enter(sale);
}

#[test]
fn a_loss_at_its_limit_or_unknown_lets_only_in_what_reduces() {
    for node in NODES {
        for (profit, at, expected) in [
            (-999, START, code::ACCEPTED),
            (-1_000, START, code::LOSS_LIMIT),
            (-1_001, START, code::LOSS_LIMIT),
            (5_000, START, code::ACCEPTED),
            (i64::MIN, START, code::LOSS_LIMIT),
            (0, START - SECOND, code::ACCEPTED),
            (0, START - SECOND - 1, code::LOSS_UNKNOWN),
            (0, 0, code::LOSS_UNKNOWN),
        ] {
            let mut bench = Bench::new();
            let capital = Capital {
                node,
                max_loss: 1_000,
                profit_max_age_ms: 1_000,
                ..Capital::default()
            };
            bench.tell(fact_kind::CAPITAL, &capital);
            let told = Profit {
                node,
                profit,
                time: at,
                ..Profit::default()
            };
            bench.tell(fact_kind::PROFIT, &told);
            let order = bench.order();
            let decision = bench.submit(&order);
            assert_eq!(decision.code, expected, "{profit} at {at}");
            if expected == code::LOSS_LIMIT {
                assert_eq!((decision.scope, decision.limit), (node, 1_000));
            }
            bench.hold(200);
            let sale = sell(&mut bench);
            bench.enter(sale);
        }
    }
}

#[test]
fn a_sum_is_held_at_both_ends_with_everything_open() {
    // Three units a lot: 100 lots bought may make 300.
    for (limit, expected) in [
        (301, code::ACCEPTED),
        (300, code::ACCEPTED),
        (299, code::FACTOR_LIMIT),
    ] {
        for weight in [3, -3] {
            for is_sale in [false, true] {
                let mut bench = Bench::new();
                bench.sum(weight, factor_measure::EITHER, limit);
                let order = if is_sale {
                    sell(&mut bench)
                } else {
                    bench.order()
                };
                let decision = bench.submit(&order);
                assert_eq!(decision.code, expected, "limit {limit}, weight {weight}");
                if expected != code::ACCEPTED {
                    assert_eq!((decision.measured, decision.limit), (300, limit));
                }
            }
        }
    }
}

#[test]
fn a_scenario_counts_losses_alone() {
    // The scenario loses two units a lot bought.
    let mut bench = Bench::new();
    bench.sum(-2, factor_measure::LOSS, 399);
    let first = bench.order();
    let first = bench.enter(first);
    let more = bench.order();
    let more = OrderCommand { price: 995, ..more };
    let refused = bench.submit(&more);
    assert_eq!(
        (refused.code, refused.measured, refused.limit),
        (code::MARGIN_LIMIT, 400, 399)
    );
    // A sale wins in this scenario, however large, and does not offset what may still be bought.
    let sale = sell(&mut bench);
    let sale = bench.enter(OrderCommand {
        quantity: 300,
        price: 1_010,
        ..sale
    });
    bench.report(exec_type::TRADE, &first, 100, 0);
    bench.report(exec_type::TRADE, &sale, 300, 0);
    // 200 short now: buying back 300 leaves 100 long and loses 200.
    let back = bench.order();
    bench.enter(OrderCommand {
        quantity: 290,
        price: 990,
        ..back
    });
}

#[test]
fn what_brings_a_sum_no_further_passes_it_even_beyond_its_limit() {
    let mut bench = Bench::new();
    bench.hold(300);
    bench.sum(1, factor_measure::EITHER, 100);
    let sale = sell(&mut bench);
    bench.enter(sale);
    let order = bench.order();
    assert_eq!(bench.submit(&order).code, code::FACTOR_LIMIT);
}

#[test]
fn weights_and_limits_set_later_count_what_is_held_already_and_a_lifted_limit_none() {
    let mut bench = Bench::new();
    let order = bench.order();
    let order = bench.enter(order);
    bench.report(exec_type::TRADE, &order, 40, 60);
    bench.sum(1, factor_measure::EITHER, 195);
    let second = bench.order();
    let second = OrderCommand {
        price: 995,
        ..second
    };
    let refused = bench.submit(&second);
    assert_eq!((refused.code, refused.measured), (code::FACTOR_LIMIT, 200));
    let lifted = FactorLimit {
        factor: 1,
        ..FactorLimit::default()
    };
    bench.tell(fact_kind::FACTOR_LIMIT, &lifted);
    let third = bench.order();
    bench.enter(OrderCommand {
        price: 995,
        ..third
    });
}

#[test]
fn sums_are_what_adding_everything_up_anew_gives_after_any_events() {
    let mut bench = Bench::new();
    let limits = StrategyLimits {
        rate_per_second: u32::MAX,
        rate_burst: u32::MAX,
        duplicate_window_ms: 0,
        max_position: 100_000,
        ..limits()
    };
    let set = bench.gate.set_limits(&mut bench.journal, &limits, START);
    set.unwrap();
    bench.sum(3, factor_measure::EITHER, i64::MAX);
    let mut seed = 7u64;
    let mut open: Vec<(OrderCommand, i64)> = Vec::new();
    for _ in 0..600 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let dice = (seed >> 33) as usize;
        match dice % 4 {
            0 | 1 => {
                let order = bench.order();
                let order = OrderCommand {
                    side: (dice / 4 % 2) as u8,
                    quantity: 10 * (1 + (dice / 8 % 20) as i64),
                    ..order
                };
                open.push((bench.enter(order), order.quantity));
            }
            2 if !open.is_empty() => {
                let at = dice % open.len();
                let (order, left) = open[at];
                bench.report(exec_type::TRADE, &order, 10, left - 10);
                open[at].1 -= 10;
                if left == 10 {
                    open.remove(at);
                }
            }
            _ if !open.is_empty() => {
                let (order, left) = open.remove(dice % open.len());
                let cancel = bench.change(command_kind::CANCEL, &order);
                bench.enter(cancel);
                bench.report(exec_type::CANCELED, &order, left, 0);
            }
            _ => {}
        }
        let kept = bench
            .gate
            .scopes
            .factors()
            .limited(FIRM_NODE)
            .iter()
            .find(|one| one.limit.factor == 1)
            .unwrap()
            .ends;
        let (held, buys, sells) = {
            let (buys, sells, _) = bench.open();
            (bench.position(), buys, sells)
        };
        let ends = (
            i128::from(3 * (held + buys)),
            i128::from(3 * (held - sells)),
        );
        assert_eq!((kept.high, kept.low), ends);
    }
}

#[test]
fn an_order_that_may_meet_its_customer_s_own_says_what_happens_then() {
    for (other_side, flags, expected) in [
        (true, 0, code::SELF_MATCH),
        (true, 1 << crate::book::SELF_TRADE_SHIFT, code::ACCEPTED),
        (false, 0, code::ACCEPTED),
    ] {
        let mut bench = Bench::new();
        bench.demand(demand::SELF_MATCH, |_, _| {});
        let first = bench.order();
        let side = if other_side { side::SELL } else { side::BUY };
        let first = bench.enter(OrderCommand {
            side,
            price: 1_010,
            ..first
        });
        let order = bench.order();
        let order = OrderCommand { flags, ..order };
        let decision = bench.submit(&order);
        assert_eq!(decision.code, expected);
        if expected != code::ACCEPTED {
            assert_eq!(decision.measured, 100);
            bench.report(exec_type::CANCELED, &first, 100, 0);
            let again = bench.order();
            bench.enter(again);
        }
    }
    assert_eq!(self_trade::NONE, 0);
}

#[test]
fn a_person_acknowledges_what_is_unusual_and_hard_limits_hold_all_the_same() {
    let soft = |quantity, value, bps| SoftLimits {
        max_quantity: quantity,
        max_value: value,
        max_away_bps: bps,
        ..SoftLimits::default()
    };
    // A price of 995 is 99.6 hundredths of a percent away from 1005.
    for (limits, expected) in [
        (soft(100, WORTH, 100), code::ACCEPTED),
        (soft(99, 0, 0), code::SOFT_LIMIT),
        (soft(0, WORTH - 1, 0), code::SOFT_LIMIT),
        (soft(0, 0, 99), code::SOFT_LIMIT),
        (soft(0, 0, 0), code::ACCEPTED),
    ] {
        for node in NODES {
            for (flags, expected) in [
                (flags::MANUAL, expected),
                (flags::MANUAL | flags::ACKNOWLEDGED, code::ACCEPTED),
                (0, code::ACCEPTED),
            ] {
                let mut bench = Bench::new();
                bench.tell(fact_kind::SOFT, &SoftLimits { node, ..limits });
                let order = bench.order();
                let order = OrderCommand {
                    price: 995,
                    flags,
                    ..order
                };
                let decision = bench.submit(&order);
                assert_eq!(decision.code, expected, "{limits:?} {flags}");
            }
        }
    }
    let mut bench = Bench::new();
    let order = bench.order();
    let huge = OrderCommand {
        quantity: 810,
        flags: flags::MANUAL | flags::ACKNOWLEDGED,
        ..order
    };
    assert_eq!(bench.submit(&huge).code, code::MAX_QUANTITY);
    let order = bench.order();
    let nobody = OrderCommand {
        flags: flags::ACKNOWLEDGED,
        ..order
    };
    assert_eq!(bench.submit(&nobody).code, code::MALFORMED);
}

#[test]
fn no_scope_puts_more_than_its_share_of_capital_into_one_name() {
    // A twentieth.
    for node in NODES {
        for (capital, expected) in [
            (20 * WORTH, code::ACCEPTED),
            (20 * WORTH - 20, code::CONCENTRATION),
            (0, code::CONCENTRATION),
        ] {
            let mut bench = Bench::new();
            let capital = Capital {
                node,
                capital,
                concentration_bps: 500,
                ..Capital::default()
            };
            bench.tell(fact_kind::CAPITAL, &capital);
            let order = bench.order();
            let decision = bench.submit(&order);
            assert_eq!(decision.code, expected);
            bench.hold(300);
            let sale = sell(&mut bench);
            bench.enter(sale);
        }
    }
}

#[test]
fn no_scope_holds_more_than_its_share_of_a_day_s_volume() {
    for (average_volume, expected) in [
        (2_000, code::ACCEPTED),
        (1_999, code::LIQUIDITY),
        (0, code::LIQUIDITY),
        (i64::MAX, code::ACCEPTED),
    ] {
        let mut bench = Bench::new();
        bench.demand(demand::LIQUIDITY, |terms, _| {
            terms.average_volume = average_volume;
            terms.position_volume_bps = 500;
        });
        let order = bench.order();
        assert_eq!(bench.submit(&order).code, expected, "{average_volume}");
        bench.hold(300);
        let sale = sell(&mut bench);
        bench.enter(sale);
    }
}

#[test]
fn money_facts_that_cannot_be_meant_are_refused() {
    let mut bench = Bench::new();
    let before = bench.gate.state_hash();
    let mut refuse = |kind: u32, bytes: &[u8]| {
        let told = bench.gate.tell(&mut bench.journal, kind, bytes, START);
        assert_eq!(told, Err(code::BAD_ARGUMENT), "kind {kind}");
    };
    for capital in [
        Capital {
            node: 99,
            ..Capital::default()
        },
        Capital {
            capital: -1,
            ..Capital::default()
        },
        Capital {
            credit: -1,
            ..Capital::default()
        },
        Capital {
            max_loss: -1,
            ..Capital::default()
        },
    ] {
        refuse(fact_kind::CAPITAL, bytes_of(&capital));
    }
    refuse(fact_kind::PROFIT, bytes_of(&Profit::default()));
    refuse(
        fact_kind::SOFT,
        bytes_of(&SoftLimits {
            max_value: -1,
            ..SoftLimits::default()
        }),
    );
    let factor = Factor {
        instrument: INSTRUMENT,
        factor: 1,
        weight: 1,
        ..Factor::default()
    };
    refuse(
        fact_kind::FACTOR,
        bytes_of(&Factor {
            factor: 1_024,
            ..factor
        }),
    );
    refuse(
        fact_kind::FACTOR,
        bytes_of(&Factor {
            weight: i64::MIN,
            ..factor
        }),
    );
    let limit = FactorLimit {
        factor: 1,
        active: 1,
        ..FactorLimit::default()
    };
    for limit in [
        FactorLimit { node: 99, ..limit },
        FactorLimit {
            measure: 2,
            ..limit
        },
        FactorLimit { limit: -1, ..limit },
        FactorLimit { active: 2, ..limit },
    ] {
        refuse(fact_kind::FACTOR_LIMIT, bytes_of(&limit));
    }
    assert_eq!(bench.gate.state_hash(), before);
}
