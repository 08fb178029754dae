//! The parsers by themselves: what they read, what they refuse and where, and that chunks may be cut anywhere.
mod market_support;

use cwts_core::layout::{feed_event_kind as kind, feed_fault as fault, FeedEvent};
use cwts_core::market::{
    Binance, FeedError, Framing, Itch, Lobster, Parser, CHAINED, FIRST, LAST, NO_SIDE, WHOLE,
};
use market_support::{listed, listing, read, Random, BUY, SELL};

const STAMP: &str = "1723161253937085768 ";
const STAMP_NANOS: i64 = 1_723_161_253_937_085_768;

const FUTURES_DIFF: &str = r#"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":10,"u":20,"pu":9,"b":[["58710.20","0.014"],["61496.50","0.000"]],"a":[["61800.30","2.510"]]}}"#;
const SPOT_DIFF: &str = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":10,"u":20,"b":[],"a":[["61800.30000000","2.51000000"]]}}"#;
const TRADE: &str = r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":5,"T":4,"s":"BTCUSDT","t":77,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}"#;
const TICKER: &str = r#"{"stream":"btcusdt@bookTicker","data":{"u":30,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510"}}"#;
const SNAPSHOT: &str = r#"{"lastUpdateId":15,"E":3,"T":2,"bids":[["61800.20","2.909"]],"asks":[["61800.30","1.000"],["61800.40","0.5"]]}"#;
const GOOD: [&str; 5] = [FUTURES_DIFF, SPOT_DIFF, TRADE, TICKER, SNAPSHOT];

fn binance() -> Binance {
    listed(Binance::new(), &[listing("BTCUSDT", 3, "0.10", "0.001")])
}

fn line(message: &str) -> String {
    format!("{STAMP}{message}\n")
}

fn one(message: &str) -> Result<Vec<FeedEvent>, FeedError> {
    let (events, errors) = read(&mut binance(), [line(message).as_bytes()]);
    match errors.first() {
        None => Ok(events),
        Some(error) => {
            assert_eq!(events, [], "a faulty message gives no event");
            Err(*error)
        }
    }
}

fn event() -> FeedEvent {
    FeedEvent {
        instrument: 3,
        local_time: STAMP_NANOS,
        ..FeedEvent::default()
    }
}

#[test]
fn a_futures_update_becomes_levels_with_its_ids() {
    let head = FeedEvent {
        kind: kind::LEVEL,
        flags: CHAINED,
        exchange_time: 1_723_161_256_299_000_000,
        order_id: 20,
        first_id: 10,
        previous_id: 9,
        ..event()
    };
    let level = |side, price, quantity, flags| FeedEvent {
        side,
        price,
        quantity,
        flags: CHAINED | flags,
        ..head
    };
    let expected = [
        level(BUY, 587_102, 14, FIRST),
        level(BUY, 614_965, 0, 0),
        level(SELL, 618_003, 2_510, LAST),
    ];
    assert_eq!(one(FUTURES_DIFF).unwrap(), expected);
}

#[test]
fn a_spot_update_a_trade_best_prices_and_a_snapshot_become_events() {
    let spot = one(SPOT_DIFF).unwrap();
    assert_eq!(
        (spot.len(), spot[0].flags, spot[0].previous_id),
        (1, WHOLE, 0)
    );
    let trade = FeedEvent {
        kind: kind::TRADE,
        flags: WHOLE,
        side: BUY,
        exchange_time: 5_000_000,
        price: 618_003,
        quantity: 6,
        order_id: 77,
        ..event()
    };
    assert_eq!(one(TRADE).unwrap(), [trade]);
    assert_eq!(one(&TRADE.replace("false", "true")).unwrap()[0].side, SELL);
    let best = |side, price, quantity, flags| FeedEvent {
        kind: kind::BEST,
        side,
        price,
        quantity,
        flags,
        order_id: 30,
        ..event()
    };
    let expected = [
        best(BUY, 618_002, 2_507, FIRST),
        best(SELL, 618_003, 2_510, LAST),
    ];
    assert_eq!(one(TICKER).unwrap(), expected);
    let snapshot = one(SNAPSHOT).unwrap();
    let told: Vec<_> = snapshot
        .iter()
        .map(|e| (e.kind, e.side, e.price, e.quantity, e.order_id))
        .collect();
    assert_eq!(
        told,
        [
            (kind::SNAPSHOT_LEVEL, BUY, 618_002, 2_909, 15),
            (kind::SNAPSHOT_LEVEL, SELL, 618_003, 1_000, 15),
            (kind::SNAPSHOT_LEVEL, SELL, 618_004, 500, 15),
        ]
    );
}

#[test]
fn a_message_without_levels_is_an_event_without_a_side() {
    let empty = SPOT_DIFF.replace(r#"[["61800.30000000","2.51000000"]]"#, "[]");
    let events = one(&empty).unwrap();
    assert_eq!(
        (events.len(), events[0].side, events[0].flags),
        (1, NO_SIDE, WHOLE)
    );
    assert_eq!(
        (events[0].first_id, events[0].order_id, events[0].instrument),
        (10, 20, 3)
    );
    let events = one(r#"{"lastUpdateId":15,"bids":[],"asks":[]}"#).unwrap();
    assert_eq!(
        (events.len(), events[0].kind, events[0].side),
        (1, kind::SNAPSHOT_LEVEL, NO_SIDE)
    );
}

#[test]
fn a_trade_that_met_no_book_has_no_price() {
    let fund = TRADE
        .replace("MARKET", "INSURANCE_FUND")
        .replace("61800.30", "0");
    let events = one(&fund).unwrap();
    assert_eq!(
        (events[0].kind, events[0].price, events[0].quantity),
        (kind::OFF_BOOK, 0, 0)
    );
}

#[test]
fn fields_may_stand_in_any_order_with_any_space_and_others_between_them() {
    let turned = r#" { "data" : { "a" : [ [ "61800.30" , "2.510" ] ] , "new":{"x":[1,{"y":null}]},"b":[["58710.20","0.014"],["61496.50","0.000"]],
        "pu":9,"u":20,"U":10,"\u0073":"BTC\u0055SDT","E":1723161256299,"e":"depthUpdate" } , "stream":"btcusdt@depth" } "#;
    let turned = turned.replace('\n', " ");
    let sorted = |mut events: Vec<FeedEvent>| {
        for event in &mut events {
            event.flags &= CHAINED;
        }
        events.sort_by_key(|event| event.price);
        events
    };
    assert_eq!(
        sorted(one(&turned).unwrap()),
        sorted(one(FUTURES_DIFF).unwrap())
    );
    let asks_first = r#"{"asks":[["61800.30","1.000"],["61800.40","0.5"]],"bids":[["61800.20","2.909"]],"E":3,"lastUpdateId":15}"#;
    assert_eq!(
        sorted(one(asks_first).unwrap()),
        sorted(one(SNAPSHOT).unwrap())
    );
}

#[test]
fn streams_that_are_not_used_are_counted_and_their_json_is_checked() {
    let unknown = [
        r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade"}}"#,
        r#"{"stream":"btcusdt@depth20@100ms","data":[]}"#,
        r#"{"stream":"a@depth@b@c","data":1}"#,
        r#"{"result":null,"id":1}"#,
        "{}",
    ];
    let text: String = unknown.iter().map(|message| line(message)).collect();
    let mut parser = binance();
    assert_eq!(read(&mut parser, [text.as_bytes()]), (vec![], vec![]));
    let totals = parser.totals();
    assert_eq!((totals.messages, totals.unknown, totals.faults), (5, 5, 0));
    for broken in [
        r#"{"stream":"btcusdt@aggTrade","data":{"e":}}"#,
        r#"{"id":1,}"#,
        r#"{"id":1} x"#,
    ] {
        assert_eq!(one(broken).unwrap_err().fault, fault::JSON, "{broken}");
    }
}

/// What is put in the place of what, in which message; the fault, and the text at whose beginning it is found.
#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases: &[(&str, &str, &str, u32, &str)] = &[
        (
            FUTURES_DIFF,
            "58710.20",
            "58710.25",
            fault::OFF_TICK,
            "58710.25\"",
        ),
        (FUTURES_DIFF, "58710.20", "0.00", fault::OFF_TICK, "0.00\""),
        (FUTURES_DIFF, "58710.20", "-1", fault::SHAPE, "-1\""),
        (
            FUTURES_DIFF,
            "58710.20",
            "999999999999999999",
            fault::RANGE,
            "999999999999999999\"",
        ),
        (FUTURES_DIFF, "0.014", "0.0145", fault::OFF_LOT, "0.0145\""),
        (FUTURES_DIFF, r#""0.014""#, "0.014", fault::SHAPE, "0.014]"),
        (FUTURES_DIFF, r#","0.014""#, "", fault::SHAPE, "],[\"614"),
        (
            FUTURES_DIFF,
            r#""0.014""#,
            r#""0.014",1"#,
            fault::SHAPE,
            ",1]",
        ),
        (
            FUTURES_DIFF,
            r#""0.014"]"#,
            r#""0.014"}"#,
            fault::JSON,
            "},[",
        ),
        (FUTURES_DIFF, "BTCUSDT", "ETHUSDT", fault::SYMBOL, "ETHUSDT"),
        (
            FUTURES_DIFF,
            "depthUpdate",
            "depthupdate",
            fault::SHAPE,
            "depthupdate",
        ),
        (FUTURES_DIFF, r#""U":10,"#, "", fault::SHAPE, "}"),
        (
            FUTURES_DIFF,
            r#""U":10,"#,
            r#""U":10,"U":11,"#,
            fault::SHAPE,
            "U\":11",
        ),
        (
            FUTURES_DIFF,
            r#""U":10"#,
            r#""U":"10""#,
            fault::SHAPE,
            "\"10\"",
        ),
        (FUTURES_DIFF, r#""U":10"#, r#""U":1.5"#, fault::SHAPE, "1.5"),
        (FUTURES_DIFF, r#""U":10"#, r#""U":010"#, fault::JSON, "10,"),
        (
            FUTURES_DIFF,
            r#""U":10"#,
            r#""U":99999999999999999"#,
            fault::RANGE,
            "99999999999999999,",
        ),
        (
            FUTURES_DIFF,
            r#""pu":9"#,
            r#""pu":null"#,
            fault::SHAPE,
            "null",
        ),
        (FUTURES_DIFF, "}}", "}", fault::JSON, ""),
        (FUTURES_DIFF, "}}", "}}}", fault::JSON, "}"),
        (TRADE, "0.006", "0.000", fault::OFF_LOT, "0.000"),
        (TRADE, r#""m":false"#, r#""m":0"#, fault::SHAPE, "0}}"),
        (TRADE, r#","m":false"#, "", fault::SHAPE, "}"),
        (TICKER, "2.507", "0.000", fault::OFF_LOT, "0.000"),
        (TICKER, r#","A":"2.510""#, "", fault::SHAPE, "}"),
        (
            SNAPSHOT,
            r#","bids":[["61800.20","2.909"]]"#,
            "",
            fault::SHAPE,
            "",
        ),
        (SNAPSHOT, "15", "-15", fault::SHAPE, "-15"),
        (SNAPSHOT, SNAPSHOT, "[]", fault::SHAPE, "[]"),
        (SNAPSHOT, SNAPSHOT, "nonsense", fault::JSON, "nonsense"),
        (
            SNAPSHOT,
            SNAPSHOT,
            r#"{"stream":"x@depth","data":{}}"#,
            fault::SHAPE,
            "}}",
        ),
        (
            SNAPSHOT,
            SNAPSHOT,
            r#"{"stream":"x@depth"}"#,
            fault::SHAPE,
            "",
        ),
        (
            SNAPSHOT,
            SNAPSHOT,
            r#"{"stream":7,"data":{}}"#,
            fault::SHAPE,
            "7,",
        ),
    ];
    for (message, what, instead, expected, at) in cases {
        assert!(message.contains(what), "{what}");
        let changed = message.replacen(what, instead, 1);
        let error = one(&changed).expect_err(&changed);
        let rest = &changed[error.position as usize - STAMP.len()..];
        assert_eq!(error.fault, *expected, "{changed}: at {rest}");
        let there = rest.starts_with(at) && (!at.is_empty() || rest.is_empty());
        assert!(there, "{changed}: at {rest}, not at {at}");
    }
}

#[test]
fn a_line_needs_a_receive_time_that_does_not_go_back() {
    let text = format!(
        "{}172316125393708576 {TRADE}\n17231612539370857x8 {TRADE}\n9999999999999999999 {TRADE}\n{}",
        line(TRADE),
        line(TRADE).replace("1723161253937085768", "1723161253937085767"),
    );
    let (events, errors) = read(&mut binance(), [text.as_bytes()]);
    let told: Vec<_> = errors
        .iter()
        .map(|error| (error.fault, error.message))
        .collect();
    let stamp = fault::STAMP;
    assert_eq!(
        told,
        [
            (stamp, 2),
            (stamp, 3),
            (stamp, 4),
            (fault::TIME_BACKWARDS, 5)
        ]
    );
    assert_eq!(errors[0].position, line(TRADE).len() as u64);
    assert_eq!(events.len(), 1);
}

#[test]
fn messages_of_several_instruments_are_told_apart_and_a_snapshot_of_one_of_them_is_refused() {
    let mut parser = listed(
        Binance::new(),
        &[
            listing("BTCUSDT", 3, "0.10", "0.001"),
            listing("ETHUSDT", 4, "0.01", "0.1"),
        ],
    );
    let ether = TRADE.replace("BTCUSDT", "ETHUSDT").replace("0.006", "0.6");
    let text = [TRADE, &ether, SNAPSHOT].map(line).concat();
    let (events, errors) = read(&mut parser, [text.as_bytes()]);
    let told: Vec<_> = events
        .iter()
        .map(|e| (e.instrument, e.price, e.quantity))
        .collect();
    assert_eq!(told, [(3, 618_003, 6), (4, 6_180_030, 6)]);
    assert_eq!((errors.len(), errors[0].fault), (1, fault::SYMBOL));
}

fn all_good() -> String {
    GOOD.map(line).concat()
}

#[test]
fn chunks_may_be_cut_anywhere() {
    let text = all_good();
    let text = text.trim_end().as_bytes();
    let whole = read(&mut binance(), [text]);
    assert_eq!(whole.1, []);
    for cut in 0..text.len() {
        let (head, tail) = text.split_at(cut);
        assert_eq!(read(&mut binance(), [head, tail]), whole, "cut at {cut}");
    }
    assert_eq!(read(&mut binance(), text.chunks(1)), whole);
}

/// Whatever single bytes are changed, dropped or put in: an error or events, and every event is a possible one.
#[test]
fn damaged_lines_give_errors_and_never_events_that_cannot_be() {
    let text = all_good();
    let mut random = Random(5);
    let mut faults = 0;
    for _ in 0..60_000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len() as u64) as usize;
            match random.below(3) {
                0 => bytes[at] = random.below(256) as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, b"\"{}[],:0.\\n"[random.below(11) as usize]),
            }
        }
        let (events, errors) = read(&mut binance(), [&bytes[..]]);
        faults += errors.len();
        assert!(errors
            .iter()
            .all(|error| error.position <= bytes.len() as u64));
        for event in events {
            assert!(event.instrument == 3 && event.quantity >= 0 && event.side <= NO_SIDE);
            assert!(event.price > 0 || event.side == NO_SIDE || event.kind == kind::OFF_BOOK);
        }
    }
    assert!(faults > 50_000, "{faults}");
}

fn lobster() -> Lobster {
    listed(Lobster::new(1_000), &[listing("AAPL", 0, "0.01", "1")])
}

#[test]
fn lobster_lines_become_orders_and_what_happens_to_them() {
    let text = "34200.004241176,1,16113575,18,5853300,1\n34200.00426064,4,9,5,5859400,-1\r\n34201,7,0,0,-1,-1\n34202.5,3,16113575,18,5853300,1";
    let (events, errors) = read(&mut lobster(), [text.as_bytes()]);
    assert_eq!(errors, []);
    let told: Vec<_> = events
        .iter()
        .map(|e| {
            (
                e.kind,
                e.exchange_time,
                e.order_id,
                e.side,
                e.price,
                e.quantity,
            )
        })
        .collect();
    let at = |nanos: i64| 1_000 + nanos;
    assert_eq!(
        told,
        [
            (
                kind::ADD,
                at(34_200_004_241_176),
                16_113_575,
                BUY,
                58_533,
                18
            ),
            (kind::EXECUTE, at(34_200_004_260_640), 9, SELL, 58_594, 5),
            (kind::STATE, at(34_201_000_000_000), 0, NO_SIDE, 0, 0),
            (
                kind::DELETE,
                at(34_202_500_000_000),
                16_113_575,
                BUY,
                58_533,
                18
            ),
        ]
    );
}

#[test]
fn lobster_lines_that_are_wrong_are_told_with_their_place() {
    let cases = [
        ("34200.1,1,5,18,5853300", fault::SHAPE, 22),
        ("34200.1,1,5,18,5853300,1,2", fault::SHAPE, 25),
        ("34200.1x,1,5,18,5853300,1", fault::SHAPE, 0),
        ("34200.1234567891,1,5,18,5853300,1", fault::SHAPE, 0),
        ("99999999999999999999,1,5,18,5853300,1", fault::RANGE, 0),
        ("34200.1,8,5,18,5853300,1", fault::TYPE, 8),
        ("34200.1,1,-5,18,5853300,1", fault::SHAPE, 10),
        ("34200.1,1,5,0,5853300,1", fault::OFF_LOT, 12),
        ("34200.1,1,5,18,5853350,1", fault::OFF_TICK, 15),
        ("34200.1,1,5,18,0,1", fault::OFF_TICK, 15),
        ("34200.1,1,5,18,5853300,0", fault::SHAPE, 23),
        ("34200.1,7,0,0,2,-1", fault::SHAPE, 14),
        ("", fault::SHAPE, 0),
    ];
    for (text, expected, at) in cases {
        let (events, errors) = read(&mut lobster(), [format!("{text}\n").as_bytes()]);
        assert_eq!(events, [], "{text}");
        assert_eq!(
            (errors[0].fault, errors[0].position),
            (expected, at),
            "{text}"
        );
    }
    let back = "34200.1,1,5,18,5853300,1\n34200.0,1,6,18,5853300,1\n";
    let (_, errors) = read(&mut lobster(), [back.as_bytes()]);
    assert_eq!(errors[0].fault, fault::TIME_BACKWARDS);
    let (_, errors) = read(&mut Lobster::new(0), [back.as_bytes()]);
    assert_eq!(errors[0].fault, fault::SYMBOL);
}

/// A message: letter, locate code, time since midnight, fields.
fn itch(kind: u8, locate: u16, time: u64, fields: &[&[u8]]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend_from_slice(&locate.to_be_bytes());
    message.extend_from_slice(&[0, 0]);
    message.extend_from_slice(&time.to_be_bytes()[2..]);
    fields
        .iter()
        .for_each(|field| message.extend_from_slice(field));
    message
}

fn prefixed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes()[..], message].concat()
}

fn directory() -> Vec<u8> {
    itch(b'R', 7, 1, &[b"ACME    ", &[b' '; 20]])
}

fn added(side: &[u8], shares: u32, price: u32) -> Vec<u8> {
    let (id, shares, price) = (
        5u64.to_be_bytes(),
        shares.to_be_bytes(),
        price.to_be_bytes(),
    );
    itch(b'A', 7, 2, &[&id, side, &shares, b"ACME    ", &price])
}

fn itch_parser(framing: Framing) -> Itch {
    listed(Itch::new(framing, 0), &[listing("ACME", 9, "0.01", "1")])
}

#[test]
fn itch_messages_that_are_wrong_are_told_with_their_place() {
    let good = added(b"B", 100, 10_000);
    let mut long = good.clone();
    long.push(0);
    let cases: Vec<(Vec<u8>, u32, u64)> = vec![
        (long, fault::LENGTH, 0),
        (good[..35].to_vec(), fault::LENGTH, 0),
        (vec![], fault::LENGTH, 0),
        (vec![b'Z'; 12], fault::TYPE, 0),
        (added(b"X", 100, 10_000), fault::SHAPE, 19),
        (added(b"B", 0, 10_000), fault::OFF_LOT, 20),
        (added(b"B", 100, 10_001), fault::OFF_TICK, 32),
        (added(b"B", 100, 0), fault::OFF_TICK, 32),
        (itch(b'S', 0, 2, &[b"x"]), fault::SHAPE, 11),
        (itch(b'S', 0, 0, &[b"Q"]), fault::TIME_BACKWARDS, 5),
    ];
    for (message, expected, at) in cases {
        let head = prefixed(&directory());
        let text = [head.clone(), prefixed(&message), prefixed(&good)].concat();
        let (events, errors) = read(&mut itch_parser(Framing::LengthPrefixed), [&text[..]]);
        let told: Vec<_> = errors
            .iter()
            .map(|e| (e.fault, e.position, e.message))
            .collect();
        assert_eq!(
            told,
            [(expected, head.len() as u64 + 2 + at, 2)],
            "{message:?}"
        );
        // What follows is read.
        let kinds: Vec<_> = events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [kind::CLEAR, kind::ADD]);
    }
}

#[test]
fn itch_feeds_may_be_cut_anywhere_and_an_unfinished_message_is_a_fault() {
    let messages = [
        directory(),
        added(b"B", 100, 10_000),
        itch(b'S', 0, 3, &[b"Q"]),
    ];
    for framing in [Framing::LengthPrefixed, Framing::Bare] {
        let text: Vec<u8> = match framing {
            Framing::LengthPrefixed => messages.iter().flat_map(|m| prefixed(m)).collect(),
            Framing::Bare => messages.concat(),
        };
        let whole = read(&mut itch_parser(framing), [&text[..]]);
        assert_eq!((whole.0.len(), whole.1.len()), (3, 0));
        for cut in 0..text.len() {
            let (head, tail) = text.split_at(cut);
            assert_eq!(
                read(&mut itch_parser(framing), [head, tail]),
                whole,
                "cut at {cut}"
            );
        }
        assert_eq!(read(&mut itch_parser(framing), text.chunks(1)), whole);
        let (_, errors) = read(&mut itch_parser(framing), [&text[..text.len() - 1]]);
        assert_eq!(errors[0].fault, fault::TRUNCATED);
    }
}

#[test]
fn itch_instruments_that_are_not_listed_are_passed_over_and_one_told_again_keeps_its_book() {
    let other = itch(b'R', 8, 1, &[b"OTHER   ", &[b' '; 20]]);
    let mut order = added(b"B", 100, 10_000);
    order[2] = 8;
    let again = itch(b'R', 7, 3, &[b"ACME    ", &[b' '; 20]]);
    let text = [directory(), other, order, again].concat();
    let mut parser = itch_parser(Framing::Bare);
    let (events, errors) = read(&mut parser, [&text[..]]);
    let kinds: Vec<_> = events
        .iter()
        .map(|event| (event.kind, event.instrument))
        .collect();
    assert_eq!(
        (kinds, errors),
        (vec![(kind::CLEAR, 9), (kind::LISTED, 9)], vec![])
    );
    assert_eq!(parser.totals().unknown, 2);
}

/// Every type, with noise in all of its fields: no read leaves the message.
#[test]
fn noise_in_itch_messages_gives_events_or_errors() {
    let lengths: [(u8, usize); 23] = [
        (b'S', 12),
        (b'R', 39),
        (b'H', 25),
        (b'Y', 20),
        (b'L', 26),
        (b'V', 35),
        (b'W', 12),
        (b'K', 28),
        (b'J', 35),
        (b'h', 21),
        (b'A', 36),
        (b'F', 40),
        (b'E', 31),
        (b'C', 36),
        (b'X', 23),
        (b'D', 19),
        (b'U', 35),
        (b'P', 44),
        (b'Q', 40),
        (b'B', 19),
        (b'I', 50),
        (b'N', 20),
        (b'O', 48),
    ];
    let mut random = Random(11);
    for round in 0..4_000u64 {
        let mut text = prefixed(&directory());
        for (kind, length) in lengths {
            let mut message: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
            message[0] = kind;
            message[1..3].copy_from_slice(&7u16.to_be_bytes());
            message[5..11].fill(0);
            message[10] = 1;
            if round % 2 == 0 {
                message[19 % length] = b"BSHPQTYNOC"[random.below(10) as usize];
            }
            text.extend(prefixed(&message));
        }
        let mut parser = itch_parser(Framing::LengthPrefixed);
        let (events, errors) = read(&mut parser, [&text[..]]);
        let totals = parser.totals();
        assert_eq!((totals.messages, totals.faults), (24, errors.len() as u64));
        assert_eq!(events.len() as u64 + totals.unknown + totals.faults, 24);
    }
}
