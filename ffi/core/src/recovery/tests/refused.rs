//! What is read back and what is refused: snapshots that are damaged, forged or of another log, logs that do not follow.
use super::*;

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

/// The snapshot with another byte at a place, and a checksum that says so.
fn forged(whole: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = whole[..whole.len() - 32].to_vec();
    bytes[at] ^= 1;
    let checksum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&checksum);
    bytes
}

#[test]
fn a_snapshot_with_a_right_checksum_is_still_held_to_its_state_hashes_its_place_and_its_name() {
    let (mut world, taken) = traded();
    let mark = world.mark();
    let dir = world.cut_at(&mark.place);
    taken[1..]
        .iter()
        .for_each(|records| fs::remove_file(snapshot::path(&dir.0, *records)).unwrap());
    let path = snapshot::path(&dir.0, taken[0]);
    let whole = fs::read(&path).unwrap();
    for (at, says) in [(104, "its gate is not"), (136, "its books are not")] {
        let why = snapshot::decode(&forged(&whole, at), ROOM, true).map(|_| ());
        assert!(why.is_err_and(|why| why.starts_with(says)), "byte {at}");
    }
    // Segment, offset, records and chain head.
    for at in [24, 32, 40, 48] {
        fs::remove_file(&path).unwrap_or_default();
        let other = if at == 40 { taken[0] ^ 1 } else { taken[0] };
        let placed = snapshot::path(&dir.0, other);
        fs::write(&placed, forged(&whole, at)).unwrap();
        let (gate, _, found) = recovered(&dir.0, true);
        assert_eq!(
            (gate.state_hash(), found.counts.from),
            (mark.gate, 0),
            "byte {at}"
        );
        assert_eq!(found.refused.len(), 1, "byte {at}");
        fs::remove_file(placed).unwrap();
    }
    fs::write(snapshot::path(&dir.0, taken[0] + 1), &whole).unwrap();
    let (_, _, found) = recovered(&dir.0, true);
    assert_eq!((found.counts.from, found.refused.len()), (0, 1));
}

/// A log that takes nothing.
struct Failing;

impl Journal for Failing {
    fn next_index(&self) -> u64 {
        0
    }

    fn append(&mut self, _: u16, _: u16, _: i64, _: u64, _: &[&[u8]]) -> Result<u64, u32> {
        Err(code::IO)
    }

    fn commit(&mut self) -> Result<(), u32> {
        Err(code::IO)
    }
}

#[test]
fn of_a_gate_that_is_shut_there_is_no_snapshot_because_not_all_of_it_is_on_record() {
    let (mut world, _) = traded();
    let rules = InstrumentRules {
        tick_step: 1,
        lot_step: 1,
        units_per_tick_lot: 1,
        ..InstrumentRules::default()
    };
    world
        .gate
        .set_instrument(&mut Failing, &rules, START)
        .unwrap_err();
    let mut snapshots = Snapshots::beside(&world.dir.0, 1);
    let World {
        log, gate, engine, ..
    } = &mut world;
    let taken = snapshots.take(&mut log.0, gate, Some(engine), START);
    assert_eq!(taken.unwrap(), Written::Impossible);
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

#[test]
fn groups_of_owners_hold_in_instruments_that_are_listed_after_recovery() {
    let mut world = World::new(1 << 30);
    world.change(VenueChange {
        kind: venue_change_kind::GROUP,
        owner: 2,
        amount: 77,
        ..VenueChange::default()
    });
    let mut snapshots = Snapshots::beside(&world.dir.0, 1);
    let World {
        log, gate, engine, ..
    } = &mut world;
    snapshots
        .take(&mut log.0, gate, Some(engine), START)
        .unwrap();
    snapshots.wait().unwrap();
    for with_snapshots in [false, true] {
        let (_, mut engine, found) = recovered(&world.dir.0, with_snapshots);
        assert_eq!(found.counts.from > 0, with_snapshots);
        engine.add_instrument(9).unwrap();
        assert_eq!(engine.account(9, 2).map(|account| account.group), Some(77));
    }
}

#[test]
fn a_record_that_does_not_follow_ends_the_recovery_and_is_named() {
    let refused = |world: &mut World| {
        let index = world.log.next_index() - 1;
        world.mark();
        let (mut gate, mut engine) = fresh();
        let found = recover(&world.dir.0, false, &mut gate, Some(&mut engine));
        let error = found.map(|_| ()).unwrap_err();
        assert_eq!(error.code(), code::NOT_REPLAYABLE);
        assert!(error.to_string().starts_with(&format!("record {index} ")));
        assert!(gate.is_fresh() && engine.is_fresh());
    };
    // Something goes into books that nobody listed.
    let mut world = World::new(1 << 30);
    let stray = VenueChange {
        kind: venue_change_kind::STATE,
        instrument: 44,
        ..VenueChange::default()
    };
    let (kind, parts) = (record_type::VENUE_INPUT, [bytes_of(&stray)]);
    world
        .log
        .append(kind, CHANGE_VERSION, START, 0, &parts)
        .unwrap();
    refused(&mut world);
    // Two gates write one log.
    let (mut world, _) = traded();
    let mut second = Gate::with_room(ROOM);
    let order = world.order(Step {
        kind: 0,
        a: 0,
        b: 1,
    });
    let mut decisions = [GateDecision::default()];
    second.submit(&mut world.log, &Open, &[order], &mut decisions);
    refused(&mut world);
}

#[test]
fn what_an_iceberg_hides_counts_for_a_fill_or_kill_in_books_that_were_read_back() {
    let mut engine = Engine::new();
    engine.add_instrument(0).unwrap();
    let iceberg = OrderCommand {
        kind: command_kind::NEW,
        side: 1,
        order_type: order_type::LIMIT,
        order_id: 1,
        price: 100,
        quantity: 100,
        display: 10,
        owner: 1,
        ..OrderCommand::default()
    };
    engine.submit(&iceberg);
    let mut bytes = Vec::new();
    engine.put(&mut bytes);
    let mut back = Engine::take(&mut Source(&bytes)).unwrap();
    let taker = OrderCommand {
        side: 0,
        order_id: 2,
        quantity: 50,
        display: 0,
        owner: 2,
        tif: time_in_force::FOK,
        ..iceberg
    };
    back.submit(&taker);
    let filled = back.events().executions.iter();
    let filled = filled.filter(|report| report.order_id == 2 && report.match_id != 0);
    assert_eq!(filled.map(|report| report.quantity).sum::<i64>(), 50);
}
