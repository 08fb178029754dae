//! Matching books: whatever commands come, the direct book answers as the naive one does.
use crate::noise::Noise;
use cwts_core::book::{Book, DirectBook, Events, NaiveBook, Whose};
use cwts_core::layout::OrderCommand;

const STEPS: usize = 200;
const SECOND: i64 = 1_000_000_000;

/// A command whose fields are small enough to meet each other, and now and then are anything.
pub(crate) fn command(noise: &mut Noise<'_>, time: i64) -> OrderCommand {
    let wild = noise.below(16) == 0;
    let mut command = OrderCommand {
        kind: 1 + noise.below(4),
        side: noise.below(2),
        order_type: noise.below(4),
        tif: noise.below(5),
        flags: noise.u16() & 0x803f,
        instrument: 0,
        order_id: u64::from(noise.below(48)),
        price: 90 + i64::from(noise.below(20)),
        quantity: i64::from(noise.below(12)),
        owner: u32::from(noise.below(4)) + 1,
        time,
        ..OrderCommand::default()
    };
    match noise.below(6) {
        0 => command.display = u32::from(noise.below(5)),
        1 => command.set_expires((time / SECOND) as u32 + u32::from(noise.below(4))),
        2 => command.set_trigger_offset(i32::from(noise.below(9)) - 4),
        3 => command.target_id = u64::from(noise.below(48)),
        _ => {}
    }
    if command.kind != 1 {
        command.target_id = u64::from(noise.below(48));
    }
    if wild {
        match noise.below(6) {
            0 => command.price = noise.u64() as i64,
            1 => command.quantity = noise.u64() as i64,
            2 => command.kind = noise.byte(),
            3 => command.order_type = noise.byte(),
            4 => command.display = noise.u64() as u32,
            _ => command.target_id = noise.u64(),
        }
    }
    command
}

fn step<B: Book>(book: &mut B, events: &mut Events, mut noise: Noise<'_>, time: i64) {
    match noise.below(16) {
        0 => {
            let state = noise.below(6);
            let _ = book.set_state(state, time, events);
        }
        1 => {
            let whose = match noise.below(3) {
                0 => Whose::Owner(u32::from(noise.below(5))),
                1 => Whose::Group(u32::from(noise.below(5))),
                _ => Whose::Everybody,
            };
            book.cancel_all(whose, time, events);
        }
        2 => book.set_group(u32::from(noise.below(5)), u32::from(noise.below(3))),
        3 => book.set_position(u32::from(noise.below(5)), i64::from(noise.byte()) - 128),
        4 => book.advance(time + i64::from(noise.below(3)) * SECOND, events),
        _ => book.submit(&command(&mut noise, time), events),
    }
}

pub fn run(bytes: &[u8]) {
    let mut noise = Noise(bytes);
    let (mut direct, mut naive) = (DirectBook::new(0), NaiveBook::new(0));
    let (mut ours, mut theirs) = (Events::new(), Events::new());
    let mut time = SECOND;
    for _ in 0..STEPS {
        if noise.is_empty() {
            break;
        }
        let words = noise.take(20);
        time += i64::from(words[0] & 7) * SECOND / 4;
        ours.clear();
        theirs.clear();
        step(&mut direct, &mut ours, Noise(words), time);
        step(&mut naive, &mut theirs, Noise(words), time);
        assert_eq!(ours.executions, theirs.executions);
        assert_eq!(ours.ticks, theirs.ticks);
    }
    assert_eq!(direct.state_hash(), naive.state_hash());
    assert_eq!(direct.indicative(), naive.indicative());
}
