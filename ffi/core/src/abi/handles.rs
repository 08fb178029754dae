//! Handles: numbers that stand for objects, checked on every use.
//!
//! A handle holds the kind of object, the generation of its slot and the slot: 4, 32 and 16 bits. Closing raises the
//! generation, so a closed handle never means the next object in the slot. Slots live in a fixed table, each behind its
//! own lock: the library is meant for one thread, where the lock is always free, and stays sound with several.
use super::status::{catch, failure_of, Failure, Outcome};
use crate::layout::code;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Kinds of object.
pub const AUDIT: u8 = 1;
/// A reader of an audit log.
pub const READER: u8 = 2;
/// A control page.
pub const CONTROL: u8 = 3;
/// A gate.
pub const GATE: u8 = 4;
/// A matching engine.
pub const ENGINE: u8 = 5;
/// A parser of a market data feed.
pub const FEED: u8 = 6;
/// Books that are built from feeds.
pub const BUILDER: u8 = 7;
/// Snapshots beside a log.
pub const SNAPSHOTS: u8 = 8;

/// Objects of one kind at a time.
pub const SLOTS: usize = 1024;

const SLOT_BITS: u32 = 16;
const GENERATION_BITS: u32 = 32;

/// The kind a handle claims to be of.
pub const fn kind_of(handle: u64) -> u8 {
    let kind = handle >> (SLOT_BITS + GENERATION_BITS);
    if kind > u8::MAX as u64 {
        0
    } else {
        kind as u8
    }
}

/// What can be behind a handle.
pub trait Object {
    /// Whether a panic elsewhere has caught the object in the middle of a change.
    fn is_sound(&self) -> bool {
        true
    }
}

struct Slot<T> {
    generation: u32,
    poisoned: bool,
    value: Option<T>,
}

/// All objects of one kind.
pub struct Table<T> {
    kind: u8,
    slots: [Mutex<Slot<T>>; SLOTS],
    /// Where to look for a free slot first.
    next: AtomicUsize,
}

/// An object in use by this call.
pub struct InUse<T: 'static>(MutexGuard<'static, Slot<T>>);

impl<T> Deref for InUse<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.value.as_ref().expect("checked by lock")
    }
}

impl<T> DerefMut for InUse<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.value.as_mut().expect("checked by lock")
    }
}

impl<T: Object> Table<T> {
    /// An empty table.
    pub const fn new(kind: u8) -> Self {
        Self {
            kind,
            slots: [const {
                Mutex::new(Slot {
                    generation: 1,
                    poisoned: false,
                    value: None,
                })
            }; SLOTS],
            next: AtomicUsize::new(0),
        }
    }

    /// Makes a handle for `value`.
    pub fn insert(&'static self, value: T) -> Outcome {
        let first = self.next.load(Ordering::Relaxed);
        for at in (first..first + SLOTS).map(|at| at % SLOTS) {
            let Ok(mut slot) = self.slots[at].try_lock() else {
                continue;
            };
            if slot.value.is_none() {
                slot.value = Some(value);
                slot.poisoned = false;
                self.next.store(at + 1, Ordering::Relaxed);
                let kind = u64::from(self.kind) << (SLOT_BITS + GENERATION_BITS);
                let handle = kind | u64::from(slot.generation) << SLOT_BITS | at as u64;
                return Ok(handle as i64);
            }
        }
        let sentence = format!("{SLOTS} handles of one kind are open: close some");
        Err(Failure::argument(sentence))
    }

    /// The object of a handle, for this call alone. A gate locks its log and its page while it is locked itself, and
    /// nothing locks the other way round.
    pub fn lock(&'static self, handle: u64) -> Result<InUse<T>, Failure> {
        let slot = self.slot(handle)?;
        let sound = slot.value.as_ref().is_some_and(Object::is_sound);
        if slot.poisoned || !sound {
            return Err(code::BAD_HANDLE.into());
        }
        Ok(InUse(slot))
    }

    fn slot(&'static self, handle: u64) -> Result<MutexGuard<'static, Slot<T>>, Failure> {
        let at = (handle & ((1 << SLOT_BITS) - 1)) as usize;
        if kind_of(handle) != self.kind || at >= SLOTS {
            return Err(code::BAD_HANDLE.into());
        }
        // Slots keep their own word on poisoning: a lock that a panic passed through says less.
        let slot = self.slots[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let generation = (handle >> SLOT_BITS) as u32;
        if slot.value.is_none() || slot.generation != generation {
            return Err(code::BAD_HANDLE.into());
        }
        Ok(slot)
    }

    /// Runs the body of an export on the object of a handle. A panic poisons the handle.
    #[inline]
    pub fn call<B: FnOnce(&mut T) -> Outcome>(&'static self, handle: u64, body: B) -> i64 {
        match self.lock(handle) {
            Ok(mut object) => {
                let (status, panicked) = catch::<B>(|| body(&mut object));
                object.0.poisoned |= panicked;
                status
            }
            Err(failure) => failure_of::<B>(failure),
        }
    }

    /// Gives the object up, and the handle with it; a poisoned one too.
    pub fn close<B: FnOnce(T) -> Outcome>(&'static self, handle: u64, end: B) -> i64 {
        match self.slot(handle) {
            Ok(mut slot) => {
                slot.generation = slot.generation.wrapping_add(1).max(1);
                let value = slot.value.take().expect("checked by slot");
                drop(slot);
                catch::<B>(|| end(value)).0
            }
            Err(failure) => failure_of::<B>(failure),
        }
    }
}
