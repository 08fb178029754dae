//! Decimals to whole steps, exactly.
//!
//! A step such as "0.10" has one significant decimal and a unit of 1; "0.25" has two and a unit of 25. A decimal is read
//! as an integer of that many decimals, every further digit must be zero, and the unit must divide it: no float and no
//! rounding ever decides a price.
use core::fmt;

/// Largest number of steps, and of ids: what every language with 64-bit floats holds exactly.
pub const MOST: i64 = (1 << 53) - 1;
const MAX_DECIMALS: u32 = 12;
const MAX_UNIT: i64 = 1_000_000_000;
/// Digits that cannot overflow an `i64`.
const SAFE_DIGITS: usize = 18;

/// What a decimal is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    decimals: u32,
    unit: i64,
}

/// The step is no decimal above zero, or too fine or too coarse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleError;

impl fmt::Display for ScaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a tick or lot is a decimal above zero with at most {MAX_DECIMALS} decimals and a unit of at most {MAX_UNIT}"
        )
    }
}

/// Why a number of steps could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unscaled {
    /// It is no plain decimal.
    Malformed,
    /// It is not a multiple of the step.
    Off,
    /// It is more than `MOST` steps.
    Range,
}

impl Scale {
    /// The scale of a step written as a decimal, for example "0.10".
    pub fn of(step: &str) -> Result<Self, ScaleError> {
        let (whole, fraction) = step.split_once('.').unwrap_or((step, ""));
        let fraction = fraction.trim_end_matches('0');
        let decimals = u32::try_from(fraction.len()).map_err(|_| ScaleError)?;
        let digits = || whole.bytes().chain(fraction.bytes());
        let plain = !whole.is_empty() && digits().all(|digit| digit.is_ascii_digit());
        if !plain
            || decimals > MAX_DECIMALS
            || whole.len() > SAFE_DIGITS - MAX_DECIMALS as usize + 4
        {
            return Err(ScaleError);
        }
        let unit = digits().try_fold(0i64, |sum, digit| {
            sum.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
        });
        match unit {
            Some(unit @ 1..=MAX_UNIT) => Ok(Self { decimals, unit }),
            _ => Err(ScaleError),
        }
    }

    /// Steps of a decimal written as digits, with or without a point and digits behind it.
    #[inline]
    pub fn steps_of_text(&self, text: &[u8]) -> Result<i64, Unscaled> {
        let mut value = 0i64;
        let mut at = 0;
        while let Some(digit) = digit_at(text, at) {
            if at == SAFE_DIGITS {
                return Err(long(text));
            }
            value = value * 10 + digit;
            at += 1;
        }
        if at == 0 {
            return Err(Unscaled::Malformed);
        }
        let mut left = self.decimals;
        if text.get(at) == Some(&b'.') {
            at += 1;
            let first = at;
            while let Some(digit) = digit_at(text, at) {
                if left > 0 {
                    if at > SAFE_DIGITS {
                        return Err(long(text));
                    }
                    value = value * 10 + digit;
                    left -= 1;
                } else if digit != 0 {
                    return Err(if is_plain(text) {
                        Unscaled::Off
                    } else {
                        Unscaled::Malformed
                    });
                }
                at += 1;
            }
            if at == first {
                return Err(Unscaled::Malformed);
            }
        }
        if at != text.len() {
            return Err(Unscaled::Malformed);
        }
        self.finish(value, left)
    }

    /// As [`Self::steps_of_text`], of the text before a quote; and the length of that text. `None` for whatever is not a
    /// plain decimal of a whole number of steps.
    #[inline(always)]
    pub(super) fn steps_before_quote(&self, text: &[u8]) -> Option<(i64, usize)> {
        // As many digits cannot overflow.
        let text = &text[..text.len().min(SAFE_DIGITS + 1)];
        let mut value = 0i64;
        let mut at = 0;
        while let Some(digit) = digit_at(text, at) {
            value = value.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        if at == 0 {
            return None;
        }
        let mut left = self.decimals;
        if text.get(at) == Some(&b'.') {
            at += 1;
            let first = at;
            while left > 0 {
                let Some(digit) = digit_at(text, at) else {
                    break;
                };
                value = value.wrapping_mul(10).wrapping_add(digit);
                left -= 1;
                at += 1;
            }
            while text.get(at) == Some(&b'0') {
                at += 1;
            }
            if at == first {
                return None;
            }
        }
        if text.get(at) != Some(&b'"') {
            return None;
        }
        self.finish(value, left).ok().map(|steps| (steps, at))
    }

    /// Steps of an integer that counts units of 10^-`decimals`.
    #[inline]
    pub fn steps_of(&self, value: i64, decimals: u32) -> Result<i64, Unscaled> {
        if decimals <= self.decimals {
            return self.finish(value, self.decimals - decimals);
        }
        let surplus = 10i64
            .checked_pow(decimals - self.decimals)
            .ok_or(Unscaled::Range)?;
        if value % surplus != 0 {
            return Err(Unscaled::Off);
        }
        self.finish(value / surplus, 0)
    }

    #[inline]
    fn finish(&self, value: i64, missing: u32) -> Result<i64, Unscaled> {
        let value = if missing == 0 {
            value
        } else {
            let factor = 10i64.checked_pow(missing).ok_or(Unscaled::Range)?;
            value.checked_mul(factor).ok_or(Unscaled::Range)?
        };
        let steps = if self.unit == 1 {
            value
        } else if value % self.unit == 0 {
            value / self.unit
        } else {
            return Err(Unscaled::Off);
        };
        if steps > MOST {
            return Err(Unscaled::Range);
        }
        Ok(steps)
    }
}

#[inline(always)]
fn digit_at(text: &[u8], at: usize) -> Option<i64> {
    let digit = text.get(at)?.wrapping_sub(b'0');
    (digit <= 9).then_some(i64::from(digit))
}

/// Whether a text is digits with at most one point between them.
#[cold]
fn is_plain(text: &[u8]) -> bool {
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

#[cold]
fn long(text: &[u8]) -> Unscaled {
    if is_plain(text) {
        Unscaled::Range
    } else {
        Unscaled::Malformed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(step: &str, text: &str) -> Result<i64, Unscaled> {
        Scale::of(step).unwrap().steps_of_text(text.as_bytes())
    }

    #[test]
    fn a_decimal_is_a_whole_number_of_steps_or_it_is_refused() {
        assert_eq!(steps("0.10", "61800.30"), Ok(618_003));
        assert_eq!(steps("0.01", "61737.63000000"), Ok(6_173_763));
        assert_eq!(steps("0.25", "100.75"), Ok(403));
        assert_eq!(steps("5", "100"), Ok(20));
        assert_eq!(steps("5", "100.000"), Ok(20));
        assert_eq!(steps("0.000001", "3"), Ok(3_000_000));
        assert_eq!(steps("0.1", "0"), Ok(0));
        for (step, text) in [("0.10", "61800.35"), ("0.25", "100.80"), ("5", "101")] {
            assert_eq!(steps(step, text), Err(Unscaled::Off), "{text} in {step}");
        }
        for text in [
            "", ".5", "5.", "-1", "+1", "1e3", "1.2.3", " 1", "1.05x", "0x1", "1,5",
        ] {
            assert_eq!(steps("0.1", text), Err(Unscaled::Malformed), "{text}");
        }
        let long = "1".repeat(19);
        assert_eq!(steps("1", &long), Err(Unscaled::Range));
        assert_eq!(steps("0.000001", "99999999999.5"), Err(Unscaled::Range));
        assert_eq!(steps("1", "9007199254740991"), Ok(MOST));
        assert_eq!(steps("1", "9007199254740992"), Err(Unscaled::Range));
    }

    #[test]
    fn an_integer_of_implied_decimals_is_a_whole_number_of_steps_or_it_is_refused() {
        let cent = Scale::of("0.01").unwrap();
        assert_eq!(cent.steps_of(5_853_300, 4), Ok(58_533));
        assert_eq!(cent.steps_of(5_853_301, 4), Err(Unscaled::Off));
        assert_eq!(Scale::of("0.000001").unwrap().steps_of(7, 4), Ok(700));
        assert_eq!(Scale::of("100").unwrap().steps_of(500, 0), Ok(5));
        assert_eq!(
            Scale::of("0.000000000001").unwrap().steps_of(i64::MAX, 4),
            Err(Unscaled::Range)
        );
    }

    #[test]
    fn a_step_that_is_no_decimal_above_zero_is_refused() {
        for step in [
            "",
            "0",
            "0.0",
            "-1",
            "1e-2",
            "0.0000000000001",
            ".1",
            "a",
            "99999999999",
        ] {
            assert_eq!(Scale::of(step), Err(ScaleError), "{step}");
        }
        assert_eq!(Scale::of("1."), Scale::of("1"));
    }
}
