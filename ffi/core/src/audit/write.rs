//! From the window to the segment: sealing groups, handing over, making room, beginning segments, syncing, and failing for
//! good.
use crate::audit::background::{Background, Job, LEAVES_IN_FLIGHT, WINDOWS_IN_FLIGHT};
use crate::audit::error::AuditError;
use crate::audit::files;
use crate::audit::format::{SegmentHeader, SEAL_BYTES};
use crate::audit::gather::{Gathered, WRITE_BYTES};
use crate::audit::log::{AuditLog, State};
use crate::audit::sink::Target;
use crate::layout::durability;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Leaves that are folded into the tree together: enough that a hand-over costs a leaf next to nothing.
const FOLDED_TOGETHER: usize = 2048;

/// Leaves that wait for the background at most. Beyond them the log folds them itself, so that memory stays bounded.
const UNFOLDED: usize = 16 * FOLDED_TOGETHER;

impl AuditLog {
    /// Makes room for a record of `size` bytes, and for the seal behind it, in the segment and in the window.
    #[inline]
    pub(super) fn make_room(&mut self, size: usize, time_ns: i64) -> Result<(), AuditError> {
        let with_seal = (size + SEAL_BYTES) as u64;
        if self.current_bytes.saturating_add(with_seal) > self.segment_bytes
            && self.records > self.segment_first
        {
            self.rotate(time_ns)?;
        }
        let gathered = &self.gathered;
        if gathered.filled >= WRITE_BYTES
            || gathered.filled + size + SEAL_BYTES > gathered.buffer.len()
        {
            self.window_is_full()?;
            self.gathered.grow(size);
        }
        Ok(())
    }

    /// Nobody waits for a window that nobody was promised; one that is on its way to a commit is written here and now.
    #[cold]
    fn window_is_full(&mut self) -> Result<(), AuditError> {
        if self.durability != durability::MEMORY || !self.has_background() {
            return self.write_out();
        }
        if !self.unfolded.is_empty() {
            // What was sealed here is older than what will be sealed there.
            self.fold();
        }
        self.collect()?;
        let full = |thread: &Background| thread.is_full(WINDOWS_IN_FLIGHT);
        if self.background.as_ref().is_some_and(full) {
            self.receive()?;
        }
        if !self.gathered.open.is_empty() {
            self.current_bytes += SEAL_BYTES as u64;
        }
        let next = self.spare.pop().unwrap_or_else(Gathered::new);
        let full = std::mem::replace(&mut self.gathered, next);
        self.hand_over(Job::Window(full))
    }

    /// Starts the thread when there is none; `false` where the system gives none.
    fn has_background(&mut self) -> bool {
        if self.background.is_none() {
            self.background = Background::start(&self.shared).ok();
        }
        self.background.is_some()
    }

    fn hand_over(&mut self, job: Job) -> Result<(), AuditError> {
        match self.background.as_mut().map(|thread| thread.send(job)) {
            Some(Err(error)) => Err(self.fail("append to", error)),
            _ => Ok(()),
        }
    }

    /// Waits for one hand-over.
    fn receive(&mut self) -> Result<(), AuditError> {
        match self.background.as_mut().map(Background::receive) {
            Some((job, result)) => self.came_back(job, result),
            None => Ok(()),
        }
    }

    /// Takes what has come back.
    fn collect(&mut self) -> Result<(), AuditError> {
        while let Some((job, result)) = self.background.as_mut().and_then(Background::returned) {
            self.came_back(Some(job), result)?;
        }
        Ok(())
    }

    fn came_back(&mut self, job: Option<Job>, result: io::Result<()>) -> Result<(), AuditError> {
        match job {
            Some(Job::Window(gathered)) => self.spare.push(gathered),
            Some(Job::Leaves(leaves)) => self.spare_leaves.push(leaves),
            Some(Job::Tiles) | None => {}
        }
        result.map_err(|error| self.fail("append to", error))
    }

    /// Waits until nothing is in the background. The first failure there is told once, here.
    pub(super) fn wait(&mut self) -> Result<(), AuditError> {
        let mut result = Ok(());
        while self
            .background
            .as_ref()
            .is_some_and(|thread| !thread.is_idle())
        {
            let received = self.receive();
            result = result.and(received);
        }
        result
    }

    /// Closes the group that was gathered, if there is one.
    pub(super) fn seal(&mut self) {
        if self.gathered.open.is_empty() {
            return;
        }
        if self.durability == durability::MEMORY {
            // The chain goes on behind what is being sealed there; a failure is in the state.
            let _ = self.wait();
        }
        self.gathered.seal(&mut self.shared.sink().head);
        self.current_bytes += SEAL_BYTES as u64;
        self.fold_later();
    }

    /// Leaves of a group that was sealed here go to the tree when there are many of them.
    fn fold_later(&mut self) {
        self.unfolded.append(&mut self.gathered.leaves);
        self.gathered.begin();
        if self.unfolded.len() < FOLDED_TOGETHER {
            return;
        }
        if !self.has_background() || self.unfolded.len() >= UNFOLDED {
            return self.fold();
        }
        // A failure is in the state. So below.
        let _ = self.collect();
        let full = |thread: &Background| thread.is_full(LEAVES_IN_FLIGHT);
        if self.background.as_ref().is_some_and(full) {
            return;
        }
        let room = self.spare_leaves.pop().unwrap_or_default();
        let leaves = std::mem::replace(&mut self.unfolded, room);
        let _ = self.hand_over(Job::Leaves(leaves));
    }

    /// Brings the tree up to the last seal.
    pub(super) fn fold(&mut self) {
        // A failure is in the state; what is in the tree then is what was sealed.
        let _ = self.wait();
        if !self.unfolded.is_empty() {
            self.shared.tree().extend(&self.unfolded);
            self.unfolded.clear();
        }
        if !self.shared.tree().is_waiting() {
            return;
        }
        if self.background.is_some() {
            let _ = self.hand_over(Job::Tiles);
        } else {
            self.shared.write_tiles();
        }
    }

    /// Ends the current segment and begins the next. Outside `MEMORY` the old one is synced first, so a log never
    /// continues behind records that a loss of power can take away.
    #[cold]
    pub(super) fn rotate(&mut self, created_ns: i64) -> Result<(), AuditError> {
        self.write_out()?;
        if self.durability != durability::MEMORY {
            self.sync()?;
        }
        self.fold();
        let created = {
            let sink = &mut *self.shared.sink();
            let Target::Files(files) = &mut sink.target else {
                return Ok(());
            };
            let tree = self.shared.tree().tree.clone();
            let header = SegmentHeader::new(files.number + 1, created_ns, tree, sink.head.chain);
            files::create_segment(&files.dir, &header).map(|(file, path)| {
                (files.file, files.path, files.number) = (file, path, header.number);
                header.size() as u64
            })
        };
        match created {
            Ok(size) => {
                self.segments += 1;
                self.earlier_bytes += self.current_bytes;
                self.current_bytes = size;
                self.segment_first = self.records;
                Ok(())
            }
            Err(error) => Err(self.fail("begin a new segment after", error)),
        }
    }

    /// Seals what was gathered and hands the window to the file, behind what is in the background.
    pub(super) fn write_out(&mut self) -> Result<(), AuditError> {
        self.seal();
        if self.durability == durability::MEMORY {
            self.wait()?;
        }
        if let State::Failed { os_error } = self.state {
            return Err(AuditError::Failed { os_error });
        }
        let written = self.shared.sink().take(&mut self.gathered);
        written.map_err(|error| self.fail("append to", error))
    }

    pub(super) fn sync(&mut self) -> Result<(), AuditError> {
        let synced = match &self.shared.sink().target {
            Target::Files(files) => files.file.sync_data(),
            Target::Memory { .. } => Ok(()),
        };
        synced.map_err(|error| self.fail("sync", error))?;
        self.durable = self.records;
        Ok(())
    }

    pub(super) fn finish(&mut self) -> Result<(), AuditError> {
        match self.state {
            State::Closed => return Ok(()),
            State::Failed { os_error } => return Err(AuditError::Failed { os_error }),
            State::Open => {}
        }
        self.write_out()?;
        if self.durability == durability::MEMORY {
            return Ok(());
        }
        self.sync()
    }

    #[cold]
    fn fail(&mut self, doing: &'static str, source: io::Error) -> AuditError {
        // Behind a failed sync nothing is written either.
        self.shared.broken.store(true, Ordering::Relaxed);
        if let State::Failed { os_error } = self.state {
            return AuditError::Failed { os_error };
        }
        self.state = State::Failed {
            os_error: source.raw_os_error().unwrap_or(0),
        };
        let mut sink = self.shared.sink();
        sink.broken = true;
        let path = match &sink.target {
            Target::Memory { .. } => PathBuf::new(),
            Target::Files(files) => files.path.clone(),
        };
        AuditError::io(doing, &path, source)
    }
}
