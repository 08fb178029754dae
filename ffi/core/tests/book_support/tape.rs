//! The common tape on which matching engines are compared: 1 001 000 commands on one instrument, 82 % of them moves,
//! around 1 000 open orders on 560 price levels, and what a correct book must make of it.
//!
//! The tape is defined by a program that draws from the Mersenne Twister (Matsumoto and Nishimura 1998) the way
//! CPython's `random` does, and keeps a plain book of its own so that every cancel and move names an open order. This
//! is that program; `TAPE_HASH` holds it to the original byte for byte.
//!
//! A move takes an order out and enters its remaining quantity at the new price behind what is there, also when the
//! price is the old one. An amend with an unchanged quantity does exactly that, so a move is one amend.
use cwts_core::layout::{command_kind, side, time_in_force, OrderCommand};
use std::collections::{BTreeMap, VecDeque};

pub const OPERATIONS: usize = 1_001_000;
pub const FILLS: u64 = 103_975;
pub const OPEN_ORDERS: usize = 1_000;
pub const LEVELS: usize = 564;

/// FNV-1a over the tape's operations as five little-endian 32-bit integers each.
pub const TAPE_HASH: u64 = 0x9C2A_C80C_9D35_225D;

const SEED: u32 = 12_345;
const MIDDLE: i64 = 100_000;
const TARGET: usize = 1_000;
const MEAN_DISTANCE: f64 = 180.0;

/// Ids use more than 32 bits, as client order ids do.
pub const FIRST_ID: u64 = 0x0100_0000_0000;

/// Everything on the tape belongs to one participant.
pub const OWNER: u32 = 1;

#[derive(Clone, Copy)]
enum Operation {
    Limit = 0,
    ImmediateOrCancel = 1,
    Cancel = 2,
    Move = 3,
}

/// The commands of the tape.
pub fn common_tape() -> Vec<OrderCommand> {
    with_totals(as_written())
}

/// The tape as its program writes it: a move, which is an amend here, names what is left of its order.
pub fn as_written() -> Vec<OrderCommand> {
    let mut writer = Writer::new();
    writer.run();
    assert_eq!(writer.out.len(), OPERATIONS);
    assert_eq!(writer.hash, TAPE_HASH, "the tape is not the common tape");
    writer.out
}

/// The tape moves an order with the lots it has left; a command says the total, which on this tape never changes.
pub fn with_totals(mut tape: Vec<OrderCommand>) -> Vec<OrderCommand> {
    let mut totals = BTreeMap::new();
    for command in &mut tape {
        if command.kind == command_kind::NEW {
            totals.insert(command.order_id, command.quantity);
        } else if command.kind == command_kind::AMEND {
            command.quantity = totals[&command.target_id];
        }
    }
    tape
}

struct Order {
    side: u8,
    price: i64,
    quantity: i64,
    /// Place in `Writer::live`.
    place: usize,
}

struct Writer {
    random: MersenneTwister,
    out: Vec<OrderCommand>,
    hash: u64,
    levels: [BTreeMap<i64, VecDeque<u32>>; 2],
    orders: BTreeMap<u32, Order>,
    live: Vec<u32>,
    last_id: u32,
}

impl Writer {
    fn new() -> Self {
        Self {
            random: MersenneTwister::new(SEED),
            out: Vec::with_capacity(OPERATIONS),
            hash: 0xCBF2_9CE4_8422_2325,
            levels: [BTreeMap::new(), BTreeMap::new()],
            orders: BTreeMap::new(),
            live: Vec::new(),
            last_id: 0,
        }
    }

    // The order of the draws is part of the tape's definition.
    fn run(&mut self) {
        while self.live.len() < TARGET {
            let side = (self.last_id & 1) as u8;
            self.passive_order(side);
        }
        while self.out.len() < OPERATIONS {
            let kind = self.random.unit();
            let live = self.live.len();
            if kind < 0.15 {
                if live < TARGET || (live < TARGET + 50 && kind < 0.09) {
                    let side = self.random.bits(1) as u8;
                    self.passive_order(side);
                } else {
                    let id = self.pick();
                    let side = self.drop_order(id).side;
                    self.write(Operation::Cancel, id, side, 0, 0);
                }
            } else if kind < 0.18 {
                self.last_id += 1;
                let side = (self.last_id & 1) as u8;
                let price = MIDDLE + if side == side::BUY { 60 } else { -60 };
                let quantity = 1 + i64::from(self.random.below(60));
                self.write(
                    Operation::ImmediateOrCancel,
                    self.last_id,
                    side,
                    price,
                    quantity,
                );
                self.fill(side, price, quantity);
            } else {
                self.move_order();
            }
        }
    }

    fn passive_order(&mut self, side: u8) {
        let price = self.passive_price(side);
        let quantity = 1 + i64::from(self.random.below(100));
        self.last_id += 1;
        self.write(Operation::Limit, self.last_id, side, price, quantity);
        self.enter(self.last_id, side, price, quantity);
    }

    fn move_order(&mut self) {
        let id = self.pick();
        let side = self.orders[&id].side;
        let price = if self.random.unit() < 0.964 {
            self.passive_price(side)
        } else {
            MIDDLE + if side == side::BUY { 30 } else { -30 }
        };
        let quantity = self.drop_order(id).quantity;
        self.write(Operation::Move, id, side, price, quantity);
        self.enter(id, side, price, quantity);
    }

    fn passive_price(&mut self, side: u8) -> i64 {
        let distance = 1 + (-(1.0 - self.random.unit()).ln() / (1.0 / MEAN_DISTANCE)) as i64;
        MIDDLE
            + if side == side::BUY {
                -distance
            } else {
                distance
            }
    }

    fn pick(&mut self) -> u32 {
        self.live[self.random.below(self.live.len() as u32) as usize]
    }

    fn enter(&mut self, id: u32, side: u8, price: i64, quantity: i64) {
        let quantity = self.fill(side, price, quantity);
        if quantity > 0 {
            self.levels[usize::from(side)]
                .entry(price)
                .or_default()
                .push_back(id);
            self.orders.insert(
                id,
                Order {
                    side,
                    price,
                    quantity,
                    place: self.live.len(),
                },
            );
            self.live.push(id);
        }
    }

    fn drop_order(&mut self, id: u32) -> Order {
        let order = self.orders.remove(&id).expect("it is live");
        let side = &mut self.levels[usize::from(order.side)];
        let queue = side.get_mut(&order.price).expect("it rests there");
        queue.retain(|other| *other != id);
        if queue.is_empty() {
            side.remove(&order.price);
        }
        self.live.swap_remove(order.place);
        if let Some(moved) = self.live.get(order.place) {
            self.orders.get_mut(moved).expect("it is live").place = order.place;
        }
        order
    }

    fn fill(&mut self, side: u8, limit: i64, quantity: i64) -> i64 {
        let mut left = quantity;
        while left > 0 {
            let others = &self.levels[usize::from(1 - side)];
            let best = if side == side::BUY {
                others
                    .first_key_value()
                    .filter(|(price, _)| **price <= limit)
            } else {
                others
                    .last_key_value()
                    .filter(|(price, _)| **price >= limit)
            };
            let Some((_, queue)) = best else { break };
            let id = queue[0];
            let maker = self.orders.get_mut(&id).expect("it is live");
            let filled = left.min(maker.quantity);
            left -= filled;
            maker.quantity -= filled;
            if maker.quantity == 0 {
                self.drop_order(id);
            }
        }
        left
    }

    fn write(&mut self, operation: Operation, id: u32, side: u8, price: i64, quantity: i64) {
        let words = [
            operation as i32,
            id as i32,
            i32::from(side),
            price as i32,
            quantity as i32,
        ];
        for byte in words.iter().flat_map(|word| word.to_le_bytes()) {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
        let id = FIRST_ID + u64::from(id);
        let command = OrderCommand {
            kind: command_kind::NEW,
            side,
            price,
            quantity,
            owner: OWNER,
            time: self.out.len() as i64,
            ..OrderCommand::default()
        };
        self.out.push(match operation {
            Operation::Limit => OrderCommand {
                order_id: id,
                ..command
            },
            Operation::ImmediateOrCancel => OrderCommand {
                order_id: id,
                tif: time_in_force::IOC,
                ..command
            },
            Operation::Cancel => OrderCommand {
                kind: command_kind::CANCEL,
                target_id: id,
                ..command
            },
            Operation::Move => OrderCommand {
                kind: command_kind::AMEND,
                target_id: id,
                ..command
            },
        });
    }
}

const STATE: usize = 624;

/// MT19937, seeded and read as CPython does.
struct MersenneTwister {
    state: [u32; STATE],
    next: usize,
}

impl MersenneTwister {
    fn new(seed: u32) -> Self {
        let mut state = [0u32; STATE];
        state[0] = 19_650_218;
        for i in 1..STATE {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            state[i] = before.wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        // The seed is a key of one word.
        let mut i = 1;
        for _ in 0..STATE {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            state[i] = (state[i] ^ before.wrapping_mul(1_664_525)).wrapping_add(seed);
            i = Self::step(&mut state, i);
        }
        for _ in 1..STATE {
            let before = state[i - 1] ^ (state[i - 1] >> 30);
            state[i] = (state[i] ^ before.wrapping_mul(1_566_083_941)).wrapping_sub(i as u32);
            i = Self::step(&mut state, i);
        }
        state[0] = 0x8000_0000;
        Self { state, next: STATE }
    }

    fn step(state: &mut [u32; STATE], i: usize) -> usize {
        if i + 1 < STATE {
            return i + 1;
        }
        state[0] = state[STATE - 1];
        1
    }

    fn word(&mut self) -> u32 {
        if self.next == STATE {
            for i in 0..STATE {
                let y = self.state[i] & 0x8000_0000 | self.state[(i + 1) % STATE] & 0x7FFF_FFFF;
                let twist = if y & 1 == 0 { 0 } else { 0x9908_B0DF };
                self.state[i] = self.state[(i + 397) % STATE] ^ (y >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut y = self.state[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C_5680;
        y ^= (y << 15) & 0xEFC6_0000;
        y ^ (y >> 18)
    }

    /// From 0 to 1, 1 not included, with 53 bits.
    fn unit(&mut self) -> f64 {
        let (high, low) = (self.word() >> 5, self.word() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    fn bits(&mut self, count: u32) -> u32 {
        self.word() >> (32 - count)
    }

    /// From 0 to `bound` - 1.
    fn below(&mut self, bound: u32) -> u32 {
        let count = 32 - bound.leading_zeros();
        loop {
            let drawn = self.bits(count);
            if drawn < bound {
                return drawn;
            }
        }
    }
}
