//! Whole numbers that cross as `f64`.
use super::status::Failure;

/// Largest magnitude up to which every whole number is an `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;
const NANOS_PER_MICRO: i64 = 1_000;

/// A whole number of at most 2^53.
pub fn whole(value: f64, what: &str) -> Result<i64, Failure> {
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return Ok(value as i64);
    }
    Err(Failure::argument(format!(
        "{what} {value:?} is not a whole number of at most 2^53"
    )))
}

/// As [`whole`], and not negative.
pub fn count(value: f64, what: &str) -> Result<u64, Failure> {
    let number = whole(value, what)?;
    u64::try_from(number).map_err(|_| Failure::argument(format!("{what} {value:?} is negative")))
}

/// Nanoseconds of whole microseconds; 2^53 of them are still an `i64`.
pub fn nanos(micros: f64) -> Result<i64, Failure> {
    Ok(whole(micros, "time")? * NANOS_PER_MICRO)
}

/// Wall nanoseconds, which are beyond 2^53 and so only as exact as an `f64` is.
pub fn wall(nanos: f64) -> Result<u64, Failure> {
    if (0.0..9.2e18).contains(&nanos) {
        return Ok(nanos as u64);
    }
    Err(Failure::argument(format!(
        "wall time {nanos:?} is not nanoseconds since 1970"
    )))
}
