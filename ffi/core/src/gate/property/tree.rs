//! The same for a tree: whatever the interleaving of orders, reports, prices and changes of limits, no accepted order
//! breaks a limit of any node above it, and what the gate holds at every node is what the readable twin adds up.
use super::venue::Venue;
use crate::gate::naive::{Held, Naive, Sums};
use crate::gate::testkit::{limits, rules, Bench, START};
use crate::gate::{set, Reference, EVERY_INSTRUMENT};
use crate::layout::{
    code, command_kind, scope_kind, side, GateDecision, GateScope, InstrumentRules, OrderCommand,
    ScopeLimits, StrategyLimits, DEFAULT_ACCOUNT_NODE, DEFAULT_CUSTOMER_NODE, FIRM_NODE, NO_NODE,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const INSTRUMENTS: [u16; 2] = [0, 65_534];
const UNITS: i64 = 7;
/// Nodes of the tree below: the three there always are, a second account of that customer, a customer with an account,
/// and four strategies, two of them in one account.
const NODES: u32 = 10;

#[derive(Clone, Debug)]
enum Step {
    Order {
        strategy: u32,
        instrument: usize,
        side: u8,
        lots: i64,
    },
    Cancel(usize),
    Amend(usize, i64),
    Arrive(bool),
    Fill(usize, i64),
    Bust(usize, bool),
    Restate(usize, i64),
    Hear(usize),
    /// The market moves.
    Quote(usize, i64),
    /// Somebody sets limits of a node: in an instrument, or beyond the last over all of them.
    Limit {
        node: u32,
        instrument: usize,
        set: u16,
        lots: i64,
        orders: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let order = (1..5u32, 0..2usize, 0..2u8, 1..40i64);
    let limit = (0..NODES, 0..3usize, any::<u16>(), 0..120i64, 0..8u32);
    prop_oneof![
        8 => order.prop_map(|(strategy, instrument, side, lots)| Step::Order { strategy, instrument, side, lots }),
        1 => any::<usize>().prop_map(Step::Cancel),
        2 => (any::<usize>(), 1i64..40).prop_map(|(pick, lots)| Step::Amend(pick, lots)),
        6 => any::<u8>().prop_map(|dice| Step::Arrive(dice < 32)),
        4 => (any::<usize>(), 1i64..40).prop_map(|(pick, lots)| Step::Fill(pick, lots)),
        1 => (any::<usize>(), any::<bool>()).prop_map(|(pick, expires)| Step::Bust(pick, expires)),
        1 => (any::<usize>(), 1i64..10).prop_map(|(pick, lots)| Step::Restate(pick, lots)),
        5 => (1usize..4).prop_map(Step::Hear),
        1 => (0..2usize, 970..1_030i64).prop_map(|(instrument, price)| Step::Quote(instrument, price)),
        2 => limit.prop_map(|(node, instrument, set, lots, orders)| Step::Limit { node, instrument, set, lots, orders }),
    ]
}

struct World {
    bench: Bench,
    venue: Venue,
    naive: Naive,
    sent: Vec<OrderCommand>,
    limits: BTreeMap<(u32, u16), ScopeLimits>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            bench: Bench::unregistered(),
            venue: Venue::default(),
            naive: Naive::default(),
            sent: Vec::new(),
            limits: BTreeMap::new(),
        };
        for instrument in INSTRUMENTS {
            let rules = InstrumentRules {
                instrument,
                lot_step: 1,
                units_per_tick_lot: UNITS,
                ..rules()
            };
            let (gate, journal) = (&mut world.bench.gate, &mut world.bench.journal);
            gate.set_instrument(journal, &rules, START).unwrap();
            world.quote(instrument, 1_000);
        }
        world.grow(DEFAULT_CUSTOMER_NODE, FIRM_NODE, scope_kind::CUSTOMER, 0);
        world.grow(
            DEFAULT_ACCOUNT_NODE,
            DEFAULT_CUSTOMER_NODE,
            scope_kind::ACCOUNT,
            0,
        );
        let second = world.grow(NO_NODE, DEFAULT_CUSTOMER_NODE, scope_kind::ACCOUNT, 0);
        let client = world.grow(NO_NODE, FIRM_NODE, scope_kind::CUSTOMER, 0);
        let third = world.grow(NO_NODE, client, scope_kind::ACCOUNT, 0);
        for (strategy, account) in [
            (1, DEFAULT_ACCOUNT_NODE),
            (2, second),
            (3, second),
            (4, third),
        ] {
            world.grow(NO_NODE, account, scope_kind::STRATEGY, strategy);
            let limits = StrategyLimits {
                strategy,
                instrument: EVERY_INSTRUMENT,
                max_position: 100,
                rate_per_second: u32::MAX,
                rate_burst: u32::MAX,
                duplicate_window_ms: 0,
                ..limits()
            };
            let (gate, journal) = (&mut world.bench.gate, &mut world.bench.journal);
            gate.set_limits(journal, &limits, START).unwrap();
        }
        world
    }

    /// Adds a node, in the gate too unless it is there already.
    fn grow(&mut self, known: u32, parent: u32, kind: u8, strategy: u32) -> u32 {
        let scope = GateScope {
            parent,
            kind,
            strategy,
            ..GateScope::default()
        };
        let (gate, journal) = (&mut self.bench.gate, &mut self.bench.journal);
        let node = if known == NO_NODE {
            gate.add_scope(journal, &scope, START).unwrap()
        } else {
            known
        };
        self.naive.parents.insert(node, parent);
        if kind == scope_kind::STRATEGY {
            self.naive.homes.insert(strategy, node);
        }
        node
    }

    fn quote(&mut self, instrument: u16, price: i64) {
        let reference = Reference {
            bid: price - 5,
            ask: price + 6,
            last: 0,
            time: START,
        };
        self.bench
            .gate
            .set_reference(instrument, reference)
            .unwrap();
    }

    fn decide(&mut self, command: OrderCommand) {
        let decision = self.bench.submit(&command);
        if decision.code != code::ACCEPTED {
            return;
        }
        self.naive.accepted(&command, decision.reference * UNITS);
        if command.kind != command_kind::CANCEL {
            for node in self.naive.path(command.owner) {
                self.check_limits(node, &command, &decision);
            }
        }
        if command.kind == command_kind::NEW {
            self.sent.push(command);
        }
        self.venue.commands.push_back(command);
    }

    /// After its own effect the order breaks no limit of the node, unless it only takes away from what the node holds.
    fn check_limits(&self, node: u32, command: &OrderCommand, decision: &GateDecision) {
        let home = self.naive.homes[&command.owner];
        let own = self.naive.held(home, command.instrument);
        let held = self.naive.held(node, command.instrument);
        let sums = self.naive.sums(node);
        let here = self.limit(node, command.instrument);
        let everywhere = self.limit(node, EVERY_INSTRUMENT);
        let why = format!("node {node} after {command:?} {decision:?}: {held:?} {sums:?}");
        if node == home {
            assert_eq!(decision.measured, own.worst(), "{why}");
            assert!(own.worst() <= 100 || own.reduces(command.side), "{why}");
        }
        if here.set & set::POSITION != 0 {
            let within = held.worst() <= here.max_position;
            assert!(within || held.reduces(command.side), "{why}");
        }
        if command.kind == command_kind::NEW {
            for (limits, open) in [(here, held.open_orders), (everywhere, sums.open_orders)] {
                let free = limits.set & set::OPEN_ORDERS == 0;
                assert!(free || open <= limits.max_open_orders, "{why}");
            }
        }
        if everywhere.set & set::GROSS != 0 {
            let within = sums.gross <= i128::from(everywhere.max_gross);
            assert!(within || own.reduces(command.side), "{why}");
        }
        if everywhere.set & set::NET != 0 {
            let within = sums.net() <= i128::from(everywhere.max_net);
            let reduces = match command.side {
                side::BUY => sums.long <= 0,
                _ => sums.short >= 0,
            };
            assert!(within || reduces, "{why}");
        }
    }

    fn limit(&self, node: u32, instrument: u16) -> ScopeLimits {
        let set = self.limits.get(&(node, instrument));
        set.copied().unwrap_or_default()
    }

    /// What the gate holds at every node is what the twin adds up.
    fn compare(&self) {
        for node in 0..NODES {
            for instrument in INSTRUMENTS {
                let exposure = self.bench.gate.scope_exposure(node, instrument).unwrap();
                let held = Held {
                    bought: exposure.bought,
                    sold: exposure.sold,
                    open_buy: exposure.open_buy,
                    open_sell: exposure.open_sell,
                    open_orders: exposure.open_orders,
                };
                assert_eq!(exposure.position, exposure.bought - exposure.sold);
                assert_eq!(held, self.naive.held(node, instrument), "node {node}");
            }
            let usage = self.bench.gate.scope_usage(node).unwrap();
            let sums = Sums {
                gross: i128::from(usage.gross),
                long: i128::from(usage.net_long),
                short: i128::from(usage.net_short),
                open_orders: usage.open_orders,
            };
            assert_eq!(sums, self.naive.sums(node), "node {node}");
        }
    }

    fn target(&self, pick: usize) -> Option<OrderCommand> {
        self.sent.get(pick.checked_rem(self.sent.len())?).copied()
    }

    fn order(&mut self, strategy: u32, instrument: usize, side: u8, lots: i64) -> OrderCommand {
        OrderCommand {
            owner: strategy,
            instrument: INSTRUMENTS[instrument],
            side,
            quantity: lots,
            ..self.bench.order()
        }
    }

    fn hear(&mut self, reports: usize) {
        for _ in 0..reports {
            let Some(report) = self.venue.reports.pop_front() else {
                return;
            };
            // A gate that is shut still counts.
            let _ = self.bench.apply(&[report]);
            self.naive.heard(&report);
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Order {
                strategy,
                instrument,
                side,
                lots,
            } => {
                let order = self.order(strategy, instrument, side, lots);
                self.decide(order);
            }
            Step::Cancel(pick) => {
                if let Some(target) = self.target(pick) {
                    let cancel = self.bench.change(command_kind::CANCEL, &target);
                    self.decide(cancel);
                }
            }
            Step::Amend(pick, lots) => {
                if let Some(target) = self.target(pick) {
                    let amend = self.bench.change(command_kind::AMEND, &target);
                    self.decide(OrderCommand {
                        quantity: lots,
                        ..amend
                    });
                }
            }
            Step::Arrive(refuse) => self.venue.arrive(refuse),
            Step::Fill(pick, lots) => {
                if let Some((id, order)) = self.venue.pick(pick) {
                    self.venue.fill(id, order, lots);
                }
            }
            Step::Bust(pick, expires) => match self.venue.pick(pick) {
                Some((id, order)) if expires => self.venue.expire(id, order),
                Some((id, order)) => self.venue.cancel(id, order),
                None => {}
            },
            Step::Restate(pick, lots) => {
                if let Some((id, order)) = self.venue.pick(pick) {
                    self.venue.restate(id, order, lots);
                }
            }
            Step::Hear(reports) => self.hear(reports),
            Step::Quote(instrument, price) => self.quote(INSTRUMENTS[instrument], price),
            Step::Limit {
                node,
                instrument,
                set,
                lots,
                orders,
            } => {
                let place = INSTRUMENTS.get(instrument).copied();
                let meant = place.map_or(set::EVERYWHERE, |_| set::HERE);
                let limits = ScopeLimits {
                    node,
                    instrument: place.unwrap_or(EVERY_INSTRUMENT),
                    set: set & meant,
                    max_position: lots,
                    max_gross: lots * 1_000 * UNITS,
                    max_net: lots * 1_000 * UNITS,
                    max_open_orders: orders,
                    ..ScopeLimits::default()
                };
                self.bench.limit(limits);
                self.limits.insert((node, limits.instrument), limits);
            }
        }
        self.compare();
    }

    /// A batch that the log cannot keep leaves every node as it was.
    fn fail(&mut self) {
        let fresh = self.order(2, 0, side::BUY, 1);
        let other = self.order(4, 1, side::SELL, 1);
        let mut batch = vec![fresh, other, self.bench.change(command_kind::AMEND, &fresh)];
        if let Some(target) = self.target(0) {
            batch.push(OrderCommand {
                quantity: 39,
                ..self.bench.change(command_kind::AMEND, &target)
            });
            batch.push(self.bench.change(command_kind::CANCEL, &target));
        }
        let accepted = self.bench.gate.counters().accepted;
        self.bench.journal.commit_fails = true;
        self.quote(INSTRUMENTS[0], 1_017);
        let mut decisions = vec![GateDecision::default(); batch.len()];
        let Bench {
            gate,
            journal,
            controls,
            ..
        } = &mut self.bench;
        gate.submit(journal, controls, &batch, &mut decisions);
        assert!(decisions.iter().all(|one| one.code != code::ACCEPTED));
        assert_eq!(gate.counters().accepted, accepted);
        self.compare();
    }

    /// The venue answers everything, cancels the rest and trades the positions away; the gate hears it and holds nothing.
    fn close(&mut self) {
        self.venue.close();
        self.venue.flatten();
        self.hear(usize::MAX);
        self.compare();
        for node in 0..NODES {
            for instrument in INSTRUMENTS {
                let held = self.bench.gate.scope_exposure(node, instrument).unwrap();
                let open = (held.open_buy, held.open_sell, held.open_orders);
                assert_eq!((held.position, open), (0, (0, 0, 0)));
            }
            let usage = self.bench.gate.scope_usage(node).unwrap();
            let sums = (usage.gross, usage.net_long, usage.net_short);
            assert_eq!((sums, usage.open_orders), ((0, 0, 0), 0));
        }
        assert_eq!(self.bench.gate.open_orders(), 0);
        let counters = self.bench.gate.counters();
        assert_eq!(counters.inconsistent, 0);
        assert_eq!(counters.accepted + counters.rejected, counters.decisions);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_interleaving_breaks_a_limit_at_any_node_and_every_node_counts_what_the_twin_counts(
        steps in proptest::collection::vec(step(), 1..120),
        fails in any::<bool>(),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
        if fails {
            world.fail();
        }
        world.close();
    }
}
