//! Snapshots of a running gate, written on a thread of their own: the path of orders waits for a copy of the state in memory
//! and for nothing else.
use super::replay::Engine;
use super::snapshot::{write, Images};
use crate::audit::{AuditError, AuditLog};
use crate::gate::Gate;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

/// Snapshots beside one log.
pub struct Snapshots {
    dir: PathBuf,
    /// How many are kept.
    keep: usize,
    under_way: Option<JoinHandle<io::Result<u64>>>,
    latest: u64,
}

/// What became of a wish for a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// It is being written; it stands for so many records.
    Begun(u64),
    /// The one before is still being written.
    Busy,
    /// The gate is shut, or the log has no directory.
    Impossible,
}

impl Snapshots {
    /// Beside the log in `dir`, of which the latest `keep` stay, at least one.
    #[must_use]
    pub fn beside(dir: &Path, keep: usize) -> Self {
        Self {
            dir: dir.to_path_buf(),
            keep,
            under_way: None,
            latest: 0,
        }
    }

    /// Takes one of gate and books, whose log is `log`, and begins to write it. Time in nanoseconds.
    ///
    /// # Errors
    /// Of the log, which is made as durable as it promises first; of the one before, if that could not be written.
    pub fn take(
        &mut self,
        log: &mut AuditLog,
        gate: &Gate,
        engine: Option<&Engine>,
        time: i64,
    ) -> Result<Written, AuditError> {
        if self
            .under_way
            .as_ref()
            .is_some_and(|one| !one.is_finished())
        {
            return Ok(Written::Busy);
        }
        self.wait()?;
        let Some(place) = log.place()? else {
            return Ok(Written::Impossible);
        };
        let Some(images) = Images::of(place, time, gate, engine) else {
            return Ok(Written::Impossible);
        };
        let (dir, keep, room) = (self.dir.clone(), self.keep, gate.room());
        let begun = thread::Builder::new()
            .name("cwts-snapshot".into())
            .spawn(move || {
                let bytes = images.encode(room)?;
                write(&dir, place.records, &bytes, keep)?;
                Ok(place.records)
            });
        let begun = begun.map_err(|source| self.failed(source))?;
        self.under_way = Some(begun);
        Ok(Written::Begun(place.records))
    }

    /// Waits for the one under way, and says for how many records the latest stands; 0 before the first.
    ///
    /// # Errors
    /// When it could not be written. It is told once.
    pub fn wait(&mut self) -> Result<u64, AuditError> {
        if let Some(thread) = self.under_way.take() {
            let panicked = |_| Err(io::Error::other("writing it panicked"));
            let written = thread.join().unwrap_or_else(panicked);
            self.latest = written.map_err(|source| self.failed(source))?;
        }
        Ok(self.latest)
    }

    fn failed(&self, source: io::Error) -> AuditError {
        AuditError::io("write a snapshot to", &self.dir, source)
    }
}
