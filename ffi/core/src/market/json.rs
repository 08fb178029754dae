//! A strict reader of one JSON text: it moves forward, keeps nothing, and refuses what RFC 8259 does.
//!
//! Tokens are looked for where compact JSON has them; only when something else stands there is space skipped.
use super::fault::{wrong, Wrong};
use super::scale::{Scale, MOST};
use crate::layout::feed_fault::{JSON, RANGE, SHAPE};

/// Arrays and objects inside each other, at most: bits of a word.
const DEEPEST: u32 = 64;

/// Place in a text.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    pub at: usize,
}

/// A string as it stands in the text, without its quotes.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub raw: &'a [u8],
    escaped: bool,
    /// Where `raw` begins.
    pub at: usize,
}

/// Room for a string without its escapes; longer ones are nothing this room knows.
pub(super) type Unescaped = [u8; 64];

impl<'a> Text<'a> {
    /// The string itself if it is ASCII and short enough to be one of ours; else what equals none of ours.
    #[inline]
    pub fn plain<'b>(&self, room: &'b mut Unescaped) -> &'b [u8]
    where
        'a: 'b,
    {
        if self.escaped {
            self.unescape(room).unwrap_or(b"")
        } else {
            self.raw
        }
    }

    #[cold]
    fn unescape<'b>(&self, room: &'b mut Unescaped) -> Option<&'b [u8]> {
        let mut length = 0;
        let mut rest = self.raw;
        while let [first, tail @ ..] = rest {
            rest = tail;
            let mut byte = *first;
            if byte == b'\\' {
                let [kind, tail @ ..] = rest else { return None };
                rest = tail;
                byte = match kind {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'u' => {
                        let (digits, tail) = rest.split_at_checked(4)?;
                        rest = tail;
                        let digits = core::str::from_utf8(digits).ok()?;
                        let code = u16::from_str_radix(digits, 16).ok()?;
                        u8::try_from(code).ok().filter(u8::is_ascii)?
                    }
                    other => *other,
                };
            }
            *room.get_mut(length)? = byte;
            length += 1;
        }
        Some(&room[..length])
    }

    /// The string where an escape in it would be no way to write it.
    #[inline]
    pub fn unescaped(&self) -> Result<&'a [u8], Wrong> {
        if self.escaped {
            return Err(wrong(SHAPE, self.at));
        }
        Ok(self.raw)
    }
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    #[inline(always)]
    fn byte(&self) -> u8 {
        // No token begins with a zero byte, so it may stand for the end.
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[cold]
    fn skip_space(&mut self) -> u8 {
        while matches!(self.byte(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
        self.byte()
    }

    /// The byte at which the next token begins, 0 at the end.
    #[inline(always)]
    pub fn peek(&mut self) -> u8 {
        match self.byte() {
            byte if byte > b' ' => byte,
            _ => self.skip_space(),
        }
    }

    /// Takes a token of one byte if it is the next.
    #[inline(always)]
    pub fn take(&mut self, token: u8) -> bool {
        let found = self.byte() == token || self.peek() == token;
        self.at += usize::from(found);
        found
    }

    #[inline(always)]
    pub fn expect(&mut self, token: u8) -> Result<(), Wrong> {
        if self.take(token) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// The error for a value that is not of the kind that is meant: wrong JSON, or the wrong kind of value.
    #[cold]
    pub fn unexpected(&self) -> Wrong {
        let mut further = self.clone();
        match further.skip_value() {
            Ok(()) if matches!(further.peek(), 0 | b',' | b'}' | b']') => wrong(SHAPE, self.at),
            Ok(()) => wrong(JSON, further.at),
            Err(error) => error,
        }
    }

    /// A comma or the end of an array, where another of the two may be meant.
    #[inline(always)]
    pub fn expect_in_array(&mut self, token: u8) -> Result<(), Wrong> {
        if self.take(token) {
            return Ok(());
        }
        let other = matches!(self.peek(), b',' | b']');
        Err(wrong(if other { SHAPE } else { JSON }, self.at))
    }

    /// The beginning of an object that has members.
    #[inline]
    pub fn members(&mut self) -> Result<(), Wrong> {
        self.expect(b'{')?;
        if self.peek() == b'}' {
            return Err(wrong(SHAPE, self.at));
        }
        Ok(())
    }

    /// Nothing may follow.
    pub fn end(&mut self) -> Result<(), Wrong> {
        self.peek();
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(wrong(JSON, self.at))
        }
    }

    /// After a member or element: whether another follows. Otherwise the closing token was there.
    #[inline(always)]
    pub fn another(&mut self, close: u8) -> Result<bool, Wrong> {
        if self.take(b',') {
            return Ok(true);
        }
        if self.take(close) {
            return Ok(false);
        }
        Err(wrong(JSON, self.at))
    }

    /// The name of a member and its colon.
    #[inline]
    pub fn key(&mut self) -> Result<Text<'a>, Wrong> {
        if self.peek() != b'"' {
            return Err(wrong(JSON, self.at));
        }
        let key = self.string()?;
        if self.take(b':') {
            Ok(key)
        } else {
            Err(wrong(JSON, self.at))
        }
    }

    /// A string.
    #[inline]
    pub fn string(&mut self) -> Result<Text<'a>, Wrong> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            let byte = self.byte();
            if byte == b'"' {
                let raw = &self.bytes[start..self.at];
                self.at += 1;
                return Ok(Text {
                    raw,
                    escaped: false,
                    at: start,
                });
            }
            if !(b' '..0x80).contains(&byte) || byte == b'\\' {
                return self.rare_string(start);
            }
            self.at += 1;
        }
    }

    /// A decimal in quotes as whole steps, read in one pass; `None`, and nowhere moved, for anything that is not the plain
    /// case: whoever asked reads it again as a string, and finds out what it is.
    #[inline]
    pub fn plain_decimal(&mut self, scale: &Scale) -> Option<i64> {
        let quoted = self.bytes.get(self.at..)?.strip_prefix(b"\"")?;
        let (steps, length) = scale.steps_before_quote(quoted)?;
        self.at += length + 2;
        Some(steps)
    }

    /// A string with escapes or letters beyond ASCII.
    #[cold]
    fn rare_string(&mut self, start: usize) -> Result<Text<'a>, Wrong> {
        let mut escaped = false;
        loop {
            match self.byte() {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                0..=0x1f => return Err(wrong(JSON, self.at)),
                _ => self.at += 1,
            }
        }
        let raw = &self.bytes[start..self.at];
        if let Err(error) = core::str::from_utf8(raw) {
            return Err(wrong(JSON, start + error.valid_up_to()));
        }
        self.at += 1;
        Ok(Text {
            raw,
            escaped,
            at: start,
        })
    }

    fn escape(&mut self) -> Result<(), Wrong> {
        self.at += 1;
        match self.byte() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
            b'u' => {
                self.at += 1;
                for _ in 0..4 {
                    if !self.byte().is_ascii_hexdigit() {
                        return Err(wrong(JSON, self.at));
                    }
                    self.at += 1;
                }
            }
            _ => return Err(wrong(JSON, self.at)),
        }
        Ok(())
    }

    /// A whole number from 0 to 2^53 - 1, written as one.
    #[inline]
    pub fn integer(&mut self) -> Result<u64, Wrong> {
        self.peek();
        let start = self.at;
        let mut value = 0u64;
        loop {
            let digit = self.byte().wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            // One digit more than the largest number has: too large, and no overflow.
            if self.at - start > 16 {
                self.at = start;
                return Err(self.number_beyond());
            }
            value = value * 10 + u64::from(digit);
            self.at += 1;
        }
        let is_number = self.at > start
            && (self.bytes[start] != b'0' || self.at == start + 1)
            && !matches!(self.byte(), b'.' | b'e' | b'E');
        if !is_number {
            self.at = start;
            return Err(self.unexpected());
        }
        if value > MOST as u64 {
            return Err(wrong(RANGE, start));
        }
        Ok(value)
    }

    #[cold]
    fn number_beyond(&self) -> Wrong {
        let error = self.unexpected();
        if error.fault == SHAPE {
            wrong(RANGE, self.at)
        } else {
            error
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self) -> Result<bool, Wrong> {
        self.peek();
        if self.literal(b"true") {
            Ok(true)
        } else if self.literal(b"false") {
            Ok(false)
        } else {
            Err(self.unexpected())
        }
    }

    fn literal(&mut self, word: &[u8]) -> bool {
        let found = self.bytes[self.at..].starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Passes over any value.
    pub fn skip_value(&mut self) -> Result<(), Wrong> {
        // Bit n: whether the n-th enclosing value is an object.
        let mut objects = 0u64;
        let mut depth = 0;
        loop {
            match self.peek() {
                open @ (b'{' | b'[') => {
                    let close = if open == b'{' { b'}' } else { b']' };
                    self.at += 1;
                    if !self.take(close) {
                        if depth == DEEPEST {
                            return Err(wrong(JSON, self.at));
                        }
                        objects = objects << 1 | u64::from(open == b'{');
                        depth += 1;
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                b'"' => {
                    self.string()?;
                }
                b't' if self.literal(b"true") => {}
                b'f' if self.literal(b"false") => {}
                b'n' if self.literal(b"null") => {}
                _ => self.number()?,
            }
            // A value has ended; so may have those around it.
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let in_object = objects & 1 == 1;
                if self.another(if in_object { b'}' } else { b']' })? {
                    if in_object {
                        self.key()?;
                    }
                    break;
                }
                objects >>= 1;
                depth -= 1;
            }
        }
    }

    /// Any number of JSON.
    fn number(&mut self) -> Result<(), Wrong> {
        let digits = |this: &mut Self| {
            let start = this.at;
            while this.byte().is_ascii_digit() {
                this.at += 1;
            }
            if this.at == start {
                Err(wrong(JSON, this.at))
            } else {
                Ok(())
            }
        };
        if self.byte() == b'-' {
            self.at += 1;
        }
        if self.byte() == b'0' {
            self.at += 1;
        } else {
            digits(self)?;
        }
        if self.byte() == b'.' {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            digits(self)?;
        }
        Ok(())
    }

    /// Looks ahead from the members of an object for the value of `name`.
    pub fn find(&self, name: &[u8]) -> Result<Option<Self>, Wrong> {
        let mut here = self.clone();
        if here.take(b'}') {
            return Ok(None);
        }
        loop {
            let key = here.key()?;
            if key.plain(&mut [0; 64]) == name {
                return Ok(Some(here));
            }
            here.skip_value()?;
            if !here.another(b'}')? {
                return Ok(None);
            }
        }
    }
}

#[cfg(test)]
mod tests;
