//! Parts of larger orders: a child has a parent, and no more than it.
use crate::gate::case::Case;
use crate::gate::flags;
use crate::gate::flow::{Parent, Parents, NO_PARENT};
use crate::gate::orders::{OpenOrder, CHILD};
use crate::gate::table::{Reject, Verdict};
use crate::layout::{code, demand, OrderCommand};

/// The parent that an order names, or that the order to be amended was entered under.
#[derive(Clone, Copy)]
pub struct Parentage {
    /// Its id; 0 for none.
    id: u64,
    /// Where it stands, when it is open for the strategy in the instrument and on the side.
    pub place: u32,
    /// Lots it has left then.
    left: Option<i64>,
}

impl Parentage {
    /// Of an order that is no child.
    pub const NONE: Self = Self {
        id: 0,
        place: NO_PARENT,
        left: None,
    };

    /// What a command, or the order it is to change, has for a parent.
    #[inline]
    #[must_use]
    pub fn of(parents: &Parents, command: &OrderCommand, target: Option<&OpenOrder>) -> Self {
        match target {
            Some(target) if target.marks & CHILD == 0 => Self::NONE,
            None if command.flags & flags::CHILD == 0 => Self::NONE,
            _ => Self::looked_up(parents, command, target),
        }
    }

    fn looked_up(parents: &Parents, command: &OrderCommand, target: Option<&OpenOrder>) -> Self {
        let place = match target {
            Some(target) => Some(target.parent),
            None => parents.find(command.target_id),
        };
        let parent = place.and_then(|place| parents.at(place));
        let id = match target {
            Some(_) => parent.map_or(0, |parent| parent.order.parent),
            None => command.target_id,
        };
        let side = target.map_or(command.side, |target| target.side);
        let (strategy, instrument) = (command.owner, command.instrument);
        let fitting = parent.filter(|parent| parent.is_of(strategy, instrument, side));
        Self {
            id,
            place: place.unwrap_or(NO_PARENT),
            left: fitting.map(Parent::left),
        }
    }
}

/// A child names a parent that its strategy has open in the instrument and on the side; where parents are demanded every
/// order is a child. Measured: the parent. Limit: 0.
pub fn known(case: &Case<'_>) -> Verdict {
    let parent = &case.parent;
    let free = parent.id == 0 && case.needs & demand::PARENTS == 0;
    if free || parent.left.is_some() {
        return Ok(());
    }
    Err(Reject::new(code::UNKNOWN_PARENT, parent.id as i64, 0))
}

/// The children of a parent, open and filled and this one included, are at most its quantity. Measured: lots this order
/// adds. Limit: lots that are left.
pub fn quantity(case: &Case<'_>) -> Verdict {
    match case.parent.left {
        Some(left) if case.added > left => {
            Err(Reject::new(code::PARENT_QUANTITY, case.added, left))
        }
        _ => Ok(()),
    }
}
