//! Gate and books that trade at random with a log in a directory, cut anywhere, recovered with snapshots and without.
use super::replay::Engine;
use super::{recover, snapshot, RecoveryError, Snapshots, Written};
use crate::audit::{AuditLog, Place};
use crate::book::{CHANGE_VERSION, COMMAND_VERSION};
use crate::gate::{Controls, Gate, Journal, Reference};
use crate::layout::{
    code, command_kind, durability, order_type, record_type, scope_state, time_in_force,
    trading_state, venue_change_kind, Execution, GateDecision, InstrumentRules, OrderCommand,
    StrategyLimits, VenueChange, BACKGROUND_OWNER,
};
use crate::pipeline::{self, Venue};
use crate::record::{bytes_of, bytes_of_slice};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const START: i64 = 1_700_000_000_000_000_000;
const MS: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MS;
const ROOM: usize = 64;
const INSTRUMENTS: [u16; 2] = [0, 5];
const CROWD: u32 = BACKGROUND_OWNER + 1;

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("cwts-recovery-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Kept(AuditLog);

impl Journal for Kept {
    fn next_index(&self) -> u64 {
        self.0.next_index()
    }

    fn append(
        &mut self,
        record_type: u16,
        version: u16,
        time: i64,
        cause: u64,
        parts: &[&[u8]],
    ) -> Result<u64, u32> {
        let appended = self.0.append(record_type, version, 1, time, cause, parts);
        appended.map_err(|error| error.code())
    }

    fn commit(&mut self) -> Result<(), u32> {
        self.0.commit().map_err(|error| error.code())
    }
}

struct Open;

impl Controls for Open {
    fn begin_decision(&self, _: u64) {}

    fn effective(&self, _: u32, _: u32) -> u32 {
        scope_state::ACTIVE
    }
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    place: Place,
    gate: [u8; 32],
    books: u64,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    kind: u8,
    a: u32,
    b: i64,
}

fn step() -> impl Strategy<Value = Step> {
    (0..24u8, any::<u32>(), 1..60i64).prop_map(|(kind, a, b)| Step { kind, a, b })
}

struct World {
    dir: Directory,
    gate: Gate,
    engine: Engine,
    log: Kept,
    now: i64,
    next_id: u64,
    ids: Vec<(u64, u32, u16)>,
}

/// Decisions, and what the books reported.
type Told = (Vec<GateDecision>, Vec<u8>);

impl World {
    fn new(segment: u64) -> Self {
        let dir = Directory::new();
        let log = AuditLog::open(&dir.0, durability::MEMORY, segment).unwrap();
        let mut world = Self {
            dir,
            gate: Gate::with_room(ROOM),
            engine: Engine::new(),
            log: Kept(log),
            now: START,
            next_id: 0,
            ids: Vec::new(),
        };
        for instrument in INSTRUMENTS {
            let rules = InstrumentRules {
                instrument,
                tick_step: 1,
                lot_step: 1,
                collar_bps: 5_000,
                reference_max_age_ms: u32::MAX,
                units_per_tick_lot: 3,
                max_quantity: 1_000,
                ..InstrumentRules::default()
            };
            let World { gate, log, .. } = &mut world;
            gate.set_instrument(log, &rules, START).unwrap();
            world.change(VenueChange {
                kind: venue_change_kind::LISTED,
                instrument,
                ..VenueChange::default()
            });
        }
        for strategy in 1..=3 {
            let limits = StrategyLimits {
                strategy,
                instrument: crate::gate::EVERY_INSTRUMENT,
                max_quantity: 1_000,
                max_notional: 1_000_000_000,
                max_position: 300,
                rate_per_second: 1_000_000,
                rate_burst: 1_000_000,
                duplicate_window_ms: 2,
                ..StrategyLimits::default()
            };
            let World { gate, log, .. } = &mut world;
            gate.set_limits(log, &limits, START).unwrap();
        }
        world.quote();
        world
    }

    fn quote(&mut self) {
        for instrument in INSTRUMENTS {
            let reference = Reference {
                bid: 99,
                ask: 101,
                last: 100,
                time: self.now,
            };
            self.gate.set_reference(instrument, reference).unwrap();
        }
    }

    fn mark(&mut self) -> Mark {
        Mark {
            place: self.log.0.place().unwrap().expect("has a directory"),
            gate: self.gate.state_hash(),
            books: self.engine.state_hash(),
        }
    }

    fn change(&mut self, change: VenueChange) {
        let kind = record_type::VENUE_INPUT;
        let parts = [bytes_of(&change)];
        self.log
            .append(kind, CHANGE_VERSION, change.time, 0, &parts)
            .unwrap();
        self.engine.change(&change);
    }

    fn order(&mut self, Step { a, b, .. }: Step) -> OrderCommand {
        self.next_id += 1;
        let rare = a >> 20 & 15;
        let mut order = OrderCommand {
            kind: command_kind::NEW,
            side: a as u8 & 1,
            order_type: order_type::LIMIT,
            instrument: INSTRUMENTS[(a >> 1) as usize & 1],
            order_id: self.next_id,
            price: 95 + i64::from(a >> 4) % 11,
            quantity: b,
            owner: [1, 2, 3, CROWD, CROWD][(a >> 8) as usize % 5],
            time: self.now,
            flags: ((a >> 12) as u16 & 7) << 3 | (a >> 15) as u16 & 1,
            ..OrderCommand::default()
        };
        match rare {
            1 => order.tif = time_in_force::IOC,
            2 => order.tif = time_in_force::FOK,
            3 => order.tif = time_in_force::DAY,
            4 | 5 => {
                order.tif = time_in_force::GTD;
                order.set_expires((self.now / SECOND + 1 + i64::from(a >> 24 & 3)) as u32);
            }
            6 | 7 => order.order_type = order_type::STOP,
            8 => {
                order.order_type = order_type::STOP_LIMIT;
                order.set_trigger_offset(1);
            }
            9 | 10 => order.display = 1 + b as u32 / 3,
            11 => order.flags |= 2,
            12 => order.order_type = order_type::MARKET,
            _ => {}
        }
        self.ids
            .push((order.order_id, order.owner, order.instrument));
        order
    }

    fn alter(&mut self, Step { kind, a, b }: Step) -> Option<OrderCommand> {
        let at = (a >> 4) as usize;
        let (id, owner, instrument) = *self.ids.get(at.checked_rem(self.ids.len())?)?;
        Some(OrderCommand {
            kind: if kind == 13 {
                command_kind::CANCEL
            } else {
                command_kind::AMEND
            },
            order_id: id,
            target_id: id,
            owner,
            instrument,
            price: 95 + i64::from(a % 11),
            quantity: b,
            time: self.now,
            ..OrderCommand::default()
        })
    }

    /// Ours go down the path, the crowd's straight into the books.
    fn send(&mut self, command: &OrderCommand) -> Told {
        if command.owner >= BACKGROUND_OWNER {
            let kind = record_type::VENUE_INPUT;
            let parts = [bytes_of(command)];
            self.log
                .append(kind, COMMAND_VERSION, command.time, 0, &parts)
                .unwrap();
            self.engine.submit(command);
            // What the crowd did to ours is ours to hear.
            let reports = &self.engine.events().executions;
            let ours = |report: &&Execution| report.owner < BACKGROUND_OWNER;
            let ours: Vec<Execution> = reports.iter().filter(ours).copied().collect();
            self.gate.apply_executions(&mut self.log, 3, &ours).unwrap();
            return self.told(Vec::new());
        }
        let mut decisions = vec![GateDecision::default()];
        let venue = Venue {
            engine: &mut self.engine,
            stream: 3,
            records: true,
        };
        let commands = std::slice::from_ref(command);
        let passage = pipeline::submit(
            &mut self.gate,
            &mut self.log,
            &Open,
            venue,
            commands,
            &mut decisions,
        );
        assert!(passage.recorded);
        self.told(decisions)
    }

    fn told(&mut self, decisions: Vec<GateDecision>) -> Told {
        let events = self.engine.events();
        let mut bytes = bytes_of_slice(&events.executions).to_vec();
        bytes.extend_from_slice(bytes_of_slice(&events.ticks));
        self.engine.clear_events();
        (decisions, bytes)
    }

    fn take(&mut self, step: Step) -> Told {
        let Step { kind, a, b } = step;
        let instrument = INSTRUMENTS[a as usize & 1];
        let change = VenueChange {
            instrument,
            time: self.now,
            ..VenueChange::default()
        };
        match kind {
            0..=12 => {
                let order = self.order(step);
                return self.send(&order);
            }
            13..=15 => {
                if let Some(command) = self.alter(step) {
                    return self.send(&command);
                }
            }
            16 | 17 => self.now += b * 50 * MS,
            18 => self.change(VenueChange {
                kind: venue_change_kind::STATE,
                state: [0, 0, 0, trading_state::AUCTION, trading_state::PRE_OPEN][b as usize % 5],
                ..change
            }),
            19 => self.change(VenueChange {
                kind: venue_change_kind::GROUP,
                owner: 1 + a % 3,
                amount: i64::from(a >> 3 & 1),
                ..change
            }),
            20 => self.change(VenueChange {
                kind: venue_change_kind::ADVANCED,
                ..change
            }),
            21 if b < 6 => self.change(VenueChange {
                kind: venue_change_kind::CANCEL_ALL,
                owner: [u32::MAX, 1, CROWD][a as usize % 3],
                instrument: [u16::MAX, instrument][(a >> 2) as usize & 1],
                ..change
            }),
            22 if b < 6 => self.change(VenueChange {
                kind: venue_change_kind::CANCEL_GROUP,
                amount: i64::from(1 + a % 2),
                ..change
            }),
            23 => self.change(VenueChange {
                kind: venue_change_kind::POSITION,
                owner: 1 + a % 3,
                amount: b - 30,
                ..change
            }),
            _ => {}
        }
        let ours = |report: &&Execution| report.owner < BACKGROUND_OWNER;
        let reports = &self.engine.events().executions;
        let reports: Vec<Execution> = reports.iter().filter(ours).copied().collect();
        self.gate
            .apply_executions(&mut self.log, 3, &reports)
            .unwrap();
        self.told(Vec::new())
    }

    /// The directory as a crash right behind `place` would have left it.
    fn cut_at(&self, place: &Place) -> Directory {
        let cut = Directory::new();
        for entry in fs::read_dir(&self.dir.0).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let number = name
                .strip_prefix("audit-")
                .and_then(|name| name.strip_suffix(".log"))
                .and_then(|digits| digits.parse::<u64>().ok());
            let to = cut.0.join(&name);
            match number {
                Some(number) if number > place.segment => {}
                Some(number) => {
                    let mut bytes = fs::read(entry.path()).unwrap();
                    if number == place.segment {
                        bytes.truncate(place.offset as usize);
                    }
                    fs::write(to, bytes).unwrap();
                }
                None if name.starts_with("snapshot-") => {
                    fs::copy(entry.path(), to).unwrap();
                }
                None => {}
            }
        }
        cut
    }
}

fn fresh() -> (Gate, Engine) {
    (Gate::with_room(ROOM), Engine::new())
}

/// What the log in `dir` comes to, and what it was read from.
fn recovered(dir: &Path, snapshots: bool) -> (Gate, Engine, super::Recovery) {
    let (mut gate, mut engine) = fresh();
    let found = recover(dir, snapshots, &mut gate, Some(&mut engine)).unwrap();
    (gate, engine, found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_log_cut_anywhere_comes_to_the_state_there_was_with_snapshots_and_without(
        steps in proptest::collection::vec(step(), 1..60),
        taken in any::<u64>(),
        cuts in proptest::collection::vec(any::<usize>(), 1..6),
        segment in prop_oneof![Just(4_096u64), Just(1 << 30)],
    ) {
        let mut world = World::new(segment);
        let mut snapshots = Snapshots::beside(&world.dir.0, 3);
        let mut marks = vec![world.mark()];
        let mut snapped = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            world.take(*step);
            marks.push(world.mark());
            if taken >> (at % 64) & 7 == 0 {
                let World { log, gate, engine, now, .. } = &mut world;
                let begun = snapshots.take(&mut log.0, gate, Some(engine), *now).unwrap();
                let records = snapshots.wait().unwrap();
                prop_assert_eq!(begun, Written::Begun(records));
                snapped.push(records);
            }
        }
        snapped.dedup();
        let kept = &snapped[snapped.len().saturating_sub(3)..];
        for cut in cuts.iter().copied().chain([marks.len() - 1]) {
            let mark = &marks[cut % marks.len()];
            let dir = world.cut_at(&mark.place);
            for with_snapshots in [false, true] {
                let (gate, engine, found) = recovered(&dir.0, with_snapshots);
                prop_assert_eq!(gate.state_hash(), mark.gate);
                prop_assert_eq!(engine.state_hash(), mark.books);
                prop_assert_eq!((found.counts.records, found.chain), (mark.place.records, mark.place.chain));
                let usable = |records: &&u64| **records <= mark.place.records;
                let latest = kept.iter().rev().find(usable).filter(|_| with_snapshots);
                prop_assert_eq!(found.counts.from, latest.copied().unwrap_or(0));
                let newer = kept.iter().filter(|records| !usable(records)).count();
                prop_assert_eq!(found.refused.len(), if with_snapshots { newer } else { 0 });
            }
        }
    }

    #[test]
    fn what_was_recovered_trades_on_like_what_was_not(
        before in proptest::collection::vec(step(), 1..60),
        after in proptest::collection::vec(step(), 1..60),
        snapped in proptest::option::of(any::<usize>()),
    ) {
        let mut live = World::new(1 << 30);
        let mut snapshots = Snapshots::beside(&live.dir.0, 1);
        for (at, step) in before.iter().enumerate() {
            live.take(*step);
            if snapped.is_some_and(|pick| pick % before.len() == at) {
                let World { log, gate, engine, now, .. } = &mut live;
                snapshots.take(&mut log.0, gate, Some(engine), *now).unwrap();
                snapshots.wait().unwrap();
            }
        }
        let mark = live.mark();
        let dir = live.cut_at(&mark.place);
        let (gate, engine, found) = recovered(&dir.0, true);
        prop_assert_eq!(found.counts.from > 0, snapped.is_some());
        let log = Kept(AuditLog::open(&dir.0, durability::MEMORY, 1 << 30).unwrap());
        let mut other = World {
            dir, gate, engine, log,
            now: live.now, next_id: live.next_id, ids: live.ids.clone(),
        };
        live.quote();
        other.quote();
        for step in after {
            prop_assert_eq!(other.take(step), live.take(step), "{:?}", step);
            prop_assert_eq!(other.mark(), live.mark());
        }
    }
}

/// A world that has traded a little, and its snapshots at three places.
fn traded() -> (World, Vec<u64>) {
    let mut world = World::new(1 << 30);
    let mut snapshots = Snapshots::beside(&world.dir.0, 9);
    let mut taken = Vec::new();
    for round in 0..3u32 {
        for at in 0..20 {
            let a = (round * 20 + at).wrapping_mul(0x9E37_79B9);
            world.take(Step {
                kind: (a >> 28) as u8 % 16,
                a,
                b: 1 + i64::from(a >> 20 & 31),
            });
        }
        let World {
            log,
            gate,
            engine,
            now,
            ..
        } = &mut world;
        snapshots
            .take(&mut log.0, gate, Some(engine), *now)
            .unwrap();
        taken.push(snapshots.wait().unwrap());
        world.take(Step {
            kind: 0,
            a: round,
            b: 1,
        });
    }
    (world, taken)
}

#[test]
fn every_flipped_bit_and_every_cut_of_a_snapshot_is_refused() {
    let (world, taken) = traded();
    let path = snapshot::path(&world.dir.0, taken[0]);
    let whole = fs::read(&path).unwrap();
    assert!(snapshot::decode(&whole, ROOM, true).is_ok());
    let mut bytes = whole.clone();
    for bit in 0..whole.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(snapshot::decode(&bytes, ROOM, true).is_err(), "bit {bit}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    for length in 0..whole.len() {
        assert!(snapshot::decode(&whole[..length], ROOM, true).is_err());
    }
}

#[test]
fn a_snapshot_that_cannot_be_used_is_passed_over_for_an_earlier_one_and_then_for_the_whole_log() {
    let (mut world, taken) = traded();
    let mark = world.mark();
    let dir = world.cut_at(&mark.place);
    for usable in (0..=3usize).rev() {
        let (gate, engine, found) = recovered(&dir.0, true);
        assert_eq!(
            (gate.state_hash(), engine.state_hash()),
            (mark.gate, mark.books)
        );
        let from = usable.checked_sub(1).map_or(0, |last| taken[last]);
        assert_eq!(found.counts.from, from);
        assert_eq!(found.refused.len(), 3 - usable);
        if let Some(last) = usable.checked_sub(1) {
            let path = snapshot::path(&dir.0, taken[last]);
            let mut bytes = fs::read(&path).unwrap();
            bytes[200] ^= 1;
            fs::write(path, bytes).unwrap();
        }
    }
}

#[test]
fn a_snapshot_of_another_log_is_refused_though_it_is_whole() {
    let (mut world, taken) = traded();
    let mut other = World::new(1 << 30);
    for at in 0..400u32 {
        other.take(Step {
            kind: 0,
            a: at.wrapping_mul(0x85EB_CA6B),
            b: 2,
        });
    }
    let mark = other.mark();
    assert!(mark.place.records > *taken.last().unwrap());
    let dir = other.cut_at(&mark.place);
    world.mark();
    for records in &taken {
        let name = snapshot::path(&world.dir.0, *records);
        fs::copy(name, snapshot::path(&dir.0, *records)).unwrap();
    }
    let (gate, engine, found) = recovered(&dir.0, true);
    assert_eq!(
        (gate.state_hash(), engine.state_hash()),
        (mark.gate, mark.books)
    );
    assert_eq!((found.counts.from, found.refused.len()), (0, 3));
}

#[test]
fn an_unfinished_last_group_is_not_read_and_said_to_be_there() {
    let (mut world, _) = traded();
    let mark = world.mark();
    let dir = world.cut_at(&mark.place);
    world.take(Step {
        kind: 0,
        a: 1,
        b: 1,
    });
    let behind = world.mark();
    let path = world.cut_at(&behind.place);
    let name = "audit-0000000000.log";
    let mut bytes = fs::read(path.0.join(name)).unwrap();
    bytes.truncate(behind.place.offset as usize - 30);
    fs::write(dir.0.join(name), bytes).unwrap();
    for snapshots in [false, true] {
        let (gate, _, found) = recovered(&dir.0, snapshots);
        assert_eq!((gate.state_hash(), found.counts.torn), (mark.gate, 1));
    }
    drop(AuditLog::open(&dir.0, durability::BATCH, 1 << 30).unwrap());
    let (gate, _, found) = recovered(&dir.0, true);
    assert_eq!((gate.state_hash(), found.counts.torn), (mark.gate, 0));
}

#[test]
fn a_damaged_log_and_what_is_in_use_already_are_refused_and_nothing_is_touched() {
    let (mut world, _) = traded();
    let mark = world.mark();
    let dir = world.cut_at(&mark.place);
    let name = dir.0.join("audit-0000000000.log");
    let mut bytes = fs::read(&name).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&name, bytes).unwrap();
    let (mut gate, mut engine) = fresh();
    let found = recover(&dir.0, false, &mut gate, Some(&mut engine));
    let code = found.map(|_| ()).map_err(|error| error.code());
    assert_eq!(code, Err(code::CORRUPT));
    assert!(gate.is_fresh() && engine.is_fresh());
    let before = world.gate.state_hash();
    let found = recover(&world.dir.0, false, &mut world.gate, None);
    assert!(matches!(found, Err(RecoveryError::InUse)));
    assert_eq!(world.gate.state_hash(), before);
}

#[test]
fn a_gate_alone_is_recovered_from_a_snapshot_with_books() {
    let (mut world, taken) = traded();
    let mark = world.mark();
    let dir = world.cut_at(&mark.place);
    let mut gate = Gate::with_room(ROOM);
    let found = recover(&dir.0, true, &mut gate, None).unwrap();
    assert_eq!(
        (gate.state_hash(), found.counts.from),
        (mark.gate, taken[2])
    );
    assert_eq!(found.counts.inputs, 0);
}
