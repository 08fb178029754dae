//! Exports of the control page.
use super::buffer::{put, take_text};
use super::handles::{Object, Table, CONTROL};
use super::number::{count, wall};
use super::status::{guarded, Failure, Outcome};
use super::NONE;
use crate::control::{mode, ControlPage};
use crate::gate::Controls;
use crate::layout::{code, scope_state, ControlReceipt, SCOPE_COUNT};
use crate::record::bytes_of;
use std::path::Path;

/// A control page behind a handle.
pub struct Control(pub ControlPage);

impl Object for Control {}

impl Controls for Control {
    #[inline]
    fn begin_decision(&self, sequence: u64) {
        self.0.begin_decision(sequence);
    }

    #[inline]
    fn effective(&self, strategy: u32, instrument: u32) -> u32 {
        self.0.effective(strategy, instrument)
    }
}

pub static CONTROLS: Table<Control> = Table::new(CONTROL);

fn scope_index(scope: u32) -> Result<usize, Failure> {
    if scope < SCOPE_COUNT {
        return Ok(scope as usize);
    }
    let sentence = format!("scope {scope} is not below {SCOPE_COUNT}");
    Err(Failure::argument(sentence))
}

/// Maps the page of a directory. `make` other than 0 makes it when it is not there.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_open(
    directory: *const u8,
    directory_length: u32,
    make: u32,
) -> i64 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let directory = unsafe { take_text(directory, directory_length) }?;
        let directory = Path::new(&directory);
        let page = if make == 0 {
            ControlPage::open_existing(directory)
        } else {
            ControlPage::open(directory)
        };
        CONTROLS.insert(Control(page?))
    })
}

/// Makes a page that no other process sees.
#[no_mangle]
pub extern "C" fn cwts_control_memory() -> i64 {
    guarded(|| CONTROLS.insert(Control(ControlPage::in_memory())))
}

/// State of a scope.
#[no_mangle]
pub extern "C" fn cwts_control_scope(handle: u64, scope: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        Ok(i64::from(control.0.scope(scope_index(scope)?)))
    }) as i32
}

/// The strictest state of firm, strategy and those above it, instrument and system mode.
#[no_mangle]
pub extern "C" fn cwts_control_effective(handle: u64, strategy: u32, instrument: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        Ok(i64::from(control.0.effective(strategy, instrument)))
    }) as i32
}

/// Puts a scope below another.
#[no_mangle]
pub extern "C" fn cwts_control_set_above(handle: u64, scope: u32, above: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        if control
            .0
            .set_above(scope_index(scope)?, scope_index(above)?)
        {
            return Ok(0);
        }
        Err(Failure::argument(
            "nothing is above the firm: give another scope".to_string(),
        ))
    }) as i32
}

/// The scope above a scope.
#[no_mangle]
pub extern "C" fn cwts_control_above(handle: u64, scope: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        Ok(control.0.above(scope_index(scope)?) as i64)
    }) as i32
}

fn known(state: u32) -> Result<u32, Failure> {
    if scope_state::is_known(state) {
        return Ok(state);
    }
    Err(Failure::argument(format!(
        "{state} is not a state of a scope"
    )))
}

/// Stores a scope's state and writes a `ControlReceipt`.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_request(
    handle: u64,
    scope: u32,
    state: u32,
    reason: *const u8,
    reason_length: u32,
    actor: *const u8,
    actor_length: u32,
    wall_nanos: f64,
    out: *mut u8,
    length: u32,
) -> i32 {
    CONTROLS.call(handle, |control| {
        // SAFETY: as promised by the caller.
        let reason = unsafe { take_text(reason, reason_length) }?;
        // SAFETY: as promised by the caller.
        let actor = unsafe { take_text(actor, actor_length) }?;
        let (scope, wall_nanos) = (scope_index(scope)?, wall(wall_nanos)?);
        let state = known(state)?;
        let (epoch, gate_sequence) = control.0.request(scope, state, &reason, &actor, wall_nanos);
        let receipt = ControlReceipt {
            epoch,
            gate_sequence,
        };
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&receipt)) }.map(|()| 0)
    }) as i32
}

/// Makes a scope at least as strict as a state and writes a `ControlReceipt`.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_tighten(
    handle: u64,
    scope: u32,
    state: u32,
    reason: *const u8,
    reason_length: u32,
    actor: *const u8,
    actor_length: u32,
    wall_nanos: f64,
    out: *mut u8,
    length: u32,
) -> i32 {
    CONTROLS.call(handle, |control| {
        // SAFETY: as promised by the caller.
        let reason = unsafe { take_text(reason, reason_length) }?;
        // SAFETY: as promised by the caller.
        let actor = unsafe { take_text(actor, actor_length) }?;
        let (scope, wall_nanos) = (scope_index(scope)?, wall(wall_nanos)?);
        let state = known(state)?;
        let (epoch, gate_sequence) = control.0.tighten(scope, state, &reason, &actor, wall_nanos);
        let receipt = ControlReceipt {
            epoch,
            gate_sequence,
        };
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&receipt)) }.map(|()| 0)
    }) as i32
}

/// The system mode.
#[no_mangle]
pub extern "C" fn cwts_control_mode(handle: u64) -> i32 {
    CONTROLS.call(handle, |control| Ok(control.0.mode() as i64)) as i32
}

/// Stores the system mode.
#[no_mangle]
pub extern "C" fn cwts_control_set_mode(handle: u64, to: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        if u64::from(to) > mode::EMERGENCY_SHUTDOWN {
            return Err(Failure::argument(format!("{to} is not a system mode")));
        }
        control.0.set_mode(u64::from(to));
        Ok(0)
    }) as i32
}

unsafe fn put_text(text: &str, out: *mut u8, length: u32) -> Outcome {
    // SAFETY: as promised by the caller.
    unsafe { put(out, length, text.as_bytes()) }?;
    Ok(text.len() as i64)
}

/// Writes the name of a scope and returns its bytes.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_name(
    handle: u64,
    scope: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    CONTROLS.call(handle, |control| {
        let name = control.0.name(scope_index(scope)?);
        // SAFETY: as promised by the caller.
        unsafe { put_text(&name, out, length) }
    }) as i32
}

/// Names a scope.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_set_name(
    handle: u64,
    scope: u32,
    name: *const u8,
    name_length: u32,
) -> i32 {
    CONTROLS.call(handle, |control| {
        // SAFETY: as promised by the caller.
        let name = unsafe { take_text(name, name_length) }?;
        if control.0.set_name(scope_index(scope)?, &name) {
            return Ok(0);
        }
        let sentence =
            format!("the scope name {name:?} is longer than 32 bytes or has a zero in it");
        Err(Failure::argument(sentence))
    }) as i32
}

/// The scope of a name; −1 when there is none.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_find(handle: u64, name: *const u8, name_length: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        // SAFETY: as promised by the caller.
        let name = unsafe { take_text(name, name_length) }?;
        Ok(control.0.find(&name).map_or(NONE, |scope| scope as i64))
    }) as i32
}

/// The newest request the node has not carried out; −1 when there is none.
#[no_mangle]
pub extern "C" fn cwts_control_pending(handle: u64) -> f64 {
    CONTROLS.call(handle, |control| {
        Ok(control.0.pending().map_or(NONE, |epoch| epoch as i64))
    }) as f64
}

/// Confirms that a request was carried out.
#[no_mangle]
pub extern "C" fn cwts_control_done(
    handle: u64,
    epoch: f64,
    cancelled: f64,
    unknown: f64,
    nanos: f64,
) -> i32 {
    CONTROLS.call(handle, |control| {
        control.0.done(
            count(epoch, "epoch")?,
            count(cancelled, "cancelled orders")?,
            count(unknown, "unknown orders")?,
            count(nanos, "nanoseconds")?,
        );
        Ok(0)
    }) as i32
}

/// Says which process holds the page.
#[no_mangle]
pub extern "C" fn cwts_control_attach(handle: u64, pid: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        control.0.attach(pid);
        Ok(0)
    }) as i32
}

/// Says that no process holds the page.
#[no_mangle]
pub extern "C" fn cwts_control_detach(handle: u64) -> i32 {
    CONTROLS.call(handle, |control| {
        control.0.detach();
        Ok(0)
    }) as i32
}

/// Leaves a sign of life.
#[no_mangle]
pub extern "C" fn cwts_control_heartbeat(handle: u64, wall_nanos: f64) -> i32 {
    CONTROLS.call(handle, |control| {
        control.0.heartbeat(wall(wall_nanos)?);
        Ok(0)
    }) as i32
}

/// Writes a `ControlHeader`.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_header(handle: u64, out: *mut u8, length: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, bytes_of(&control.0.header())) }.map(|()| 0)
    }) as i32
}

/// Writes why the last request was made and returns its bytes.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_reason(handle: u64, out: *mut u8, length: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        // SAFETY: as promised by the caller.
        unsafe { put_text(&control.0.reason(), out, length) }
    }) as i32
}

/// Writes who made the last request and returns its bytes.
#[no_mangle]
pub unsafe extern "C" fn cwts_control_actor(handle: u64, out: *mut u8, length: u32) -> i32 {
    CONTROLS.call(handle, |control| {
        // SAFETY: as promised by the caller.
        unsafe { put_text(&control.0.actor(), out, length) }
    }) as i32
}

/// Waits until the page is on disk.
#[no_mangle]
pub extern "C" fn cwts_control_flush(handle: u64) -> i32 {
    CONTROLS.call(handle, |control| {
        control.0.flush().map(|()| 0).map_err(|error| Failure {
            code: code::IO,
            sentence: format!("the control page could not be written to disk: {error}"),
        })
    }) as i32
}

/// Unmaps the page. Its words stay.
#[no_mangle]
pub extern "C" fn cwts_control_close(handle: u64) -> i32 {
    CONTROLS.close(handle, |_| Ok(0)) as i32
}
