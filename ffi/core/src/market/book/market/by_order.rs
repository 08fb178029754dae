//! Books of feeds that tell of every order.
use super::super::levels::{key_of, Levels};
use super::super::orders::{Order, Orders};
use super::{Market, Report};
use crate::layout::{book_fault, feed_event_kind as kind, FeedEvent};
use crate::market::NO_SIDE;

/// Why an order event could not be applied.
type Refused = u8;

impl<L: Levels> Market<L> {
    /// An event about one resting order.
    #[inline]
    pub fn on_order(&mut self, event: &FeedEvent, orders: &mut Orders, report: &mut Report<'_>) {
        if !self.is_live() {
            self.dropped += 1;
            report.totals.dropped += 1;
            return;
        }
        let outcome = match event.kind {
            kind::ADD => self.add(event, orders),
            kind::REPLACE => self.replace(event, orders),
            kind::DELETE => self.delete(event, orders),
            _ => self.take(event, orders),
        };
        match outcome {
            Err(fault) => self.lose(fault, event, orders, report),
            Ok(()) => {
                self.level_updates += 1;
                report.totals.level_updates += 1;
                if self.trading && self.is_crossed() {
                    self.lose(book_fault::CROSSED, event, orders, report);
                }
            }
        }
    }

    fn add(&mut self, event: &FeedEvent, orders: &mut Orders) -> Result<(), Refused> {
        if event.side >= NO_SIDE || event.price <= 0 || event.quantity <= 0 {
            return Err(book_fault::MALFORMED);
        }
        let order = Order {
            key: key_of(event.side, event.price),
            quantity: event.quantity,
            side: event.side,
        };
        self.enter(event.order_id, order, orders)
    }

    fn enter(&mut self, id: u64, order: Order, orders: &mut Orders) -> Result<(), Refused> {
        let levels = &mut self.sides[usize::from(order.side)];
        let total = levels.get(order.key).checked_add(order.quantity);
        let total = total.ok_or(book_fault::TOO_MUCH)?;
        if orders.insert((self.instrument, id), order).is_some() {
            return Err(book_fault::REPEATED_ORDER);
        }
        self.orders += 1;
        levels.set(order.key, total);
        Ok(())
    }

    /// Takes all of an order out of the book and returns it.
    fn remove(&mut self, event: &FeedEvent, orders: &mut Orders) -> Result<Order, Refused> {
        let order = match orders.remove(&(self.instrument, event.order_id)) {
            Some(order) => {
                self.orders -= 1;
                order
            }
            None => Self::nameless(event)?,
        };
        self.take_from_level(&order, order.quantity)?;
        Ok(order)
    }

    /// An order that came to rest before the snapshot: known only as part of its level.
    fn nameless(event: &FeedEvent) -> Result<Order, Refused> {
        if event.side >= NO_SIDE || event.price <= 0 || event.quantity <= 0 {
            return Err(book_fault::UNKNOWN_ORDER);
        }
        Ok(Order {
            key: key_of(event.side, event.price),
            quantity: event.quantity,
            side: event.side,
        })
    }

    fn take_from_level(&mut self, order: &Order, quantity: i64) -> Result<(), Refused> {
        let levels = &mut self.sides[usize::from(order.side)];
        let total = levels.get(order.key);
        if total < quantity {
            return Err(if total == 0 {
                book_fault::UNKNOWN_ORDER
            } else {
                book_fault::TOO_MUCH
            });
        }
        levels.set(order.key, total - quantity);
        Ok(())
    }

    fn delete(&mut self, event: &FeedEvent, orders: &mut Orders) -> Result<(), Refused> {
        self.remove(event, orders).map(|_| ())
    }

    fn replace(&mut self, event: &FeedEvent, orders: &mut Orders) -> Result<(), Refused> {
        if event.price <= 0 || event.quantity <= 0 {
            return Err(book_fault::MALFORMED);
        }
        // Where the old order rests is known by its reference alone.
        let unplaced = FeedEvent {
            side: NO_SIDE,
            ..*event
        };
        let old = self.remove(&unplaced, orders)?;
        let order = Order {
            key: key_of(old.side, event.price),
            quantity: event.quantity,
            side: old.side,
        };
        self.enter(event.first_id, order, orders)
    }

    /// An execution or a partial cancel.
    fn take(&mut self, event: &FeedEvent, orders: &mut Orders) -> Result<(), Refused> {
        if event.quantity <= 0 {
            return Err(book_fault::MALFORMED);
        }
        let id = (self.instrument, event.order_id);
        let order = match orders.get_mut(&id) {
            None => Self::nameless(event)?,
            Some(order) => {
                let left = order.quantity - event.quantity;
                if left < 0 {
                    return Err(book_fault::TOO_MUCH);
                }
                order.quantity = left;
                let order = *order;
                if left == 0 {
                    orders.remove(&id);
                    self.orders -= 1;
                }
                order
            }
        };
        self.take_from_level(&order, event.quantity)
    }
}
