//! Market data: a recording read and applied to a book, by our parsers and by others over the same bytes in memory.
//!
//! Every engine that ends in a book must end in the same one as ours, or nothing is printed but the error.
use crate::allocations;
use crate::feed_opponents::{SerdeJson, SimdJson};
use crate::figures::Line;
use crate::itch_tape;
use cwts_core::layout::FeedEvent;
use cwts_core::market::{
    Binance, BookBuilder, Framing, Itch, Ladder, Levels, Listing, NaiveLevels, Parser, Scale,
    SortedLevels,
};
use std::hint::black_box;
use std::time::Instant;

/// Bytes given to a parser at a time, as a socket or a file would.
const CHUNK: usize = 64 * 1024;

/// The one instrument of a recording.
#[derive(Clone)]
pub struct Subject {
    pub symbol: String,
    pub tick: Scale,
    pub lot: Scale,
}

impl Subject {
    fn listing(&self) -> Listing {
        Listing {
            symbol: self.symbol.as_bytes().into(),
            instrument: 0,
            tick: self.tick,
            lot: self.lot,
        }
    }
}

/// What a pass over the recording did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Done {
    messages: u64,
    level_updates: u64,
    state_hash: u64,
}

/// What reads whole lines into events.
pub trait LineReader {
    fn line(&mut self, line: &[u8], events: &mut Vec<FeedEvent>);
}

/// Measures one engine on a Binance recording and prints one line.
pub fn binance(engine: &str, bytes: &[u8], subject: &Subject, runs: usize) -> Result<(), String> {
    let ours = || streamed::<Ladder>(bytes, subject);
    let expected = ours();
    let pass: Box<dyn FnMut() -> Done> = match engine {
        "cwts" => Box::new(ours),
        "cwts-sorted-levels" => Box::new(|| streamed::<SortedLevels>(bytes, subject)),
        "cwts-naive-levels" => Box::new(|| streamed::<NaiveLevels>(bytes, subject)),
        "cwts-parse" => Box::new(|| Done {
            state_hash: expected.state_hash,
            level_updates: expected.level_updates,
            ..parsed(bytes, subject)
        }),
        "cwts-apply" => {
            let events = all_events(bytes, subject);
            Box::new(move || applied(&events, expected.messages))
        }
        "simd-json" => Box::new(|| by_lines(bytes, SimdJson::new(subject))),
        "serde_json" => Box::new(|| by_lines(bytes, SerdeJson::new(subject))),
        other => return Err(format!("there is no engine {other}")),
    };
    measure(engine, bytes, expected, pass, runs)
}

/// Measures our parser and book on ITCH messages that were made for it.
pub fn itch(messages: usize, runs: usize) -> Result<(), String> {
    let (bytes, symbols) = itch_tape::tape(messages);
    let pass = || {
        let mut parser = Itch::new(Framing::LengthPrefixed, 0);
        let mut builder = BookBuilder::<Ladder>::new();
        for listing in &symbols {
            builder.add_instrument(listing.instrument);
            let added = parser.symbols_mut().add(listing.clone());
            added.expect("symbols differ");
        }
        let messages = feed(&mut parser, &bytes, |events| builder.apply(events));
        Done {
            messages,
            level_updates: builder.totals().level_updates,
            state_hash: builder.state_hash(),
        }
    };
    measure("cwts-itch", &bytes, pass(), pass, runs)
}

fn measure(
    engine: &str,
    bytes: &[u8],
    expected: Done,
    mut pass: impl FnMut() -> Done,
    runs: usize,
) -> Result<(), String> {
    let done = pass();
    if done != expected {
        return Err(format!("{engine}: {done:?}, expected {expected:?}"));
    }
    let seconds: Vec<f64> = (0..runs)
        .map(|_| {
            let begun = Instant::now();
            black_box(pass());
            begun.elapsed().as_secs_f64()
        })
        .collect();
    let per_second = |what: u64| -> Vec<f64> { seconds.iter().map(|s| what as f64 / s).collect() };
    let allocated = allocations::during(|| {
        black_box(pass());
    });
    Line::default()
        .text("engine", engine)
        .count("messages", done.messages)
        .count("level_updates", done.level_updates)
        .count("bytes", bytes.len() as u64)
        .text("state_hash", &format!("{:016x}", done.state_hash))
        .count("allocations", allocated)
        .figures("rates", &per_second(done.level_updates))
        .figures("message_rates", &per_second(done.messages))
        .figures("byte_rates", &per_second(bytes.len() as u64))
        .print();
    Ok(())
}

/// Gives a parser everything in chunks and hands over the events of each message.
fn feed(parser: &mut impl Parser, bytes: &[u8], mut each: impl FnMut(&[FeedEvent])) -> u64 {
    let mut events = Vec::new();
    for chunk in bytes.chunks(CHUNK) {
        let mut rest = chunk;
        while parser.next(&mut rest, &mut events).expect("a sound feed") {
            each(&events);
            events.clear();
        }
    }
    if parser.finish(&mut events).expect("a sound feed") {
        each(&events);
    }
    parser.totals().messages
}

fn parser(subject: &Subject) -> Binance {
    let mut parser = Binance::new();
    let added = parser.symbols_mut().add(subject.listing());
    added.expect("the only one");
    parser
}

fn builder<L: Levels>() -> BookBuilder<L> {
    let mut builder = BookBuilder::new();
    builder.add_instrument(0);
    builder
}

fn done<L: Levels>(messages: u64, builder: &BookBuilder<L>) -> Done {
    Done {
        messages,
        level_updates: builder.totals().level_updates,
        state_hash: builder.state_hash(),
    }
}

fn streamed<L: Levels>(bytes: &[u8], subject: &Subject) -> Done {
    let mut builder = builder::<L>();
    let messages = feed(&mut parser(subject), bytes, |events| builder.apply(events));
    done(messages, &builder)
}

fn parsed(bytes: &[u8], subject: &Subject) -> Done {
    let mut seen = 0;
    let messages = feed(&mut parser(subject), bytes, |events| seen += events.len());
    black_box(seen);
    Done {
        messages,
        ..Done::default()
    }
}

fn all_events(bytes: &[u8], subject: &Subject) -> Vec<FeedEvent> {
    let mut all = Vec::new();
    feed(&mut parser(subject), bytes, |events| {
        all.extend_from_slice(events)
    });
    all
}

fn applied(events: &[FeedEvent], messages: u64) -> Done {
    let mut builder = builder::<Ladder>();
    builder.apply(events);
    done(messages, &builder)
}

fn by_lines(bytes: &[u8], mut reader: impl LineReader) -> Done {
    let mut builder = builder::<Ladder>();
    let mut events = Vec::new();
    let mut messages = 0;
    for line in bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        reader.line(line, &mut events);
        builder.apply(&events);
        events.clear();
        messages += 1;
    }
    done(messages, &builder)
}
