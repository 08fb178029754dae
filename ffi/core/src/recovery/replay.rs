//! One pass over a log, from its beginning or from a snapshot.
use super::snapshot::{self, Snapshot};
use crate::audit::{AuditError, Reader};
use crate::book::{DirectBook, MatchingEngine};
use crate::gate::{Gate, NotReplayable, Replayed};
use crate::layout::{code, record_type, AuditHeader, Recovered};
use std::fmt;
use std::path::Path;

/// Books of an engine that records.
pub type Engine = MatchingEngine<DirectBook>;

/// What came out.
#[derive(Debug)]
pub struct Recovery {
    pub counts: Recovered,
    /// Chain head behind the last record that was read.
    pub chain: [u8; 32],
    /// Why newer snapshots were passed over, one line each.
    pub refused: Vec<String>,
}

/// Why there is nothing to go on with.
#[derive(Debug)]
pub enum RecoveryError {
    /// The log cannot be read.
    Log(AuditError),
    /// A record does not follow from those before it.
    Record { index: u64, why: &'static str },
    /// Gate or engine are not as they were made.
    InUse,
}

impl RecoveryError {
    /// [`code`]
    #[must_use]
    pub const fn code(&self) -> u32 {
        match self {
            Self::Log(error) => error.code(),
            Self::Record { .. } => code::NOT_REPLAYABLE,
            Self::InUse => code::BAD_ARGUMENT,
        }
    }
}

impl From<AuditError> for RecoveryError {
    fn from(error: AuditError) -> Self {
        Self::Log(error)
    }
}

impl fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(f),
            Self::Record { index, why } => write!(
                f,
                "record {index} of the log cannot be replayed: {why}; verify the log, and start with another data directory if it is whole"
            ),
            Self::InUse => f.write_str(
                "a gate and an engine are recovered before anything else is done with them: make new ones",
            ),
        }
    }
}

/// Brings `gate`, and `engine` if there is one, to where the log in `dir` ends. Both must be fresh. With `snapshots`, the
/// latest one that can be used stands for the beginning of the log.
///
/// Records behind the last seal were never acknowledged: they are not read. Opening the log to append cuts them off.
///
/// # Errors
/// When the log is damaged or does not say how it went on; gate and engine are as they were then.
pub fn recover(
    dir: &Path,
    snapshots: bool,
    gate: &mut Gate,
    engine: Option<&mut Engine>,
) -> Result<Recovery, RecoveryError> {
    let in_use = engine.as_ref().is_some_and(|engine| !engine.is_fresh());
    if in_use || !gate.is_fresh() {
        return Err(RecoveryError::InUse);
    }
    let (room, with_books) = (gate.room(), engine.is_some());
    let mut refused = Vec::new();
    let files = if snapshots {
        snapshot::list(dir)?
    } else {
        Vec::new()
    };
    for records in files.into_iter().rev() {
        let from = |why: String| format!("the snapshot at record {records} was not used: {why}");
        let state = match snapshot::load(dir, records, room, with_books) {
            Ok(state) => state,
            Err(why) => {
                refused.push(from(why));
                continue;
            }
        };
        let reader = match Reader::resume(dir, &state.place) {
            Ok(Some(reader)) => reader,
            Ok(None) => {
                refused.push(from("the log has something else there".into()));
                continue;
            }
            Err(error) => {
                refused.push(from(error.to_string()));
                continue;
            }
        };
        match State::of(state).read(reader) {
            Ok(state) => return Ok(state.into_place(gate, engine, refused)),
            Err(RecoveryError::Record { index, why }) => {
                refused.push(from(format!("record {index} does not follow: {why}")));
            }
            Err(error) => return Err(error),
        }
    }
    let fresh = State::fresh(room, with_books);
    let state = fresh.read(Reader::open(dir, 0)?)?;
    Ok(state.into_place(gate, engine, refused))
}

/// What is being recovered. Nothing is touched of what was handed in until all of it is there.
struct State {
    gate: Gate,
    engine: Option<Engine>,
    counts: Recovered,
    chain: [u8; 32],
}

impl State {
    fn fresh(room: usize, with_books: bool) -> Self {
        Self {
            gate: Gate::with_room(room),
            engine: with_books.then(Engine::new),
            counts: Recovered::default(),
            chain: [0; 32],
        }
    }

    fn of(snapshot: Snapshot) -> Self {
        Self {
            gate: snapshot.gate,
            engine: snapshot.engine,
            counts: Recovered {
                from: snapshot.place.records,
                time: snapshot.time,
                ..Recovered::default()
            },
            chain: snapshot.place.chain,
        }
    }

    fn read(mut self, mut reader: Reader) -> Result<Self, RecoveryError> {
        while reader.visit_group(|header, payload| self.take(header, payload))? {}
        (self.counts.records, self.chain) = reader.read_to();
        self.counts.torn = u32::from(reader.is_torn());
        Ok(self)
    }

    #[inline]
    fn take(&mut self, header: &AuditHeader, payload: &[u8]) -> Result<(), RecoveryError> {
        let fault = |NotReplayable(why)| RecoveryError::Record {
            index: header.index,
            why,
        };
        let counts = &mut self.counts;
        counts.time = header.time;
        match self.gate.replay(header, payload).map_err(fault)? {
            Replayed::Decision => counts.decisions += 1,
            Replayed::Execution => counts.executions += 1,
            Replayed::Loaded => counts.loaded += 1,
            Replayed::Other => {}
        }
        if let (record_type::VENUE_INPUT, Some(engine)) = (header.record_type, &mut self.engine) {
            if !engine.replay(header.version, payload) {
                return Err(fault(NotReplayable("the books do not take what it says")));
            }
            counts.inputs += 1;
        }
        Ok(())
    }

    fn into_place(
        self,
        gate: &mut Gate,
        engine: Option<&mut Engine>,
        refused: Vec<String>,
    ) -> Recovery {
        *gate = self.gate;
        if let (Some(place), Some(books)) = (engine, self.engine) {
            *place = books;
        }
        Recovery {
            counts: Recovered {
                refused: refused.len() as u32,
                ..self.counts
            },
            chain: self.chain,
            refused,
        }
    }
}
