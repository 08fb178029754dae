//! The two trees of scopes in which the gate is measured.

/// Who trades what.
pub struct Crowd {
    /// To choose it by.
    pub name: &'static str,
    /// Goes behind the name of a case.
    pub suffix: &'static str,
    pub customers: u32,
    pub accounts: u32,
    pub strategies: u32,
    pub instruments: u16,
    /// Instruments of each strategy.
    pub each: u16,
}

pub const SMALL: Crowd = Crowd {
    name: "small",
    suffix: "",
    customers: 1,
    accounts: 1,
    strategies: 8,
    instruments: 4,
    each: 4,
};

pub const TREE: Crowd = Crowd {
    name: "large",
    suffix: "-tree",
    customers: 1_000,
    accounts: 100_000,
    strategies: 100_000,
    instruments: 1_000,
    each: 2,
};

impl Crowd {
    /// The `nth` instrument of a strategy.
    pub fn instrument(&self, strategy: u32, nth: u64) -> u16 {
        let step = u64::from(self.instruments / self.each);
        ((u64::from(strategy) * 7 + nth * step) % u64::from(self.instruments)) as u16
    }

    /// Room for every pair of node and instrument: of strategies, accounts and customers at most one per pair of strategy
    /// and instrument, and the firm's.
    pub fn room(&self) -> usize {
        let pairs = self.strategies as usize * usize::from(self.each);
        3 * pairs + usize::from(self.instruments) + 4
    }
}
