//! How fast scopes send, how much they enter in a short time, and how often a strategy trades.
use crate::gate::bucket::TOKEN;
use crate::gate::case::Case;
use crate::gate::flow::Entered;
use crate::gate::table::{Reject, Verdict};
use crate::layout::code;

/// Nodes above the strategy and its own, lowest first.
fn nodes<'a>(case: &Case<'a>) -> impl Iterator<Item = u32> + use<'a> {
    let path: &[u32] = case.strategy.map_or(&[], |strategy| &strategy.path);
    path.iter().rev().copied()
}

/// No scope of the order is latched for its message rate. Only a re-arm opens the latch. Measured: refusals that tripped
/// it. Limit: refusals it takes.
pub fn rate_latch(case: &Case<'_>) -> Verdict {
    for node in nodes(case) {
        if let Some(paced) = case.flow.paces.of(node).filter(|paced| paced.tripped) {
            let (refused, most) = (i64::from(paced.refused), i64::from(paced.terms.trip_after));
            return Err(Reject::at(node, code::RATE_TRIPPED, refused, most));
        }
    }
    Ok(())
}

/// The budget of every scope that has one holds a whole message. Measured: billionths of a message left. Limit: one message.
pub fn scope_rate(case: &Case<'_>) -> Verdict {
    for node in nodes(case) {
        let level = case.flow.paces.of(node);
        if let Some(level) = level.map(|paced| paced.entries.level_at(case.now)) {
            if level < TOKEN {
                return Err(Reject::at(node, code::MESSAGE_RATE, level, TOKEN));
            }
        }
    }
    Ok(())
}

/// A cancel always passes once. While it is under way a second one needs the reserve for cancels, which nothing else uses,
/// of every scope that has a budget. Measured: billionths of a message left. Limit: one message.
pub fn cancel_rate(case: &Case<'_>) -> Verdict {
    if !case
        .target
        .is_some_and(|target| target.is_being_cancelled())
    {
        return Ok(());
    }
    for node in nodes(case) {
        let level = case.flow.paces.of(node);
        if let Some(level) = level.map(|paced| paced.cancels.level_at(case.now)) {
            if level < TOKEN {
                return Err(Reject::at(node, code::CANCEL_RATE, level, TOKEN));
            }
        }
    }
    Ok(())
}

/// What the message enters within short windows: one message, the lots it adds and their value at the reference price.
#[must_use]
pub fn entered(case: &Case<'_>) -> Entered {
    let value = case.mark.and_then(|mark| mark.checked_mul(case.added));
    Entered {
        count: 1,
        lots: case.added,
        value: value.unwrap_or(i64::MAX),
    }
}

/// With this message no scope enters more within any of its windows than it may: messages, lots, value. Measured and
/// limit: in the unit of the limit that refuses, of the lowest scope.
pub fn burst(case: &Case<'_>) -> Verdict {
    let entered = entered(case);
    for node in nodes(case) {
        let instrument = case.command.instrument;
        let broken = case
            .flow
            .bursts
            .broken(node, instrument, case.now, &entered);
        if let Some((after, most)) = broken {
            return Err(Reject::at(node, code::BURST_LIMIT, after, most));
        }
    }
    Ok(())
}

/// The strategy is not latched for having traded too often. Measured: trades in the window that latched it. Limit: the most.
pub fn executions(case: &Case<'_>) -> Verdict {
    match case.flow.throttles.of(case.command.owner) {
        Some(throttle) if throttle.tripped_at != 0 => Err(Reject::new(
            code::EXECUTION_THROTTLE,
            i64::from(throttle.tripped_at),
            i64::from(throttle.terms.max_executions),
        )),
        _ => Ok(()),
    }
}
