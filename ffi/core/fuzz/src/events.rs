//! Book builders: whatever events come, books over a ladder, a sorted array and a sorted map stay the same; a live book
//! that trades is not crossed, and one that is not live is not shown.
use crate::noise::Noise;
use cwts_core::layout::{book_state, FeedEvent};
use cwts_core::market::{BookBuilder, Ladder, Levels, NaiveLevels, SortedLevels};

const INSTRUMENTS: u16 = 2;
const STEPS: usize = 400;

fn event(noise: &mut Noise<'_>, next: &mut u64) -> FeedEvent {
    const KINDS: [u8; 12] = [1, 1, 1, 2, 6, 10, 10, 11, 13, 14, 15, 21];
    let kind = KINDS[usize::from(noise.below(12))];
    let words = noise.u16();
    let side = (words & 1) as u8 + u8::from(words & 0x70 == 0x70);
    // Bids mostly below 1000, asks above; now and then anywhere.
    let away = i64::from(noise.byte()) << (words >> 8 & 15);
    let mut event = FeedEvent {
        kind,
        side,
        flags: if words & 0xe == 0 { words >> 12 } else { 3 },
        instrument: words >> 7 & 1,
        price: if side == 0 {
            1_000_000 - away
        } else {
            1_000_001 + away
        },
        quantity: i64::from(noise.below(8)),
        order_id: u64::from(noise.below(24)),
        first_id: u64::from(noise.below(24)),
        ..FeedEvent::default()
    };
    if kind <= 2 {
        *next += 1;
        event.order_id = *next;
        event.first_id = *next + u64::from(words & 0xf00 == 0xf00);
    }
    if words & 0xff0 == 0xff0 {
        event.price = noise.u64() as i64;
        event.quantity = noise.u64() as i64;
    }
    event
}

fn built<L: Levels>() -> BookBuilder<L> {
    let mut builder = BookBuilder::new();
    for instrument in 0..INSTRUMENTS {
        builder.add_instrument(instrument);
    }
    builder
}

pub fn run(bytes: &[u8]) {
    let mut noise = Noise(bytes);
    let (mut ladder, mut sorted) = (built::<Ladder>(), built::<SortedLevels>());
    let mut naive = built::<NaiveLevels>();
    let mut next = 0;
    for _ in 0..STEPS {
        if noise.is_empty() {
            break;
        }
        let events = [event(&mut noise, &mut next)];
        ladder.apply(&events);
        sorted.apply(&events);
        naive.apply(&events);
        for instrument in 0..INSTRUMENTS {
            assert_eq!(ladder.status(instrument), naive.status(instrument));
            assert_eq!(ladder.top(instrument), naive.top(instrument));
            let live = naive
                .status(instrument)
                .is_some_and(|s| s.state == book_state::LIVE);
            assert_eq!(naive.top(instrument).is_ok(), live);
        }
    }
    assert_eq!(ladder.state_hash(), naive.state_hash());
    assert_eq!(sorted.state_hash(), naive.state_hash());
    assert_eq!(ladder.changes(), naive.changes());
}
