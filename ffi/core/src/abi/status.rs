//! How a call ends: a number, or a code with a sentence that the caller may fetch.
use crate::audit::AuditError;
use crate::control::ControlError;
use crate::layout::code;
use std::any::{type_name, Any};
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

/// What this thread's last failed call left behind.
struct Last {
    sentence: String,
    /// Name of the export that failed; empty when it cannot be told.
    call: &'static str,
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { sentence: String::new(), call: "" }) };
}

/// Reads the sentence of this thread's last failure.
pub fn last_error<R>(read: impl FnOnce(&str) -> R) -> R {
    LAST.with_borrow(|last| read(&last.sentence))
}

/// Reads which export failed last on this thread.
pub fn last_call<R>(read: impl FnOnce(&str) -> R) -> R {
    LAST.with_borrow(|last| read(last.call))
}

/// Keeps the sentence and returns the status. `B` is a type of the failed export's own, such as its body.
pub fn failure_of<B>(failure: Failure) -> i64 {
    let Failure { code, sentence } = failure;
    let call = export_of(type_name::<B>());
    LAST.set(Last { sentence, call });
    -i64::from(code)
}

/// The export in the path of a type: its body is a type of its own, so nothing has to be noted before the call.
fn export_of(path: &'static str) -> &'static str {
    let path = path.split('<').next().unwrap_or(path);
    // The crate's own name begins like an export's.
    let mut names = path.split("::").skip(1);
    names.find(|name| name.starts_with("cwts_")).unwrap_or("")
}

/// Runs a body that may panic; says whether it did. `B` as in [`failure_of`].
pub fn catch<B>(body: impl FnOnce() -> Outcome) -> (i64, bool) {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => (value, false),
        Ok(Err(failure)) => (failure_of::<B>(failure), false),
        Err(payload) => (failure_of::<B>(Failure::panicked(&*payload)), true),
    }
}

/// Runs a body that works on no handle.
pub fn guarded<B: FnOnce() -> Outcome>(body: B) -> i64 {
    catch::<B>(body).0
}
