//! One ITCH message of the right length to events. Offsets are those of the specification, section by section.
use crate::layout::feed_fault::{OFF_LOT, OFF_TICK, RANGE, SHAPE, TIME_BACKWARDS};
use crate::layout::{feed_event_kind as kind, side, FeedEvent};
use crate::market::fault::{wrong, Wrong};
use crate::market::scale::{Scale, Unscaled};
use crate::market::symbols::Symbols;
use crate::market::{NO_SIDE, WHOLE, WHOLE_MARKET};

/// Decimals that prices of four bytes imply.
const PRICE_DECIMALS: u32 = 4;

/// What a locate code stands for today.
#[derive(Clone, Copy, Debug)]
struct Located {
    instrument: u16,
    tick: Scale,
    lot: Scale,
}

/// Reads messages by the directory of the day.
#[derive(Debug)]
pub(super) struct Decoder {
    pub symbols: Symbols,
    midnight: i64,
    /// Time of the last message, since midnight.
    time: u64,
    /// By locate code, as far as codes were given.
    located: Vec<Option<Located>>,
}

/// A message, and where its numbers stand.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    #[inline(always)]
    fn array<const N: usize>(self, at: usize) -> [u8; N] {
        // The length was compared with the table, which holds every field read here; a test walks all of them.
        self.0[at..at + N].try_into().expect("N bytes")
    }

    #[inline(always)]
    fn u16(self, at: usize) -> u16 {
        u16::from_be_bytes(self.array(at))
    }

    #[inline(always)]
    fn u32(self, at: usize) -> u32 {
        u32::from_be_bytes(self.array(at))
    }

    #[inline(always)]
    fn u48(self, at: usize) -> u64 {
        u64::from(self.u16(at)) << 32 | u64::from(self.u32(at + 2))
    }

    #[inline(always)]
    fn u64(self, at: usize) -> u64 {
        u64::from_be_bytes(self.array(at))
    }

    #[inline(always)]
    fn letter(self, at: usize) -> u8 {
        self.0[at]
    }

    #[inline]
    fn side(self, at: usize) -> Result<u8, Wrong> {
        match self.letter(at) {
            b'B' => Ok(side::BUY),
            b'S' => Ok(side::SELL),
            _ => Err(wrong(SHAPE, at)),
        }
    }

    /// A letter that must be one of those.
    fn one_of(self, at: usize, letters: &[u8]) -> Result<u8, Wrong> {
        let letter = self.letter(at);
        if letters.contains(&letter) {
            Ok(letter)
        } else {
            Err(wrong(SHAPE, at))
        }
    }

    /// Ticks of a price; 0 for none, where that is allowed.
    #[inline]
    fn price_or_none(self, located: &Located, at: usize) -> Result<i64, Wrong> {
        let ticks = located
            .tick
            .steps_of(i64::from(self.u32(at)), PRICE_DECIMALS);
        ticks.map_err(|why| unscaled(why, OFF_TICK, at))
    }

    #[inline]
    fn price(self, located: &Located, at: usize) -> Result<i64, Wrong> {
        match self.price_or_none(located, at)? {
            0 => Err(wrong(OFF_TICK, at)),
            ticks => Ok(ticks),
        }
    }

    #[inline]
    fn lots(self, located: &Located, shares: u64, at: usize) -> Result<i64, Wrong> {
        let shares = i64::try_from(shares).map_err(|_| wrong(RANGE, at))?;
        let lots = located.lot.steps_of(shares, 0);
        lots.map_err(|why| unscaled(why, OFF_LOT, at))
    }

    /// Lots of shares in four bytes, which must be some.
    #[inline]
    fn some_lots(self, located: &Located, at: usize) -> Result<i64, Wrong> {
        match self.lots(located, u64::from(self.u32(at)), at)? {
            0 => Err(wrong(OFF_LOT, at)),
            lots => Ok(lots),
        }
    }
}

#[cold]
fn unscaled(why: Unscaled, off: u32, at: usize) -> Wrong {
    let fault = if why == Unscaled::Off { off } else { RANGE };
    wrong(fault, at)
}

/// The letter of a message and a letter in it.
fn detail(kind: u8, letter: u8) -> u16 {
    u16::from(kind) | u16::from(letter) << 8
}

impl Decoder {
    pub fn new(midnight: i64) -> Self {
        Self {
            symbols: Symbols::default(),
            midnight,
            time: 0,
            located: Vec::new(),
        }
    }

    /// Appends the events of a message whose length is that of its type.
    #[inline]
    pub fn decode(&mut self, message: &[u8], events: &mut Vec<FeedEvent>) -> Result<(), Wrong> {
        let fields = Fields(message);
        let (letter, time) = (fields.letter(0), fields.u48(5));
        // A new day begins anew.
        let begins = letter == b'S' && fields.letter(11) == b'O';
        if time < self.time && !begins {
            return Err(wrong(TIME_BACKWARDS, 5));
        }
        let stamp = self.midnight.checked_add_unsigned(time);
        let stamp = stamp.ok_or(wrong(RANGE, 5))?;
        let event = FeedEvent {
            side: NO_SIDE,
            flags: WHOLE,
            instrument: WHOLE_MARKET,
            detail: u16::from(letter),
            exchange_time: stamp,
            local_time: stamp,
            ..FeedEvent::default()
        };
        let found = match letter {
            b'S' => Some(self.system(fields, event)?),
            b'R' => self.directory(fields, event)?,
            b'W' => Some(FeedEvent {
                kind: kind::BREACH,
                quantity: i64::from(fields.one_of(11, b"123")? - b'0'),
                ..event
            }),
            b'V' => None,
            _ => match self.located.get(usize::from(fields.u16(1))) {
                Some(Some(located)) => about_one(fields, located, event)?,
                _ => None,
            },
        };
        self.time = time;
        events.extend(found);
        Ok(())
    }

    /// `S`: parts of the day. The first of them begins a session: locate codes are given anew.
    fn system(&mut self, fields: Fields<'_>, event: FeedEvent) -> Result<FeedEvent, Wrong> {
        let letter = fields.one_of(11, b"OSQMEC")?;
        if letter == b'O' {
            self.located.clear();
        }
        Ok(FeedEvent {
            kind: kind::SESSION,
            detail: detail(b'S', letter),
            ..event
        })
    }

    /// `R`: a locate code and its symbol.
    fn directory(
        &mut self,
        fields: Fields<'_>,
        event: FeedEvent,
    ) -> Result<Option<FeedEvent>, Wrong> {
        let padded: [u8; 8] = fields.array(11);
        let Some(listing) = self.symbols.find(padded.trim_ascii_end()) else {
            return Ok(None);
        };
        let located = Located {
            instrument: listing.instrument,
            tick: listing.tick,
            lot: listing.lot,
        };
        let code = usize::from(fields.u16(1));
        if self.located.len() <= code {
            self.located.resize(code + 1, None);
        }
        let place = &mut self.located[code];
        let known = place.is_some_and(|before| before.instrument == located.instrument);
        *place = Some(located);
        Ok(Some(FeedEvent {
            // Told again during the day, it says nothing about the orders that rest.
            kind: if known { kind::LISTED } else { kind::CLEAR },
            instrument: located.instrument,
            ..event
        }))
    }
}

/// Messages about one instrument; `None` for those that say nothing that is used here.
#[inline]
fn about_one(
    fields: Fields<'_>,
    of: &Located,
    event: FeedEvent,
) -> Result<Option<FeedEvent>, Wrong> {
    let event = FeedEvent {
        instrument: of.instrument,
        ..event
    };
    let found = match fields.letter(0) {
        b'A' | b'F' => FeedEvent {
            kind: kind::ADD,
            order_id: fields.u64(11),
            side: fields.side(19)?,
            quantity: fields.some_lots(of, 20)?,
            price: fields.price(of, 32)?,
            ..event
        },
        b'E' => FeedEvent {
            kind: kind::EXECUTE,
            order_id: fields.u64(11),
            quantity: fields.some_lots(of, 19)?,
            first_id: fields.u64(23),
            ..event
        },
        b'C' => FeedEvent {
            kind: kind::EXECUTE_AT,
            order_id: fields.u64(11),
            quantity: fields.some_lots(of, 19)?,
            first_id: fields.u64(23),
            detail: detail(b'C', fields.one_of(31, b"YN")?),
            price: fields.price(of, 32)?,
            ..event
        },
        b'X' => FeedEvent {
            kind: kind::REDUCE,
            order_id: fields.u64(11),
            quantity: fields.some_lots(of, 19)?,
            ..event
        },
        b'D' => FeedEvent {
            kind: kind::DELETE,
            order_id: fields.u64(11),
            ..event
        },
        b'U' => FeedEvent {
            kind: kind::REPLACE,
            order_id: fields.u64(11),
            first_id: fields.u64(19),
            quantity: fields.some_lots(of, 27)?,
            price: fields.price(of, 31)?,
            ..event
        },
        _ => return rarer(fields, of, event),
    };
    Ok(Some(found))
}

/// Trades beside the displayed book, auctions, and states of trading.
#[inline(never)]
fn rarer(fields: Fields<'_>, of: &Located, event: FeedEvent) -> Result<Option<FeedEvent>, Wrong> {
    let found = match fields.letter(0) {
        b'P' => FeedEvent {
            kind: kind::HIDDEN_TRADE,
            order_id: fields.u64(11),
            side: fields.side(19)?,
            quantity: fields.some_lots(of, 20)?,
            price: fields.price(of, 32)?,
            first_id: fields.u64(36),
            ..event
        },
        b'Q' => FeedEvent {
            kind: kind::CROSS_TRADE,
            // An auction without a trade is told too.
            quantity: fields.lots(of, fields.u64(11), 11)?,
            price: fields.price_or_none(of, 27)?,
            first_id: fields.u64(31),
            detail: detail(b'Q', fields.one_of(39, b"OCHI")?),
            ..event
        },
        b'B' => FeedEvent {
            kind: kind::BROKEN_TRADE,
            first_id: fields.u64(11),
            ..event
        },
        b'H' => {
            let state = fields.one_of(19, b"HPQT")?;
            FeedEvent {
                kind: kind::STATE,
                quantity: i64::from(state == b'T'),
                detail: detail(b'H', state),
                ..event
            }
        }
        b'h' => {
            let action = fields.one_of(20, b"HT")?;
            FeedEvent {
                kind: kind::STATE,
                quantity: i64::from(action == b'T'),
                detail: detail(b'h', action),
                ..event
            }
        }
        b'I' => FeedEvent {
            kind: kind::IMBALANCE,
            order_id: fields.u64(11),
            quantity: fields.lots(of, fields.u64(19), 19)?,
            side: match fields.one_of(27, b"BSNOP")? {
                b'B' => side::BUY,
                b'S' => side::SELL,
                _ => NO_SIDE,
            },
            previous_id: fields.price_or_none(of, 36)? as u64,
            first_id: fields.price_or_none(of, 40)? as u64,
            price: fields.price_or_none(of, 44)?,
            detail: detail(b'I', fields.one_of(48, b"OCHA")?),
            ..event
        },
        b'J' => FeedEvent {
            kind: kind::COLLAR,
            price: fields.price(of, 19)?,
            first_id: fields.price(of, 23)? as u64,
            previous_id: fields.price(of, 27)? as u64,
            ..event
        },
        b'K' => FeedEvent {
            kind: kind::RELEASE,
            first_id: u64::from(fields.u32(19)),
            detail: detail(b'K', fields.one_of(23, b"AC")?),
            price: fields.price_or_none(of, 24)?,
            ..event
        },
        _ => return Ok(None),
    };
    Ok(Some(found))
}
