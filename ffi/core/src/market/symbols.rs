//! The instruments that a parser reads: names as the feed writes them, ids, and steps of prices and quantities.
use super::scale::Scale;
use core::fmt;

/// An instrument of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// As the feed writes it, without padding.
    pub symbol: Box<[u8]>,
    pub instrument: u16,
    pub tick: Scale,
    pub lot: Scale,
}

/// Why an instrument could not be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingError {
    /// The symbol is empty or longer than [`LONGEST`].
    Symbol,
    /// The symbol, or the instrument, is listed already.
    Repeated,
    /// 65535 means the whole market.
    Instrument,
}

/// Bytes of the longest symbol.
pub const LONGEST: usize = 32;

impl fmt::Display for ListingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symbol => write!(f, "a symbol has 1 to {LONGEST} bytes"),
            Self::Repeated => write!(f, "the symbol or the instrument is listed already"),
            Self::Instrument => write!(f, "instruments are below 65535"),
        }
    }
}

/// Listings by symbol.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    /// Ascending by symbol.
    all: Vec<Listing>,
    /// Where the last one looked for was: messages of one instrument come in runs.
    last: usize,
}

impl Symbols {
    /// Lists an instrument.
    pub fn add(&mut self, listing: Listing) -> Result<(), ListingError> {
        if listing.symbol.is_empty() || listing.symbol.len() > LONGEST {
            return Err(ListingError::Symbol);
        }
        if listing.instrument == super::WHOLE_MARKET {
            return Err(ListingError::Instrument);
        }
        let other = |one: &Listing| one.instrument == listing.instrument;
        let place = self.place(&listing.symbol);
        match place {
            Err(at) if !self.all.iter().any(other) => {
                self.all.insert(at, listing);
                Ok(())
            }
            _ => Err(ListingError::Repeated),
        }
    }

    fn place(&self, symbol: &[u8]) -> Result<usize, usize> {
        self.all
            .binary_search_by(|listing| listing.symbol.as_ref().cmp(symbol))
    }

    /// The listing of a symbol.
    #[inline]
    pub(super) fn find(&mut self, symbol: &[u8]) -> Option<&Listing> {
        if self
            .all
            .get(self.last)
            .is_none_or(|listing| listing.symbol.as_ref() != symbol)
        {
            self.last = self.place(symbol).ok()?;
        }
        self.all.get(self.last)
    }

    /// The only listing there is.
    pub(super) fn only(&self) -> Option<&Listing> {
        match self.all.as_slice() {
            [listing] => Some(listing),
            _ => None,
        }
    }

    /// Instruments listed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}
