//! The control page and the handshake between those who stop orders and the gate.
use crate::control::error::ControlError;
use crate::control::file;
use crate::control::words::Words;
use crate::layout::{
    scope_state, ControlHeader, ABI_VERSION, CONTROL_ACTOR_OFFSET, CONTROL_MORE_NAMES_OFFSET,
    CONTROL_NAMES_OFFSET, CONTROL_REASON_OFFSET, CUSTOMER_SCOPE_BASE, FIRM_SCOPE,
    INSTRUMENT_SCOPE_BASE, INSTRUMENT_SCOPE_LAST, LAYOUT_HASH, SCOPE_COUNT, STRATEGY_SCOPE_LAST,
};
use std::io;
use std::mem::offset_of;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a scope's name.
pub const NAME_BYTES: usize = 32;
/// Bytes of a request's reason; a longer one is cut.
pub const REASON_BYTES: usize = 256;
/// Bytes of a requester's name; a longer one is cut.
pub const ACTOR_BYTES: usize = 64;

const SCOPES: usize = SCOPE_COUNT as usize;

/// System modes in [`ControlHeader::mode`].
pub mod mode {
    /// Everything runs.
    pub const FULL_PERFORMANCE: u64 = 0;
    /// Every scope is at least `REDUCE_ONLY`.
    pub const SAFE_MODE: u64 = 1;
    /// Every scope is `KILLED`.
    pub const EMERGENCY_SHUTDOWN: u64 = 2;
}

/// The open control page of a data directory. See the [module](crate::control) for the handshake.
///
/// Every method takes `&self`: the page is shared by nature. Two requests at the very same time may mix their texts;
/// states and counts are exact.
#[derive(Debug)]
pub struct ControlPage {
    words: Words,
}

macro_rules! field {
    ($page:expr, $name:ident) => {
        $page.words.word(offset_of!(ControlHeader, $name))
    };
}

impl ControlPage {
    /// Opens the page in `dir`. When there is none, makes it, and the directory, with every scope `ACTIVE`.
    ///
    /// # Errors
    /// `Damaged` or `OtherFormat` when the file there is no page this build reads, `Io`.
    pub fn open(dir: &Path) -> Result<Self, ControlError> {
        match Self::open_existing(dir) {
            Err(ControlError::Absent { path }) => {
                file::create(dir, &path)
                    .map_err(|source| ControlError::io("make", &path, source))?;
                Self::open_existing(dir)
            }
            other => other,
        }
    }

    /// Opens the page in `dir` and never makes one: for commands that must not mistake an empty directory for a node
    /// they have stopped. A page of format 1 becomes one of format 2, with every word and name where it was.
    ///
    /// # Errors
    /// As for [`ControlPage::open`], and `Absent`.
    pub fn open_existing(dir: &Path) -> Result<Self, ControlError> {
        file::map(dir).map(|words| Self { words })
    }

    /// A page that no other process sees and that is gone with this handle.
    ///
    /// # Panics
    /// When the system has no 44 KiB of memory left.
    #[must_use]
    pub fn in_memory() -> Self {
        let page = Self {
            words: Words::anonymous().expect("44 KiB of memory can be mapped"),
        };
        field!(page, magic).store(file::MAGIC, Ordering::Relaxed);
        field!(page, version).store(u64::from(ABI_VERSION), Ordering::Relaxed);
        field!(page, layout_hash).store(LAYOUT_HASH, Ordering::Relaxed);
        page
    }

    /// State word of a scope. A scope outside the page, or a word that is no known state, reads as `KILLED`.
    #[inline]
    #[must_use]
    pub fn scope(&self, scope: usize) -> u32 {
        if scope >= SCOPES {
            return scope_state::KILLED;
        }
        self.words
            .scope(scope)
            .load(Ordering::SeqCst)
            .min(scope_state::KILLED)
    }

    /// The scope above a scope; the firm above what has none, and above what is no scope nothing that is one, so that it
    /// reads as `KILLED`.
    #[inline]
    #[must_use]
    pub fn above(&self, scope: usize) -> usize {
        if scope >= SCOPES {
            return SCOPES;
        }
        self.words.above(scope).load(Ordering::SeqCst) as usize
    }

    /// Puts a scope below another; says `false` and changes nothing when there is no such pair. To be done before the gate
    /// makes its first decision: a request promises nothing about scopes that move.
    pub fn set_above(&self, scope: usize, above: usize) -> bool {
        let fits = scope < SCOPES && above < SCOPES && scope != FIRM_SCOPE as usize;
        if fits {
            self.words
                .above(scope)
                .store(above as u32, Ordering::SeqCst);
        }
        fits
    }

    /// The strictest of the words of the firm, the strategy, its account and its customer, the instrument, and of what the
    /// system mode asks for.
    ///
    /// A strategy outside 1 to 127 and an instrument outside 0 to 127 have no word of their own and fall under the firm's;
    /// the gate may know such ids, so whoever uses them can stop them only together.
    #[inline]
    #[must_use]
    pub fn effective(&self, strategy: u32, instrument: u32) -> u32 {
        let by_mode = match self.mode() {
            mode::FULL_PERFORMANCE => scope_state::ACTIVE,
            mode::SAFE_MODE => scope_state::REDUCE_ONLY,
            _ => scope_state::KILLED,
        };
        let own = if strategy <= STRATEGY_SCOPE_LAST {
            strategy as usize
        } else {
            FIRM_SCOPE as usize
        };
        let traded = if instrument <= INSTRUMENT_SCOPE_LAST - INSTRUMENT_SCOPE_BASE {
            INSTRUMENT_SCOPE_BASE + instrument
        } else {
            FIRM_SCOPE
        };
        // Two steps and no loop: a page that somebody damaged must not make the gate go round in circles.
        let account = self.above(own);
        let customer = self.above(account);
        self.scope(FIRM_SCOPE as usize)
            .max(self.scope(own))
            .max(self.scope(account))
            .max(self.scope(customer))
            .max(self.scope(traded as usize))
            .max(by_mode)
    }

    /// Publishes the number of the decision about to be made. Must come before [`ControlPage::effective`] is asked for
    /// it, and the numbers must rise: the promise of [`ControlPage::request`] rests on both.
    #[inline]
    pub fn begin_decision(&self, sequence: u64) {
        field!(self, gate_sequence).store(sequence, Ordering::SeqCst);
    }

    /// Sets the state of a scope and returns the number of the request and the last decision that may have been made
    /// under the old state. `wall_ns` is wall-clock nanoseconds.
    ///
    /// The state is in force before anything else is written. What cannot be meant stops rather than starts: a state
    /// that is not known counts as `KILLED`, and a scope outside the page as the firm's, which it can only tighten.
    pub fn request(
        &self,
        scope: usize,
        state: u32,
        reason: &str,
        actor: &str,
        wall_ns: u64,
    ) -> (u64, u64) {
        let state = state.min(scope_state::KILLED);
        if scope < SCOPES {
            self.words.scope(scope).store(state, Ordering::SeqCst);
        } else {
            self.words
                .scope(FIRM_SCOPE as usize)
                .fetch_max(state, Ordering::SeqCst);
        }
        self.note_request(reason, actor, wall_ns)
    }

    /// As [`ControlPage::request`], but only ever makes a scope stricter: whatever two of them store at the same time, the
    /// stricter state stays.
    pub fn tighten(
        &self,
        scope: usize,
        state: u32,
        reason: &str,
        actor: &str,
        wall_ns: u64,
    ) -> (u64, u64) {
        let scope = if scope < SCOPES {
            scope
        } else {
            FIRM_SCOPE as usize
        };
        self.words
            .scope(scope)
            .fetch_max(state.min(scope_state::KILLED), Ordering::SeqCst);
        self.note_request(reason, actor, wall_ns)
    }

    /// What follows the store of a word.
    fn note_request(&self, reason: &str, actor: &str, wall_ns: u64) -> (u64, u64) {
        let gate_sequence = field!(self, gate_sequence).load(Ordering::SeqCst);
        self.words
            .put_text(CONTROL_REASON_OFFSET as usize, REASON_BYTES, reason);
        self.words
            .put_text(CONTROL_ACTOR_OFFSET as usize, ACTOR_BYTES, actor);
        field!(self, request_wall).store(wall_ns, Ordering::Relaxed);
        field!(self, request_gate_sequence).store(gate_sequence, Ordering::Relaxed);
        // Last, so that whoever sees the new number sees everything that belongs to it.
        let epoch = field!(self, request_epoch).fetch_add(1, Ordering::SeqCst) + 1;
        (epoch, gate_sequence)
    }

    /// Sets the system mode and returns the last decision that may have been made under the old one.
    pub fn set_mode(&self, mode: u64) -> u64 {
        field!(self, mode).store(mode, Ordering::SeqCst);
        field!(self, gate_sequence).load(Ordering::SeqCst)
    }

    /// The system mode, one of [`mode`]; anything above is as strict as `EMERGENCY_SHUTDOWN`.
    #[inline]
    #[must_use]
    pub fn mode(&self) -> u64 {
        field!(self, mode).load(Ordering::SeqCst)
    }

    /// The request that the node has not yet carried out in full.
    #[inline]
    #[must_use]
    pub fn pending(&self) -> Option<u64> {
        let epoch = field!(self, request_epoch).load(Ordering::SeqCst);
        (epoch != field!(self, done_epoch).load(Ordering::SeqCst)).then_some(epoch)
    }

    /// Reports that request `epoch` and all before it are carried out: so many resting orders cancelled, so many whose
    /// end is not known, so many nanoseconds from noticing it to the last confirmed cancel.
    pub fn done(&self, epoch: u64, cancelled: u64, unknown: u64, nanos: u64) {
        field!(self, done_cancelled).store(cancelled, Ordering::Relaxed);
        field!(self, done_unknown).store(unknown, Ordering::Relaxed);
        field!(self, done_nanos).store(nanos, Ordering::Relaxed);
        field!(self, done_epoch).store(epoch, Ordering::SeqCst);
    }

    /// Names a scope. Says `false` and changes nothing when there is no such scope or the name is longer than
    /// [`NAME_BYTES`] bytes or contains a zero.
    pub fn set_name(&self, scope: usize, name: &str) -> bool {
        let fits = scope < SCOPES && name.len() <= NAME_BYTES && !name.contains('\0');
        if fits {
            self.words.put_text(name_offset(scope), NAME_BYTES, name);
        }
        fits
    }

    /// Name of a scope; empty when it has none.
    #[must_use]
    pub fn name(&self, scope: usize) -> String {
        if scope < SCOPES {
            self.words.text(name_offset(scope), NAME_BYTES)
        } else {
            String::new()
        }
    }

    /// The first scope of that name. Nothing is called by the empty name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        (0..SCOPES).find(|scope| !name.is_empty() && self.name(*scope) == name)
    }

    /// Why the last request was made.
    #[must_use]
    pub fn reason(&self) -> String {
        self.words
            .text(CONTROL_REASON_OFFSET as usize, REASON_BYTES)
    }

    /// Who made the last request.
    #[must_use]
    pub fn actor(&self) -> String {
        self.words.text(CONTROL_ACTOR_OFFSET as usize, ACTOR_BYTES)
    }

    /// Announces the node that carries requests out. Its gate counts decisions from 1.
    pub fn attach(&self, pid: u32) {
        field!(self, gate_sequence).store(0, Ordering::SeqCst);
        field!(self, owner_pid).store(u64::from(pid), Ordering::SeqCst);
    }

    /// Announces that no node runs.
    pub fn detach(&self) {
        field!(self, owner_pid).store(0, Ordering::SeqCst);
    }

    /// A sign of life of the node, in wall-clock nanoseconds.
    #[inline]
    pub fn heartbeat(&self, wall_ns: u64) {
        field!(self, heartbeat).store(wall_ns, Ordering::Release);
    }

    /// Every field of the head, each read on its own. The fields of a request belong to `request_epoch` or a later one,
    /// those of its completion to `done_epoch` or a later one.
    #[must_use]
    pub fn header(&self) -> ControlHeader {
        let get = |word: &AtomicU64| word.load(Ordering::SeqCst);
        let request_epoch = get(field!(self, request_epoch));
        let done_epoch = get(field!(self, done_epoch));
        let version = get(field!(self, version)).to_le_bytes();
        ControlHeader {
            magic: get(field!(self, magic)),
            version: u32::from_le_bytes([version[0], version[1], version[2], version[3]]),
            reserved: 0,
            layout_hash: get(field!(self, layout_hash)),
            owner_pid: get(field!(self, owner_pid)),
            heartbeat: get(field!(self, heartbeat)),
            gate_sequence: get(field!(self, gate_sequence)),
            request_epoch,
            done_epoch,
            done_cancelled: get(field!(self, done_cancelled)),
            done_nanos: get(field!(self, done_nanos)),
            mode: self.mode(),
            request_wall: get(field!(self, request_wall)),
            request_gate_sequence: get(field!(self, request_gate_sequence)),
            done_unknown: get(field!(self, done_unknown)),
            reserved2: 0,
            reserved3: 0,
        }
    }

    /// Waits until the page is on disk. Words survive the crash of any process without this; a loss of power they
    /// survive only after it.
    ///
    /// # Errors
    /// The system's answer.
    pub fn flush(&self) -> io::Result<()> {
        self.words.flush()
    }
}

const fn name_offset(scope: usize) -> usize {
    let first = CUSTOMER_SCOPE_BASE as usize;
    if scope < first {
        CONTROL_NAMES_OFFSET as usize + NAME_BYTES * scope
    } else {
        CONTROL_MORE_NAMES_OFFSET as usize + NAME_BYTES * (scope - first)
    }
}
