//! Parts of larger orders: a child has a parent, and no more than it.
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::flow::UnknownParent;
use crate::gate::orders::CHILD;
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, demand};

/// The parent that the order names, or that the order to be amended was entered under; 0 for none.
fn parent(case: &Case<'_>) -> u64 {
    match case.target {
        Some(target) if target.marks & CHILD != 0 => {
            case.flow.parents.of_child(case.command.target_id)
        }
        Some(_) => 0,
        None if case.command.flags & flags::CHILD != 0 => case.command.target_id,
        None => 0,
    }
}

fn left(case: &Case<'_>, parent: u64) -> Result<i64, UnknownParent> {
    let command = case.command;
    let side = case.side();
    case.flow
        .parents
        .left(parent, command.owner, command.instrument, side)
}

/// A child names a parent that its strategy has open in the instrument and on the side; where parents are demanded every
/// order is a child. Measured: the parent. Limit: 0.
pub fn known(case: &Case<'_>) -> Verdict {
    let parent = parent(case);
    let free = parent == 0 && case.needs & demand::PARENTS == 0;
    if free || left(case, parent).is_ok() {
        return Ok(());
    }
    Err(Reject::new(code::UNKNOWN_PARENT, parent as i64, 0))
}

/// The children of a parent, open and filled and this one included, are at most its quantity. Measured: lots this order
/// adds. Limit: lots that are left.
pub fn quantity(case: &Case<'_>) -> Verdict {
    match left(case, parent(case)) {
        Ok(left) if case.added > left => Err(Reject::new(code::PARENT_QUANTITY, case.added, left)),
        _ => Ok(()),
    }
}
