//! One look at all levels of an order, which settles the rows of the table that ask about levels for nearly every order.
//!
//! A dozen rows go through the same four levels, each for a comparison or two of its own. What stays within every limit here
//! stays within it by any of those rows, so they need not be asked; what does not is left to the rows, in their order and
//! with their numbers. So the look may err to one side only, and it leaves out what lets an order pass in spite of a
//! limit: that it reduces, or that there is none. Tests ask the rows all the same and hold the look to what they say.
use super::bucket::TOKEN;
use super::case::Case;
use super::checks::flow::entered;
use super::facts::held;
use super::scopes::{told, Level};
use crate::layout::demand;

/// Reasons that a node may have to be asked for more than its limits.
const TOLD: u32 = held::CAPITAL | held::PACES | held::BURSTS | held::FACTORS;

/// Whether the order plainly stays within what every level of it allows, whatever kind of order it is.
#[inline]
#[must_use]
pub fn is_plain(case: &Case<'_>) -> bool {
    let needs = |reason: u32| case.needs & reason != 0;
    let Some(levels) = &case.counted else {
        return false;
    };
    let mut told = levels
        .iter()
        .filter(|_| needs(TOLD))
        .filter(|level| level.node.told != 0);
    levels_are_plain(case, levels) && told.all(|level| facts_are_plain(case, level))
}

/// What was told of a node.
#[inline]
fn facts_are_plain(case: &Case<'_>, level: &Level<'_>) -> bool {
    let was_told = |what: u8| level.node.told & what != 0;
    (!was_told(told::CAPITAL) || has_capital(case, level))
        && (!was_told(told::PACE) || has_pace(case, level))
        && (!was_told(told::BURST) || bursts_are_plain(case, level))
        && (!was_told(told::SUMS) || sums_are_plain(case, level))
}

/// Position, liquidity, open orders, gross and net.
#[inline]
fn levels_are_plain(case: &Case<'_>, levels: &[Level<'_>]) -> bool {
    let Some(moved) = case.moved else {
        return false;
    };
    let most_liquid = if case.needs & demand::LIQUIDITY != 0 {
        case.security.position_share
    } else {
        i64::MAX
    };
    levels.iter().fold(true, |plain, level| {
        let (node, cell) = (level.node, level.cell);
        let sums = node.money.plus(moved);
        plain
            & level.after.is_within(cell.max_position.min(most_liquid))
            & (cell.open_orders < cell.max_open_orders)
            & (node.open_orders < node.max_open_orders)
            & (sums.gross <= i128::from(node.max_gross))
            & sums.is_net_within(node.max_net)
    })
}

/// Credit, loss and concentration.
#[inline]
fn has_capital(case: &Case<'_>, level: &Level<'_>) -> bool {
    let Some(funds) = case.facts.capitals.of(level.id) else {
        return true;
    };
    let (Some(moved), Some(mark)) = (case.moved, case.mark) else {
        return false;
    };
    let gross = level.node.money.gross.wrapping_add(moved.gross);
    let in_one = i128::from(mark) * i128::from(level.after.either());
    (gross <= i128::from(funds.plain.credit))
        & (in_one <= funds.plain.in_one)
        & (case.now <= funds.plain.until)
}

/// Latch and budget of messages.
#[inline]
fn has_pace(case: &Case<'_>, level: &Level<'_>) -> bool {
    let paced = case.flow.paces.of(level.id);
    paced.is_none_or(|paced| !paced.tripped && paced.entries.level_at(case.now) >= TOKEN)
}

#[inline]
fn bursts_are_plain(case: &Case<'_>, level: &Level<'_>) -> bool {
    let (instrument, bursts) = (case.command.instrument, &case.flow.bursts);
    let broken = bursts.broken(level.id, instrument, case.now, &entered(case));
    broken.is_none()
}

/// Sums over instruments.
#[inline]
fn sums_are_plain(case: &Case<'_>, level: &Level<'_>) -> bool {
    let before = level.cell.worst_with((0, 0));
    let (factors, instrument) = (case.scopes.factors(), case.command.instrument);
    factors.plainly_fit(level.id, instrument, &before, &level.after)
}
