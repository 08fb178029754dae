//! Whether a fill-or-kill order would trade its whole quantity.
use super::super::SELF_TRADE_SHIFT;
use super::ladder::key_of;
use super::slab::{traits_of, NONE, REDUCE_ONLY, SELF_TRADE};
use super::DirectBook;
use crate::layout::{self_trade, side, OrderCommand};
use std::collections::{BTreeMap, VecDeque};

impl DirectBook {
    /// Whether a new order with that limit would be filled at once and in full.
    #[cold]
    #[inline(never)]
    pub(super) fn can_fill(&self, command: &OrderCommand, limit: i64) -> bool {
        if self.has_rare || traits_of(command) & (REDUCE_ONLY | SELF_TRADE) != 0 {
            return Rehearsal::of(self, command).fills(limit);
        }
        let against = 1 - command.side;
        let reach = key_of(against, limit);
        let mut missing = command.quantity;
        for key in self.keys(against).take_while(|key| *key >= reach) {
            missing -= self.ladder(against).get(key).shown;
            if missing <= 0 {
                return true;
            }
        }
        false
    }
}

/// A match gone through without changing anything: with reduce-only orders and self-trade prevention what trades depends
/// on what has traded before, so the only sure answer is to do it.
struct Rehearsal<'a> {
    book: &'a DirectBook,
    side: u8,
    reduce_only: bool,
    mode: u8,
    owner: u32,
    group: u32,
    left: i64,
    /// Positions as the rehearsed trades leave them, by owner.
    positions: BTreeMap<u32, i64>,
}

impl<'a> Rehearsal<'a> {
    fn of(book: &'a DirectBook, command: &OrderCommand) -> Self {
        let traits = traits_of(command);
        Self {
            book,
            side: command.side,
            reduce_only: traits & REDUCE_ONLY != 0,
            mode: (traits & SELF_TRADE) >> SELF_TRADE_SHIFT,
            owner: command.owner,
            group: book.account_of(command.owner).group,
            left: command.quantity,
            positions: BTreeMap::new(),
        }
    }

    fn reducible(&self, owner: u32, side: u8) -> i64 {
        let known = self.positions.get(&owner).copied();
        let position = known.unwrap_or_else(|| self.book.account_of(owner).position);
        if side == side::BUY {
            position.min(0).saturating_neg()
        } else {
            position.max(0)
        }
    }

    fn trade(&mut self, maker: u32, lots: i64) {
        self.left -= lots;
        if maker == self.owner {
            return;
        }
        let bought = if self.side == side::BUY { lots } else { -lots };
        for (owner, change) in [(self.owner, bought), (maker, -bought)] {
            let before = || self.book.account_of(owner).position;
            let position = self.positions.entry(owner).or_insert_with(before);
            *position = position.saturating_add(change);
        }
    }

    fn fills(mut self, limit: i64) -> bool {
        let against = 1 - self.side;
        let reach = key_of(against, limit);
        let keys: Vec<i64> = self
            .book
            .keys(against)
            .take_while(|key| *key >= reach)
            .collect();
        for key in keys {
            if !self.empties(against, key) {
                break;
            }
        }
        self.left == 0
    }

    /// Goes through one level; returns whether there is more to do behind it.
    fn empties(&mut self, against: u8, key: i64) -> bool {
        let book = self.book;
        let mut queue: VecDeque<(u32, i64, i64)> = book
            .queue_of(against, key)
            .map(|slot| (slot, book.orders[slot].shown, book.orders[slot].hidden))
            .collect();
        while let Some((slot, shown, hidden)) = queue.pop_front() {
            debug_assert_ne!(slot, NONE);
            let (order, mut lots) = (&book.orders[slot], self.left.min(shown));
            let maker = &book.accounts[order.account];
            if self.reduce_only {
                lots = lots.min(self.reducible(self.owner, self.side));
            }
            if lots == 0 {
                return false;
            }
            if self.mode != self_trade::NONE && maker.group == self.group {
                if self.mode == self_trade::CANCEL_OLDEST {
                    continue;
                }
                // Whatever the mode, some of the quantity will not trade.
                return false;
            }
            if maker.owner == self.owner && self.reduce_only {
                return false;
            }
            if maker.owner == self.owner && order.traits & REDUCE_ONLY != 0 {
                continue;
            }
            if order.traits & REDUCE_ONLY != 0 {
                lots = lots.min(self.reducible(maker.owner, against));
                if lots == 0 {
                    continue;
                }
            }
            self.trade(maker.owner, lots);
            if lots < shown {
                queue.push_front((slot, shown - lots, hidden));
            } else if hidden > 0 {
                let next = hidden.min(i64::from(book.orders.rest(slot).display));
                queue.push_back((slot, next, hidden - next));
            }
        }
        true
    }
}
