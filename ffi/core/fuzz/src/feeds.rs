//! Feed parsers: whatever bytes come, however they are cut, a parser gives the same events and errors, each error with a
//! place inside the feed, and a ladder keeps the books that the naive levels keep.
use crate::noise::Noise;
use cwts_core::layout::FeedEvent;
use cwts_core::market::{
    Binance, BookBuilder, FeedError, Framing, Itch, Ladder, Listing, Lobster, NaiveLevels, Parser,
    Scale,
};

const SYMBOLS: [&str; 2] = ["BTCUSDT", "X"];

fn parser(kind: u8, symbols: usize) -> Box<dyn Parser> {
    let mut parser: Box<dyn Parser> = match kind % 4 {
        0 => Box::new(Binance::new()),
        1 => Box::new(Itch::new(Framing::LengthPrefixed, 0)),
        2 => Box::new(Itch::new(Framing::Bare, 0)),
        _ => Box::new(Lobster::new(0)),
    };
    for (instrument, symbol) in SYMBOLS.iter().take(symbols).enumerate() {
        let listing = Listing {
            symbol: symbol.as_bytes().into(),
            instrument: instrument as u16,
            tick: Scale::of("0.10").expect("a decimal"),
            lot: Scale::of("0.001").expect("a decimal"),
        };
        parser.symbols_mut().add(listing).expect("they differ");
    }
    parser
}

fn read(parser: &mut dyn Parser, chunks: &[&[u8]]) -> (Vec<FeedEvent>, Vec<FeedError>) {
    let (mut events, mut errors) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let mut rest = *chunk;
        loop {
            match parser.next(&mut rest, &mut events) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => errors.push(error),
            }
        }
        assert!(rest.is_empty());
    }
    if let Err(error) = parser.finish(&mut events) {
        errors.push(error);
    }
    (events, errors)
}

pub fn run(bytes: &[u8]) {
    let mut noise = Noise(bytes);
    let (kind, symbols) = (noise.byte(), usize::from(noise.below(3)));
    let cut = usize::from(noise.u16());
    let feed = noise.0;
    let mut whole = parser(kind, symbols);
    let (events, errors) = read(&mut *whole, &[feed]);
    let (head, tail) = feed.split_at(cut % (feed.len() + 1));
    let again = read(&mut *parser(kind, symbols), &[head, tail]);
    assert_eq!((&events, &errors), (&again.0, &again.1), "cut at {cut}");
    assert!(errors
        .iter()
        .all(|error| error.position <= feed.len() as u64));
    assert_eq!(whole.totals().faults, errors.len() as u64);

    let (mut ours, mut naive) = (
        BookBuilder::<Ladder>::new(),
        BookBuilder::<NaiveLevels>::new(),
    );
    for instrument in 0..2 {
        ours.add_instrument(instrument);
        naive.add_instrument(instrument);
    }
    ours.apply(&events);
    naive.apply(&events);
    assert_eq!(ours.state_hash(), naive.state_hash());
    assert_eq!(ours.changes(), naive.changes());
}
