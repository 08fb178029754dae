//! Authority, lists, market, bands, short sales, protected quotes, volume and venue: each at its boundary, with its data
//! missing, stale and there, on both sides.
use super::MS;
use crate::gate::flags;
use crate::gate::testkit::{mandate, terms, Bench, INSTRUMENT, SECOND, START, STRATEGY};
use crate::layout::{
    code, command_kind, demand, exec_type, fact_kind, market_phase, order_type, side,
    time_in_force, GateDemands, Locate, Mandate, MarketStatus, OrderCommand, Restriction,
    SecurityTerms, Sweep, DEFAULT_ACCOUNT_NODE, DEFAULT_CUSTOMER_NODE, FIRM_NODE,
};
use crate::record::bytes_of;

/// What becomes of a good order, changed, in a gate that was prepared.
fn verdict(prepare: impl FnOnce(&mut Bench), change: impl FnOnce(&mut OrderCommand)) -> u32 {
    let mut bench = Bench::new();
    prepare(&mut bench);
    let mut order = bench.order();
    change(&mut order);
    bench.submit(&order).code
}

fn firm(demands: u32, lists_until: i64) -> GateDemands {
    GateDemands {
        demands,
        lists_until,
        ..GateDemands::default()
    }
}

fn sell(order: &mut OrderCommand) {
    order.side = side::SELL;
}

#[test]
fn a_mandate_holds_until_it_ends_or_is_withdrawn_and_is_missed_only_where_it_is_demanded() {
    let until = START + 10;
    for (given, at, expected) in [
        (Some((1, until)), START + 9, code::ACCEPTED),
        (Some((1, until)), START + 10, code::NOT_AUTHORISED),
        (Some((1, until)), START + 11, code::NOT_AUTHORISED),
        (Some((0, until)), START, code::NOT_AUTHORISED),
        (None, START, code::ACCEPTED),
    ] {
        let tell = |bench: &mut Bench| {
            let Some((active, until)) = given else {
                return;
            };
            bench.tell(fact_kind::SECURITY, &terms());
            let mandate = Mandate {
                active,
                until,
                ..mandate()
            };
            bench.tell(fact_kind::MANDATE, &mandate);
        };
        assert_eq!(verdict(tell, |order| order.time = at), expected);
    }
    let demanded = |bench: &mut Bench| bench.tell(fact_kind::DEMANDS, &firm(demand::MANDATE, 0));
    assert_eq!(verdict(demanded, |_| {}), code::NOT_AUTHORISED);
}

#[test]
fn a_mandate_names_the_venues_a_strategy_may_trade_on() {
    for (venues, expected) in [
        (1 << 3, code::ACCEPTED),
        (u64::MAX, code::ACCEPTED),
        (!(1 << 3), code::VENUE_NOT_ALLOWED),
        (0, code::VENUE_NOT_ALLOWED),
    ] {
        let tell = |bench: &mut Bench| {
            bench.tell(fact_kind::SECURITY, &terms());
            let mandate = Mandate {
                venues,
                ..mandate()
            };
            bench.tell(fact_kind::MANDATE, &mandate);
        };
        assert_eq!(verdict(tell, |_| {}), expected, "venues {venues:b}");
    }
}

#[test]
fn lists_of_yesterday_let_nothing_in_but_what_reduces() {
    for (until, expected) in [
        (0, code::LISTS_NOT_CURRENT),
        (START, code::LISTS_NOT_CURRENT),
        (START + 1, code::ACCEPTED),
    ] {
        let tell = |bench: &mut Bench| bench.tell(fact_kind::DEMANDS, &firm(demand::LISTS, until));
        assert_eq!(verdict(tell, |_| {}), expected);
        let holding = |bench: &mut Bench| {
            tell(bench);
            bench.hold(100);
        };
        assert_eq!(verdict(holding, sell), code::ACCEPTED);
    }
}

#[test]
fn a_restricted_list_binds_a_node_and_all_below_by_instrument_or_issuer_and_side_until_it_ends() {
    let by_name = Restriction {
        instrument: INSTRUMENT,
        sides: 3,
        list: 9,
        until: START + 1,
        ..Restriction::default()
    };
    let by_issuer = Restriction {
        instrument: u16::MAX,
        issuer: 77,
        ..by_name
    };
    for entry in [by_name, by_issuer] {
        for node in [FIRM_NODE, DEFAULT_CUSTOMER_NODE, DEFAULT_ACCOUNT_NODE, 3] {
            let entry = Restriction { node, ..entry };
            let tell = |sides: u8, until: i64| {
                move |bench: &mut Bench| {
                    bench.tell(fact_kind::SECURITY, &terms());
                    let entry = Restriction {
                        sides,
                        until,
                        ..entry
                    };
                    bench.tell(fact_kind::RESTRICTION, &entry);
                }
            };
            let buy = |_: &mut OrderCommand| {};
            assert_eq!(verdict(tell(3, START + 1), buy), code::RESTRICTED);
            assert_eq!(verdict(tell(1, START + 1), buy), code::RESTRICTED);
            assert_eq!(verdict(tell(2, START + 1), buy), code::ACCEPTED);
            assert_eq!(verdict(tell(2, START + 1), sell), code::RESTRICTED);
            assert_eq!(verdict(tell(1, START + 1), sell), code::ACCEPTED);
            assert_eq!(verdict(tell(3, START), buy), code::ACCEPTED);
        }
    }
    let elsewhere = |entry: Restriction| {
        move |bench: &mut Bench| {
            bench.tell(fact_kind::SECURITY, &terms());
            bench.tell(fact_kind::RESTRICTION, &entry);
        }
    };
    let other_issuer = Restriction {
        issuer: 78,
        ..by_issuer
    };
    let other_name = Restriction {
        instrument: 4,
        ..by_name
    };
    assert_eq!(verdict(elsewhere(other_issuer), |_| {}), code::ACCEPTED);
    assert_eq!(verdict(elsewhere(other_name), |_| {}), code::ACCEPTED);
}

#[test]
fn a_restriction_counts_with_the_next_order_and_is_lifted_as_it_was_entered() {
    let mut bench = Bench::new();
    let entry = Restriction {
        instrument: INSTRUMENT,
        sides: 1,
        list: 12,
        until: i64::MAX,
        ..Restriction::default()
    };
    bench.tell(fact_kind::RESTRICTION, &entry);
    let order = bench.order();
    let refused = bench.submit(&order);
    assert_eq!(
        (refused.code, refused.measured, refused.scope),
        (code::RESTRICTED, 12, FIRM_NODE)
    );
    bench.tell(fact_kind::RESTRICTION, &Restriction { sides: 0, ..entry });
    let order = bench.order();
    bench.enter(order);
}

#[test]
fn a_market_takes_orders_in_some_phases_and_only_while_somebody_says_so() {
    let phases = [
        (
            market_phase::UNKNOWN,
            code::MARKET_UNKNOWN,
            code::MARKET_UNKNOWN,
        ),
        (market_phase::CONTINUOUS, code::ACCEPTED, code::ACCEPTED),
        (market_phase::PRE_OPEN, code::ACCEPTED, code::MARKET_CLOSED),
        (market_phase::AUCTION, code::ACCEPTED, code::MARKET_CLOSED),
        (market_phase::LIMIT_STATE, code::ACCEPTED, code::ACCEPTED),
        (
            market_phase::PAUSED,
            code::MARKET_CLOSED,
            code::MARKET_CLOSED,
        ),
        (
            market_phase::HALTED,
            code::MARKET_CLOSED,
            code::MARKET_CLOSED,
        ),
        (
            market_phase::CLOSED,
            code::MARKET_CLOSED,
            code::MARKET_CLOSED,
        ),
    ];
    for (phase, resting, at_once) in phases {
        let tell = |bench: &mut Bench| {
            bench.demand(demand::MARKET_STATE, |_, status| status.phase = phase);
        };
        assert_eq!(verdict(tell, |_| {}), resting, "phase {phase}");
        let ioc = |order: &mut OrderCommand| order.tif = time_in_force::IOC;
        assert_eq!(verdict(tell, ioc), at_once, "phase {phase}");
    }
    for (seen, expected) in [
        (0, code::MARKET_UNKNOWN),
        (START - SECOND - 1, code::MARKET_UNKNOWN),
        (START - SECOND, code::ACCEPTED),
        (START + 1, code::ACCEPTED),
    ] {
        let tell = |bench: &mut Bench| {
            bench.demand(demand::MARKET_STATE, |_, status| status.time = seen);
        };
        assert_eq!(verdict(tell, |_| {}), expected, "seen at {seen}");
        let holding = |bench: &mut Bench| {
            tell(bench);
            bench.hold(100);
        };
        assert_eq!(verdict(holding, sell), code::ACCEPTED);
    }
    let nobody = |bench: &mut Bench| bench.tell(fact_kind::DEMANDS, &firm(demand::MARKET_STATE, 0));
    assert_eq!(verdict(nobody, |_| {}), code::MARKET_UNKNOWN);
}

#[test]
fn a_market_wide_breaker_stops_every_instrument_that_asks_for_its_market_s_state() {
    let tell = |bench: &mut Bench| {
        bench.demand(demand::MARKET_STATE, |_, _| {});
        let breaker = MarketStatus {
            instrument: u16::MAX,
            phase: market_phase::HALTED,
            ..MarketStatus::default()
        };
        bench.tell(fact_kind::MARKET_STATUS, &breaker);
    };
    assert_eq!(verdict(tell, |_| {}), code::MARKET_CLOSED);
}

#[test]
fn prices_keep_within_the_bands_of_their_side() {
    let tell = |lower: i64, upper: i64| {
        move |bench: &mut Bench| {
            bench.demand(demand::PRICE_BANDS, |_, status| {
                (status.lower_band, status.upper_band) = (lower, upper);
            });
        }
    };
    for (price, expected) in [
        (995, code::ACCEPTED),
        (1_000, code::ACCEPTED),
        (1_005, code::PRICE_BAND),
    ] {
        let buy = |order: &mut OrderCommand| order.price = price;
        assert_eq!(verdict(tell(900, 1_000), buy), expected, "buy at {price}");
        let sell = |order: &mut OrderCommand| {
            order.side = side::SELL;
            order.price = 2_000 - price;
        };
        assert_eq!(verdict(tell(1_000, 1_100), sell), expected, "sell, {price}");
    }
    let market = |order: &mut OrderCommand| {
        order.order_type = order_type::MARKET;
        order.price = 0;
    };
    assert_eq!(verdict(tell(900, 1_010), market), code::ACCEPTED);
    assert_eq!(verdict(tell(900, 1_009), market), code::PRICE_BAND);
    assert_eq!(verdict(tell(0, 1_100), |_| {}), code::NO_PRICE_BAND);
    assert_eq!(verdict(tell(900, 0), |_| {}), code::NO_PRICE_BAND);
    let stale = |bench: &mut Bench| {
        bench.demand(demand::PRICE_BANDS, |_, status| {
            status.time = START - SECOND - 1;
        });
    };
    assert_eq!(verdict(stale, |_| {}), code::NO_PRICE_BAND);
}

/// A gate that asks for marks and locates, whose account holds so many lots and may sell so many short.
fn short_bench(held: i64, located: i64) -> Bench {
    let mut bench = Bench::new();
    bench.demand(demand::SHORT_SALE, |_, _| {});
    if held != 0 {
        bench.hold(held);
    }
    bench.tell(fact_kind::LOCATE, &locate(located, START + SECOND));
    bench
}

fn locate(quantity: i64, until: i64) -> Locate {
    Locate {
        node: DEFAULT_ACCOUNT_NODE,
        instrument: INSTRUMENT,
        quantity,
        until,
        ..Locate::default()
    }
}

fn sale(bench: &mut Bench, quantity: i64, flags: u16) -> OrderCommand {
    OrderCommand {
        side: side::SELL,
        quantity,
        flags: flags | flags::DELIBERATE_DUPLICATE,
        ..bench.order()
    }
}

#[test]
fn a_sale_is_marked_by_what_the_account_has_left_with_everything_it_has_open_to_sell() {
    for (held, open, quantity, is_short) in [
        (100, 0, 90, false),
        (100, 0, 100, false),
        (100, 0, 110, true),
        (100, 40, 60, false),
        (100, 40, 70, true),
        (0, 0, 10, true),
        (-50, 0, 10, true),
    ] {
        for (flags, marked_short) in [
            (0, false),
            (flags::SHORT, true),
            (flags::SHORT_EXEMPT, true),
        ] {
            let mut bench = short_bench(held, 1_000);
            if open != 0 {
                let first = sale(&mut bench, open, 0);
                bench.enter(first);
            }
            let order = sale(&mut bench, quantity, flags);
            let decision = bench.submit(&order);
            let expected = if marked_short == is_short {
                code::ACCEPTED
            } else {
                code::SHORT_MARKING
            };
            assert_eq!(decision.code, expected, "{held} {open} {quantity} {flags}");
            if expected != code::ACCEPTED {
                assert_eq!(decision.measured, held - open - quantity);
            }
        }
    }
    let both = verdict(
        |bench| bench.demand(demand::SHORT_SALE, |_, _| {}),
        |order| {
            sell(order);
            order.flags = flags::ANY_SHORT;
        },
    );
    assert_eq!(both, code::MALFORMED);
    let purchase = verdict(|_| {}, |order| order.flags = flags::SHORT);
    assert_eq!(purchase, code::MALFORMED);
}

#[test]
fn a_locate_is_taken_by_what_is_open_and_sold_and_given_back_by_what_ends_unfilled() {
    let mut bench = short_bench(0, 100);
    let too_much = sale(&mut bench, 110, flags::SHORT);
    let refused = bench.submit(&too_much);
    assert_eq!(
        (refused.code, refused.measured, refused.limit),
        (code::NO_LOCATE, 110, 100)
    );
    let first = sale(&mut bench, 60, flags::SHORT);
    bench.enter(first);
    let past = sale(&mut bench, 50, flags::SHORT);
    assert_eq!(bench.submit(&past).code, code::NO_LOCATE);
    // 20 of 60 are sold, the other 40 are cancelled: 80 are left.
    bench.report(exec_type::TRADE, &first, 20, 40);
    bench.report(exec_type::CANCELED, &first, 40, 0);
    let again = sale(&mut bench, 90, flags::SHORT);
    let refused = bench.submit(&again);
    assert_eq!((refused.code, refused.limit), (code::NO_LOCATE, 80));
    let second = sale(&mut bench, 80, flags::SHORT_EXEMPT);
    bench.enter(second);
    // A larger grant counts what is taken.
    bench.tell(fact_kind::LOCATE, &locate(110, START + SECOND));
    let third = sale(&mut bench, 10, flags::SHORT);
    bench.enter(third);
    let fourth = sale(&mut bench, 10, flags::SHORT);
    assert_eq!(bench.submit(&fourth).code, code::NO_LOCATE);
}

#[test]
fn an_amend_takes_what_it_adds_and_a_refused_one_gives_it_back() {
    let mut bench = short_bench(0, 100);
    let order = sale(&mut bench, 60, flags::SHORT);
    let order = bench.enter(order);
    let mut amend = bench.change(command_kind::AMEND, &order);
    amend.quantity = 110;
    assert_eq!(bench.submit(&amend).code, code::NO_LOCATE);
    amend.quantity = 100;
    bench.enter(amend);
    let more = sale(&mut bench, 10, flags::SHORT);
    assert_eq!(bench.submit(&more).code, code::NO_LOCATE);
    bench.report(exec_type::CANCEL_REJECTED, &order, 0, 60);
    let more = sale(&mut bench, 40, flags::SHORT);
    bench.enter(more);
}

#[test]
fn a_batch_that_cannot_be_recorded_takes_nothing_from_a_locate() {
    let mut bench = short_bench(0, 100);
    bench.journal.commit_fails = true;
    let order = sale(&mut bench, 60, flags::SHORT);
    assert_eq!(bench.submit(&order).code, code::AUDIT_FAILED);
    let left = bench
        .gate
        .facts
        .locates
        .left(DEFAULT_ACCOUNT_NODE, INSTRUMENT, START);
    assert_eq!(left, 100);
}

#[test]
fn an_ended_locate_is_none_and_easy_to_borrow_needs_none_today() {
    let later = |bench: &mut Bench, until: i64| bench.tell(fact_kind::LOCATE, &locate(100, until));
    for (until, expected) in [(START, code::NO_LOCATE), (START + 1, code::ACCEPTED)] {
        let mut bench = short_bench(0, 0);
        later(&mut bench, until);
        let order = sale(&mut bench, 10, flags::SHORT);
        assert_eq!(bench.submit(&order).code, expected);
    }
    for (easy_until, expected) in [
        (0, code::NO_LOCATE),
        (START, code::NO_LOCATE),
        (START + 1, code::ACCEPTED),
    ] {
        let mut bench = short_bench(0, 0);
        bench.demand(demand::SHORT_SALE, |terms, _| terms.easy_until = easy_until);
        let order = sale(&mut bench, 10, flags::SHORT);
        assert_eq!(bench.submit(&order).code, expected);
    }
}

#[test]
fn under_the_price_test_a_short_sale_is_priced_above_the_best_bid_anywhere() {
    let tell = |test: u8, away_bid: i64| {
        move |bench: &mut Bench| {
            bench.demand(demand::SHORT_PRICE_TEST, |_, status| {
                status.price_test = test;
                status.away_bid = away_bid;
            });
        }
    };
    let short = |price: i64, flags: u16| {
        move |order: &mut OrderCommand| {
            sell(order);
            (order.price, order.flags) = (price, flags);
        }
    };
    // The bid here is 1000.
    for (away_bid, price, expected) in [
        (0, 1_000, code::SHORT_PRICE_TEST),
        (0, 1_005, code::ACCEPTED),
        (995, 1_005, code::ACCEPTED),
        (1_005, 1_005, code::SHORT_PRICE_TEST),
        (1_005, 1_010, code::ACCEPTED),
    ] {
        let told = tell(2, away_bid);
        assert_eq!(verdict(told, short(price, flags::SHORT)), expected);
        let exempt = short(price, flags::SHORT_EXEMPT);
        assert_eq!(verdict(tell(2, away_bid), exempt), code::ACCEPTED);
        assert_eq!(verdict(tell(2, away_bid), short(price, 0)), code::ACCEPTED);
        let off = short(price, flags::SHORT);
        assert_eq!(verdict(tell(1, away_bid), off), code::ACCEPTED);
    }
    let unknown = short(1_005, flags::SHORT);
    assert_eq!(verdict(tell(0, 0), unknown), code::MARKET_UNKNOWN);
    let market = |order: &mut OrderCommand| {
        sell(order);
        order.flags = flags::SHORT;
        (order.order_type, order.price) = (order_type::MARKET, 0);
    };
    assert_eq!(verdict(tell(2, 0), market), code::SHORT_PRICE_TEST);
}

/// Quotes elsewhere, seen at `at`, under both rules or one.
fn away(demands: u32, bid: i64, ask: i64, at: i64) -> impl Fn(&mut Bench) + Copy {
    move |bench: &mut Bench| {
        bench.demand(demands, |_, status| {
            (status.away_bid, status.away_ask, status.quotes_time) = (bid, ask, at);
        });
    }
}

#[test]
fn an_order_does_not_trade_through_a_better_quote_elsewhere() {
    let rule = demand::TRADE_THROUGH;
    for (price, expected) in [
        (1_005, code::ACCEPTED),
        (1_010, code::ACCEPTED),
        (1_015, code::TRADE_THROUGH),
    ] {
        let buy = |order: &mut OrderCommand| order.price = price;
        assert_eq!(verdict(away(rule, 0, 1_010, START), buy), expected);
        let sale = |order: &mut OrderCommand| {
            sell(order);
            order.price = 2_010 - price;
        };
        assert_eq!(verdict(away(rule, 1_000, 0, START), sale), expected);
        assert_eq!(verdict(away(rule, 0, 0, START), buy), code::ACCEPTED);
    }
    let market = |order: &mut OrderCommand| {
        (order.order_type, order.price) = (order_type::MARKET, 0);
    };
    // The ask here is 1010.
    assert_eq!(verdict(away(rule, 0, 1_010, START), market), code::ACCEPTED);
    let better = away(rule, 0, 1_005, START);
    assert_eq!(verdict(better, market), code::TRADE_THROUGH);
    for (at, expected) in [
        (0, code::NO_PROTECTED_QUOTE),
        (START - SECOND - 1, code::NO_PROTECTED_QUOTE),
        (START - SECOND, code::ACCEPTED),
    ] {
        assert_eq!(verdict(away(rule, 0, 1_010, at), |_| {}), expected);
    }
}

#[test]
fn a_sweep_passes_only_when_it_took_the_quotes_as_they_stand() {
    let current = Sweep {
        strategy: STRATEGY,
        instrument: INSTRUMENT,
        snapshot: 5,
        time: START,
        bid: 1_000,
        ask: 995,
        ..Sweep::default()
    };
    let other = Sweep {
        strategy: 2,
        ..current
    };
    for (sweep, expected) in [
        (Some(current), code::ACCEPTED),
        (
            Some(Sweep {
                snapshot: 4,
                ..current
            }),
            code::NO_SWEEP,
        ),
        (
            Some(Sweep {
                ask: 1_000,
                ..current
            }),
            code::NO_SWEEP,
        ),
        (Some(other), code::NO_SWEEP),
        (None, code::NO_SWEEP),
    ] {
        let tell = |bench: &mut Bench| {
            away(demand::TRADE_THROUGH, 1_000, 995, START)(bench);
            if let Some(sweep) = &sweep {
                bench.tell(fact_kind::SWEEP, sweep);
            }
        };
        let iso = |order: &mut OrderCommand| {
            order.flags = flags::INTERMARKET_SWEEP;
            order.tif = time_in_force::IOC;
        };
        assert_eq!(verdict(tell, iso), expected, "{sweep:?}");
    }
}

#[test]
fn nothing_comes_to_rest_where_it_locks_or_crosses_a_quote_elsewhere() {
    let rule = demand::LOCKED_MARKET;
    for (price, tif, expected) in [
        (995, time_in_force::GTC, code::ACCEPTED),
        (1_000, time_in_force::GTC, code::LOCKED_MARKET),
        (1_005, time_in_force::GTC, code::LOCKED_MARKET),
        (1_000, time_in_force::IOC, code::ACCEPTED),
        // The ask here is 1010: the order trades first.
        (1_010, time_in_force::GTC, code::ACCEPTED),
    ] {
        let order = |order: &mut OrderCommand| (order.price, order.tif) = (price, tif);
        let told = away(rule, 990, 1_000, START);
        assert_eq!(verdict(told, order), expected, "{price} {tif}");
    }
    let sale = |order: &mut OrderCommand| {
        sell(order);
        order.price = 1_005;
    };
    assert_eq!(
        verdict(away(rule, 1_005, 0, START), sale),
        code::LOCKED_MARKET
    );
    assert_eq!(verdict(away(rule, 1_000, 0, START), sale), code::ACCEPTED);
    assert_eq!(
        verdict(away(rule, 0, 1_000, 0), |_| {}),
        code::NO_PROTECTED_QUOTE
    );
}

#[test]
fn the_rules_of_protected_quotes_end_on_the_day_that_the_terms_name() {
    for (until, expected) in [
        (0, code::TRADE_THROUGH),
        (START + 1, code::TRADE_THROUGH),
        (START, code::ACCEPTED),
    ] {
        let tell = |bench: &mut Bench| {
            let both = demand::TRADE_THROUGH | demand::LOCKED_MARKET;
            bench.demand(both, |terms, status| {
                terms.protected_until = until;
                status.away_ask = 995;
            });
        };
        assert_eq!(verdict(tell, |_| {}), expected);
    }
}

#[test]
fn an_order_is_at_most_its_share_of_a_day_s_volume() {
    // A tenth of the volume, in whole lots.
    for (average_volume, expected) in [
        (0, code::VOLUME_SHARE),
        (999, code::VOLUME_SHARE),
        (1_000, code::ACCEPTED),
        (i64::MAX, code::ACCEPTED),
    ] {
        let tell = |bench: &mut Bench| {
            bench.demand(demand::VOLUME, |terms, _| {
                terms.average_volume = average_volume;
            });
        };
        assert_eq!(verdict(tell, |_| {}), expected, "{average_volume}");
    }
    let unknown = |bench: &mut Bench| {
        bench.demand(demand::VOLUME, |terms, _| terms.average_volume = 0);
        bench.hold(100);
    };
    assert_eq!(verdict(unknown, sell), code::ACCEPTED);
}

#[test]
fn facts_that_cannot_be_meant_are_refused_and_nothing_is_recorded() {
    let mut bench = Bench::new();
    let before = (bench.journal.records.len(), bench.gate.state_hash());
    let mut refuse = |kind: u32, bytes: &[u8]| {
        let told = bench.gate.tell(&mut bench.journal, kind, bytes, START);
        assert_eq!(told, Err(code::BAD_ARGUMENT), "kind {kind}");
    };
    refuse(0, &[0; 64]);
    refuse(99, &[0; 64]);
    refuse(fact_kind::SECURITY, &[0; 63]);
    refuse(fact_kind::DEMANDS, bytes_of(&firm(1 << 31, 0)));
    let broken = [
        SecurityTerms {
            venue: 53,
            ..terms()
        },
        SecurityTerms {
            demands: 1 << 30,
            ..terms()
        },
        SecurityTerms {
            average_volume: -1,
            ..terms()
        },
        SecurityTerms {
            instrument: u16::MAX,
            ..terms()
        },
    ];
    for terms in &broken {
        refuse(fact_kind::SECURITY, bytes_of(terms));
    }
    let status = crate::gate::testkit::status();
    for status in [
        MarketStatus { phase: 8, ..status },
        MarketStatus {
            price_test: 3,
            ..status
        },
        MarketStatus {
            lower_band: -1,
            ..status
        },
        MarketStatus {
            away_ask: -1,
            ..status
        },
    ] {
        refuse(fact_kind::MARKET_STATUS, bytes_of(&status));
    }
    let entry = Restriction {
        instrument: INSTRUMENT,
        sides: 3,
        ..Restriction::default()
    };
    for entry in [
        Restriction { node: 99, ..entry },
        Restriction { sides: 4, ..entry },
        Restriction { issuer: 7, ..entry },
        Restriction {
            instrument: u16::MAX,
            ..entry
        },
    ] {
        refuse(fact_kind::RESTRICTION, bytes_of(&entry));
    }
    refuse(fact_kind::LOCATE, bytes_of(&locate(-1, START)));
    let firm = Locate {
        node: FIRM_NODE,
        ..locate(1, START)
    };
    refuse(fact_kind::LOCATE, bytes_of(&firm));
    refuse(
        fact_kind::MANDATE,
        bytes_of(&Mandate {
            strategy: 0,
            ..mandate()
        }),
    );
    refuse(
        fact_kind::MANDATE,
        bytes_of(&Mandate {
            active: 2,
            ..mandate()
        }),
    );
    refuse(fact_kind::SWEEP, bytes_of(&Sweep::default()));
    let after = (bench.journal.records.len(), bench.gate.state_hash());
    assert_eq!(after, before);
}

#[test]
fn every_fact_is_on_record_but_a_status_that_only_brings_new_quotes() {
    let mut bench = Bench::new();
    bench.demand(demand::TRADE_THROUGH, |_, _| {});
    let known = bench.journal.records.len();
    let mut status = crate::gate::testkit::status();
    (status.away_ask, status.snapshot, status.quotes_time) = (1_015, 6, START + MS);
    bench.tell(fact_kind::MARKET_STATUS, &status);
    assert_eq!(bench.journal.records.len(), known);
    status.phase = market_phase::LIMIT_STATE;
    bench.tell(fact_kind::MARKET_STATUS, &status);
    assert_eq!(bench.journal.records.len(), known + 1);
    let (_, version, payload) = bench.journal.records.last().unwrap();
    assert_eq!(
        *version,
        crate::gate::FACT_VERSION + fact_kind::MARKET_STATUS as u16
    );
    assert_eq!(payload, bytes_of(&status));
}
