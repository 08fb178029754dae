//! What the tests of the kernels share: every level of this processor, awkward numbers, awkward places in memory.
#![allow(dead_code)] // Each test file uses a part.
use cwts_core::math::{Column, ColumnMut, Kernels, Level, Number};

/// Lengths that end everywhere in a register and in a block of four of the widest.
pub const LENGTHS: core::ops::RangeInclusive<usize> = if cfg!(miri) { 0..=9 } else { 0..=100 };

/// The tables of every level this processor has, the scalar one first.
pub fn levels() -> Vec<&'static Kernels> {
    let tables: Vec<_> = Level::ALL.into_iter().filter_map(Kernels::at).collect();
    assert_eq!(tables[0].level(), Level::Scalar);
    assert_eq!(tables.last().unwrap().level(), Kernels::best().level());
    tables
}

/// Numbers that repeat from run to run (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// One of several kinds of number, by `kind`: small; with edges of every width among them; any bits.
    pub fn int(&mut self, kind: usize) -> i64 {
        match kind % KINDS {
            0 => self.below(200) as i64,
            1 => self.below(2_000) as i64 - 1_000,
            2 => {
                let edge = self.pick(&EDGES);
                edge.saturating_add(self.below(3) as i64 - 1)
            }
            3 if self.below(20) > 0 => self.below(1_000) as i64,
            3 => self.pick(&EDGES),
            4 => self.bits() as i64 >> self.below(64),
            _ => self.pick(&[i64::MIN, i64::MAX]),
        }
    }

    /// As [`Self::int`]: whole; whole with empty sides; every special value; any bits; huge.
    pub fn float(&mut self, kind: usize) -> f64 {
        match kind % KINDS {
            0 => 1.0 + self.below(1_000) as f64,
            1 => self.below(4) as f64 - 1.0,
            2 => self.pick(&SPECIAL),
            3 if self.below(10) > 0 => self.below(1_000_000) as f64 / 64.0,
            3 => self.pick(&SPECIAL),
            4 => f64::from_bits(self.bits()),
            _ => self.pick(&[f64::MAX, -f64::MAX, 1e308, -1e308, 5e-324]),
        }
    }
}

/// Kinds of number there are.
pub const KINDS: usize = 6;

const EDGES: [i64; 22] = [
    0,
    1,
    -1,
    1 << 31,
    -(1 << 31),
    1 << 32,
    -(1 << 32),
    1 << 55,
    1 << 56,
    -(1 << 56),
    1 << 60,
    1 << 61,
    -(1 << 61),
    1 << 62,
    -(1 << 62),
    i64::MAX,
    i64::MIN,
    i64::MAX / 2,
    i64::MIN / 2,
    (1 << 53) + 1,
    0xFFFF_FFFF,
    0x7FFF_FFFF,
];

const SPECIAL: [f64; 18] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    f64::NAN,
    -f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    -f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    2.2e-308,
    f64::EPSILON,
    9_007_199_254_740_993.0,
    1e-160,
];

/// `count` numbers of a kind.
pub fn ints(random: &mut Random, count: usize, kind: usize) -> Vec<i64> {
    (0..count).map(|_| random.int(kind)).collect()
}

/// `count` numbers of a kind.
pub fn floats(random: &mut Random, count: usize, kind: usize) -> Vec<f64> {
    (0..count).map(|_| random.float(kind)).collect()
}

/// A copy of numbers whose first byte lies `shift` bytes after a multiple of 64, with guards on both sides.
pub struct Placed {
    memory: Vec<u8>,
    start: usize,
    count: usize,
}

const GUARD: u8 = 0xA5;

impl Placed {
    pub fn new<T: Number>(values: &[T], shift: usize) -> Self {
        let bytes = values.len() * 8;
        let mut memory = vec![GUARD; bytes + 256];
        let start = memory.as_ptr().align_offset(64) + 64 + shift;
        // SAFETY: the values' own bytes, into memory that holds as many from `start` on.
        unsafe {
            core::ptr::copy_nonoverlapping(
                values.as_ptr().cast::<u8>(),
                memory.as_mut_ptr().add(start),
                bytes,
            );
        }
        let count = values.len();
        Self {
            memory,
            start,
            count,
        }
    }

    pub fn column<T: Number>(&self) -> Column<'_, T> {
        // SAFETY: `count` values lie there.
        unsafe { Column::new(self.memory.as_ptr().add(self.start), self.count) }
    }

    pub fn column_mut<T: Number>(&mut self) -> ColumnMut<'_, T> {
        // SAFETY: `count` values lie there.
        unsafe { ColumnMut::new(self.memory.as_mut_ptr().add(self.start), self.count) }
    }

    /// Where the values begin, for a column over memory that is written as well.
    pub fn start_for_reading(&mut self) -> *const u8 {
        // SAFETY: inside the memory.
        unsafe { self.memory.as_mut_ptr().add(self.start) }
    }

    /// The values' bits, after a look at the guards.
    pub fn bits(&self) -> Vec<u64> {
        let (before, rest) = self.memory.split_at(self.start);
        let (values, after) = rest.split_at(self.count * 8);
        let untouched = |guards: &[u8]| guards.iter().all(|byte| *byte == GUARD);
        assert!(untouched(before) && untouched(after), "written outside");
        values
            .chunks_exact(8)
            .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
            .collect()
    }

    pub fn ints(&self) -> Vec<i64> {
        self.bits().into_iter().map(|bits| bits as i64).collect()
    }
}

/// Distances from a multiple of 64 bytes to put a column at.
pub fn shifts(random: &mut Random) -> [usize; 5] {
    core::array::from_fn(|_| random.pick(&[0, 1, 4, 7, 8, 24, 33, 40, 63]))
}
