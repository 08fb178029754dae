//! The book as it stands in a snapshot: its orders in the order in which they would be matched, waiting stops, everybody it
//! has met. What it keeps beside them to be quick is made anew.
use super::super::rules::Top;
use super::ladder::key_of;
use super::slab::{Order, Rest, NONE, WAITING};
use super::{Book, DirectBook};
use crate::image::{image, Image, Source};
use crate::layout::trading_state;

/// One open order.
struct Standing {
    id: u64,
    price: i64,
    shown: i64,
    hidden: i64,
    total: i64,
    account: u32,
    side: u8,
    order_type: u8,
    tif: u8,
    traits: u8,
    age: u64,
    trigger: i64,
    expires: u32,
    display: u32,
}

image!(Standing {
    id,
    price,
    shown,
    hidden,
    total,
    account,
    side,
    order_type,
    tif,
    traits,
    age,
    trigger,
    expires,
    display,
});
image!(Top {
    bid,
    bid_quantity,
    ask,
    ask_quantity,
});

/// An owner: group and position.
type Met = (u32, (u32, i64));

impl DirectBook {
    fn standing(&self, slot: u32) -> Standing {
        let (order, rest) = (&self.orders[slot], self.orders.rest(slot));
        Standing {
            id: order.id,
            price: order.price,
            shown: order.shown,
            hidden: order.hidden,
            total: order.total,
            account: order.account,
            side: order.side,
            order_type: order.order_type,
            tif: order.tif,
            traits: order.traits,
            age: rest.age,
            trigger: rest.trigger,
            expires: rest.expires,
            display: rest.display,
        }
    }

    /// Enters an order as it stood; orders come by age. `None` when the book cannot have held it.
    fn restore(&mut self, was: &Standing) -> Option<u32> {
        let leaves = was.shown.checked_add(was.hidden)?;
        let lots = self.open_lots.get(usize::from(was.side))?;
        let lots = lots.checked_add(leaves)?;
        let known = (was.account as usize) < self.accounts.all().len();
        let fits = known && leaves > 0 && was.id != 0 && was.age > 0 && was.age <= self.ages;
        (fits && self.ids.find(was.id, &self.orders) == NONE).then_some(())?;
        let order = Order {
            id: was.id,
            price: was.price,
            shown: was.shown,
            hidden: was.hidden,
            total: was.total,
            account: was.account,
            side: was.side,
            order_type: was.order_type,
            tif: was.tif,
            traits: was.traits,
            ..Order::default()
        };
        let rest = Rest {
            age: was.age,
            trigger: was.trigger,
            display: was.display,
            ..Rest::default()
        };
        *self.lots_mut(was.side) = lots;
        let slot = self.orders.insert(order, rest);
        self.ids.insert(was.id, slot, &self.orders);
        self.accounts.link(slot, &mut self.orders);
        if was.expires != 0 {
            self.expire_later(slot, was.expires);
        }
        Some(slot)
    }
}

impl Image for DirectBook {
    fn put(&self, out: &mut Vec<u8>) {
        self.instrument.put(out);
        self.state.put(out);
        self.has_rare.put(out);
        self.ages.put(out);
        self.last_trade.put(out);
        self.top.put(out);
        let met = self.accounts.all().iter();
        let met = met.map(|one| (one.owner, (one.group, one.position)));
        met.collect::<Vec<Met>>().put(out);
        let slots = self.queued(0).chain(self.queued(1));
        let slots = slots.chain(self.stops_by_age());
        let standing: Vec<Standing> = slots.map(|slot| self.standing(slot)).collect();
        standing.put(out);
    }

    fn take(from: &mut Source<'_>) -> Option<Self> {
        let mut book = Self::new(u16::take(from)?);
        book.state = u8::take(from).filter(|state| trading_state::is_known(*state))?;
        book.has_rare = bool::take(from)?;
        book.ages = u64::take(from)?;
        book.last_trade = i64::take(from)?;
        book.top = Top::take(from)?;
        for (number, (owner, (group, position))) in (0..).zip(Vec::<Met>::take(from)?) {
            (book.accounts.meet(owner) == number).then_some(())?;
            (book.accounts[number].group, book.accounts[number].position) = (group, position);
        }
        let standing = Vec::<Standing>::take(from)?;
        let mut by_age: Vec<usize> = (0..standing.len()).collect();
        by_age.sort_unstable_by_key(|at| standing[*at].age);
        let mut slots = vec![NONE; standing.len()];
        for at in by_age {
            slots[at] = book.restore(&standing[at])?;
        }
        for (was, slot) in standing.iter().zip(slots) {
            if was.traits & WAITING != 0 {
                book.wait_for(slot);
            } else {
                book.queue(slot);
            }
        }
        book.changed = false;
        let ordered = standing.windows(2).all(|two| {
            let rests = |one: &Standing| one.traits & WAITING == 0;
            let key = |one: &Standing| key_of(one.side, one.price);
            let (first, second) = (&two[0], &two[1]);
            !(rests(first) && rests(second) && first.side == second.side)
                || key(first) >= key(second)
        });
        ordered.then_some(book)
    }
}
