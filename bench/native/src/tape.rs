//! The common tape as a file that every engine reads, whatever its language.
//!
//! Records of five little-endian 32-bit integers: operation (0 limit, 1 immediate-or-cancel, 2 cancel, 3 move), order
//! id, side (0 buy), price in ticks, quantity in lots. A move enters what is left of the order at the new price behind
//! what is there; its quantity is what is left. Who reads the file checks its MD5.
use cwts_core::layout::{command_kind, time_in_force, OrderCommand};
use std::io;
use std::path::Path;

/// The program that defines the tape lives with the tests that hold both books to it.
#[path = "../../../ffi/core/tests/book_support/tape.rs"]
#[allow(dead_code)]
mod common;

pub use common::{with_totals, FIRST_ID, OWNER};

const RECORD: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Limit = 0,
    ImmediateOrCancel = 1,
    Cancel = 2,
    Move = 3,
}

/// One record of the file; ids as engines get them, with more than 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub kind: Kind,
    pub id: u64,
    pub side: u8,
    pub price: i64,
    pub quantity: i64,
}

/// Writes the common tape, 1 001 000 operations.
pub fn write(path: &Path) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(RECORD * common::OPERATIONS);
    for command in common::as_written() {
        let (kind, id) = match command.kind {
            command_kind::CANCEL => (Kind::Cancel, command.target_id),
            command_kind::AMEND => (Kind::Move, command.target_id),
            _ if command.tif == time_in_force::IOC => (Kind::ImmediateOrCancel, command.order_id),
            _ => (Kind::Limit, command.order_id),
        };
        let words = [
            kind as i64,
            (id - FIRST_ID) as i64,
            i64::from(command.side),
            command.price,
            command.quantity,
        ];
        for word in words {
            bytes.extend_from_slice(&(word as i32).to_le_bytes());
        }
    }
    std::fs::write(path, bytes)
}

/// Reads the first `limit` operations of a tape.
pub fn read(path: &Path, limit: usize) -> Result<Vec<Operation>, String> {
    let bytes =
        std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    if bytes.len() % RECORD != 0 {
        return Err(format!("{} ends within a record", path.display()));
    }
    bytes
        .chunks_exact(RECORD)
        .take(limit)
        .map(operation)
        .collect()
}

fn operation(record: &[u8]) -> Result<Operation, String> {
    let mut words = record
        .chunks_exact(4)
        .map(|word| i32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    let mut next = || words.next().expect("a record has five words");
    let kind = match next() {
        0 => Kind::Limit,
        1 => Kind::ImmediateOrCancel,
        2 => Kind::Cancel,
        3 => Kind::Move,
        other => return Err(format!("the tape has an unknown operation: {other}")),
    };
    Ok(Operation {
        kind,
        id: FIRST_ID + next() as u64,
        side: next() as u8,
        price: i64::from(next()),
        quantity: i64::from(next()),
    })
}

/// The operations as commands of CWTS.
pub fn commands(tape: &[Operation]) -> Vec<OrderCommand> {
    let commands = tape.iter().zip(0..).map(|(operation, time)| {
        let entered = OrderCommand {
            kind: command_kind::NEW,
            side: operation.side,
            price: operation.price,
            quantity: operation.quantity,
            owner: OWNER,
            time,
            ..OrderCommand::default()
        };
        match operation.kind {
            Kind::Limit => OrderCommand {
                order_id: operation.id,
                ..entered
            },
            Kind::ImmediateOrCancel => OrderCommand {
                order_id: operation.id,
                tif: time_in_force::IOC,
                ..entered
            },
            Kind::Cancel => OrderCommand {
                kind: command_kind::CANCEL,
                target_id: operation.id,
                ..entered
            },
            Kind::Move => OrderCommand {
                kind: command_kind::AMEND,
                target_id: operation.id,
                ..entered
            },
        }
    });
    with_totals(commands.collect())
}
