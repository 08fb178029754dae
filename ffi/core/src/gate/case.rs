//! One command with everything the checks may look at. Checks are pure functions of it.
use super::bucket::Bucket;
use super::checks::parent::Parentage;
use super::facts::{Facts, Security};
use super::flow::Flow;
use super::ids::IdSet;
use super::orders::OpenOrder;
use super::plain::is_plain;
use super::recent::Recent;
use super::reference::Reference;
use super::scopes::{Cell, Leaf, Level, Money, Scopes, Strategy, Terms, Worst, ACCOUNT, LEVELS};
use crate::layout::{command_kind, InstrumentRules, OrderCommand};

/// A command under decision.
pub struct Case<'a> {
    /// The command.
    pub command: &'a OrderCommand,
    /// Its time, never before an earlier command of the strategy; nanoseconds.
    pub now: i64,
    /// Strictest scope state, read after this decision was announced.
    pub state: u32,
    /// The strategy, if it has a place in the tree.
    pub strategy: Option<&'a Strategy>,
    /// Where the strategy's orders in the instrument are counted.
    pub leaf: Option<&'a Leaf>,
    /// What is counted there and at every level above, from the strategy up to the firm.
    pub counted: Option<[Level<'a>; LEVELS]>,
    /// What the strategy may do in the instrument; none means nothing may pass.
    pub terms: Option<&'a Terms>,
    /// Rules of the instrument; none means nothing may pass.
    pub rules: Option<&'a InstrumentRules>,
    /// The order to cancel or amend, if it is open.
    pub target: Option<&'a OpenOrder>,
    /// The parent of the order, or of its target.
    pub parent: Parentage,
    /// Market prices of the instrument.
    pub reference: Reference,
    /// Ids ever used.
    pub ids: &'a IdSet,
    /// Orders of the last moments.
    pub recent: &'a Recent,
    /// The tree, for how much room there is.
    pub scopes: &'a Scopes,
    /// What was told beside limits and prices.
    pub facts: &'a Facts,
    /// Budgets, windows and parents.
    pub flow: &'a Flow,
    /// What was told of the instrument.
    pub security: &'a Security,
    /// Reasons to run rows that have one: bits of `demand` and `held`.
    pub needs: u32,
    /// Open lots the command adds to those already counted.
    pub added: i64,
    /// The strategy's worst cases with this command let through.
    pub worst: Worst,
    /// Money units of one lot at the reference price; `None` when there is no price or it does not fit.
    pub mark: Option<i64>,
    /// Whether one look at all levels settles the rows that ask about them; see `plain`.
    pub plain: bool,
    /// What the command adds to the sums of every level above, if it is let through; `None` when that has no value.
    pub moved: Option<Money>,
}

/// Lots a command adds to those open already; `target` is the order it is to change.
#[inline]
pub fn lots_added(command: &OrderCommand, target: Option<&OpenOrder>) -> i64 {
    match (command.kind, target) {
        (command_kind::AMEND, Some(target)) => command
            .quantity
            .saturating_sub(target.filled())
            .saturating_sub(target.reserved())
            .max(0),
        (command_kind::CANCEL | command_kind::CANCEL_OWNER, _) => 0,
        _ => command.quantity,
    }
}

/// What the sums of every level move by when a leaf comes to another worst case at `mark` money units a lot.
#[inline]
pub fn moved(own: &Cell, leaf: &Leaf, worst: &Worst, mark: i64) -> Money {
    Money::at(worst, mark).minus(Money::of(own, leaf.mark))
}

impl<'a> Case<'a> {
    /// Side the command adds lots to: an amend stays on its target's side.
    #[inline]
    #[must_use]
    pub fn side(&self) -> u8 {
        self.target.map_or(self.command.side, |target| target.side)
    }

    /// Works out what the checks ask for more than once.
    #[inline]
    pub fn work_out(&mut self) {
        self.added = lots_added(self.command, self.target);
        let (scopes, side, added) = (self.scopes, self.side(), self.added);
        self.counted = self.leaf.map(|leaf| scopes.levels(leaf, side, added));
        let own = self.own();
        self.worst = match &self.counted {
            Some([own, ..]) => own.after,
            None => own.worst(side, added),
        };
        if let (Some(leaf), Some(rules), Some(ticks)) =
            (self.leaf, self.rules, self.reference.ticks())
        {
            self.mark = ticks.checked_mul(rules.units_per_tick_lot);
            self.moved = self.mark.map(|mark| moved(own, leaf, &self.worst, mark));
        }
        self.plain = self.command.kind != command_kind::CANCEL && is_plain(self);
    }

    /// The levels at which the command counts, from the strategy up to the firm; none when it counts nowhere.
    #[inline]
    #[must_use]
    pub fn levels(&self) -> &[Level<'a>] {
        self.counted.as_ref().map_or(&[], |levels| levels)
    }

    /// What the strategy holds in the instrument.
    #[inline]
    #[must_use]
    pub fn own(&self) -> &'a Cell {
        static NOTHING: Cell = Cell::CLOSED;
        self.levels().first().map_or(&NOTHING, |own| own.cell)
    }

    /// Whether the order only takes away from the strategy's position.
    #[inline]
    #[must_use]
    pub fn reduces(&self) -> bool {
        self.worst.reduces(self.side())
    }

    /// What the strategy's account holds in the instrument.
    #[must_use]
    pub fn account(&self) -> Option<&'a Cell> {
        self.leaf.map(|leaf| self.scopes.cell(leaf.cells[ACCOUNT]))
    }

    /// Whether the instrument is on the easy-to-borrow list now.
    #[must_use]
    pub fn is_easy_to_borrow(&self) -> bool {
        self.now < self.security.terms.easy_until
    }

    /// Message budget of the strategy.
    #[inline]
    #[must_use]
    pub fn bucket(&self) -> Bucket {
        self.strategy
            .map_or(Bucket::EMPTY, |strategy| strategy.bucket)
    }
}
