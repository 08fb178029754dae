//! What the direct book costs by size: `cargo run --release --example book_sizes`.
//!
//! Three tables. A move (amend to a random price, which does not match) by resting orders and by instruments; the mass
//! cancel of a book by whose orders it holds, with the records and without; the memory of a book by its orders.
use cwts_core::book::{Book, DirectBook, Events, Whose};
use cwts_core::layout::{command_kind, side, OrderCommand};
use std::time::Instant;

const MOVES: usize = 1_000_000;
const ROUNDS: usize = 21;
const MASS: usize = 10_000;
const MIDDLE: u64 = 1_000_000;

/// SplitMix64 (Steele et al. 2014): the same commands in every run.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A price of an order that rests: up to 1 000 ticks from the middle, nearer ones likelier.
    fn price(&mut self, order_side: u8) -> i64 {
        let away = 1 + self.below(1_000) * self.below(1_000) / 1_000;
        let price = match order_side {
            side::BUY => MIDDLE - away,
            _ => MIDDLE + away,
        };
        price as i64
    }
}

fn side_of(id: u64) -> u8 {
    (id & 1) as u8
}

fn order(id: u64, owner: u32, draws: &mut Draws) -> OrderCommand {
    OrderCommand {
        kind: command_kind::NEW,
        side: side_of(id),
        order_id: id,
        price: draws.price(side_of(id)),
        quantity: 10,
        owner,
        ..OrderCommand::default()
    }
}

/// A book of `orders` resting orders of `owners` owners; ids from 1.
fn filled(orders: usize, owners: u64) -> DirectBook {
    let (mut book, mut events, mut draws) =
        (DirectBook::new(0), Events::counting(), Draws(orders as u64));
    for id in 1..=orders as u64 {
        let owner = 1 + (id % owners) as u32;
        book.submit(&order(id, owner, &mut draws), &mut events);
    }
    assert_eq!((book.open_orders(), events.matches()), (orders, 0));
    book
}

/// Nanoseconds per move: every book has `orders` orders, books and orders are drawn at random.
fn moves(books: usize, orders: usize) -> f64 {
    let mut market: Vec<DirectBook> = (0..books).map(|_| filled(orders, 1)).collect();
    let (mut draws, mut events) = (Draws(7), Events::new());
    let commands: Vec<(usize, OrderCommand)> = (0..MOVES)
        .map(|_| {
            let id = 1 + draws.below(orders as u64);
            let amend = OrderCommand {
                kind: command_kind::AMEND,
                target_id: id,
                ..order(id, 1, &mut draws)
            };
            (draws.below(books as u64) as usize, amend)
        })
        .collect();
    let start = Instant::now();
    for (book, command) in &commands {
        events.clear();
        market[*book].submit(command, &mut events);
    }
    let taken = start.elapsed().as_secs_f64();
    assert_eq!(events.matches(), 0);
    taken * 1e9 / MOVES as f64
}

/// Microseconds: median and slowest of `ROUNDS` mass cancels of a book of `MASS` orders.
fn mass_cancel(owners: u64, whose: Whose, cancelled: u32, mut events: Events) -> (f64, f64) {
    let mut taken: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let mut book = filled(MASS, owners);
            events.clear();
            let start = Instant::now();
            let count = book.cancel_all(whose, 1, &mut events);
            let taken = start.elapsed().as_secs_f64() * 1e6;
            assert_eq!(count, cancelled);
            taken
        })
        .collect();
    taken.sort_by(f64::total_cmp);
    (taken[ROUNDS / 2], taken[ROUNDS - 1])
}

fn main() {
    println!("a move, {MOVES} of them at random");
    for (books, orders) in [
        (1, 1_000),
        (1, 100_000),
        (1, 1_000_000),
        (100, 1_000),
        (10_000, 100),
    ] {
        let nanos = moves(books, orders);
        println!("  {books:6} books of {orders:8} orders: {nanos:6.1} ns");
    }
    println!("a mass cancel of {MASS} orders, median and slowest of {ROUNDS}");
    let (all, half) = (MASS as u32, MASS as u32 / 2);
    for (name, owners, whose, count) in [
        ("everybody", 100, Whose::Everybody, all),
        ("an owner who has everything", 1, Whose::Owner(1), all),
        ("an owner who has half", 2, Whose::Owner(1), half),
    ] {
        let (bare, worst) = mass_cancel(owners, whose, count, Events::counting());
        let (with_records, slowest) = mass_cancel(owners, whose, count, Events::new());
        println!(
            "  {name}: {bare:.0} us bare (slowest {worst:.0}), {with_records:.0} us with records (slowest {slowest:.0})"
        );
    }
    println!("memory of a book");
    for orders in [0, 1, 100, 1_000, 10_000, 1_000_000] {
        println!(
            "  {orders:8} orders: {:10} bytes",
            filled(orders, 1).bytes()
        );
    }
}
