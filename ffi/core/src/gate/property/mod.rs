//! Whatever the interleaving, no accepted order can bring the position past its limit, and nothing stays reserved.
mod ends;
mod replay;
mod told;
mod tree;
mod venue;

use super::testkit::{limits, rules, Bench, INSTRUMENT, START, STRATEGY};
use crate::layout::{code, command_kind, side, OrderCommand, StrategyLimits};
use proptest::prelude::*;
use venue::Venue;

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
            assert!(decision.measured <= LIMIT || reduces);
            assert_eq!(decision.measured, long.abs().max(short.abs()));
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
        let position = self.position();
        assert!(position.abs() <= LIMIT, "position {position}");
    }

    fn position(&self) -> i64 {
        let held = self.venue.positions.get(&(STRATEGY, INSTRUMENT));
        held.copied().unwrap_or(0)
    }

    /// The venue answers everything, cancels the rest, and the gate hears it.
    fn close(&mut self) {
        self.venue.close();
        self.hear(usize::MAX);
        assert_eq!(self.bench.open(), (0, 0, 0));
        assert_eq!(self.bench.gate.open_orders(), 0);
        assert_eq!(self.bench.position(), self.position());
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
