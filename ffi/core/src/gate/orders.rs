//! One open order as the gate sees it: what may still fill, counting changes that are on their way.
use super::flags;
use crate::image::image;
use crate::layout::OrderCommand;

/// More changes than this under way for one order are no longer told apart.
const TRACKED: u8 = 32;
/// Bit of `OpenOrder.marks`: it is a child of a parent order.
pub const CHILD: u16 = flags::CHILD;
/// Bit of `OpenOrder.marks`: it took its lots from a locate.
pub const LOCATED: u16 = 1 << 15;
/// `under_way` of an order whose changes are no longer told apart.
const LOST_COUNT: u8 = u8::MAX;

/// A change the gate let through and the venue has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A cancel.
    Cancel,
    /// An amend to this total, what has filled included.
    Amend(i64),
}

/// An order that is resting or on its way to the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// Limit price in ticks, 0 for a market order.
    pub price: i64,
    /// Lots entered, as the venue last said (FIX OrderQty); what is not open of them has filled.
    pub total: i64,
    /// Lots the venue last said are open (at first, the lots entered).
    pub leaves: i64,
    /// Largest total any unanswered amend asks for, 0 when there is none.
    amended: i64,
    /// Strategy id.
    pub strategy: u32,
    /// Where the gate counts it.
    pub leaf: u32,
    /// Place of its parent; `NO_PARENT` when it is no child.
    pub parent: u32,
    /// Bit i is set when the i-th oldest unanswered change is an amend.
    amends: u32,
    /// Instrument id.
    pub instrument: u16,
    /// Side.
    pub side: u8,
    /// Unanswered changes, or `LOST_COUNT`.
    under_way: u8,
    /// How it was marked, of `OrderCommand.flags`, and whether it is `LOCATED`.
    pub marks: u16,
}

image!(OpenOrder {
    price,
    total,
    leaves,
    amended,
    strategy,
    leaf,
    parent,
    amends,
    instrument,
    side,
    under_way,
    marks
});

impl OpenOrder {
    /// The order a new command enters, counted at `leaf`, under the parent at a place.
    #[must_use]
    pub const fn entered(command: &OrderCommand, leaf: u32, parent: u32) -> Self {
        Self {
            price: command.price,
            total: command.quantity,
            leaves: command.quantity,
            amended: 0,
            strategy: command.owner,
            leaf,
            parent,
            amends: 0,
            instrument: command.instrument,
            side: command.side,
            under_way: 0,
            marks: command.flags & (flags::ANY_SHORT | flags::CHILD),
        }
    }

    /// Lots that have filled, as far as is known.
    #[must_use]
    pub const fn filled(&self) -> i64 {
        self.total.saturating_sub(self.leaves)
    }

    /// Lots that count against limits: the largest total the order may have, less what has filled. Fills that are not
    /// known yet only move lots from here to the position.
    #[must_use]
    pub fn reserved(&self) -> i64 {
        self.total.max(self.amended).saturating_sub(self.filled())
    }

    /// Notes that `change` went out.
    pub fn send(&mut self, change: Change) {
        if let Change::Amend(quantity) = change {
            self.amended = self.amended.max(quantity);
        }
        if self.under_way >= TRACKED {
            self.under_way = LOST_COUNT;
            return;
        }
        if matches!(change, Change::Amend(_)) {
            self.amends |= 1 << self.under_way;
        }
        self.under_way += 1;
    }

    /// Whether a cancel went out that the venue has not answered.
    #[must_use]
    pub const fn is_being_cancelled(&self) -> bool {
        self.under_way == LOST_COUNT || self.under_way as u32 > self.amends.count_ones()
    }

    /// Notes that the venue took `lots` away without a trade.
    pub fn restated(&mut self, lots: i64, leaves: i64) {
        self.total = self.total.saturating_sub(lots).max(leaves);
        self.leaves = leaves;
    }

    /// Notes that the venue refused the oldest unanswered change.
    pub fn refused(&mut self) {
        if self.under_way != LOST_COUNT && self.under_way > 0 {
            self.amends >>= 1;
            self.under_way -= 1;
            self.forget_answered_amends();
        }
    }

    /// Notes that the venue carried out the oldest unanswered amend. A venue answers in the order it was asked, so
    /// anything older has been answered too.
    pub fn replaced(&mut self, price: i64, total: i64, leaves: i64) {
        self.price = price;
        self.total = total;
        self.leaves = leaves;
        if self.under_way != LOST_COUNT && self.amends != 0 {
            let answered = self.amends.trailing_zeros() + 1;
            self.amends = self.amends.checked_shr(answered).unwrap_or(0);
            self.under_way -= answered as u8;
            self.forget_answered_amends();
        }
    }

    fn forget_answered_amends(&mut self) {
        if self.amends == 0 {
            self.amended = 0;
        }
    }

    /// The order as words, for the state hash.
    #[must_use]
    pub const fn words(&self) -> [i64; 8] {
        let place = (self.strategy as i64) << 32 | (self.instrument as i64) << 8 | self.side as i64;
        [
            place,
            self.marks as i64,
            self.price,
            self.total,
            self.leaves,
            self.amended,
            self.amends as i64,
            self.under_way as i64,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, OpenOrder};
    use crate::layout::OrderCommand;

    fn order(quantity: i64) -> OpenOrder {
        let command = OrderCommand {
            quantity,
            price: 10,
            ..OrderCommand::default()
        };
        OpenOrder::entered(&command, 0, 0)
    }

    #[test]
    fn an_amend_counts_at_the_larger_of_old_and_new_until_it_is_answered() {
        let mut up = order(5);
        up.send(Change::Amend(8));
        assert_eq!(up.reserved(), 8);
        up.replaced(11, 8, 8);
        assert_eq!((up.reserved(), up.price), (8, 11));

        let mut down = order(5);
        down.send(Change::Amend(2));
        assert_eq!(down.reserved(), 5);
        down.replaced(10, 2, 2);
        assert_eq!(down.reserved(), 2);

        let mut refused = order(5);
        refused.send(Change::Amend(8));
        refused.refused();
        assert_eq!(refused.reserved(), 5);
    }

    #[test]
    fn fills_on_their_way_against_an_amend_change_nothing_in_the_worst_case() {
        let mut order = order(10);
        order.leaves = 6;
        order.send(Change::Amend(12));
        assert_eq!((order.filled(), order.reserved()), (4, 8));
        // Three more fill before the amend arrives: position 7, and 5 of 12 are left.
        order.leaves = 3;
        assert_eq!((order.filled(), order.reserved()), (7, 5));
        order.replaced(10, 12, 5);
        assert_eq!((order.filled(), order.reserved()), (7, 5));
        order.restated(2, 3);
        assert_eq!((order.total, order.filled(), order.reserved()), (10, 7, 3));
    }

    #[test]
    fn a_refused_cancel_does_not_release_an_amend_sent_after_it() {
        let mut order = order(5);
        order.send(Change::Cancel);
        order.send(Change::Amend(9));
        order.refused();
        assert_eq!(order.reserved(), 9);
        order.refused();
        assert_eq!(order.reserved(), 5);
    }

    #[test]
    fn more_changes_than_can_be_told_apart_keep_the_largest_reserved() {
        let mut order = order(1);
        for quantity in 0..40 {
            order.send(Change::Amend(quantity));
        }
        for _ in 0..40 {
            order.refused();
        }
        assert_eq!(order.reserved(), 39);
    }

    #[test]
    fn a_full_queue_of_changes_empties_in_order() {
        let mut order = order(1);
        for _ in 0..31 {
            order.send(Change::Cancel);
        }
        order.send(Change::Amend(7));
        order.replaced(10, 7, 7);
        assert_eq!(order.reserved(), 7);
        order.send(Change::Amend(3));
        order.refused();
        assert_eq!(order.reserved(), 7);
    }
}
