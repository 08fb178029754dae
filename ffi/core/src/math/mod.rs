//! Arithmetic over arrays: depth, signals of many books, exposure sums and a checksum, in the processor's widest registers.
//!
//! Each kernel stands in its file twice: the scalar one, with the contract (shapes, units, rounding, overflow, source of
//! the formula), and one in registers, generic over the instruction set. All levels give the same result to the bit, which
//! `tests/math_*.rs` holds for every level the processor has. Which to use is asked of the processor once:
//!
//! ```
//! use cwts_core::math::{Column, Kernels};
//! let (prices, quantities) = ([100, 101, 103], [5, 7, 11]);
//! let near = Kernels::best().between(prices[..].into(), quantities[..].into(), 100, 102);
//! assert_eq!(near, 12);
//! ```
mod books;
mod bytes;
mod column;
mod crc32c;
mod depth;
mod exposure;
mod kernels;
mod lanes;
mod level;
mod sum;

pub use bytes::Bytes;
pub use column::{Column, ColumnMut, Number, IN_DEPTH_LEVELS, IN_EXPOSURES, PACKED};
pub use depth::Sweep;
pub use exposure::Totals;
pub use kernels::Kernels;
pub use level::Level;
pub use sum::saturate;
