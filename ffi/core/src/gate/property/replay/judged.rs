//! Every decision judged again over its records comes to the verdict on record, and a verdict or a limit that was changed is
//! found.
use super::*;
use crate::gate::Judged;
use crate::layout::record_type;
use crate::record::read;

impl Side {
    /// Judges `records` from a given one on, behind what `gate` knows already: how many verdicts there were, and the first
    /// that is another now.
    fn judge(
        &self,
        gate: &mut Gate,
        from: usize,
        records: &[(u16, u16, Vec<u8>)],
    ) -> (usize, Option<Judged>) {
        let mut judged = 0;
        for (index, (record_type, version, payload)) in (0..).zip(records).skip(from) {
            let header = AuditHeader {
                record_type: *record_type,
                version: *version,
                index,
                time: self.sender.now,
                ..AuditHeader::default()
            };
            let found = gate.judge_again(&header, payload);
            let Some(found) = found.expect("what was recorded follows") else {
                continue;
            };
            judged += 1;
            if found.differs() {
                return (judged, Some(found));
            }
        }
        (judged, None)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_decision_judged_again_over_its_records_comes_to_the_verdict_on_record(
        steps in proptest::collection::vec(step(), 1..160),
    ) {
        let mut live = Side { moves: true, ..Side::new() };
        let mut judge = Gate::with_room(ROOM);
        let mut known = 0;
        for step in &steps {
            live.take(*step);
            let (judged, first) = live.judge(&mut judge, known, &live.journal.records);
            prop_assert_eq!(first, None, "after {:?}", step);
            prop_assert!(judged <= live.journal.records.len() - known);
            known = live.journal.records.len();
            prop_assert_eq!(judge.state_hash(), live.gate.state_hash());
        }
    }

    #[test]
    fn a_verdict_that_was_changed_is_found_at_its_record(
        steps in proptest::collection::vec(step(), 40..120),
        pick in any::<usize>(),
        field in 0..5usize,
    ) {
        let live = at_one_time(&steps);
        let mut records = live.journal.records.clone();
        let decisions: Vec<usize> = (0..records.len())
            .filter(|at| records[*at].0 == record_type::DECISION)
            .collect();
        prop_assume!(!decisions.is_empty());
        let at = decisions[pick % decisions.len()];
        let command = size_of::<OrderCommand>();
        let mut decision: GateDecision = read(&records[at].2[command..]).unwrap();
        match field {
            0 if decision.code == code::MAX_NOTIONAL => decision.code = code::MAX_QUANTITY,
            0 => decision.code = code::MAX_NOTIONAL,
            1 => decision.check ^= 1,
            2 => decision.measured ^= 1,
            3 => decision.limit ^= 1,
            _ => decision.reference ^= 1,
        }
        records[at].2[command..].copy_from_slice(bytes_of(&decision));
        let (_, first) = live.judge(&mut Gate::with_room(ROOM), 0, &records);
        prop_assert_eq!(first.map(|judged| judged.again.audit_index), Some(at as u64));
        prop_assert_eq!(first.map(|judged| judged.recorded), Some(decision));
    }

    #[test]
    fn a_limit_that_was_changed_is_found_at_the_first_decision_that_shows_it(
        steps in proptest::collection::vec(step(), 60..120),
        strategy in 1..3u32,
    ) {
        let live = at_one_time(&steps);
        let mut records = live.journal.records.clone();
        let of = |record: &(u16, u16, Vec<u8>)| {
            let is = record.0 == record_type::LIMITS_SET && record.1 == 1;
            is.then(|| read::<StrategyLimits>(&record.2).unwrap())
                .filter(|one| one.strategy == strategy)
        };
        let changed = records.iter().position(|record| of(record).is_some()).unwrap();
        let before = of(&records[changed]).unwrap();
        let limits = StrategyLimits { max_position: before.max_position - 1, ..before };
        records[changed].2 = bytes_of(&limits).to_vec();
        // An acceptance says which limit it was held against; a refusal may show it even before.
        let shows = |(kind, _, payload): &(u16, u16, Vec<u8>)| {
            *kind == record_type::DECISION && {
                let (command, decision) = payload.split_at(size_of::<OrderCommand>());
                let command: OrderCommand = read(command).unwrap();
                let decision: GateDecision = read(decision).unwrap();
                command.owner == strategy
                    && decision.code == code::ACCEPTED
                    && decision.limit == before.max_position
            }
        };
        let after = &records[changed + 1..];
        let again = after.iter().position(|record| of(record).is_some()).unwrap_or(after.len());
        let shown = after[..again].iter().position(shows);
        prop_assume!(shown.is_some());
        let shown = (changed + 1 + shown.unwrap()) as u64;
        let (_, first) = live.judge(&mut Gate::with_room(ROOM), 0, &records);
        let found = first.map_or(u64::MAX, |judged| judged.again.audit_index);
        prop_assert!(found > changed as u64 && found <= shown, "{} after {}", found, shown);
    }
}

/// What came of steps during which no time passes, so that baskets are judged at the time at which they were opened.
fn at_one_time(steps: &[Step]) -> Side {
    let mut live = Side {
        moves: true,
        ..Side::new()
    };
    for step in steps.iter().filter(|step| !matches!(step.kind, 22 | 23)) {
        live.take(*step);
    }
    live
}
