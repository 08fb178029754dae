//! What the gate was told about the world beside limits and prices: who may trade where, what is restricted, how markets
//! stand, what may be sold short.
//!
//! Every fact is recorded before it counts. Protected quotes come too often for that: a status that changes nothing but
//! them is not on the log. A fact replaces the one before it of the same kind and name; nothing here is ever worked out
//! from an order, except how much of a locate is used.
mod capital;
mod locates;
mod mandates;
mod moves;
mod restrictions;
mod security;
mod soft;
mod sweeps;
mod tell;

pub use locates::Locates;
pub use moves::Moves;
pub use security::Security;

use super::ports::Journal;
use super::reference::Reference;
use super::Gate;
use crate::image::image;
use crate::layout::{
    code, demand, fact_kind, market_phase, scope_kind, GateDemands, Locate, Mandate, MarketSeen,
    MarketStatus, Restriction, SecurityTerms, Sweep, INSTRUMENT_LAST, STRATEGY_LAST,
};
use crate::record::{self, bytes_of, Record};
use capital::Capitals;
use mandates::Mandates;
use restrictions::Restrictions;
use sha2::{Digest, Sha256};
use soft::Soft;
use sweeps::Sweeps;

/// Largest id of a venue: a set of venues is a number that every language holds exactly.
const LAST_VENUE: u8 = 52;
/// Added to a fact's kind, the schema version of the LimitsSet record that holds it.
pub const FACT_VERSION: u16 = 16;
/// `instrument` of the status of the whole market, and of a restriction of an issuer.
pub const WHOLE_MARKET: u16 = u16::MAX;

/// Reasons to run a row of the table that come from what is loaded, beside those of [`demand`].
pub mod held {
    /// Some parent order was opened.
    pub const PARENTS: u32 = 1 << 23;
    /// Some node limits a sum over instruments.
    pub const FACTORS: u32 = 1 << 24;
    /// Some node has capital.
    pub const CAPITAL: u32 = 1 << 25;
    /// Some node has soft limits.
    pub const SOFT: u32 = 1 << 26;
    /// Some strategy has a throttle.
    pub const THROTTLES: u32 = 1 << 27;
    /// Some node limits a short window.
    pub const BURSTS: u32 = 1 << 28;
    /// Some node has a message budget.
    pub const PACES: u32 = 1 << 29;
    /// Some strategy has a mandate.
    pub const MANDATES: u32 = 1 << 30;
    /// Some restricted list has an entry.
    pub const RESTRICTIONS: u32 = 1 << 31;
}

/// Everything told so far.
#[derive(Default)]
pub struct Facts {
    firm: GateDemands,
    /// Bits of [`demand`] and [`held`] that hold for every order.
    needs: u32,
    securities: Vec<Security>,
    /// Stands for an instrument of which nothing is known.
    unknown: Security,
    market: MarketStatus,
    pub(super) restrictions: Restrictions,
    pub(super) mandates: Mandates,
    pub(super) locates: Locates,
    pub(super) sweeps: Sweeps,
    pub(super) capitals: Capitals,
    pub(super) soft: Soft,
}

image!(Facts {
    firm,
    needs,
    securities,
    unknown,
    market,
    restrictions,
    mandates,
    locates,
    sweeps,
    capitals,
    soft
});

impl Facts {
    /// What is known of an instrument; of most, nothing.
    #[inline]
    #[must_use]
    pub fn security(&self, instrument: u16) -> &Security {
        self.securities
            .get(usize::from(instrument))
            .unwrap_or(&self.unknown)
    }

    /// Why rows of the table must be run for an order in this instrument.
    #[inline]
    #[must_use]
    pub fn needs(&self, security: &Security) -> u32 {
        self.needs | security.terms.demands
    }

    /// How the whole market stands.
    #[must_use]
    pub const fn market(&self) -> &MarketStatus {
        &self.market
    }

    /// Until when the lists count as current.
    #[must_use]
    pub const fn lists_until(&self) -> i64 {
        self.firm.lists_until
    }

    /// Takes what was put on record of an instrument's market beside its prices.
    pub fn see_again(&mut self, seen: &MarketSeen, moves: Moves) {
        let known = self.security(seen.instrument);
        let told = seen.status_time != 0 || seen.quotes_time != 0;
        let status = MarketStatus {
            instrument: if told {
                seen.instrument
            } else {
                known.status.instrument
            },
            time: seen.status_time,
            away_bid: seen.away_bid,
            away_ask: seen.away_ask,
            snapshot: seen.snapshot,
            quotes_time: seen.quotes_time,
            ..known.status
        };
        // Of an instrument of which nothing but prices is known nothing is kept.
        if (known.status, known.moves) != (status, moves) {
            let security = self.security_mut(seen.instrument);
            (security.status, security.moves) = (status, moves);
        }
    }

    fn security_mut(&mut self, instrument: u16) -> &mut Security {
        let at = usize::from(instrument);
        if at >= self.securities.len() {
            self.securities.resize(at + 1, Security::default());
        }
        &mut self.securities[at]
    }

    /// Adds up what is held, here and elsewhere.
    fn renew_needs(&mut self, elsewhere: &[(bool, u32)]) {
        let here = [
            (!self.mandates.is_empty(), held::MANDATES),
            (!self.restrictions.is_empty(), held::RESTRICTIONS),
            (!self.capitals.is_empty(), held::CAPITAL),
            (!self.soft.is_empty(), held::SOFT),
        ];
        let held = here.iter().chain(elsewhere).filter(|(is, _)| *is);
        self.needs = held.fold(self.firm.demands, |needs, (_, bit)| needs | bit);
    }

    /// Whether any of these reasons holds for every order.
    #[inline]
    #[must_use]
    pub const fn has(&self, reasons: u32) -> bool {
        self.needs & reasons != 0
    }

    /// Some parent order was opened.
    pub(super) fn has_parents(&mut self) {
        self.needs |= held::PARENTS;
    }

    /// Takes in the price of an instrument whose moves are measured.
    pub(super) fn note_price(&mut self, instrument: u16, reference: &Reference) {
        let asked = self.needs(self.security(instrument)) & demand::PRICE_MOVE != 0;
        if asked {
            let security = self.security_mut(instrument);
            let window = security.terms.move_window_ms;
            security.moves.note(reference, window);
        }
    }

    /// Feeds everything to `digest` that a restart has to restore, in canonical order.
    pub fn digest(&self, digest: &mut Sha256) {
        digest.update(bytes_of(&self.firm));
        digest.update([self.market.phase]);
        let known = |security: &&Security| **security != self.unknown;
        for security in self.securities.iter().filter(known) {
            digest.update(bytes_of(&security.terms));
            digest.update(bytes_of(&security.status_on_record()));
        }
        self.restrictions.digest(digest);
        self.mandates.digest(digest);
        self.locates.digest(digest);
        self.sweeps.digest(digest);
        self.capitals.digest(digest);
        self.soft.digest(digest);
    }
}

/// Bits of [`demand`] that have a meaning.
const KNOWN_DEMANDS: u32 = demand::MANDATE
    | demand::LISTS
    | demand::MARKET_STATE
    | demand::PRICE_BANDS
    | demand::SHORT_SALE
    | demand::SHORT_PRICE_TEST
    | demand::TRADE_THROUGH
    | demand::LOCKED_MARKET
    | demand::VOLUME
    | demand::PRICE_MOVE
    | demand::PARENTS
    | demand::SELF_MATCH
    | demand::LIQUIDITY;

fn read<T: Record>(bytes: &[u8]) -> Result<T, u32> {
    if bytes.len() != size_of::<T>() {
        return Err(code::BAD_ARGUMENT);
    }
    record::read(bytes).ok_or(code::BAD_ARGUMENT)
}

pub(super) fn sound(is: bool) -> Result<(), u32> {
    is.then_some(()).ok_or(code::BAD_ARGUMENT)
}

impl Gate {
    /// Takes in one fact, the record of its kind ([`fact_kind`]), and records it. Time in nanoseconds.
    ///
    /// # Errors
    /// `BAD_ARGUMENT` when the kind is not known, the length is not its record's or a field is out of range;
    /// `AUDIT_FAILED` when it could not be recorded (nothing changes, and the gate is shut).
    pub fn tell(
        &mut self,
        journal: &mut impl Journal,
        kind: u32,
        fact: &[u8],
        time: i64,
    ) -> Result<(), u32> {
        match kind {
            fact_kind::DEMANDS => self.tell_demands(journal, &read(fact)?, time),
            fact_kind::SECURITY => self.tell_terms(journal, &read(fact)?, time),
            fact_kind::MARKET_STATUS => self.tell_status(journal, &read(fact)?, time),
            fact_kind::RESTRICTION => self.tell_restriction(journal, &read(fact)?, time),
            fact_kind::LOCATE => self.tell_locate(journal, &read(fact)?, time),
            fact_kind::MANDATE => self.tell_mandate(journal, &read(fact)?, time),
            fact_kind::SWEEP => self.tell_sweep(journal, &read(fact)?, time),
            fact_kind::PACE => self.tell_pace(journal, &read(fact)?, time),
            fact_kind::BURST => self.tell_burst(journal, &read(fact)?, time),
            fact_kind::THROTTLE => self.tell_throttle(journal, &read(fact)?, time),
            fact_kind::REARM => self.tell_rearm(journal, &read(fact)?, time),
            fact_kind::PARENTS => self.tell_parents(journal, &read(fact)?, time),
            fact_kind::SOFT => self.tell_soft(journal, &read(fact)?, time),
            fact_kind::CAPITAL => self.tell_capital(journal, &read(fact)?, time),
            fact_kind::PROFIT => self.tell_profit(journal, &read(fact)?, time),
            fact_kind::FACTOR => self.tell_factor(journal, &read(fact)?, time),
            fact_kind::FACTOR_LIMIT => self.tell_factor_limit(journal, &read(fact)?, time),
            _ => Err(code::BAD_ARGUMENT),
        }
    }

    /// Works out anew which rows have a reason to run.
    pub(super) fn renew_needs(&mut self) {
        let flow = &self.flow;
        self.facts.renew_needs(&[
            (!flow.paces.is_empty(), held::PACES),
            (!flow.bursts.is_empty(), held::BURSTS),
            (!flow.throttles.is_empty(), held::THROTTLES),
            (!flow.parents.is_empty(), held::PARENTS),
            (!self.scopes.factors().is_empty(), held::FACTORS),
        ]);
    }

    fn is_node(&self, node: u32) -> bool {
        (node as usize) < self.scopes.nodes().len()
    }

    pub(super) fn record_fact<T: Record>(
        &mut self,
        journal: &mut impl Journal,
        kind: u32,
        fact: &T,
        time: i64,
    ) -> Result<(), u32> {
        self.record_limits(journal, FACT_VERSION + kind as u16, time, bytes_of(fact))
    }

    fn tell_demands(
        &mut self,
        journal: &mut impl Journal,
        demands: &GateDemands,
        time: i64,
    ) -> Result<(), u32> {
        sound(demands.demands & !KNOWN_DEMANDS == 0)?;
        self.record_fact(journal, fact_kind::DEMANDS, demands, time)?;
        self.facts.firm = *demands;
        self.renew_needs();
        Ok(())
    }

    fn tell_terms(
        &mut self,
        journal: &mut impl Journal,
        terms: &SecurityTerms,
        time: i64,
    ) -> Result<(), u32> {
        sound(
            u32::from(terms.instrument) <= INSTRUMENT_LAST
                && terms.venue <= LAST_VENUE
                && terms.demands & !KNOWN_DEMANDS == 0
                && terms.average_volume >= 0
                && terms.prior_close >= 0,
        )?;
        self.record_fact(journal, fact_kind::SECURITY, terms, time)?;
        self.facts.security_mut(terms.instrument).take(terms);
        Ok(())
    }

    fn tell_status(
        &mut self,
        journal: &mut impl Journal,
        status: &MarketStatus,
        time: i64,
    ) -> Result<(), u32> {
        let prices = [
            status.lower_band,
            status.upper_band,
            status.away_bid,
            status.away_ask,
        ];
        sound(
            market_phase::is_known(status.phase)
                && status.price_test <= 2
                && prices.iter().all(|price| *price >= 0),
        )?;
        if status.instrument == WHOLE_MARKET {
            self.record_fact(journal, fact_kind::MARKET_STATUS, status, time)?;
            self.facts.market = *status;
            return Ok(());
        }
        let before = self.facts.security(status.instrument);
        if before.says_more(status) {
            self.record_fact(journal, fact_kind::MARKET_STATUS, status, time)?;
        }
        self.facts.security_mut(status.instrument).status = *status;
        self.note_untold(status.instrument);
        Ok(())
    }

    fn tell_restriction(
        &mut self,
        journal: &mut impl Journal,
        entry: &Restriction,
        time: i64,
    ) -> Result<(), u32> {
        let by_issuer = entry.instrument == WHOLE_MARKET;
        sound(self.is_node(entry.node) && entry.sides <= 3 && by_issuer == (entry.issuer != 0))?;
        self.record_fact(journal, fact_kind::RESTRICTION, entry, time)?;
        self.facts.restrictions.enter(entry);
        self.renew_needs();
        Ok(())
    }

    fn tell_locate(
        &mut self,
        journal: &mut impl Journal,
        locate: &Locate,
        time: i64,
    ) -> Result<(), u32> {
        let node = self.scopes.nodes().get(locate.node as usize);
        let is_account = node.is_some_and(|node| node.scope.kind == scope_kind::ACCOUNT);
        sound(
            is_account && locate.quantity >= 0 && u32::from(locate.instrument) <= INSTRUMENT_LAST,
        )?;
        self.record_fact(journal, fact_kind::LOCATE, locate, time)?;
        self.facts.locates.grant(locate);
        Ok(())
    }

    fn tell_mandate(
        &mut self,
        journal: &mut impl Journal,
        mandate: &Mandate,
        time: i64,
    ) -> Result<(), u32> {
        sound((1..=STRATEGY_LAST).contains(&mandate.strategy) && mandate.active <= 1)?;
        self.record_fact(journal, fact_kind::MANDATE, mandate, time)?;
        self.facts.mandates.give(mandate);
        self.renew_needs();
        Ok(())
    }

    fn tell_sweep(
        &mut self,
        journal: &mut impl Journal,
        sweep: &Sweep,
        time: i64,
    ) -> Result<(), u32> {
        sound(
            (1..=STRATEGY_LAST).contains(&sweep.strategy)
                && u32::from(sweep.instrument) <= INSTRUMENT_LAST
                && sweep.bid >= 0
                && sweep.ask >= 0,
        )?;
        self.record_fact(journal, fact_kind::SWEEP, sweep, time)?;
        self.facts.sweeps.take(sweep);
        Ok(())
    }
}
