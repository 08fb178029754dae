//! What a book remembers of owners: each is met once, numbered, and from then on addressed by that number.
//!
//! An order carries the number of its account, so the questions of the hot path (whose is it, are both of one group, how
//! much may it still reduce) are one load. Owners are found by an open-addressing table of numbers, at most half full;
//! nobody is ever forgotten, because a position outlives its orders.
use super::slab::{Slab, NONE};
use crate::layout::side;
use core::hint::select_unpredictable as pick;

/// One owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub owner: u32,
    pub group: u32,
    /// Lots, signed.
    pub position: i64,
    /// The owner's open orders by age: a list through `Order::older` and `Order::younger`.
    pub oldest: u32,
    pub youngest: u32,
    pub open: u32,
}

impl Known {
    /// Lots by which an order of `side` can bring the position nearer to zero.
    #[inline]
    pub(super) fn reducible(&self, side: u8) -> i64 {
        if side == side::BUY {
            self.position.min(0).saturating_neg()
        } else {
            self.position.max(0)
        }
    }
}

/// Stands for no account in the table.
const VACANT: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(super) struct Accounts {
    known: Vec<Known>,
    /// Numbers of accounts, by hash of the owner; its length is a power of two or zero.
    table: Box<[u32]>,
}

#[inline(always)]
fn hash(owner: u32) -> usize {
    (u64::from(owner).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
}

impl Accounts {
    /// Number of an owner's account, if the owner has been met.
    #[inline]
    pub(super) fn find(&self, owner: u32) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        let mask = self.table.len() - 1;
        let mut place = hash(owner);
        loop {
            let number = self.table[place & mask];
            if number == VACANT {
                return None;
            }
            if self.known[number as usize].owner == owner {
                return Some(number);
            }
            place += 1;
        }
    }

    /// Number of an owner's account; the owner is met now, if not before.
    #[inline]
    pub(super) fn meet(&mut self, owner: u32) -> u32 {
        match self.find(owner) {
            Some(number) => number,
            None => self.add(owner),
        }
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, owner: u32) -> u32 {
        let number = self.known.len() as u32;
        self.known.push(Known {
            owner,
            group: owner,
            position: 0,
            oldest: NONE,
            youngest: NONE,
            open: 0,
        });
        if self.known.len() * 2 > self.table.len() {
            let size = (self.table.len() * 2).max(8);
            self.table = vec![VACANT; size].into_boxed_slice();
            for (number, known) in (0..).zip(&self.known) {
                Self::place(&mut self.table, known.owner, number);
            }
        } else {
            Self::place(&mut self.table, owner, number);
        }
        number
    }

    fn place(table: &mut [u32], owner: u32, number: u32) {
        let mask = table.len() - 1;
        let mut place = hash(owner);
        while table[place & mask] != VACANT {
            place += 1;
        }
        table[place & mask] = number;
    }

    /// Everybody met, in the order of the first meeting.
    pub(super) fn all(&self) -> &[Known] {
        &self.known
    }

    /// Makes `slot` the youngest order of its account.
    #[inline(always)]
    pub(super) fn link(&mut self, slot: u32, orders: &mut Slab) {
        let known = &mut self[orders[slot].account];
        let last = known.youngest;
        known.youngest = slot;
        if known.open == 0 {
            known.oldest = slot;
        }
        known.open += 1;
        // The last of an empty list is slot 0, which swallows the write.
        orders[last].younger = slot;
        orders[slot].older = last;
        orders[slot].younger = NONE;
    }

    /// Takes the order in `slot` from its account's list.
    #[inline(always)]
    pub(super) fn unlink(&mut self, slot: u32, orders: &mut Slab) {
        let (number, older, younger) = (
            orders[slot].account,
            orders[slot].older,
            orders[slot].younger,
        );
        // At either end of the list the neighbour is slot 0, which swallows the write.
        orders[older].younger = younger;
        orders[younger].older = older;
        let known = &mut self[number];
        known.open -= 1;
        known.oldest = pick(older == NONE, younger, known.oldest);
        known.youngest = pick(younger == NONE, older, known.youngest);
    }

    /// Lets go of all orders of an account at once, and says what it was. The orders' own links are not touched.
    pub(super) fn give_up(&mut self, number: u32) -> Known {
        let known = &mut self[number];
        let was = *known;
        (known.oldest, known.youngest, known.open) = (NONE, NONE, 0);
        was
    }

    /// Moves `lots` from the seller's position to the buyer's; within one account nothing changes hands.
    #[inline(always)]
    pub(super) fn trade(&mut self, taker: u32, maker: u32, taker_side: u8, lots: i64) {
        if taker == maker {
            return;
        }
        // Negated for a seller, without a jump.
        let sign = -i64::from(taker_side);
        let lots = (lots ^ sign) - sign;
        let position = &mut self[taker].position;
        *position = position.saturating_add(lots);
        let position = &mut self[maker].position;
        *position = position.saturating_sub(lots);
    }

    /// Empties every list at once.
    pub(super) fn unlink_all(&mut self) {
        for known in &mut self.known {
            (known.oldest, known.youngest, known.open) = (NONE, NONE, 0);
        }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.known.capacity() * size_of::<Known>() + self.table.len() * size_of::<u32>()
    }
}

impl core::ops::Index<u32> for Accounts {
    type Output = Known;

    #[inline(always)]
    fn index(&self, number: u32) -> &Known {
        &self.known[number as usize]
    }
}

impl core::ops::IndexMut<u32> for Accounts {
    #[inline(always)]
    fn index_mut(&mut self, number: u32) -> &mut Known {
        &mut self.known[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::super::slab::{Order, Rest};
    use super::*;

    #[test]
    fn gives_every_owner_one_number_and_finds_it_again() {
        let mut accounts = Accounts::default();
        assert_eq!(accounts.find(0), None);
        let owners: Vec<u32> = (0..500u32)
            .map(|n| n.wrapping_mul(0x0100_0001) ^ (n << 24))
            .chain([u32::MAX, 0x8000_0000])
            .collect();
        for (number, owner) in (0..).zip(&owners) {
            assert_eq!(accounts.find(*owner), None, "{owner}");
            assert_eq!(accounts.meet(*owner), number);
            assert_eq!(accounts.meet(*owner), number);
        }
        for (number, owner) in (0..).zip(&owners) {
            assert_eq!(accounts.find(*owner), Some(number));
            assert_eq!(
                (accounts[number].owner, accounts[number].group),
                (*owner, *owner)
            );
        }
        assert_eq!(accounts.all().len(), owners.len());
    }

    #[test]
    fn what_can_be_reduced_is_the_position_on_the_other_side() {
        let mut accounts = Accounts::default();
        let number = accounts.meet(3);
        for (position, buy, sell) in [
            (0, 0, 0),
            (5, 0, 5),
            (-5, 5, 0),
            (i64::MAX, 0, i64::MAX),
            (i64::MIN, i64::MAX, 0),
        ] {
            accounts[number].position = position;
            let known = accounts[number];
            assert_eq!(
                (known.reducible(side::BUY), known.reducible(side::SELL)),
                (buy, sell)
            );
        }
    }

    fn list(accounts: &Accounts, number: u32, orders: &Slab) -> Vec<u64> {
        let mut ids = Vec::new();
        let (mut slot, mut before) = (accounts[number].oldest, NONE);
        while slot != NONE {
            assert_eq!(orders[slot].older, before);
            ids.push(orders[slot].id);
            (before, slot) = (slot, orders[slot].younger);
        }
        assert_eq!(accounts[number].youngest, before);
        assert_eq!(accounts[number].open as usize, ids.len());
        ids
    }

    #[test]
    fn keeps_each_owners_orders_by_age_whichever_is_taken_out() {
        let (mut accounts, mut orders) = (Accounts::default(), Slab::with_capacity(4));
        let (mine, other) = (accounts.meet(1), accounts.meet(2));
        let mut slots = vec![NONE];
        for id in 1..=6 {
            let order = Order {
                id,
                account: if id == 4 { other } else { mine },
                ..Order::default()
            };
            let slot = orders.insert(order, Rest::default());
            accounts.link(slot, &mut orders);
            slots.push(slot);
        }
        assert_eq!(list(&accounts, mine, &orders), [1, 2, 3, 5, 6]);
        for (id, left) in [
            (3, vec![1, 2, 5, 6]),
            (6, vec![1, 2, 5]),
            (1, vec![2, 5]),
            (2, vec![5]),
            (5, vec![]),
        ] {
            accounts.unlink(slots[id], &mut orders);
            assert_eq!(list(&accounts, mine, &orders), left);
        }
        assert_eq!(list(&accounts, other, &orders), [4]);
        accounts.link(slots[2], &mut orders);
        assert_eq!(list(&accounts, mine, &orders), [2]);
        accounts.unlink_all();
        assert_eq!(list(&accounts, mine, &orders), []);
    }
}
