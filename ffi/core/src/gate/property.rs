//! Whatever the interleaving, no accepted order can bring the position past its limit, and nothing stays reserved.
//!
//! The venue here is a model with a queue in each direction, so that decisions are made on old news: commands and
//! reports are on their way while the gate decides.
use super::testkit::{limits, rules, Bench, INSTRUMENT, START, STRATEGY};
use crate::layout::{code, command_kind, exec_type, side, Execution, OrderCommand, StrategyLimits};
use proptest::prelude::*;
use std::collections::{BTreeMap, VecDeque};

const LIMIT: i64 = 60;

#[derive(Clone, Debug)]
enum Step {
    Order {
        side: u8,
        lots: i64,
    },
    Cancel {
        pick: usize,
    },
    Amend {
        pick: usize,
        lots: i64,
    },
    /// The venue takes the next command; `refuse` makes it reject what it may.
    Arrive {
        refuse: bool,
    },
    /// The venue fills part of a resting order.
    Fill {
        pick: usize,
        lots: i64,
    },
    /// The venue ends a resting order unasked, or because its time is over.
    Bust {
        pick: usize,
        expires: bool,
    },
    /// The venue takes lots from a resting order without a trade.
    Restate {
        pick: usize,
        lots: i64,
    },
    /// The gate hears the next reports.
    Hear {
        reports: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..2, 1i64..40).prop_map(|(side, lots)| Step::Order { side, lots }),
        1 => any::<usize>().prop_map(|pick| Step::Cancel { pick }),
        2 => (any::<usize>(), 1i64..40).prop_map(|(pick, lots)| Step::Amend { pick, lots }),
        6 => any::<u8>().prop_map(|dice| Step::Arrive { refuse: dice < 32 }),
        4 => (any::<usize>(), 1i64..40).prop_map(|(pick, lots)| Step::Fill { pick, lots }),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(pick, expires)| Step::Bust { pick, expires }),
        1 => (any::<usize>(), 1i64..10).prop_map(|(pick, lots)| Step::Restate { pick, lots }),
        5 => (1usize..4).prop_map(|reports| Step::Hear { reports }),
    ]
}

#[derive(Clone, Copy)]
struct Resting {
    side: u8,
    leaves: i64,
    /// What has filled and what is left, without what was taken away.
    total: i64,
}

/// Orders, and what has been filled of each that is still in play.
#[derive(Default)]
struct Venue {
    commands: VecDeque<OrderCommand>,
    reports: VecDeque<Execution>,
    resting: BTreeMap<u64, Resting>,
    position: i64,
    sequence: u64,
}

impl Venue {
    fn say(&mut self, exec_type: u8, id: u64, side: u8, quantity: i64, leaves: i64) {
        self.sequence += 1;
        self.reports.push_back(Execution {
            exec_type,
            side,
            instrument: INSTRUMENT,
            order_id: id,
            quantity,
            leaves,
            owner: STRATEGY,
            venue_sequence: self.sequence,
            ..Execution::default()
        });
    }

    fn pick(&self, pick: usize) -> Option<(u64, Resting)> {
        let nth = pick.checked_rem(self.resting.len())?;
        self.resting
            .iter()
            .nth(nth)
            .map(|(id, order)| (*id, *order))
    }

    fn arrive(&mut self, refuse: bool) {
        let Some(command) = self.commands.pop_front() else {
            return;
        };
        let id = command.target_id;
        let target = self.resting.get(&id).copied();
        match (command.kind, target) {
            (command_kind::NEW, _) if refuse => {
                self.say(
                    exec_type::REJECTED,
                    command.order_id,
                    command.side,
                    command.quantity,
                    0,
                );
            }
            (command_kind::NEW, _) => {
                let (side, leaves) = (command.side, command.quantity);
                let order = Resting {
                    side,
                    leaves,
                    total: leaves,
                };
                self.resting.insert(command.order_id, order);
                self.say(exec_type::NEW, command.order_id, side, leaves, leaves);
            }
            (_, Some(target)) if refuse => {
                self.say(
                    exec_type::CANCEL_REJECTED,
                    id,
                    target.side,
                    0,
                    target.leaves,
                );
            }
            (command_kind::CANCEL, Some(target)) => {
                self.resting.remove(&id);
                self.say(exec_type::CANCELED, id, target.side, target.leaves, 0);
            }
            (command_kind::AMEND, Some(target)) => {
                let total = command.quantity;
                let leaves = total - (target.total - target.leaves);
                if leaves <= 0 {
                    self.cancel(id, target);
                } else {
                    self.resting.insert(
                        id,
                        Resting {
                            leaves,
                            total,
                            ..target
                        },
                    );
                    self.say(exec_type::REPLACED, id, target.side, total, leaves);
                }
            }
            _ => self.say(exec_type::CANCEL_REJECTED, id, command.side, 0, 0),
        }
    }

    fn fill(&mut self, id: u64, order: Resting, lots: i64) {
        let lots = lots.min(order.leaves);
        let leaves = order.leaves - lots;
        self.position += if order.side == side::BUY { lots } else { -lots };
        if leaves == 0 {
            self.resting.remove(&id);
        } else {
            self.resting.insert(id, Resting { leaves, ..order });
        }
        self.say(exec_type::TRADE, id, order.side, lots, leaves);
    }

    fn restate(&mut self, id: u64, order: Resting, lots: i64) {
        let lots = lots.min(order.leaves - 1);
        if lots > 0 {
            let (leaves, total) = (order.leaves - lots, order.total - lots);
            self.resting.insert(
                id,
                Resting {
                    leaves,
                    total,
                    ..order
                },
            );
            self.say(exec_type::RESTATED, id, order.side, lots, leaves);
        }
    }

    fn expire(&mut self, id: u64, order: Resting) {
        self.resting.remove(&id);
        self.say(exec_type::EXPIRED, id, order.side, order.leaves, 0);
    }

    fn cancel(&mut self, id: u64, order: Resting) {
        self.resting.remove(&id);
        self.say(exec_type::CANCELED, id, order.side, order.leaves, 0);
    }
}

struct World {
    bench: Bench,
    venue: Venue,
    sent: Vec<OrderCommand>,
}

impl World {
    fn new() -> Self {
        let mut bench = Bench::unregistered();
        let rules = crate::layout::InstrumentRules {
            lot_step: 1,
            ..rules()
        };
        let limits = StrategyLimits {
            max_position: LIMIT,
            rate_per_second: u32::MAX,
            rate_burst: u32::MAX,
            duplicate_window_ms: 0,
            ..limits()
        };
        bench
            .gate
            .set_instrument(&mut bench.journal, &rules, START)
            .unwrap();
        bench
            .gate
            .set_limits(&mut bench.journal, &limits, START)
            .unwrap();
        bench.quote(1_000, 1_010, 0, START);
        Self {
            bench,
            venue: Venue::default(),
            sent: Vec::new(),
        }
    }

    /// Lets the gate decide, and checks what an accept promised.
    fn decide(&mut self, command: OrderCommand) {
        let decision = self.bench.submit(&command);
        if decision.code != code::ACCEPTED {
            return;
        }
        if command.kind != command_kind::CANCEL {
            let exposure = self.bench.gate.exposure(STRATEGY, INSTRUMENT);
            let long = exposure.position + exposure.open_buy;
            let short = exposure.position - exposure.open_sell;
            // After a position has been restated only what takes away from it is let through.
            let reduces = if command.side == side::BUY {
                long <= 0
            } else {
                short >= 0
            };
            assert!(decision.exposure <= LIMIT || reduces);
            assert_eq!(decision.exposure, long.abs().max(short.abs()));
        }
        if command.kind == command_kind::NEW {
            self.sent.push(command);
        }
        self.venue.commands.push_back(command);
    }

    fn target(&self, pick: usize) -> Option<OrderCommand> {
        self.sent.get(pick.checked_rem(self.sent.len())?).copied()
    }

    fn hear(&mut self, reports: usize) {
        for _ in 0..reports {
            let Some(report) = self.venue.reports.pop_front() else {
                return;
            };
            self.bench.apply(&[report]).unwrap();
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Order { side, lots } => {
                let order = self.bench.order();
                self.decide(OrderCommand {
                    side,
                    quantity: lots,
                    ..order
                });
            }
            Step::Cancel { pick } => {
                if let Some(target) = self.target(pick) {
                    let cancel = self.bench.change(command_kind::CANCEL, &target);
                    self.decide(cancel);
                }
            }
            Step::Amend { pick, lots } => {
                if let Some(target) = self.target(pick) {
                    let amend = self.bench.change(command_kind::AMEND, &target);
                    self.decide(OrderCommand {
                        quantity: lots,
                        ..amend
                    });
                }
            }
            Step::Arrive { refuse } => self.venue.arrive(refuse),
            Step::Fill { pick, lots } => {
                if let Some((id, order)) = self.venue.pick(pick) {
                    self.venue.fill(id, order, lots);
                }
            }
            Step::Bust { pick, expires } => {
                if let Some((id, order)) = self.venue.pick(pick) {
                    if expires {
                        self.venue.expire(id, order);
                    } else {
                        self.venue.cancel(id, order);
                    }
                }
            }
            Step::Restate { pick, lots } => {
                if let Some((id, order)) = self.venue.pick(pick) {
                    self.venue.restate(id, order, lots);
                }
            }
            Step::Hear { reports } => self.hear(reports),
        }
        assert!(
            self.venue.position.abs() <= LIMIT,
            "position {}",
            self.venue.position
        );
    }

    /// The venue answers everything, cancels the rest, and the gate hears it.
    fn close(&mut self) {
        while !self.venue.commands.is_empty() {
            self.venue.arrive(false);
        }
        while let Some((id, order)) = self.venue.pick(0) {
            self.venue.cancel(id, order);
        }
        self.hear(usize::MAX);
        assert_eq!(self.bench.open(), (0, 0, 0));
        assert_eq!(self.bench.gate.open_orders(), 0);
        assert_eq!(self.bench.position(), self.venue.position);
        let counters = self.bench.gate.counters();
        assert_eq!(counters.inconsistent, 0);
        assert_eq!(counters.accepted + counters.rejected, counters.decisions);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_interleaving_brings_a_position_past_its_limit_or_leaves_lots_reserved(
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        world.close();
    }
}
