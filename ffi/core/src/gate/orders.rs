//! One open order as the gate sees it: what may still fill, counting changes that are on their way.
use crate::layout::OrderCommand;

/// More changes than this under way for one order are no longer told apart.
const TRACKED: u8 = 32;
/// `under_way` of an order whose changes are no longer told apart.
const LOST_COUNT: u8 = u8::MAX;

/// A change the gate let through and the venue has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A cancel.
    Cancel,
    /// An amend to this many remaining lots.
    Amend(i64),
}

/// An order that is resting or on its way to the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// Limit price in ticks, 0 for a market order.
    pub price: i64,
    /// Lots the venue last said are open (at first, the lots entered).
    pub leaves: i64,
    /// Most lots any unanswered amend asks for, 0 when there is none.
    amended: i64,
    /// Strategy id.
    pub strategy: u32,
    /// Bit i is set when the i-th oldest unanswered change is an amend.
    amends: u32,
    /// Instrument id.
    pub instrument: u16,
    /// Side.
    pub side: u8,
    /// Unanswered changes, or `LOST_COUNT`.
    under_way: u8,
}

impl OpenOrder {
    /// The order a new command enters.
    #[must_use]
    pub const fn entered(command: &OrderCommand) -> Self {
        Self {
            price: command.price,
            leaves: command.quantity,
            amended: 0,
            strategy: command.owner,
            amends: 0,
            instrument: command.instrument,
            side: command.side,
            under_way: 0,
        }
    }

    /// Lots that count against limits: the larger of what is open and what an amend under way would leave open.
    #[must_use]
    pub fn reserved(&self) -> i64 {
        self.leaves.max(self.amended)
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
    pub fn replaced(&mut self, price: i64, leaves: i64) {
        self.price = price;
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
    pub const fn words(&self) -> [i64; 6] {
        let place = (self.strategy as i64) << 32 | (self.instrument as i64) << 8 | self.side as i64;
        [
            place,
            self.price,
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
        OpenOrder::entered(&OrderCommand {
            quantity,
            price: 10,
            ..OrderCommand::default()
        })
    }

    #[test]
    fn an_amend_counts_at_the_larger_of_old_and_new_until_it_is_answered() {
        let mut up = order(5);
        up.send(Change::Amend(8));
        assert_eq!(up.reserved(), 8);
        up.replaced(11, 8);
        assert_eq!((up.reserved(), up.price), (8, 11));

        let mut down = order(5);
        down.send(Change::Amend(2));
        assert_eq!(down.reserved(), 5);
        down.replaced(10, 2);
        assert_eq!(down.reserved(), 2);

        let mut refused = order(5);
        refused.send(Change::Amend(8));
        refused.refused();
        assert_eq!(refused.reserved(), 5);
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
        order.replaced(10, 7);
        assert_eq!(order.reserved(), 7);
        order.send(Change::Amend(3));
        order.refused();
        assert_eq!(order.reserved(), 7);
    }
}
