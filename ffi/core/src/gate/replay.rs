//! The gate from its records: what was decided is carried out again, and decided anew only where somebody asks whether it
//! was right.
//!
//! A decision on record says what came of it, and everything it changed follows from command, verdict and reference price
//! together with what the gate was told before, which is on record too. So replaying asks no check: it does to the state what
//! the gate did, by the same code, and comes to the same [`Gate::state_hash`]. [`Gate::judge_again`] runs the checks as
//! well, over the same state, against the market that was recorded before the decision, and says where the verdict is another.
use super::case::{lots_added, moved};
use super::checks::parent::Parentage;
use super::facts::FACT_VERSION;
use super::flow::{BASKET_VERSION, UNJUDGEABLE_BASKET_VERSION};
use super::limits::{
    INSTRUMENT_RULES_VERSION, SCOPE_LIMITS_VERSION, SCOPE_VERSION, STRATEGY_LIMITS_VERSION,
};
use super::market_seen::MARKET_SEEN_VERSION;
use super::ports::Journal;
use super::reservation::Passed;
use super::scopes::{Added, OWN};
use super::{Gate, Reference, DECISION_VERSION, EXECUTION_VERSION, UNJUDGEABLE_VERSION, VENUES};
use crate::layout::{
    code, command_kind, record_type, AuditHeader, Execution, GateDecision, GateScope, OrderCommand,
    ParentOrder,
};
use crate::record::{read, Record};

/// What a record was to the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// A decision, accept or refusal.
    Decision,
    /// A report of a venue.
    Execution,
    /// A limit, a fact, a market or a basket.
    Loaded,
    /// None of its records.
    Other,
}

/// Why a record cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotReplayable(pub &'static str);

/// What was recorded needs no further record.
struct OnRecord;

impl Journal for OnRecord {
    fn next_index(&self) -> u64 {
        0
    }

    fn append(&mut self, _: u16, _: u16, _: i64, _: u64, _: &[&[u8]]) -> Result<u64, u32> {
        Ok(0)
    }

    fn commit(&mut self) -> Result<(), u32> {
        Ok(())
    }
}

/// A verdict on record, and what the gate says when it is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    pub recorded: GateDecision,
    pub again: GateDecision,
}

impl Judged {
    /// Whether the verdict is another in anything that a check works out.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.recorded != self.again
    }
}

type Done = Result<Replayed, NotReplayable>;

/// A record of exactly its size.
fn whole<T: Record>(payload: &[u8]) -> Result<T, NotReplayable> {
    let record = (payload.len() == size_of::<T>()).then(|| read(payload));
    let record = record.flatten();
    record.ok_or(NotReplayable("its payload is not as long as its record"))
}

fn same(is: bool, otherwise: &'static str) -> Result<(), NotReplayable> {
    is.then_some(()).ok_or(NotReplayable(otherwise))
}

impl Gate {
    /// Does to the gate what the record says was done. Records must come in order and without a gap; those of others do
    /// nothing.
    ///
    /// # Errors
    /// When the record does not follow from those before it, or is of a version that does not say enough. The gate is of
    /// no use then.
    #[inline]
    pub fn replay(&mut self, header: &AuditHeader, payload: &[u8]) -> Done {
        self.replay_and(header, payload, None)
    }

    /// As [`Gate::replay`], and a decision is made once more before it is carried out as it was recorded. None where the
    /// record is no decision.
    ///
    /// # Errors
    /// As for [`Gate::replay`], and for decisions whose market is not on record.
    pub fn judge_again(
        &mut self,
        header: &AuditHeader,
        payload: &[u8],
    ) -> Result<Option<Judged>, NotReplayable> {
        same(
            !matches!(
                (header.record_type, header.version),
                (record_type::DECISION, UNJUDGEABLE_VERSION)
                    | (record_type::BASKET_DECIDED, UNJUDGEABLE_BASKET_VERSION)
            ),
            "it was written before the market that decisions are measured against went on record",
        )?;
        let mut judged = None;
        self.replay_and(header, payload, Some(&mut judged))?;
        Ok(judged)
    }

    #[inline]
    fn replay_and(
        &mut self,
        header: &AuditHeader,
        payload: &[u8],
        judged: Option<&mut Option<Judged>>,
    ) -> Done {
        match (header.record_type, header.version) {
            (record_type::DECISION, version @ (DECISION_VERSION | UNJUDGEABLE_VERSION)) => {
                let (command, decision) = payload
                    .split_at_checked(size_of::<OrderCommand>())
                    .ok_or(NotReplayable("it has no command"))?;
                let knows_market = version == DECISION_VERSION;
                let (command, decision) = (whole(command)?, whole(decision)?);
                self.decide_again(header.index, &command, &decision, knows_market, judged)?;
                Ok(Replayed::Decision)
            }
            (record_type::MARKET_SEEN, MARKET_SEEN_VERSION) => {
                same(
                    self.see_again(&whole(payload)?),
                    "it is about an instrument that is not listed",
                )?;
                Ok(Replayed::Loaded)
            }
            (record_type::EXECUTION, EXECUTION_VERSION) => {
                let report: Execution = whole(payload)?;
                let stream = usize::from(report.stream);
                same(stream < VENUES, "its stream is none of the gate's")?;
                self.apply(stream, &report);
                Ok(Replayed::Execution)
            }
            (record_type::LIMITS_SET, version) => self.load_again(version, payload, header.time),
            (record_type::BASKET_DECIDED, BASKET_VERSION | UNJUDGEABLE_BASKET_VERSION) => {
                self.open_again(payload, header, judged)
            }
            (
                record_type::DECISION
                | record_type::EXECUTION
                | record_type::BASKET_DECIDED
                | record_type::MARKET_SEEN,
                _,
            ) => Err(NotReplayable("it is of another version of its schema")),
            _ => Ok(Replayed::Other),
        }
    }

    fn decide_again(
        &mut self,
        index: u64,
        command: &OrderCommand,
        decision: &GateDecision,
        knows_market: bool,
        judged: Option<&mut Option<Judged>>,
    ) -> Result<(), NotReplayable> {
        same(
            decision.sequence == self.sequence + 1 && decision.audit_index == index,
            "it is not the next decision of this gate",
        )?;
        same(
            self.tally.counts(decision.code),
            "its code is none of the gate's",
        )?;
        self.sequence += 1;
        let met = self.scopes.size();
        let leaf = self.leaf_for(command);
        let now = self.advance_clock(command);
        if !knows_market {
            self.note_used(command.instrument, decision.reference);
        }
        if let Some(judged) = judged {
            let mut again = GateDecision {
                order_id: command.order_id,
                audit_index: index,
                sequence: decision.sequence,
                ..GateDecision::default()
            };
            self.evaluate(command, leaf, now, decision.state, &mut again);
            *judged = Some(Judged {
                recorded: *decision,
                again,
            });
        }
        if decision.code == code::MESSAGE_RATE {
            self.flow.paces.refused(decision.scope, now);
        }
        if decision.code == code::ACCEPTED {
            let leaf = self.leaf_again(command, leaf)?;
            let passed = self.passed_again(command, leaf, decision.reference);
            self.undo.clear();
            self.reserve(command, leaf, now, &passed);
        } else if self.scopes.size() != met {
            self.scopes.forget(met);
        }
        if command.kind == command_kind::NEW && command.order_id != 0 {
            self.ids.insert(command.order_id);
        }
        self.tally.decided(decision.code);
        Ok(())
    }

    /// Where what was accepted counts: also past the room of this gate, if that of the one that let it in was larger.
    fn leaf_again(
        &mut self,
        command: &OrderCommand,
        leaf: Option<u32>,
    ) -> Result<Option<u32>, NotReplayable> {
        if leaf.is_some() || command.kind != command_kind::NEW {
            return Ok(leaf);
        }
        let placed = self.scopes.strategy(command.owner).is_some() && command.order_id != 0;
        same(placed, "it accepts an order of nobody the gate knows")?;
        Ok(Some(self.meet(command.owner, command.instrument)))
    }

    /// What an accepted command brought with it, at the reference price of its decision; 0 when there was none.
    fn passed_again(&self, command: &OrderCommand, leaf: Option<u32>, ticks: i64) -> Passed {
        let targeted = matches!(command.kind, command_kind::CANCEL | command_kind::AMEND);
        let target = targeted.then(|| self.open.get(command.target_id)).flatten();
        let rules = self.listing(command.instrument).map(|known| &known.rules);
        let mark = rules
            .filter(|_| ticks != 0)
            .and_then(|rules| ticks.checked_mul(rules.units_per_tick_lot));
        let lots = lots_added(command, target);
        let side = target.map_or(command.side, |target| target.side);
        let added = leaf.zip(mark).map(|(leaf, mark)| {
            let leaf = self.scopes.leaf(leaf);
            let own = self.scopes.cell(leaf.cells[OWN]);
            let moved = moved(own, leaf, &own.worst(side, lots), mark);
            Added { lots, mark, moved }
        });
        Passed {
            added,
            parent: Parentage::of(&self.flow.parents, command, target).place,
        }
    }

    /// The market had a price of the day when an order was measured against it: too old to count now, and reason enough not
    /// to fall back on the day before.
    fn note_used(&mut self, instrument: u16, ticks: i64) {
        let prior_close = self.facts.security(instrument).terms.prior_close;
        let known = self.listings.get_mut(usize::from(instrument));
        let Some(known) = known.and_then(Option::as_mut) else {
            return;
        };
        let had = known.reference.doubled().is_some();
        if ticks != 0 && (had || ticks != prior_close) {
            known.reference = Reference {
                last: ticks,
                time: i64::MIN,
                ..Reference::default()
            };
        }
    }

    fn load_again(&mut self, version: u16, payload: &[u8], time: i64) -> Done {
        let silent = &mut OnRecord;
        let loaded = match version {
            STRATEGY_LIMITS_VERSION => self.set_limits(silent, &whole(payload)?, time),
            INSTRUMENT_RULES_VERSION => self.set_instrument(silent, &whole(payload)?, time),
            SCOPE_LIMITS_VERSION => self.set_scope_limits(silent, &whole(payload)?, time),
            SCOPE_VERSION => {
                let scope: GateScope = whole(payload)?;
                let node = self.add_scope(silent, &scope, time);
                same(
                    node.is_err() || node == Ok(scope.node),
                    "its node is not the next of the tree",
                )?;
                node.map(|_| ())
            }
            fact => {
                let kind = fact.checked_sub(FACT_VERSION);
                let kind = kind.ok_or(NotReplayable("it is of another version of its schema"))?;
                self.tell(silent, u32::from(kind), payload, time)
            }
        };
        match loaded {
            Ok(()) => Ok(Replayed::Loaded),
            Err(code::SCOPE_CAPACITY) => Err(NotReplayable(
                "this gate has less room for scopes than the one that wrote it: make it larger",
            )),
            Err(_) => Err(NotReplayable("the gate does not take what it says")),
        }
    }

    fn open_again(
        &mut self,
        payload: &[u8],
        header: &AuditHeader,
        judged: Option<&mut Option<Judged>>,
    ) -> Done {
        let (decision, mut rest) = payload
            .split_at_checked(size_of::<GateDecision>())
            .ok_or(NotReplayable("it has no decision"))?;
        let decision: GateDecision = whole(decision)?;
        let mut parents = Vec::new();
        while let Some((one, later)) = rest.split_at_checked(size_of::<ParentOrder>()) {
            parents.push(whole(one)?);
            rest = later;
        }
        same(rest.is_empty(), "its last parent is not whole")?;
        if let Some(judged) = judged {
            let again = GateDecision {
                audit_index: header.index,
                ..self.judge_basket(&parents, header.time)
            };
            *judged = Some(Judged {
                recorded: decision,
                again,
            });
        }
        if decision.code == code::ACCEPTED {
            self.open_all(&parents);
        }
        Ok(Replayed::Loaded)
    }
}
