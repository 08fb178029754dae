//! Records with a different number in every field, for tests that another language reads them at the same offsets.
use super::buffer::put;
use super::status::guarded;
use super::Failure;
use crate::layout::{
    AuditHead, AuditHeader, AuditVerdict, CodeCount, ControlHeader, ControlReceipt, DepthLevel,
    Execution, Exposure, GateCounters, GateDecision, InstrumentRules, MarketTick, OrderCommand,
    StrategyLimits, SubmitCounts,
};
use crate::record::bytes_of;

/// A record whose fields hold 1, 2, 3 … in the order of the description; `time` fields so many microseconds.
macro_rules! counted {
    ($name:ident { $($field:ident $(: $kind:ident)?),* $(,)? } $(+ $rest:ident)?) => {{
        let mut next = 0u8;
        let mut count = || {
            next += 1;
            next
        };
        let record = $name {
            $($field: counted!(@ count, $($kind)?),)*
            $($rest: [count(); 32],)?
        };
        bytes_of(&record).to_vec()
    }};
    (@ $count:ident, time) => { i64::from($count()) * 1_000 };
    (@ $count:ident,) => { $count().into() };
}

fn golden(name: &str) -> Option<Vec<u8>> {
    Some(match name {
        "OrderCommand" => counted!(OrderCommand {
            kind,
            side,
            order_type,
            tif,
            flags,
            instrument,
            order_id,
            price,
            quantity,
            owner,
            display,
            time: time,
            target_id,
            cause,
        }),
        "GateDecision" => counted!(GateDecision {
            order_id,
            audit_index,
            sequence,
            code,
            check,
            measured,
            limit,
            reference,
            exposure,
        }),
        "Execution" => counted!(Execution {
            exec_type,
            side,
            liquidity,
            reserved,
            instrument,
            reason,
            order_id,
            price,
            quantity,
            leaves,
            owner,
            match_id,
            time: time,
            venue_sequence,
        }),
        "MarketTick" => counted!(MarketTick {
            instrument,
            kind,
            aggressor,
            match_id,
            bid,
            bid_quantity,
            ask,
            ask_quantity,
            price,
            quantity,
            time: time,
        }),
        "DepthLevel" => counted!(DepthLevel {
            price,
            quantity,
            orders,
            reserved,
            reserved2
        }),
        "InstrumentRules" => counted!(InstrumentRules {
            instrument,
            reserved,
            tick_step,
            lot_step,
            collar_bps,
            collar_ticks,
            reference_max_age_ms,
            market_buffer_bps,
            reserved2,
            units_per_tick_lot,
            max_quantity,
            reserved3,
            reserved4,
        }),
        "StrategyLimits" => counted!(StrategyLimits {
            strategy,
            instrument,
            reserved,
            max_quantity,
            max_notional,
            max_position,
            rate_per_second,
            rate_burst,
            duplicate_window_ms,
            reserved2,
            reserved3,
            reserved4,
        }),
        "Exposure" => counted!(Exposure {
            position,
            open_buy,
            open_sell,
            open_orders,
            reserved,
            bought,
            sold,
            reserved2,
            reserved3,
        }),
        "GateCounters" => counted!(GateCounters {
            decisions,
            accepted,
            rejected,
            executions,
            unmatched,
            repeated,
            inconsistent,
            unrecorded,
            open_orders,
            sequence,
            shut,
            reserved,
        }),
        "CodeCount" => counted!(CodeCount {
            code,
            reserved,
            count
        }),
        "SubmitCounts" => counted!(SubmitCounts {
            executions,
            ticks,
            waiting_executions,
            waiting_ticks
        }),
        "ControlReceipt" => counted!(ControlReceipt {
            epoch,
            gate_sequence
        }),
        "AuditHead" => counted!(
            AuditHead {
                records,
                durable,
                bytes,
                segments
            } + head
        ),
        "AuditHeader" => counted!(AuditHeader {
            magic,
            length,
            record_type,
            version,
            producer,
            index,
            time: time,
            cause,
            reserved,
        }),
        "AuditVerdict" => counted!(AuditVerdict {
            damage,
            reserved,
            records,
            bad_index,
            bad_segment,
            bad_offset,
            bytes,
            segments,
            reserved2,
        }),
        "ControlHeader" => counted!(ControlHeader {
            magic,
            version,
            reserved,
            layout_hash,
            owner_pid,
            heartbeat,
            gate_sequence,
            request_epoch,
            done_epoch,
            done_cancelled,
            done_nanos,
            mode,
            request_wall,
            request_gate_sequence,
            done_unknown,
            reserved2,
            reserved3,
        }),
        _ => return None,
    })
}

/// Writes the record of that name with 1, 2, 3 … in its fields and returns its size. For tests of other languages.
#[no_mangle]
pub unsafe extern "C" fn cwts_test_record(
    name: *const u8,
    name_length: u32,
    out: *mut u8,
    length: u32,
) -> i32 {
    guarded(|| {
        // SAFETY: as promised by the caller.
        let name = unsafe { super::buffer::take_text(name, name_length) }?;
        let record = golden(&name).ok_or_else(|| Failure::argument(format!("no record {name}")))?;
        // SAFETY: as promised by the caller.
        unsafe { put(out, length, &record) }?;
        Ok(record.len() as i64)
    }) as i32
}
