//! One command with everything the checks may look at. Checks are pure functions of it.
use super::bucket::Bucket;
use super::ids::IdSet;
use super::orders::OpenOrder;
use super::recent::Recent;
use super::reference::Reference;
use crate::layout::{command_kind, side, Exposure, InstrumentRules, OrderCommand, StrategyLimits};

/// A command under decision.
pub struct Case<'a> {
    /// The command.
    pub command: &'a OrderCommand,
    /// Its time, never before an earlier command of the strategy; nanoseconds.
    pub now: i64,
    /// Strictest scope state, read after this decision was announced.
    pub state: u32,
    /// Whether the strategy has limits in any instrument.
    pub strategy_known: bool,
    /// Limits of the strategy in the instrument; none means nothing may pass.
    pub limits: Option<&'a StrategyLimits>,
    /// Rules of the instrument; none means nothing may pass.
    pub rules: Option<&'a InstrumentRules>,
    /// The order to cancel or amend, if it is open.
    pub target: Option<OpenOrder>,
    /// Filled and open lots of the strategy in the instrument.
    pub exposure: Exposure,
    /// Market prices of the instrument.
    pub reference: Reference,
    /// Message budget of the strategy.
    pub bucket: Bucket,
    /// Ids ever used.
    pub ids: &'a IdSet,
    /// Orders of the last moments.
    pub recent: &'a Recent,
}

/// Worst cases after an order: every open lot of one side fills and none of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worst {
    /// |position + open buys|, lots.
    pub long: i64,
    /// |position − open sells|, lots.
    pub short: i64,
    /// Whether the order, with everything open on its side, only takes away from the position.
    pub reduces: bool,
}

impl Worst {
    /// The larger of the two, lots.
    #[must_use]
    pub fn either(&self) -> i64 {
        self.long.max(self.short)
    }
}

impl Case<'_> {
    /// Side the command adds lots to: an amend stays on its target's side.
    #[must_use]
    pub fn side(&self) -> u8 {
        self.target.map_or(self.command.side, |target| target.side)
    }

    /// Open lots the command adds to those already counted.
    #[must_use]
    pub fn added(&self) -> i64 {
        match (self.command.kind, self.target) {
            (command_kind::AMEND, Some(target)) => self
                .command
                .quantity
                .saturating_sub(target.filled())
                .saturating_sub(target.reserved())
                .max(0),
            (command_kind::CANCEL | command_kind::CANCEL_OWNER, _) => 0,
            _ => self.command.quantity,
        }
    }

    /// Worst cases with this command let through.
    #[must_use]
    pub fn worst(&self) -> Worst {
        let Exposure {
            position,
            mut open_buy,
            mut open_sell,
            ..
        } = self.exposure;
        let reduces = if self.side() == side::BUY {
            open_buy = open_buy.saturating_add(self.added());
            position < 0 && open_buy <= position.saturating_neg()
        } else {
            open_sell = open_sell.saturating_add(self.added());
            position > 0 && open_sell <= position
        };
        Worst {
            long: position.saturating_add(open_buy).saturating_abs(),
            short: position.saturating_sub(open_sell).saturating_abs(),
            reduces,
        }
    }
}
