//! Whatever a gate was told and decided, its records bring another one to the same state hash at every record, from the
//! beginning or from an image taken anywhere; and once the market is told again both go on alike.
mod facts;
mod judged;
mod single;

use crate::gate::testkit::{
    limits, parent, rules, terms, FakeControls, FakeJournal, INSTRUMENT, START,
};
use crate::gate::{flags, Gate, Reference, EVERY_INSTRUMENT};
use crate::image::Source;
use crate::layout::{
    code, command_kind, demand, exec_type, fact_kind, market_phase, order_type, scope_kind,
    scope_state, side, AuditHeader, Execution, GateDecision, GateScope, InstrumentRules,
    MarketStatus, OrderCommand, ParentOrder, SecurityTerms, StrategyLimits, DEFAULT_ACCOUNT_NODE,
    DEFAULT_CUSTOMER_NODE,
};
use crate::record::bytes_of;
use proptest::prelude::*;

const MS: i64 = 1_000_000;
const ROOM: usize = 64;
/// Those that are listed, and one that is not.
const INSTRUMENTS: [u16; 3] = [INSTRUMENT, 900, 7];
/// Firm, customer, account; a second account; two strategies.
const NODES: u32 = 6;
/// The last is about how prices moved before, of which a recovered gate knows what was recorded last, and no later price: it
/// is demanded only where that is enough.
const DEMANDS: [u32; 9] = [
    0,
    demand::MANDATE,
    demand::LISTS | demand::LIQUIDITY,
    demand::MARKET_STATE | demand::PRICE_BANDS,
    demand::SHORT_SALE,
    demand::SHORT_PRICE_TEST | demand::TRADE_THROUGH,
    demand::VOLUME | demand::SELF_MATCH,
    demand::PARENTS,
    demand::PRICE_MOVE,
];

/// A step, and numbers for whatever it needs.
#[derive(Clone, Copy, Debug)]
struct Step {
    kind: u8,
    pick: usize,
    a: u32,
    b: i64,
}

fn step() -> impl Strategy<Value = Step> {
    (0..34u8, any::<usize>(), any::<u32>(), 0..100i64).prop_map(|(kind, pick, a, b)| Step {
        kind,
        pick,
        a,
        b,
    })
}

/// What whoever sends orders and reports remembers.
#[derive(Clone)]
struct Sender {
    now: i64,
    next_id: u64,
    sequences: [u64; 3],
    sent: Vec<OrderCommand>,
    parents: u64,
    state: u32,
}

struct Side {
    gate: Gate,
    journal: FakeJournal,
    controls: FakeControls,
    sender: Sender,
    /// Whether limits on how prices moved may be demanded.
    moves: bool,
}

impl Side {
    fn new() -> Self {
        let mut side = Self {
            gate: Gate::with_room(ROOM),
            journal: FakeJournal::default(),
            controls: FakeControls::default(),
            sender: Sender {
                now: START,
                next_id: 0,
                sequences: [0; 3],
                sent: Vec::new(),
                parents: 0,
                state: scope_state::ACTIVE,
            },
            moves: false,
        };
        let Self { gate, journal, .. } = &mut side;
        for instrument in &INSTRUMENTS[..2] {
            let rules = InstrumentRules {
                instrument: *instrument,
                lot_step: 1,
                tick_step: 1,
                reference_max_age_ms: 60_000,
                ..rules()
            };
            gate.set_instrument(journal, &rules, START).unwrap();
        }
        for (parent, kind, strategy) in [
            (DEFAULT_CUSTOMER_NODE, scope_kind::ACCOUNT, 0),
            (DEFAULT_ACCOUNT_NODE, scope_kind::STRATEGY, 1),
            (3, scope_kind::STRATEGY, 2),
        ] {
            let scope = GateScope {
                parent,
                kind,
                strategy,
                ..GateScope::default()
            };
            gate.add_scope(journal, &scope, START).unwrap();
        }
        for strategy in [1, 2] {
            let limits = StrategyLimits {
                strategy,
                instrument: EVERY_INSTRUMENT,
                max_position: 400,
                rate_per_second: 400,
                rate_burst: 9,
                duplicate_window_ms: 3,
                ..limits()
            };
            gate.set_limits(journal, &limits, START).unwrap();
        }
        side.tell_market();
        side
    }

    /// The market as of now, in full.
    fn tell_market(&mut self) {
        let now = self.sender.now;
        for (at, instrument) in (0..).zip(&INSTRUMENTS[..2]) {
            self.quote(at, 1_000);
            let status = MarketStatus {
                instrument: *instrument,
                phase: market_phase::CONTINUOUS,
                time: now,
                lower_band: 900,
                upper_band: 1_100,
                away_bid: 999,
                away_ask: 1_002,
                snapshot: now as u64,
                quotes_time: now,
                ..MarketStatus::default()
            };
            self.tell(fact_kind::MARKET_STATUS, bytes_of(&status));
        }
    }

    fn quote(&mut self, instrument: usize, price: i64) {
        let reference = Reference {
            bid: price - 1,
            ask: price + 1,
            last: price,
            time: self.sender.now,
        };
        self.gate
            .set_reference(INSTRUMENTS[instrument], reference)
            .unwrap();
    }

    fn tell(&mut self, kind: u32, fact: &[u8]) {
        let now = self.sender.now;
        // What a gate does not take it does not record either.
        let _ = self.gate.tell(&mut self.journal, kind, fact, now);
    }

    fn submit(&mut self, commands: &[OrderCommand]) -> Vec<GateDecision> {
        let mut decisions = vec![GateDecision::default(); commands.len()];
        self.controls.state.set(self.sender.state);
        self.gate
            .submit(&mut self.journal, &self.controls, commands, &mut decisions);
        for (command, decision) in commands.iter().zip(&decisions) {
            if decision.code == code::ACCEPTED && command.kind == command_kind::NEW {
                self.sender.sent.push(*command);
            }
        }
        decisions
    }

    fn picked(&self, pick: usize) -> Option<OrderCommand> {
        let sent = &self.sender.sent;
        sent.get(pick.checked_rem(sent.len())?).copied()
    }

    fn order(&mut self, Step { pick, a, b, .. }: Step) -> OrderCommand {
        self.sender.next_id += 1;
        // Now and then an id is used again.
        let id = if a.is_multiple_of(31) {
            self.sender.next_id / 2 + 1
        } else {
            self.sender.next_id
        };
        let child = a.is_multiple_of(7);
        let marks = [0, 0, 0, flags::SHORT, flags::REDUCE_ONLY, flags::MANUAL];
        OrderCommand {
            kind: command_kind::NEW,
            side: (a >> 8) as u8 & 1,
            order_type: order_type::LIMIT,
            instrument: INSTRUMENTS[[0, 0, 0, 1, 1, 1, 1, 2][pick % 8]],
            order_id: id,
            price: 995 + i64::from(a >> 9 & 7),
            quantity: b,
            owner: [1, 1, 2, 2, 2, 9][(a >> 16) as usize % 6],
            time: self.sender.now,
            flags: marks[(a >> 20) as usize % marks.len()] | if child { flags::CHILD } else { 0 },
            target_id: if child {
                5_000 + u64::from(a >> 4 & 3)
            } else {
                0
            },
            ..OrderCommand::default()
        }
    }

    fn change(&self, step: Step) -> Option<OrderCommand> {
        let target = self.picked(step.pick)?;
        let amends = step.a.is_multiple_of(2);
        Some(OrderCommand {
            kind: if amends {
                command_kind::AMEND
            } else {
                command_kind::CANCEL
            },
            target_id: target.order_id,
            quantity: step.b,
            flags: 0,
            time: self.sender.now - MS * i64::from(step.a % 3),
            ..target
        })
    }

    /// A report of a venue, right or wrong.
    fn report(&mut self, Step { pick, a, b, .. }: Step) -> Option<(usize, Execution)> {
        let order = self.picked(pick)?;
        let open = self.gate.open_order(order.order_id);
        let leaves = open.map_or(b, |open| open.leaves);
        let kinds = [
            exec_type::NEW,
            exec_type::TRADE,
            exec_type::TRADE,
            exec_type::TRADE,
            exec_type::CANCELED,
            exec_type::REPLACED,
            exec_type::CANCEL_REJECTED,
            exec_type::RESTATED,
            exec_type::EXPIRED,
        ];
        let stream = (a >> 8) as usize % 3;
        let sequence = &mut self.sender.sequences[stream];
        // Some come twice.
        *sequence += u64::from(!a.is_multiple_of(11));
        let quantity = b.min(leaves) - i64::from(a.is_multiple_of(97)) * 1_000;
        let report = Execution {
            exec_type: kinds[(a >> 12) as usize % kinds.len()],
            side: order.side,
            instrument: order.instrument,
            order_id: order.order_id,
            quantity,
            leaves: (leaves - quantity).max(0),
            owner: order.owner,
            time: self.sender.now,
            venue_sequence: *sequence,
            ..Execution::default()
        };
        Some((stream, report))
    }

    fn take(&mut self, step: Step) -> Vec<GateDecision> {
        let Step { kind, pick, a, b } = step;
        match kind {
            0..=10 => {
                let batch: Vec<_> = (0..1 + pick % 4)
                    .map(|at| {
                        self.order(Step {
                            a: a.rotate_left(at as u32 * 5),
                            ..step
                        })
                    })
                    .collect();
                return self.submit(&batch);
            }
            11..=13 => {
                if let Some(change) = self.change(step) {
                    return self.submit(&[change]);
                }
            }
            14..=20 => {
                if let Some((stream, report)) = self.report(step) {
                    let (journal, stream) = (&mut self.journal, stream as u32);
                    self.gate
                        .apply_executions(journal, stream, &[report])
                        .unwrap();
                }
            }
            21 => self.end_many(),
            22 | 23 => self.sender.now += b * MS / 8,
            24 => self.quote(pick % 2, 990 + b % 20),
            25 => {
                let states = [
                    scope_state::ACTIVE,
                    scope_state::ACTIVE,
                    scope_state::REDUCE_ONLY,
                ];
                self.sender.state = states[pick % 3];
            }
            26 => self.limit(step),
            27 => {
                self.sender.parents += 1;
                let opened = ParentOrder {
                    strategy: 1 + a % 2,
                    instrument: INSTRUMENTS[pick % 2],
                    side: (a >> 4) as u8 & 1,
                    ..parent(5_000 + self.sender.parents % 5, b)
                };
                let now = self.sender.now;
                return vec![self.gate.open_parents(&mut self.journal, &[opened], now)];
            }
            _ => self.tell_something(step),
        }
        Vec::new()
    }

    /// Everything that is open ends in one row of reports.
    fn end_many(&mut self) {
        let open = self.sender.sent.clone();
        let open = open
            .into_iter()
            .filter(|order| self.gate.open_order(order.order_id).is_some());
        let reports: Vec<_> = open
            .map(|order| {
                self.sender.sequences[1] += 1;
                Execution {
                    exec_type: exec_type::CANCELED,
                    side: order.side,
                    instrument: order.instrument,
                    order_id: order.order_id,
                    owner: order.owner,
                    time: self.sender.now,
                    venue_sequence: self.sender.sequences[1],
                    ..Execution::default()
                }
            })
            .collect();
        self.gate
            .apply_executions(&mut self.journal, 1, &reports)
            .unwrap();
    }

    /// A gate from this one's records from a given one on, behind what `gate` knows already.
    fn follow(&self, gate: &mut Gate, from: usize) {
        for (index, (record_type, version, payload)) in (0..).zip(&self.journal.records).skip(from)
        {
            let header = AuditHeader {
                record_type: *record_type,
                version: *version,
                index,
                time: self.sender.now,
                ..AuditHeader::default()
            };
            let replayed = gate.replay(&header, payload);
            assert!(replayed.is_ok(), "record {index}: {replayed:?}");
        }
    }
}

fn through_bytes(gate: &Gate) -> Gate {
    let mut bytes = Vec::new();
    assert!(gate.put(&mut bytes));
    let mut source = Source(&bytes);
    let back = Gate::take(&mut source, ROOM).expect("reads back");
    assert!(source.0.is_empty());
    back
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn at_every_record_the_log_brings_another_gate_to_the_same_state(
        steps in proptest::collection::vec(step(), 1..160),
        imaged in any::<u64>(),
    ) {
        let mut live = Side::new();
        let mut follower = Gate::with_room(ROOM);
        let mut known = 0;
        for (at, step) in steps.iter().enumerate() {
            live.take(*step);
            live.follow(&mut follower, known);
            known = live.journal.records.len();
            prop_assert_eq!(follower.state_hash(), live.gate.state_hash(), "after {:?}", step);
            // What was refused has taken no room.
            prop_assert_eq!(follower.scopes.fill(), live.gate.scopes.fill());
            if imaged >> (at % 64) & 15 == 0 {
                follower = through_bytes(&follower);
                prop_assert_eq!(follower.state_hash(), live.gate.state_hash());
            }
        }
        prop_assert!(!live.gate.is_shut());
    }

    #[test]
    fn a_gate_that_was_recovered_goes_on_as_the_one_that_was_not(
        before in proptest::collection::vec(step(), 1..100),
        after in proptest::collection::vec(step(), 1..60),
        imaged in any::<bool>(),
    ) {
        let mut live = Side::new();
        let mut image = None;
        for (at, step) in before.iter().enumerate() {
            live.take(*step);
            if at == before.len() / 2 {
                image = Some((live.journal.records.len(), through_bytes(&live.gate)));
            }
        }
        let (from, mut gate) = image.filter(|_| imaged).unwrap_or((0, Gate::with_room(ROOM)));
        live.follow(&mut gate, from);
        let mut recovered = Side {
            gate,
            journal: FakeJournal { records: live.journal.records.clone(), ..FakeJournal::default() },
            controls: FakeControls::default(),
            sender: live.sender.clone(),
            moves: false,
        };
        live.tell_market();
        recovered.tell_market();
        for step in after {
            prop_assert_eq!(recovered.take(step), live.take(step), "{:?}", step);
        }
        prop_assert_eq!(recovered.gate.state_hash(), live.gate.state_hash());
        prop_assert_eq!(&recovered.journal.records, &live.journal.records);
    }
}
