//! Control state, known names, form, target, tick and lot.
use super::verdict;
use crate::gate::flags;
use crate::gate::testkit::{limits, rules, Bench, START};
use crate::layout::{
    code, command_kind, order_type, scope_state, side, time_in_force, InstrumentRules,
    OrderCommand, StrategyLimits,
};

#[test]
fn a_good_order_passes_every_check() {
    let mut bench = Bench::new();
    let order = bench.order();
    let decision = bench.submit(&order);
    assert_eq!(decision.code, code::ACCEPTED);
    assert_eq!(decision.check, u32::MAX);
    assert_eq!(
        (decision.reference, decision.measured, decision.limit),
        (1_005, 100, 1_000)
    );
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
    let other = InstrumentRules {
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
    let malformed: [fn(&mut OrderCommand); 16] = [
        |order| order.kind = 0,
        |order| order.kind = 5,
        |order| order.side = 2,
        |order| order.order_type = 4,
        |order| order.tif = 5,
        |order| order.order_id = 0,
        |order| order.flags = 1 << 14,
        |order| order.order_type = order_type::MARKET,
        |order| {
            order.order_type = order_type::MARKET;
            order.price = 0;
            order.flags = flags::POST_ONLY;
        },
        |order| order.flags = 7 << 3,
        |order| order.tif = time_in_force::GTD,
        |order| order.set_expires(9),
        |order| order.set_trigger_offset(1),
        |order| order.display = u32::MAX,
        |order| {
            order.order_type = order_type::STOP;
            order.tif = time_in_force::IOC;
        },
        |order| {
            order.order_type = order_type::STOP_LIMIT;
            order.flags = flags::POST_ONLY;
        },
    ];
    for (broken, expected) in malformed
        .into_iter()
        .zip([1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 8, 8, 8, 8, 8])
    {
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
