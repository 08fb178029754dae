//! Every check is missed when it is taken out of the table, and limits that cannot be meant are refused.
use crate::gate::testkit::{
    everything, limits, mandate, parent, rules, Bench, INSTRUMENT, SECOND, START, STRATEGY,
};
use crate::gate::{flags, set, CHECKS, EVERY_INSTRUMENT};
use crate::layout::{
    code, command_kind, demand, fact_kind, factor_measure, market_phase, scope_state, side,
    BurstLimit, Capital, ExecutionThrottle, GateDemands, InstrumentRules, OrderCommand, Pace,
    Restriction, ScopeLimits, SoftLimits, StrategyLimits, FIRM_NODE, STRATEGY_LAST,
};

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
    ("mandate", |bench| {
        bench.tell(
            fact_kind::DEMANDS,
            &GateDemands {
                demands: demand::MANDATE,
                ..GateDemands::default()
            },
        );
        bench.order()
    }),
    ("known_instrument", |bench| OrderCommand {
        instrument: 9,
        ..bench.order()
    }),
    ("room", |bench| {
        let everywhere = StrategyLimits {
            instrument: EVERY_INSTRUMENT,
            ..limits()
        };
        let elsewhere = InstrumentRules {
            instrument: 4,
            ..rules()
        };
        let (gate, journal) = (&mut bench.gate, &mut bench.journal);
        gate.set_limits(journal, &everywhere, START).unwrap();
        gate.set_instrument(journal, &elsewhere, START).unwrap();
        let fill_up = (2..).map_while(|strategy| {
            let limits = StrategyLimits {
                strategy,
                ..limits()
            };
            gate.set_limits(journal, &limits, START).ok()
        });
        assert!(fill_up.count() > 0);
        OrderCommand {
            instrument: 4,
            ..bench.order()
        }
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
    ("current_lists", |bench| {
        bench.demand(demand::LISTS, |_, _| {});
        bench.order()
    }),
    ("restricted_list", |bench| {
        bench.tell(
            fact_kind::RESTRICTION,
            &Restriction {
                instrument: INSTRUMENT,
                sides: 1,
                until: i64::MAX,
                ..Restriction::default()
            },
        );
        bench.order()
    }),
    ("market_state", |bench| {
        bench.demand(demand::MARKET_STATE, |_, status| {
            status.phase = market_phase::HALTED;
        });
        bench.order()
    }),
    ("price_bands", |bench| {
        bench.demand(demand::PRICE_BANDS, |_, status| status.upper_band = 995);
        bench.order()
    }),
    ("short_marking", |bench| {
        bench.demand(demand::SHORT_SALE, |_, _| {});
        OrderCommand {
            side: side::SELL,
            ..bench.order()
        }
    }),
    ("short_locate", |bench| {
        bench.demand(demand::SHORT_SALE, |_, _| {});
        OrderCommand {
            side: side::SELL,
            flags: flags::SHORT,
            ..bench.order()
        }
    }),
    ("short_price_test", |bench| {
        bench.demand(demand::SHORT_PRICE_TEST, |_, status| status.price_test = 2);
        OrderCommand {
            side: side::SELL,
            flags: flags::SHORT,
            ..bench.order()
        }
    }),
    ("trade_through", |bench| {
        bench.demand(demand::TRADE_THROUGH, |_, status| status.away_ask = 995);
        bench.order()
    }),
    ("locked_market", |bench| {
        bench.demand(demand::LOCKED_MARKET, |_, status| status.away_ask = 1_000);
        bench.order()
    }),
    ("max_quantity", |bench| OrderCommand {
        quantity: 810,
        ..bench.order()
    }),
    ("volume_share", |bench| {
        bench.demand(demand::VOLUME, |terms, _| terms.average_volume = 999);
        bench.order()
    }),
    ("max_notional", |bench| {
        let limits = StrategyLimits {
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
    ("price_move", |bench| {
        bench.demand(demand::PRICE_MOVE, |terms, _| terms.move_window_ms = 1_000);
        bench.quote(1_000, 1_010, 990, START);
        bench.quote(1_005, 1_010, 990, START);
        bench.order()
    }),
    ("price_collar", |bench| OrderCommand {
        price: 2_000,
        ..bench.order()
    }),
    ("known_parent", |bench| {
        bench.demand(demand::PARENTS, |_, _| {});
        bench.order()
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
    ("rate_latch", |bench| {
        let pace = Pace {
            rate: 1_000_000,
            trip_after: 1,
            ..Pace::default()
        };
        bench.tell(fact_kind::PACE, &pace);
        let order = bench.order();
        assert_eq!(bench.submit(&order).code, code::MESSAGE_RATE);
        bench.tell(fact_kind::PACE, &Pace { burst: 5, ..pace });
        OrderCommand {
            time: START + 1_000_000,
            ..bench.order()
        }
    }),
    ("message_rate", |bench| {
        let limits = StrategyLimits {
            rate_burst: 0,
            ..limits()
        };
        bench
            .gate
            .set_limits(&mut bench.journal, &limits, START)
            .unwrap();
        bench.order()
    }),
    ("scope_rate", |bench| {
        bench.tell(fact_kind::PACE, &Pace::default());
        bench.order()
    }),
    ("cancel_rate", |bench| {
        let pace = Pace {
            burst: 5,
            ..Pace::default()
        };
        bench.tell(fact_kind::PACE, &pace);
        let order = bench.order();
        let order = bench.enter(order);
        let cancel = bench.change(command_kind::CANCEL, &order);
        bench.enter(cancel)
    }),
    ("burst", |bench| {
        let limit = BurstLimit {
            instrument: EVERY_INSTRUMENT,
            window_ms: 1_000,
            max_value: 1,
            ..BurstLimit::default()
        };
        bench.tell(fact_kind::BURST, &limit);
        bench.order()
    }),
    ("executions", |bench| {
        let throttle = ExecutionThrottle {
            strategy: STRATEGY,
            max_executions: 1,
            window_ms: 1_000,
            ..ExecutionThrottle::default()
        };
        bench.tell(fact_kind::THROTTLE, &throttle);
        bench.hold(10);
        bench.hold(10);
        bench.order()
    }),
    ("parent_quantity", |bench| {
        assert_eq!(bench.open_parents(&[parent(8, 90)]).code, code::ACCEPTED);
        OrderCommand {
            flags: flags::CHILD,
            target_id: 8,
            ..bench.order()
        }
    }),
    ("position_limit", |bench| {
        bench.hold(950);
        bench.order()
    }),
    ("open_orders", |bench| {
        bench.limit(ScopeLimits {
            set: set::OPEN_ORDERS,
            ..everything(FIRM_NODE)
        });
        bench.order()
    }),
    ("gross_value", |bench| {
        bench.limit(ScopeLimits {
            set: set::GROSS,
            ..everything(FIRM_NODE)
        });
        bench.order()
    }),
    ("net_value", |bench| {
        bench.limit(ScopeLimits {
            set: set::NET,
            ..everything(FIRM_NODE)
        });
        bench.order()
    }),
    ("credit", |bench| {
        let capital = Capital {
            credit: 1,
            ..Capital::default()
        };
        bench.tell(fact_kind::CAPITAL, &capital);
        bench.order()
    }),
    ("loss", |bench| {
        let capital = Capital {
            max_loss: 1,
            ..Capital::default()
        };
        bench.tell(fact_kind::CAPITAL, &capital);
        bench.order()
    }),
    ("margin", |bench| {
        bench.sum(-1, factor_measure::LOSS, 99);
        bench.order()
    }),
    ("self_match", |bench| {
        bench.demand(demand::SELF_MATCH, |_, _| {});
        let sale = bench.order();
        bench.enter(OrderCommand {
            side: side::SELL,
            price: 1_010,
            ..sale
        });
        bench.order()
    }),
    ("soft_limits", |bench| {
        let soft = SoftLimits {
            max_quantity: 99,
            ..SoftLimits::default()
        };
        bench.tell(fact_kind::SOFT, &soft);
        OrderCommand {
            flags: flags::MANUAL,
            ..bench.order()
        }
    }),
    ("concentration", |bench| {
        let capital = Capital {
            concentration_bps: 1,
            ..Capital::default()
        };
        bench.tell(fact_kind::CAPITAL, &capital);
        bench.order()
    }),
    ("liquidity", |bench| {
        bench.demand(demand::LIQUIDITY, |_, _| {});
        bench.order()
    }),
    ("factors", |bench| {
        bench.sum(1, factor_measure::EITHER, 99);
        bench.order()
    }),
    ("allowed_venue", |bench| {
        bench.tell(fact_kind::MANDATE, &mandate());
        bench.order()
    }),
];

/// Behind these checks stands a second line that also refuses (what counts nowhere may hold nothing): without them the
/// order is stopped all the same, but for another reason.
const SECOND_LINE: &[&str] = &["known_strategy", "known_instrument", "room"];

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
        InstrumentRules {
            instrument: u16::MAX,
            ..rules()
        },
        InstrumentRules {
            tick_step: 0,
            ..rules()
        },
        InstrumentRules {
            lot_step: 0,
            ..rules()
        },
        InstrumentRules {
            units_per_tick_lot: 0,
            ..rules()
        },
        InstrumentRules {
            max_quantity: -1,
            ..rules()
        },
    ];
    for rules in broken_rules {
        let refused = bench.gate.set_instrument(&mut bench.journal, &rules, START);
        assert_eq!(refused, Err(code::BAD_ARGUMENT));
    }
    let broken_limits = [
        StrategyLimits {
            strategy: 0,
            ..limits()
        },
        StrategyLimits {
            strategy: STRATEGY_LAST + 1,
            ..limits()
        },
        StrategyLimits {
            max_position: -1,
            ..limits()
        },
        StrategyLimits {
            max_notional: -1,
            ..limits()
        },
        StrategyLimits {
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
