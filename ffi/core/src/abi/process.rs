//! What a process knows of itself and its language does not tell.
use super::status::{guarded, Failure};

/// 1 when the end of the terminal (SIGHUP) is ignored in this process, as `nohup` asks for, else 0. Ask before anything
/// listens for the signal: a listener takes the ignoring away.
#[no_mangle]
pub extern "C" fn cwts_hangup_ignored() -> i32 {
    guarded(|| Ok::<_, Failure>(i64::from(ignores_hangup()))) as i32
}

#[cfg(unix)]
fn ignores_hangup() -> bool {
    let mut current = core::mem::MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: no new action is set, and the place for the present one is large enough and written when the call succeeds;
    // zero is a valid action otherwise.
    let action = unsafe {
        libc::sigaction(libc::SIGHUP, core::ptr::null(), current.as_mut_ptr());
        current.assume_init()
    };
    action.sa_sigaction == libc::SIG_IGN
}

#[cfg(not(unix))]
fn ignores_hangup() -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// One test: the action is the whole process's.
    #[test]
    fn a_hangup_is_ignored_when_somebody_asked_for_it() {
        // SAFETY: both are valid actions, and no other test looks at this signal.
        unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
        assert_eq!(cwts_hangup_ignored(), 1);
        // SAFETY: as above.
        unsafe { libc::signal(libc::SIGHUP, libc::SIG_DFL) };
        assert_eq!(cwts_hangup_ignored(), 0);
    }
}
