//! Single records: what a price of the day does to the next order, and records that do not follow.
use super::*;

#[test]
fn a_price_that_was_used_is_known_again_as_old_as_it_is_and_the_day_before_does_not_stand_in() {
    let order = |side: &mut Side| OrderCommand {
        side: side::BUY,
        price: 996,
        quantity: 10,
        owner: 1,
        flags: 0,
        target_id: 0,
        instrument: INSTRUMENT,
        ..side.order(Step {
            kind: 0,
            pick: 0,
            a: 1,
            b: 1,
        })
    };
    let mut live = Side::new();
    let terms = SecurityTerms {
        prior_close: 990,
        ..terms()
    };
    live.tell(fact_kind::SECURITY, bytes_of(&terms));
    let recovered = |live: &Side| {
        let mut gate = Gate::with_room(ROOM);
        live.follow(&mut gate, 0);
        let mut side = Side {
            gate,
            ..Side::new()
        };
        side.sender = live.sender.clone();
        side.journal.records = live.journal.records.clone();
        side
    };
    let mut unpriced = recovered(&live);
    let next = order(&mut unpriced);
    assert_eq!(unpriced.submit(&[next])[0].code, code::ACCEPTED);
    let mut again = recovered(&unpriced);
    let next = order(&mut again);
    let next = OrderCommand { price: 997, ..next };
    assert_eq!(again.submit(&[next])[0].code, code::ACCEPTED);

    let next = order(&mut live);
    assert_eq!(live.submit(&[next])[0].code, code::ACCEPTED);
    let mut priced = recovered(&live);
    let next = order(&mut priced);
    let next = OrderCommand { price: 997, ..next };
    let found = priced.submit(&[next])[0];
    assert_eq!((found.code, found.reference), (code::ACCEPTED, 1_000));
    priced.sender.now += 60_001 * MS;
    let next = order(&mut priced);
    let next = OrderCommand { price: 995, ..next };
    assert_eq!(priced.submit(&[next])[0].code, code::NO_REFERENCE);
    priced.tell_market();
    let next = order(&mut priced);
    let next = OrderCommand { price: 998, ..next };
    assert_eq!(priced.submit(&[next])[0].code, code::ACCEPTED);
}

#[test]
fn records_that_do_not_follow_are_refused() {
    let mut live = Side::new();
    let order = OrderCommand {
        quantity: 10,
        owner: 1,
        flags: 0,
        target_id: 0,
        instrument: INSTRUMENT,
        ..live.order(Step {
            kind: 0,
            pick: 0,
            a: 1,
            b: 1,
        })
    };
    live.submit(&[order]);
    let last = live.journal.records.len() - 1;
    let (record_type, version, payload) = live.journal.records[last].clone();
    let header = AuditHeader {
        record_type,
        version,
        index: last as u64,
        ..AuditHeader::default()
    };
    let fresh = || {
        let mut gate = Gate::with_room(ROOM);
        let before = Side::new();
        before.follow(&mut gate, 0);
        gate
    };
    assert!(fresh().replay(&header, &payload).is_ok());
    let mut twice = fresh();
    assert!(twice.replay(&header, &payload).is_ok());
    assert!(twice.replay(&header, &payload).is_err());
    let elsewhere = AuditHeader {
        index: 99,
        ..header
    };
    assert!(fresh().replay(&elsewhere, &payload).is_err());
    let other = AuditHeader {
        version: version + 1,
        ..header
    };
    assert!(fresh().replay(&other, &payload).is_err());
    assert!(fresh().replay(&header, &payload[..100]).is_err());
    assert!(Gate::with_room(ROOM).replay(&header, &payload).is_err());
}
