//! How a call ends: a number, or a code with a sentence that the caller may fetch.
use crate::audit::AuditError;
use crate::control::ControlError;
use crate::layout::code;
use std::any::Any;
use std::cell::RefCell;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Why a call failed. An empty sentence leaves it to the code's own.
#[derive(Debug)]
pub struct Failure {
    /// [`crate::layout::code`].
    pub code: u32,
    /// For people.
    pub sentence: String,
}

impl Failure {
    /// A bad argument, and which.
    pub fn argument(sentence: impl Into<String>) -> Self {
        Self {
            code: code::BAD_ARGUMENT,
            sentence: sentence.into(),
        }
    }

    fn panicked(payload: &(dyn Any + Send)) -> Self {
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        Self {
            code: code::PANICKED,
            sentence: format!("the native core panicked ({message}); the handle is poisoned"),
        }
    }
}

impl From<u32> for Failure {
    fn from(code: u32) -> Self {
        let sentence = String::new();
        Self { code, sentence }
    }
}

impl From<AuditError> for Failure {
    fn from(error: AuditError) -> Self {
        Self {
            code: error.code(),
            sentence: error.to_string(),
        }
    }
}

impl From<ControlError> for Failure {
    fn from(error: ControlError) -> Self {
        Self {
            code: error.code(),
            sentence: error.to_string(),
        }
    }
}

/// What the body of an export returns.
pub type Outcome = Result<i64, Failure>;

thread_local! {
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Reads the sentence of this thread's last failure.
pub fn last_error<R>(read: impl FnOnce(&str) -> R) -> R {
    LAST.with_borrow(|sentence| read(sentence))
}

/// Keeps the sentence and returns the status.
pub fn failure_of(failure: Failure) -> i64 {
    LAST.set(failure.sentence);
    -i64::from(failure.code)
}

/// Runs a body that may panic; says whether it did.
pub fn catch(body: impl FnOnce() -> Outcome) -> (i64, bool) {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => (value, false),
        Ok(Err(failure)) => (failure_of(failure), false),
        Err(payload) => (failure_of(Failure::panicked(&*payload)), true),
    }
}

/// Runs a body that works on no handle.
pub fn guarded(body: impl FnOnce() -> Outcome) -> i64 {
    catch(body).0
}
