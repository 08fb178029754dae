//! What is filled and open at one node in one instrument, and what may be.
use super::worst::Worst;
use super::NO_ORDER_LIMIT;
use crate::image::image;
use crate::layout::{side, Exposure, NO_NODE};
use core::hint::select_unpredictable;

/// Lots on the side they are on and none on the other, buys first. Without a jump: half the guesses would be wrong.
#[inline]
pub fn by_side(side: u8, lots: i64) -> (i64, i64) {
    let buys = select_unpredictable(side == side::BUY, lots, 0);
    (buys, lots ^ buys)
}

/// Adds, and stops at the largest and smallest number there is.
#[inline]
fn count(sum: &mut i64, lots: i64) {
    *sum = match sum.checked_add(lots) {
        Some(sum) => sum,
        None => sum.saturating_add(lots),
    };
}

/// One node in one instrument: one cache line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Cell {
    /// Lots bought and sold since the gate was made.
    pub bought: i64,
    pub sold: i64,
    /// Lots resting or in flight.
    pub open_buy: i64,
    pub open_sell: i64,
    /// Largest worst-case position, lots; the largest integer when there is no limit.
    pub max_position: i64,
    pub open_orders: u32,
    /// `NO_ORDER_LIMIT` when there is none.
    pub max_open_orders: u32,
    pub node: u32,
    pub instrument: u16,
}

image!(Cell {
    bought,
    sold,
    open_buy,
    open_sell,
    max_position,
    open_orders,
    max_open_orders,
    node,
    instrument
});

impl Cell {
    /// Stands for what the gate does not hold: empty, and nothing may enter.
    pub const CLOSED: Self = Self {
        max_position: 0,
        max_open_orders: 0,
        ..Self::of(NO_NODE, 0)
    };

    /// An empty one without limits.
    #[must_use]
    pub const fn of(node: u32, instrument: u16) -> Self {
        Self {
            bought: 0,
            sold: 0,
            open_buy: 0,
            open_sell: 0,
            max_position: i64::MAX,
            open_orders: 0,
            max_open_orders: NO_ORDER_LIMIT,
            node,
            instrument,
        }
    }

    /// Lots held, signed.
    #[inline]
    #[must_use]
    pub const fn position(&self) -> i64 {
        self.bought.saturating_sub(self.sold)
    }

    /// Where the position may go if `added` lots more are open on `side`.
    #[inline]
    #[must_use]
    pub fn worst(&self, side: u8, added: i64) -> Worst {
        self.worst_with(by_side(side, added))
    }

    /// The same if so many lots more are open to buy and to sell.
    #[inline]
    #[must_use]
    pub fn worst_with(&self, (buys, sells): (i64, i64)) -> Worst {
        let open = (
            self.open_buy.checked_add(buys),
            self.open_sell.checked_add(sells),
        );
        match open {
            (Some(buys), Some(sells)) => Worst::of(self.position(), buys, sells),
            _ => Worst::UNCOUNTED,
        }
    }

    /// Adds `lots` and `orders` to what is open on `side`.
    #[inline]
    pub fn open(&mut self, side: u8, lots: i64, orders: i32) {
        self.open_with(by_side(side, lots), orders);
    }

    /// The same for lots that stand on their sides.
    #[inline]
    pub fn open_with(&mut self, (buys, sells): (i64, i64), orders: i32) {
        count(&mut self.open_buy, buys);
        count(&mut self.open_sell, sells);
        self.open_orders = self.open_orders.saturating_add_signed(orders);
    }

    /// Adds `lots` to what was bought or sold.
    #[inline]
    pub fn fill(&mut self, side: u8, lots: i64) {
        let (bought, sold) = by_side(side, lots);
        count(&mut self.bought, bought);
        count(&mut self.sold, sold);
    }

    /// Whether anything was ever counted here.
    #[must_use]
    pub const fn is_untouched(&self) -> bool {
        self.bought == 0
            && self.sold == 0
            && self.open_buy == 0
            && self.open_sell == 0
            && self.open_orders == 0
    }

    /// As a record.
    #[must_use]
    pub fn exposure(&self) -> Exposure {
        Exposure {
            position: self.position(),
            open_buy: self.open_buy,
            open_sell: self.open_sell,
            open_orders: self.open_orders,
            bought: self.bought,
            sold: self.sold,
            ..Exposure::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_the_largest_number_stops_there_and_does_not_turn_round() {
        let mut cell = Cell::of(1, 0);
        cell.fill(side::BUY, i64::MAX - 1);
        cell.fill(side::BUY, 1);
        assert_eq!((cell.bought, cell.position()), (i64::MAX, i64::MAX));
        cell.fill(side::BUY, 5);
        assert_eq!((cell.bought, cell.sold), (i64::MAX, 0));
        cell.fill(side::SELL, i64::MAX);
        cell.fill(side::SELL, i64::MAX);
        assert_eq!((cell.sold, cell.position()), (i64::MAX, 0));
        cell.open(side::SELL, i64::MAX, 1);
        cell.open(side::SELL, 1, 1);
        assert_eq!((cell.open_buy, cell.open_sell), (0, i64::MAX));
        cell.open(side::SELL, i64::MIN, -1);
        cell.open(side::SELL, i64::MIN, -1);
        assert_eq!((cell.open_sell, cell.open_orders), (i64::MIN, 0));
    }
}
