//! Parsers and books allocate nothing once they have grown: counted by the allocator itself. Alone in its file, because
//! tests of one file run beside each other.
#[path = "book_support/counting.rs"]
#[allow(dead_code)]
mod counting;
mod market_support;

use counting::{allocations, Counting};
use cwts_core::market::{Binance, BookBuilder, Framing, Itch, Ladder, Parser};
use market_support::{listed, listing, Random};
use std::fmt::Write;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Updates of a book that trades around 60 000.00, some of them far away; every level comes back again and again.
fn binance_lines(random: &mut Random, from: u64, count: u64) -> String {
    let mut text = String::new();
    for id in from..from + count {
        let mut side = |first: i64| -> String {
            let levels: Vec<String> = (0..1 + random.below(20))
                .map(|_| {
                    let away = if random.one_in(30) {
                        random.below(40) * 997
                    } else {
                        random.below(500)
                    };
                    let price = first + (away as i64) * if first > 600_000 { 1 } else { -1 };
                    let quantity = random.below(3);
                    format!(r#"["{}.{}","0.00{quantity}"]"#, price / 10, price % 10)
                })
                .collect();
            levels.join(",")
        };
        let (bids, asks) = (side(600_000), side(600_001));
        let at = 1_700_000_000_000_000_000 + id;
        writeln!(text, r#"{at} {{"stream":"x@depth","data":{{"e":"depthUpdate","E":1,"s":"X","U":{id},"u":{id},"b":[{bids}],"a":[{asks}]}}}}"#).unwrap();
    }
    text
}

/// Orders that come, are executed and go; about as many rest at any time.
fn itch_messages(random: &mut Random, resting: &mut Vec<u64>, from: u64, count: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut message = |kind: u8, fields: &[&[u8]]| {
        let length = 11 + fields.iter().map(|field| field.len()).sum::<usize>();
        bytes.extend_from_slice(&(length as u16).to_be_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
        fields
            .iter()
            .for_each(|field| bytes.extend_from_slice(field));
    };
    for id in from..from + count {
        if resting.len() < 1_000 {
            let buy = random.one_in(2);
            let price = if buy {
                9_900 - random.below(300)
            } else {
                10_000 + random.below(300)
            };
            let price = (price as u32 * 100).to_be_bytes();
            let side: &[u8] = if buy { b"B" } else { b"S" };
            message(
                b'A',
                &[
                    &id.to_be_bytes(),
                    side,
                    &100u32.to_be_bytes(),
                    b"X       ",
                    &price,
                ],
            );
            resting.push(id);
        } else {
            let at = random.below(resting.len() as u64) as usize;
            let id = resting.swap_remove(at);
            message(b'D', &[&id.to_be_bytes()]);
        }
    }
    bytes
}

/// Feeds everything in chunks of an odd size; allocations on the way.
fn feed(
    parser: &mut impl Parser,
    builder: &mut BookBuilder<Ladder>,
    bytes: &[u8],
    events: &mut Vec<cwts_core::layout::FeedEvent>,
) -> u64 {
    let before = allocations();
    for chunk in bytes.chunks(4_099) {
        let mut rest = chunk;
        while parser.next(&mut rest, events).unwrap() {
            builder.apply(events);
            events.clear();
        }
    }
    allocations() - before
}

#[test]
fn parsers_and_books_that_have_grown_allocate_nothing() {
    let mut random = Random(3);
    let mut events = Vec::new();

    let mut parser = listed(Binance::new(), &[listing("X", 0, "0.1", "0.001")]);
    let mut builder = BookBuilder::new();
    builder.add_instrument(0);
    builder.apply(&market_support::snapshot(0, &[]));
    let growing = binance_lines(&mut random, 1, 15_000);
    let grown = binance_lines(&mut random, 15_001, 6_000);
    assert!(feed(&mut parser, &mut builder, growing.as_bytes(), &mut events) > 0);
    assert_eq!(
        feed(&mut parser, &mut builder, grown.as_bytes(), &mut events),
        0
    );
    let status = builder.status(0).unwrap();
    assert_eq!(
        (status.state, status.last_id),
        (1, 21_000),
        "all of it was applied"
    );

    let mut parser = listed(
        Itch::new(Framing::LengthPrefixed, 0),
        &[listing("X", 0, "0.01", "1")],
    );
    let mut builder = BookBuilder::new();
    builder.add_instrument(0);
    builder.apply(&[market_support::clear(true)]);
    let directory = [
        &[0, 39, b'R', 0, 1, 0, 0, 0, 0, 0, 0, 0, 0][..],
        b"X       ",
        &[b' '; 20],
    ]
    .concat();
    feed(&mut parser, &mut builder, &directory, &mut events);
    let mut resting = Vec::new();
    let growing = itch_messages(&mut random, &mut resting, 1, 40_000);
    let grown = itch_messages(&mut random, &mut resting, 40_001, 40_000);
    assert!(feed(&mut parser, &mut builder, &growing, &mut events) > 0);
    assert_eq!(feed(&mut parser, &mut builder, &grown, &mut events), 0);
    let status = builder.status(0).unwrap();
    assert_eq!((status.state, status.orders), (1, resting.len() as u64));
}
