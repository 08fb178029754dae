//! ITCH 5.0 messages for measuring: a seeded flow of orders in several instruments, written by the published field table.
//!
//! The mix is that of a busy day of Nasdaq as published in its daily files: of a hundred messages about 45 add, 42 delete,
//! 6 replace, 4 execute and 3 cancel in part. Prices walk around a middle; orders rest within some hundred ticks of it and
//! never cross.
use cwts_core::market::{Listing, Scale};

const INSTRUMENTS: u16 = 64;
/// Orders resting per instrument, about.
const RESTING: usize = 500;
/// Cents.
const MIDDLE: u32 = 10_000;
const PRICE_UNITS: u32 = 100;

struct Order {
    id: u64,
    locate: u16,
    shares: u32,
    buy: bool,
}

struct Tape {
    bytes: Vec<u8>,
    seed: u64,
    time: u64,
    next_id: u64,
    resting: Vec<Order>,
}

/// So many messages after the directory, and the instruments they are about.
pub fn tape(messages: usize) -> (Vec<u8>, Vec<Listing>) {
    let mut tape = Tape {
        bytes: Vec::with_capacity(messages * 34),
        seed: 7,
        time: 34_200_000_000_000,
        next_id: 1,
        resting: Vec::new(),
    };
    let symbols: Vec<Listing> = (0..INSTRUMENTS)
        .map(|instrument| Listing {
            symbol: format!("S{instrument}").into_bytes().into(),
            instrument,
            tick: Scale::of("0.01").expect("a decimal"),
            lot: Scale::of("1").expect("a decimal"),
        })
        .collect();
    for listing in &symbols {
        let mut symbol = [b' '; 8];
        symbol[..listing.symbol.len()].copy_from_slice(&listing.symbol);
        tape.message(b'R', listing.instrument + 1, &[&symbol, &[b' '; 20]]);
        tape.message(b'H', listing.instrument + 1, &[&symbol, b"T ", b"    "]);
    }
    for _ in 0..messages {
        tape.next();
    }
    (tape.bytes, symbols)
}

impl Tape {
    /// SplitMix64.
    fn random(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    fn message(&mut self, kind: u8, locate: u16, fields: &[&[u8]]) {
        let length = 11 + fields.iter().map(|field| field.len()).sum::<usize>();
        self.bytes.extend_from_slice(&(length as u16).to_be_bytes());
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&locate.to_be_bytes());
        self.bytes.extend_from_slice(&[0, 0]);
        self.bytes.extend_from_slice(&self.time.to_be_bytes()[2..]);
        for field in fields {
            self.bytes.extend_from_slice(field);
        }
    }

    /// A price of that side which crosses nothing: buys at or below the middle, sells above.
    fn price(&mut self, buy: bool) -> [u8; 4] {
        let away = (self.random(40) * self.random(8)) as u32;
        let cents = if buy {
            MIDDLE - away
        } else {
            MIDDLE + 1 + away
        };
        (cents * PRICE_UNITS).to_be_bytes()
    }

    fn next(&mut self) {
        self.time += 1 + self.random(20_000);
        let full = self.resting.len() >= RESTING * usize::from(INSTRUMENTS);
        match self.random(100) {
            0..45 if !full => self.add(),
            _ if self.resting.is_empty() => self.add(),
            45..51 => self.replace(),
            51..55 => self.reduce(b'E', &7u64.to_be_bytes()),
            55..58 => self.reduce(b'X', &[]),
            _ => {
                let at = self.random(self.resting.len() as u64) as usize;
                let order = self.resting.swap_remove(at);
                self.message(b'D', order.locate, &[&order.id.to_be_bytes()]);
            }
        }
    }

    fn add(&mut self) {
        let order = Order {
            id: self.next_id,
            locate: 1 + self.random(u64::from(INSTRUMENTS)) as u16,
            shares: 100 * (1 + self.random(9) as u32),
            buy: self.random(2) == 0,
        };
        self.next_id += 1;
        let price = self.price(order.buy);
        let side: &[u8] = if order.buy { b"B" } else { b"S" };
        let (id, shares) = (order.id.to_be_bytes(), order.shares.to_be_bytes());
        self.message(
            b'A',
            order.locate,
            &[&id, side, &shares, b"        ", &price],
        );
        self.resting.push(order);
    }

    fn replace(&mut self) {
        let at = self.random(self.resting.len() as u64) as usize;
        let (id, shares) = (self.next_id, 100 * (1 + self.random(9) as u32));
        self.next_id += 1;
        let buy = self.resting[at].buy;
        let price = self.price(buy);
        let order = &mut self.resting[at];
        let (old, locate) = (order.id.to_be_bytes(), order.locate);
        (order.id, order.shares) = (id, shares);
        self.message(
            b'U',
            locate,
            &[&old, &id.to_be_bytes(), &shares.to_be_bytes(), &price],
        );
    }

    /// Takes a part of an order, or all that is left.
    fn reduce(&mut self, kind: u8, rest: &[u8]) {
        let at = self.random(self.resting.len() as u64) as usize;
        let order = &mut self.resting[at];
        let shares = order.shares.min(100);
        order.shares -= shares;
        let (id, locate, left) = (order.id, order.locate, order.shares);
        if left == 0 {
            self.resting.swap_remove(at);
        }
        self.message(
            kind,
            locate,
            &[&id.to_be_bytes(), &shares.to_be_bytes(), rest],
        );
    }
}
