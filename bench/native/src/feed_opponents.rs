//! Readers of Binance lines by the JSON libraries that Rust programs take: the same events from the same bytes.
//!
//! `simd-json` builds its borrowed document for every line with vector instructions; `serde_json` fills borrowed structs of
//! the right type. Decimals are turned into ticks by our own arithmetic, so that only the reading of JSON differs. Neither
//! checks that receive times rise or that no field stands twice.
use crate::feed::{LineReader, Subject};
use cwts_core::layout::{feed_event_kind as kind, side, FeedEvent};
use cwts_core::market::{CHAINED, FIRST, LAST, NO_SIDE};
use serde::Deserialize;
use serde_json::value::RawValue;
use simd_json::prelude::{ValueAsArray, ValueAsScalar, ValueObjectAccess};
use simd_json::{BorrowedValue, Buffers};

const STAMP: usize = 19;
const NANOS_PER_MILLI: i64 = 1_000_000;

fn stamp(line: &[u8]) -> i64 {
    let digits = core::str::from_utf8(&line[..STAMP]).expect("digits");
    digits.parse().expect("a receive time")
}

fn finish(events: &mut Vec<FeedEvent>, head: FeedEvent) {
    if events.is_empty() {
        events.push(FeedEvent {
            side: NO_SIDE,
            ..head
        });
    }
    if let Some(first) = events.first_mut() {
        first.flags |= FIRST;
    }
    if let Some(last) = events.last_mut() {
        last.flags |= LAST;
    }
}

fn level(subject: &Subject, head: FeedEvent, side: u8, price: &str, quantity: &str) -> FeedEvent {
    FeedEvent {
        side,
        price: subject.tick.steps_of_text(price.as_bytes()).expect("ticks"),
        quantity: subject
            .lot
            .steps_of_text(quantity.as_bytes())
            .expect("lots"),
        ..head
    }
}

pub struct SimdJson {
    subject: Subject,
    buffers: Buffers,
    text: Vec<u8>,
}

impl SimdJson {
    pub fn new(subject: &Subject) -> Self {
        Self {
            subject: subject.clone(),
            buffers: Buffers::default(),
            text: Vec::new(),
        }
    }

    fn levels(
        subject: &Subject,
        head: FeedEvent,
        side: u8,
        levels: Option<&BorrowedValue<'_>>,
        events: &mut Vec<FeedEvent>,
    ) {
        for pair in levels.and_then(ValueAsArray::as_array).expect("levels") {
            let pair = pair.as_array().expect("a pair");
            let text = |at: usize| pair[at].as_str().expect("a decimal");
            events.push(level(subject, head, side, text(0), text(1)));
        }
    }
}

impl LineReader for SimdJson {
    fn line(&mut self, line: &[u8], events: &mut Vec<FeedEvent>) {
        // It unescapes in place, so it wants a copy of its own.
        self.text.clear();
        self.text.extend_from_slice(&line[STAMP + 1..]);
        let document = simd_json::to_borrowed_value_with_buffers(&mut self.text, &mut self.buffers);
        let document = document.expect("JSON");
        let subject = &self.subject;
        let mut head = FeedEvent {
            local_time: stamp(line),
            ..FeedEvent::default()
        };
        let number = |value: &BorrowedValue<'_>, key: &str| value.get(key).and_then(|v| v.as_u64());
        if let Some(id) = number(&document, "lastUpdateId") {
            head.kind = kind::SNAPSHOT_LEVEL;
            head.order_id = id;
            Self::levels(subject, head, side::BUY, document.get("bids"), events);
            Self::levels(subject, head, side::SELL, document.get("asks"), events);
            return finish(events, head);
        }
        let stream = document
            .get("stream")
            .and_then(|v| v.as_str())
            .expect("a stream");
        let data = document.get("data").expect("data");
        let text = |key: &str| data.get(key).and_then(|v| v.as_str()).expect("a text");
        assert_eq!(text("s"), subject.symbol);
        head.exchange_time = number(data, "E").unwrap_or(0) as i64 * NANOS_PER_MILLI;
        match stream.split('@').nth(1) {
            Some("depth") => {
                head.kind = kind::LEVEL;
                head.first_id = number(data, "U").expect("U");
                head.order_id = number(data, "u").expect("u");
                if let Some(previous) = number(data, "pu") {
                    head.previous_id = previous;
                    head.flags = CHAINED;
                }
                Self::levels(subject, head, side::BUY, data.get("b"), events);
                Self::levels(subject, head, side::SELL, data.get("a"), events);
                finish(events, head);
            }
            Some("trade") => {
                head.kind = kind::TRADE;
                head.order_id = number(data, "t").expect("t");
                let maker = data.get("m").and_then(|v| v.as_bool()).expect("m");
                if data.get("X").is_none_or(|v| v.as_str() == Some("MARKET")) {
                    events.push(level(subject, head, u8::from(maker), text("p"), text("q")));
                }
            }
            _ => {
                head.kind = kind::BEST;
                head.order_id = number(data, "u").expect("u");
                events.push(level(subject, head, side::BUY, text("b"), text("B")));
                events.push(level(subject, head, side::SELL, text("a"), text("A")));
            }
        }
    }
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Envelope<'a> {
    stream: Option<&'a str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    lastUpdateId: Option<u64>,
    #[serde(borrow, default)]
    bids: Vec<(&'a str, &'a str)>,
    #[serde(borrow, default)]
    asks: Vec<(&'a str, &'a str)>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Depth<'a> {
    E: i64,
    s: &'a str,
    U: u64,
    u: u64,
    pu: Option<u64>,
    #[serde(borrow)]
    b: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    a: Vec<(&'a str, &'a str)>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Trade<'a> {
    E: i64,
    s: &'a str,
    t: u64,
    p: &'a str,
    q: &'a str,
    m: bool,
    X: Option<&'a str>,
}

#[derive(Deserialize)]
#[allow(non_snake_case)]
struct Ticker<'a> {
    E: Option<i64>,
    s: &'a str,
    u: u64,
    b: &'a str,
    B: &'a str,
    a: &'a str,
    A: &'a str,
}

pub struct SerdeJson(Subject);

impl SerdeJson {
    pub fn new(subject: &Subject) -> Self {
        Self(subject.clone())
    }

    fn levels(
        &self,
        head: FeedEvent,
        bids: &[(&str, &str)],
        asks: &[(&str, &str)],
        events: &mut Vec<FeedEvent>,
    ) {
        for (side, levels) in [(side::BUY, bids), (side::SELL, asks)] {
            for (price, quantity) in levels {
                events.push(level(&self.0, head, side, price, quantity));
            }
        }
        finish(events, head);
    }
}

impl LineReader for SerdeJson {
    fn line(&mut self, line: &[u8], events: &mut Vec<FeedEvent>) {
        let envelope: Envelope<'_> = serde_json::from_slice(&line[STAMP + 1..]).expect("JSON");
        let mut head = FeedEvent {
            local_time: stamp(line),
            ..FeedEvent::default()
        };
        if let Some(id) = envelope.lastUpdateId {
            head.kind = kind::SNAPSHOT_LEVEL;
            head.order_id = id;
            return self.levels(head, &envelope.bids, &envelope.asks, events);
        }
        let data = envelope.data.expect("data").get();
        let stream = envelope.stream.expect("a stream");
        match stream.split('@').nth(1) {
            Some("depth") => {
                let depth: Depth<'_> = serde_json::from_str(data).expect("a depth update");
                assert_eq!(depth.s, self.0.symbol);
                head.kind = kind::LEVEL;
                head.exchange_time = depth.E * NANOS_PER_MILLI;
                head.first_id = depth.U;
                head.order_id = depth.u;
                head.previous_id = depth.pu.unwrap_or(0);
                head.flags = if depth.pu.is_some() { CHAINED } else { 0 };
                self.levels(head, &depth.b, &depth.a, events);
            }
            Some("trade") => {
                let trade: Trade<'_> = serde_json::from_str(data).expect("a trade");
                assert_eq!(trade.s, self.0.symbol);
                head.kind = kind::TRADE;
                head.exchange_time = trade.E * NANOS_PER_MILLI;
                head.order_id = trade.t;
                if trade.X.is_none_or(|kind| kind == "MARKET") {
                    events.push(level(&self.0, head, u8::from(trade.m), trade.p, trade.q));
                }
            }
            _ => {
                let top: Ticker<'_> = serde_json::from_str(data).expect("a ticker");
                assert_eq!(top.s, self.0.symbol);
                head.kind = kind::BEST;
                head.exchange_time = top.E.unwrap_or(0) * NANOS_PER_MILLI;
                head.order_id = top.u;
                events.push(level(&self.0, head, side::BUY, top.b, top.B));
                events.push(level(&self.0, head, side::SELL, top.a, top.A));
            }
        }
    }
}
