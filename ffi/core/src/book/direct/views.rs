//! What can be seen of the direct book from outside.
use super::super::{Account, OpenOrder};
use super::accounts::Known;
use super::ladder::{key_of, NOTHING};
use super::slab::{NONE, POST_ONLY, REDUCE_ONLY, SELF_TRADE, WAITING};
use super::DirectBook;
use crate::book::SELF_TRADE_SHIFT;
use crate::layout::{BookOrder, DepthLevel};

impl DirectBook {
    /// Keys of the occupied levels of a side, best first.
    pub(super) fn keys(&self, side: u8) -> impl Iterator<Item = i64> + '_ {
        let ladder = self.ladder(side);
        let some = |key| (key != NOTHING).then_some(key);
        std::iter::successors(some(ladder.best()), move |key| some(ladder.below(*key)))
    }

    /// Slots of the queue of a key, first in first.
    pub(super) fn queue_of(&self, side: u8, key: i64) -> impl Iterator<Item = u32> + '_ {
        let some = |slot| (slot != NONE).then_some(slot);
        let head = self.ladder(side).get(key).head;
        std::iter::successors(some(head), move |slot| some(self.orders[*slot].next))
    }

    /// Slots of the resting orders of a side, in the order in which they would be matched.
    pub(super) fn queued(&self, side: u8) -> impl Iterator<Item = u32> + '_ {
        self.keys(side)
            .flat_map(move |key| self.queue_of(side, key))
    }

    pub(super) fn level_view(&self, side: u8, key: i64) -> DepthLevel {
        DepthLevel {
            price: key_of(side, key),
            quantity: self.ladder(side).get(key).shown,
            orders: self.queue_of(side, key).count() as u32,
            reserved: 0,
            reserved2: 0,
        }
    }

    pub(super) fn order_view(&self, slot: u32) -> BookOrder {
        let order = &self.orders[slot];
        BookOrder {
            order_id: order.id,
            price: order.price,
            quantity: order.shown,
            owner: self.accounts[order.account].owner,
            sequence: self.orders.rest(slot).age,
            ..BookOrder::default()
        }
    }

    pub(super) fn open_order(&self, slot: u32) -> OpenOrder {
        let (order, rest) = (&self.orders[slot], self.orders.rest(slot));
        let waits = order.traits & WAITING != 0;
        OpenOrder {
            order_id: order.id,
            side: order.side,
            order_type: order.order_type,
            tif: order.tif,
            self_trade: (order.traits & SELF_TRADE) >> SELF_TRADE_SHIFT,
            post_only: order.traits & POST_ONLY != 0,
            reduce_only: order.traits & REDUCE_ONLY != 0,
            price: order.price,
            trigger: if waits { rest.trigger } else { 0 },
            total: order.total,
            leaves: order.leaves(),
            shown: order.shown,
            display: rest.display,
            owner: self.accounts[order.account].owner,
            expires: rest.expires,
            age: rest.age,
        }
    }

    /// Slots of the waiting stops, oldest first.
    pub(super) fn stops_by_age(&self) -> impl Iterator<Item = u32> {
        let waits = |slot: &u32| self.orders[*slot].traits & WAITING != 0;
        let mut slots: Vec<u32> = self.orders.occupied().filter(waits).collect();
        slots.sort_unstable_by_key(|slot| self.orders.rest(*slot).age);
        slots.into_iter()
    }

    pub(super) fn account_of(&self, owner: u32) -> Account {
        match self.accounts.find(owner) {
            Some(number) => view(&self.accounts[number]),
            None => Account {
                owner,
                group: owner,
                position: 0,
                open_orders: 0,
            },
        }
    }

    /// The accounts there is something to say about, by owner.
    pub(super) fn accounts_by_owner(&self) -> Vec<Account> {
        let told =
            |known: &&Known| known.open > 0 || known.position != 0 || known.group != known.owner;
        let mut accounts: Vec<Account> =
            self.accounts.all().iter().filter(told).map(view).collect();
        accounts.sort_unstable_by_key(|account| account.owner);
        accounts
    }
}

fn view(known: &Known) -> Account {
    Account {
        owner: known.owner,
        group: known.group,
        position: known.position,
        open_orders: known.open,
    }
}
