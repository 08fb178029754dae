//! Whether the decisions of a log were right: each is made again over what is on record before it, and compared.
use super::replay::RecoveryError;
use crate::audit::{AuditError, Reader};
use crate::gate::{Gate, Judged, NotReplayable};
use crate::layout::{AuditHeader, Judgement};
use std::path::Path;

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Sentence {
    pub counts: Judgement,
    /// The first verdict that is another now; its index is in both.
    pub first: Option<Judged>,
}

/// What ends the reading before the log does.
enum Stop {
    Reached,
    Differs(Box<Judged>),
    Fault(RecoveryError),
}

impl From<AuditError> for Stop {
    fn from(error: AuditError) -> Self {
        Self::Fault(error.into())
    }
}

/// Judges the decisions of the log in `dir` before record `to`, from its beginning, in a gate with room for so many pairs
/// of node and instrument: as many as the one that made them.
///
/// # Errors
/// When the log is damaged, does not say how it went on, or was written before the market was on record.
pub fn judge(dir: &Path, to: u64, room: usize) -> Result<Sentence, RecoveryError> {
    let mut gate = Gate::with_room(room);
    let mut counts = Judgement::default();
    let mut reader = Reader::open(dir, 0)?;
    loop {
        let read =
            reader.visit_group(|header, payload| take(&mut gate, &mut counts, to, header, payload));
        match read {
            Ok(true) => {}
            Ok(false) | Err(Stop::Reached) => {
                return Ok(Sentence {
                    counts,
                    first: None,
                });
            }
            Err(Stop::Differs(found)) => {
                counts.differs = 1;
                return Ok(Sentence {
                    counts,
                    first: Some(*found),
                });
            }
            Err(Stop::Fault(error)) => return Err(error),
        }
    }
}

fn take(
    gate: &mut Gate,
    counts: &mut Judgement,
    to: u64,
    header: &AuditHeader,
    payload: &[u8],
) -> Result<(), Stop> {
    if header.index >= to {
        return Err(Stop::Reached);
    }
    counts.records = header.index + 1;
    let fault = |NotReplayable(why)| {
        Stop::Fault(RecoveryError::Record {
            index: header.index,
            why,
        })
    };
    let Some(found) = gate.judge_again(header, payload).map_err(fault)? else {
        return Ok(());
    };
    counts.decisions += 1;
    if found.differs() {
        return Err(Stop::Differs(Box::new(found)));
    }
    Ok(())
}
