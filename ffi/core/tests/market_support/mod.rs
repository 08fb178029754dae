//! What the tests of market data share: parsers fed in pieces, events written shortly, a seeded source of numbers.
#![allow(dead_code)]
use cwts_core::layout::{feed_event_kind as kind, side, FeedEvent};
use cwts_core::market::{FeedError, Listing, Parser, Scale, CHAINED, FIRST, LAST, NO_SIDE, WHOLE};

pub const BUY: u8 = side::BUY;
pub const SELL: u8 = side::SELL;

pub fn listing(symbol: &str, instrument: u16, tick: &str, lot: &str) -> Listing {
    Listing {
        symbol: symbol.as_bytes().into(),
        instrument,
        tick: Scale::of(tick).unwrap(),
        lot: Scale::of(lot).unwrap(),
    }
}

/// Lists instruments in a parser.
pub fn listed<P: Parser>(mut parser: P, listings: &[Listing]) -> P {
    for listing in listings {
        parser.symbols_mut().add(listing.clone()).unwrap();
    }
    parser
}

/// Feeds chunks to the end: all events, and all errors.
pub fn read<'a>(
    parser: &mut impl Parser,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<FeedEvent>, Vec<FeedError>) {
    let (mut events, mut errors) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let mut rest = chunk;
        loop {
            match parser.next(&mut rest, &mut events) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => errors.push(error),
            }
        }
        assert!(rest.is_empty(), "a parser uses up what it is given");
    }
    if let Err(error) = parser.finish(&mut events) {
        errors.push(error);
    }
    (events, errors)
}

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A level of a side.
pub type Level = (u8, i64, i64);

/// The events of one message; without levels, one event without a side.
fn message(head: FeedEvent, levels: &[Level]) -> Vec<FeedEvent> {
    let mut events: Vec<FeedEvent> = levels
        .iter()
        .map(|(side, price, quantity)| FeedEvent {
            side: *side,
            price: *price,
            quantity: *quantity,
            ..head
        })
        .collect();
    if events.is_empty() {
        events.push(FeedEvent {
            side: NO_SIDE,
            ..head
        });
    }
    events.first_mut().unwrap().flags |= FIRST;
    events.last_mut().unwrap().flags |= LAST;
    events
}

/// A spot update U to u.
pub fn spot(first: u64, last: u64, levels: &[Level]) -> Vec<FeedEvent> {
    let head = FeedEvent {
        kind: kind::LEVEL,
        first_id: first,
        order_id: last,
        ..FeedEvent::default()
    };
    message(head, levels)
}

/// A futures update U to u after pu.
pub fn futures(first: u64, last: u64, previous: u64, levels: &[Level]) -> Vec<FeedEvent> {
    let head = FeedEvent {
        kind: kind::LEVEL,
        flags: CHAINED,
        first_id: first,
        order_id: last,
        previous_id: previous,
        ..FeedEvent::default()
    };
    message(head, levels)
}

pub fn snapshot(id: u64, levels: &[Level]) -> Vec<FeedEvent> {
    let head = FeedEvent {
        kind: kind::SNAPSHOT_LEVEL,
        order_id: id,
        ..FeedEvent::default()
    };
    message(head, levels)
}

fn whole(kind: u8) -> FeedEvent {
    FeedEvent {
        kind,
        flags: WHOLE,
        side: NO_SIDE,
        ..FeedEvent::default()
    }
}

/// The book is empty; `trading`: whether it may not cross.
pub fn clear(trading: bool) -> FeedEvent {
    FeedEvent {
        quantity: i64::from(trading),
        ..whole(kind::CLEAR)
    }
}

pub fn state(trading: bool) -> FeedEvent {
    FeedEvent {
        quantity: i64::from(trading),
        ..whole(kind::STATE)
    }
}

pub fn add(order_id: u64, side: u8, price: i64, quantity: i64) -> FeedEvent {
    FeedEvent {
        order_id,
        side,
        price,
        quantity,
        ..whole(kind::ADD)
    }
}

pub fn execute(order_id: u64, quantity: i64) -> FeedEvent {
    FeedEvent {
        order_id,
        quantity,
        ..whole(kind::EXECUTE)
    }
}

pub fn reduce(order_id: u64, quantity: i64) -> FeedEvent {
    FeedEvent {
        order_id,
        quantity,
        ..whole(kind::REDUCE)
    }
}

pub fn delete(order_id: u64) -> FeedEvent {
    FeedEvent {
        order_id,
        ..whole(kind::DELETE)
    }
}

pub fn replace(order_id: u64, first_id: u64, price: i64, quantity: i64) -> FeedEvent {
    FeedEvent {
        order_id,
        first_id,
        price,
        quantity,
        ..whole(kind::REPLACE)
    }
}
