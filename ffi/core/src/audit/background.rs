//! Work of the log that no order waits for, on a thread of the log's own.
//!
//! This is done here, in the order they are handed over:
//!
//! * with durability `MEMORY`, a full window is hashed, sealed and written: nobody was promised any of it, so the append
//!   that filled the window goes on into the next one;
//! * with any durability, leaves are folded into the tree: a seal needs the chain alone, and the root is wanted when
//!   somebody asks for it. What the tree comes to is then written as tiles, after the hand-over was given back.
//!
//! The thread begins with the first hand-over, so a small log has none. At most [`WINDOWS_IN_FLIGHT`] or
//! [`LEAVES_IN_FLIGHT`] hand-overs are under way; the next one waits for the first of them, which bounds the memory and what
//! a crash can take.
use crate::audit::fold::Folding;
use crate::audit::format::Hash;
use crate::audit::gather::Gathered;
use crate::audit::sink::Sink;
use crate::audit::tiles::TileFiles;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Windows under way at a time: room for a burst of some ten thousand records, whose orders do not wait for a processor
/// that hashes. It is also what a crash can take of a log that promised nothing.
pub const WINDOWS_IN_FLIGHT: usize = 32;
/// Hand-overs of leaves under way at a time; those that wait longer wait in the log itself.
pub const LEAVES_IN_FLIGHT: usize = 2;

/// What the thread shares with its log. Nobody holds a lock while waiting for anything but a write.
pub struct Shared {
    pub sink: Mutex<Sink>,
    pub tree: Mutex<Folding>,
    /// `None` for a log that has none. Taken before `tree` where both are, so that tiles are written in order.
    pub tiles: Mutex<Option<TileFiles>>,
    /// Set when a write in the background failed, so that the next append learns of it.
    pub broken: AtomicBool,
}

impl Shared {
    pub fn sink(&self) -> MutexGuard<'_, Sink> {
        // A panic under the lock has ended the thread, and the log is failed by that.
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tree(&self) -> MutexGuard<'_, Folding> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the tiles that wait. Nobody who wants the tree waits for it.
    pub fn write_tiles(&self) {
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = &mut *tiles {
            let (pieces, head) = self.tree().waiting();
            files.write(&pieces, &head);
        }
    }
}

/// What is handed over, and comes back empty to be filled again.
pub enum Job {
    /// To be sealed, written, and folded.
    Window(Gathered),
    /// To be folded.
    Leaves(Vec<Hash>),
    /// Nothing but the tiles that wait to be written.
    Tiles,
}

impl Job {
    /// Does the work and empties what was handed over.
    ///
    /// # Errors
    /// Of the write.
    pub fn run(&mut self, shared: &Shared) -> io::Result<()> {
        match self {
            Self::Window(gathered) => {
                let written = shared.sink().take(gathered);
                shared.tree().extend(&gathered.leaves);
                gathered.begin();
                gathered.filled = 0;
                written
            }
            Self::Leaves(leaves) => {
                shared.tree().extend(leaves);
                leaves.clear();
                Ok(())
            }
            Self::Tiles => Ok(()),
        }
    }
}

/// The thread, seen from its log.
pub struct Background {
    jobs: Option<Sender<Job>>,
    done: Receiver<(Job, io::Result<()>)>,
    in_flight: usize,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(shared: &Arc<Shared>) -> io::Result<Self> {
        let (jobs, taken) = channel::<Job>();
        let (finished, done) = channel();
        let shared = Arc::clone(shared);
        let work = move || {
            for mut job in taken {
                let result = job.run(&shared);
                if result.is_err() {
                    shared.broken.store(true, Ordering::Relaxed);
                }
                // The log is gone when nobody takes it back.
                if finished.send((job, result)).is_err() {
                    return;
                }
                shared.write_tiles();
            }
        };
        let thread = Builder::new().name("cwts-audit".to_owned()).spawn(work)?;
        Ok(Self {
            jobs: Some(jobs),
            done,
            in_flight: 0,
            thread: Some(thread),
        })
    }

    /// Whether `most` hand-overs are under way, so that the next one would have to wait.
    pub const fn is_full(&self, most: usize) -> bool {
        self.in_flight >= most
    }

    /// Whether everything that was handed over has come back.
    pub const fn is_idle(&self) -> bool {
        self.in_flight == 0
    }

    /// Hands `job` over.
    ///
    /// # Errors
    /// When the thread is gone, which only a panic in it explains.
    pub fn send(&mut self, job: Job) -> io::Result<()> {
        let sent = self
            .jobs
            .as_ref()
            .is_some_and(|jobs| jobs.send(job).is_ok());
        self.in_flight += usize::from(sent);
        if sent {
            Ok(())
        } else {
            Err(gone())
        }
    }

    /// What has come back, without waiting.
    pub fn returned(&mut self) -> Option<(Job, io::Result<()>)> {
        let returned = self.done.try_recv().ok()?;
        self.in_flight -= 1;
        Some(returned)
    }

    /// Waits for what comes back first, and says how it went.
    ///
    /// # Errors
    /// Of the write, with what was handed over; without it when the thread is gone.
    pub fn receive(&mut self) -> (Option<Job>, io::Result<()>) {
        if let Ok((job, result)) = self.done.recv() {
            self.in_flight -= 1;
            return (Some(job), result);
        }
        self.in_flight = 0;
        (None, Err(gone()))
    }
}

fn gone() -> io::Error {
    io::Error::other("the thread of the audit log is gone")
}

impl Drop for Background {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, was reported when the log waited for it.
            let _ = thread.join();
        }
    }
}
