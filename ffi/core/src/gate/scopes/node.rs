//! One node of the tree: its place, its totals over all instruments, and their limits.
use super::money::Money;
use super::worst::clamped;
use super::{NO_MONEY_LIMIT, NO_ORDER_LIMIT};
use crate::image::image;
use crate::layout::{GateScope, ScopeLimits, ScopeUsage};

/// Bits of `ScopeLimits.set`.
pub mod set {
    /// `max_position`.
    pub const POSITION: u16 = 1;
    /// `max_open_orders`.
    pub const OPEN_ORDERS: u16 = 1 << 1;
    /// `max_gross`.
    pub const GROSS: u16 = 1 << 2;
    /// `max_net`.
    pub const NET: u16 = 1 << 3;
    /// What can be limited in one instrument.
    pub const HERE: u16 = POSITION | OPEN_ORDERS;
    /// What can be limited over all instruments together.
    pub const EVERYWHERE: u16 = OPEN_ORDERS | GROSS | NET;
}

/// Bits of `Node.told`.
pub mod told {
    /// A message budget.
    pub const PACE: u8 = 1;
    /// A short window.
    pub const BURST: u8 = 1 << 1;
    /// Capital.
    pub const CAPITAL: u8 = 1 << 2;
    /// A limit of a sum over instruments.
    pub const SUMS: u8 = 1 << 3;
}

/// A node: two neighbouring cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(128))]
pub struct Node {
    /// Totals over strategies and instruments below.
    pub money: Money,
    pub open_orders: u32,
    /// `NO_ORDER_LIMIT` when there is none.
    pub max_open_orders: u32,
    /// `NO_MONEY_LIMIT` when there is none.
    pub max_gross: i64,
    /// `NO_MONEY_LIMIT` when there is none.
    pub max_net: i64,
    /// Which facts it was ever told: of the others there are none, and nobody need look for them.
    pub told: u8,
    /// Its place in the tree.
    pub scope: GateScope,
}

image!(Node {
    money,
    open_orders,
    max_open_orders,
    max_gross,
    max_net,
    told,
    scope
});

impl Node {
    /// A node without limits.
    #[must_use]
    pub const fn at(scope: GateScope) -> Self {
        Self {
            money: Money {
                gross: 0,
                long: 0,
                short: 0,
            },
            open_orders: 0,
            max_open_orders: NO_ORDER_LIMIT,
            max_gross: NO_MONEY_LIMIT,
            max_net: NO_MONEY_LIMIT,
            told: 0,
            scope,
        }
    }

    /// Takes the limits over all instruments, in place of all earlier ones.
    pub fn limit(&mut self, limits: &ScopeLimits) {
        let has = |bit: u16| limits.set & bit != 0;
        let money = |bit, value| if has(bit) { value } else { NO_MONEY_LIMIT };
        self.max_open_orders = order_limit(limits);
        self.max_gross = money(set::GROSS, limits.max_gross);
        self.max_net = money(set::NET, limits.max_net);
    }

    /// Adds what an order or a report changed.
    #[inline]
    pub fn count(&mut self, change: Money, orders: i32) {
        self.money = self.money.plus(change);
        self.open_orders = self.open_orders.saturating_add_signed(orders);
    }

    /// As a record; a limit that there is not is 0.
    #[must_use]
    pub fn usage(&self) -> ScopeUsage {
        let orders = self.max_open_orders != NO_ORDER_LIMIT;
        let gross = self.max_gross != NO_MONEY_LIMIT;
        let net = self.max_net != NO_MONEY_LIMIT;
        let bit = |there: bool, bit: u16| if there { bit } else { 0 };
        ScopeUsage {
            node: self.scope.node,
            parent: self.scope.parent,
            strategy: self.scope.strategy,
            kind: self.scope.kind,
            set: bit(orders, set::OPEN_ORDERS) | bit(gross, set::GROSS) | bit(net, set::NET),
            gross: clamped(self.money.gross),
            net_long: clamped(self.money.long),
            net_short: clamped(self.money.short),
            open_orders: self.open_orders,
            max_open_orders: if orders { self.max_open_orders } else { 0 },
            max_gross: if gross { self.max_gross } else { 0 },
            max_net: if net { self.max_net } else { 0 },
            ..ScopeUsage::default()
        }
    }
}

/// Most open orders by these limits.
#[must_use]
pub const fn order_limit(limits: &ScopeLimits) -> u32 {
    if limits.set & set::OPEN_ORDERS != 0 {
        limits.max_open_orders
    } else {
        NO_ORDER_LIMIT
    }
}
