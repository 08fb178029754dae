//! Whatever is told while orders come and go, what the gate carries along is what adding up anew gives, and one look at all
//! levels (`plain`) lets nothing pass that a row of the table would refuse: under test every row is asked all the same.
use crate::gate::scopes::{told, Ends};
use crate::gate::testkit::{limits, parent, rules, terms, Bench, START};
use crate::gate::{flags, set, EVERY_INSTRUMENT};
use crate::layout::{
    code, command_kind, demand, exec_type, fact_kind, factor_measure, scope_kind, side, BurstLimit,
    Capital, Factor, FactorLimit, GateDemands, GateScope, InstrumentRules, OrderCommand, Pace,
    ParentOrder, Profit, ScopeLimits, SecurityTerms, StrategyLimits, DEFAULT_ACCOUNT_NODE,
    DEFAULT_CUSTOMER_NODE,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const INSTRUMENTS: [u16; 2] = [3, 900];
/// Firm, customer, account; a second account; a strategy in each.
const NODES: u32 = 6;
const MS: i64 = 1_000_000;
const FACTORS: u16 = 3;

#[derive(Clone, Debug)]
enum Step {
    /// Of a strategy in an instrument; a child of one of the parents there are, or of none.
    Order(u32, usize, u8, i64, Option<usize>),
    Cancel(usize),
    Amend(usize, i64),
    Fill(usize, i64),
    End(usize),
    Wait(i64),
    Quote(usize, i64),
    Limit(u32, usize, u16, i64),
    Parent(u32, usize, u8, i64),
    Volume(usize, i64, u32, bool),
    Pace(u32, u32, u32),
    /// In an instrument, or beyond the last in all of them.
    Burst(u32, usize, u32, i64),
    Capital(u32, i64, u32),
    Profit(u32, i64),
    Factor(usize, u16, i64),
    /// Lifted when negative.
    Sum(u32, u16, u8, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let node = 0..NODES;
    let child = proptest::option::of(any::<usize>());
    prop_oneof![
        12 => (1..3u32, 0..2usize, 0..2u8, 1..30i64, child).prop_map(|(a, b, c, d, e)| Step::Order(a, b, c, d, e)),
        2 => any::<usize>().prop_map(Step::Cancel),
        2 => (any::<usize>(), 1..40i64).prop_map(|(a, b)| Step::Amend(a, b)),
        4 => (any::<usize>(), 1..30i64).prop_map(|(a, b)| Step::Fill(a, b)),
        2 => any::<usize>().prop_map(Step::End),
        3 => prop_oneof![0..5 * MS, Just(200 * MS)].prop_map(Step::Wait),
        1 => (0..2usize, 990..1_010i64).prop_map(|(a, b)| Step::Quote(a, b)),
        1 => (node.clone(), 0..3usize, any::<u16>(), 0..200i64).prop_map(|(a, b, c, d)| Step::Limit(a, b, c, d)),
        2 => (1..3u32, 0..2usize, 0..2u8, 1..90i64).prop_map(|(a, b, c, d)| Step::Parent(a, b, c, d)),
        1 => (0..2usize, 0..2_000i64, 0..10_000u32, any::<bool>()).prop_map(|(a, b, c, d)| Step::Volume(a, b, c, d)),
        1 => (node.clone(), 1..9u32, 0..4u32).prop_map(|(a, b, c)| Step::Pace(a, b, c)),
        1 => (node.clone(), 0..3usize, 0..9u32, 0..120i64).prop_map(|(a, b, c, d)| Step::Burst(a, b, c, d)),
        1 => (node.clone(), 0..400_000i64, 0..10_000u32).prop_map(|(a, b, c)| Step::Capital(a, b, c)),
        1 => (node.clone(), -2_000..2_000i64).prop_map(|(a, b)| Step::Profit(a, b)),
        1 => (0..2usize, 0..FACTORS, -5..6i64).prop_map(|(a, b, c)| Step::Factor(a, b, c)),
        1 => (node, 0..FACTORS, 0..2u8, -40..300i64).prop_map(|(a, b, c, d)| Step::Sum(a, b, c, d)),
    ]
}

struct World {
    bench: Bench,
    now: i64,
    sent: Vec<OrderCommand>,
    parents: Vec<ParentOrder>,
    /// Lots filled for each parent.
    filled: BTreeMap<u64, i64>,
    terms: BTreeMap<u16, SecurityTerms>,
}

impl World {
    fn new() -> Self {
        let mut bench = Bench::unregistered();
        for instrument in INSTRUMENTS {
            let rules = InstrumentRules {
                instrument,
                lot_step: 1,
                reference_max_age_ms: u32::MAX,
                ..rules()
            };
            let Bench { gate, journal, .. } = &mut bench;
            gate.set_instrument(journal, &rules, START).unwrap();
        }
        let Bench { gate, journal, .. } = &mut bench;
        let mut add = |parent, kind, strategy| {
            let scope = GateScope {
                parent,
                kind,
                strategy,
                ..GateScope::default()
            };
            gate.add_scope(journal, &scope, START).unwrap()
        };
        let second = add(DEFAULT_CUSTOMER_NODE, scope_kind::ACCOUNT, 0);
        add(DEFAULT_ACCOUNT_NODE, scope_kind::STRATEGY, 1);
        add(second, scope_kind::STRATEGY, 2);
        for strategy in [1, 2] {
            let limits = StrategyLimits {
                strategy,
                instrument: EVERY_INSTRUMENT,
                max_position: 150,
                rate_per_second: u32::MAX,
                rate_burst: u32::MAX,
                duplicate_window_ms: 0,
                ..limits()
            };
            gate.set_limits(journal, &limits, START).unwrap();
        }
        let mut world = Self {
            bench,
            now: START,
            sent: Vec::new(),
            parents: Vec::new(),
            filled: BTreeMap::new(),
            terms: BTreeMap::new(),
        };
        (0..2).for_each(|instrument| world.quote(instrument, 1_000));
        world
    }

    fn quote(&mut self, instrument: usize, price: i64) {
        let reference = crate::gate::Reference {
            bid: price - 1,
            ask: price + 1,
            last: price,
            time: self.now,
        };
        let gate = &mut self.bench.gate;
        gate.set_reference(INSTRUMENTS[instrument], reference)
            .unwrap();
    }

    /// Of the orders sent, one that is open, and how many lots of it are.
    fn pick(&self, pick: usize) -> Option<(OrderCommand, i64)> {
        let order = *self.sent.get(pick.checked_rem(self.sent.len())?)?;
        let open = self.bench.gate.open_order(order.order_id)?;
        Some((order, open.leaves))
    }

    fn decide(&mut self, command: OrderCommand) {
        let decision = self.bench.submit(&OrderCommand {
            time: self.now,
            ..command
        });
        if decision.code == code::ACCEPTED && command.kind == command_kind::NEW {
            self.sent.push(command);
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Order(strategy, instrument, order_side, lots, child) => {
                let order = OrderCommand {
                    owner: strategy,
                    instrument: INSTRUMENTS[instrument],
                    side: order_side,
                    quantity: lots,
                    ..self.bench.order()
                };
                let parent = child.and_then(|pick| pick.checked_rem(self.parents.len()));
                self.decide(parent.map_or(order, |at| {
                    let of = &self.parents[at];
                    OrderCommand {
                        owner: of.strategy,
                        instrument: of.instrument,
                        side: of.side,
                        flags: flags::CHILD,
                        target_id: of.parent,
                        ..order
                    }
                }));
            }
            Step::Cancel(pick) => {
                if let Some((order, _)) = self.pick(pick) {
                    self.decide(self.bench.change(command_kind::CANCEL, &order));
                }
            }
            Step::Amend(pick, lots) => {
                if let Some((order, _)) = self.pick(pick) {
                    let amend = self.bench.change(command_kind::AMEND, &order);
                    self.decide(OrderCommand {
                        quantity: lots,
                        flags: 0,
                        ..amend
                    });
                }
            }
            Step::Fill(pick, lots) => {
                if let Some((order, leaves)) = self.pick(pick) {
                    let lots = lots.min(leaves);
                    self.bench
                        .report(exec_type::TRADE, &order, lots, leaves - lots);
                    *self.filled.entry(order.target_id).or_default() += lots;
                }
            }
            Step::End(pick) => {
                if let Some((order, _)) = self.pick(pick) {
                    self.bench.report(exec_type::CANCELED, &order, 0, 0);
                }
            }
            Step::Wait(nanos) => self.now += nanos,
            Step::Quote(instrument, price) => self.quote(instrument, price),
            Step::Limit(node, instrument, set, lots) => {
                let place = INSTRUMENTS.get(instrument).copied();
                self.bench.limit(ScopeLimits {
                    node,
                    instrument: place.unwrap_or(EVERY_INSTRUMENT),
                    set: set & place.map_or(set::EVERYWHERE, |_| set::HERE),
                    max_position: lots,
                    max_gross: lots * 10_000,
                    max_net: lots * 5_000,
                    max_open_orders: lots as u32 / 8,
                    ..ScopeLimits::default()
                });
            }
            Step::Parent(strategy, instrument, order_side, lots) => {
                let opened = ParentOrder {
                    strategy,
                    instrument: INSTRUMENTS[instrument],
                    side: order_side,
                    ..parent(1_000_000 + self.parents.len() as u64, lots)
                };
                if self.bench.open_parents(&[opened]).code == code::ACCEPTED {
                    self.parents.push(opened);
                }
            }
            _ => self.tell(step),
        }
        self.compare();
    }

    fn tell(&mut self, step: &Step) {
        let bench = &mut self.bench;
        match *step {
            Step::Volume(instrument, average_volume, position_volume_bps, demanded) => {
                let told = SecurityTerms {
                    instrument: INSTRUMENTS[instrument],
                    average_volume,
                    order_volume_bps: 10_000 - position_volume_bps,
                    position_volume_bps,
                    demands: 0,
                    ..terms()
                };
                bench.tell(fact_kind::SECURITY, &told);
                self.terms.insert(told.instrument, told);
                let demands = GateDemands {
                    demands: u32::from(demanded) * (demand::LIQUIDITY | demand::VOLUME),
                    ..GateDemands::default()
                };
                bench.tell(fact_kind::DEMANDS, &demands);
            }
            Step::Pace(node, burst, trip_after) => {
                let pace = Pace {
                    node,
                    rate: 1_000,
                    burst,
                    trip_after,
                    ..Pace::default()
                };
                bench.tell(fact_kind::PACE, &pace);
            }
            Step::Burst(node, instrument, max_orders, max_lots) => {
                let place = INSTRUMENTS.get(instrument).copied();
                let limit = BurstLimit {
                    node,
                    instrument: place.unwrap_or(EVERY_INSTRUMENT),
                    window_ms: 8,
                    max_orders,
                    max_lots: place.map_or(0, |_| max_lots),
                    max_value: max_lots * 1_500,
                    ..BurstLimit::default()
                };
                bench.tell(fact_kind::BURST, &limit);
            }
            Step::Capital(node, capital, concentration_bps) => {
                let capital = Capital {
                    node,
                    capital,
                    concentration_bps,
                    credit: capital / 2,
                    max_loss: capital % 1_500,
                    profit_max_age_ms: 100,
                    ..Capital::default()
                };
                bench.tell(fact_kind::CAPITAL, &capital);
            }
            Step::Profit(node, profit) if bench.gate.facts.capitals.of(node).is_some() => {
                let profit = Profit {
                    node,
                    profit,
                    time: self.now,
                    ..Profit::default()
                };
                bench.tell(fact_kind::PROFIT, &profit);
            }
            Step::Factor(instrument, factor, weight) => {
                let factor = Factor {
                    instrument: INSTRUMENTS[instrument],
                    factor,
                    weight,
                    ..Factor::default()
                };
                bench.tell(fact_kind::FACTOR, &factor);
            }
            Step::Sum(node, factor, measure, limit) => {
                debug_assert!(factor_measure::is_known(measure));
                let limit = FactorLimit {
                    node,
                    factor,
                    measure,
                    active: u8::from(limit >= 0),
                    limit: limit.max(0),
                    ..FactorLimit::default()
                };
                bench.tell(fact_kind::FACTOR_LIMIT, &limit);
            }
            _ => {}
        }
    }

    /// Whatever is carried along is what follows from what it stands for.
    fn compare(&self) {
        let gate = &self.bench.gate;
        for (place, parent) in (0..).zip(&self.parents) {
            let children = gate
                .open
                .iter()
                .map(|(_, order)| order)
                .filter(|order| order.parent == place);
            let open: i64 = children.map(|order| order.reserved()).sum();
            let filled = self.filled.get(&parent.parent).copied().unwrap_or(0);
            let left = gate.flow.parents.at(place).map(|of| of.left());
            assert_eq!(left, Some(parent.quantity - open - filled), "{parent:?}");
        }
        let factors = gate.scopes.factors();
        for node in 0..NODES {
            for one in factors.limited(node) {
                let sum = INSTRUMENTS.iter().fold(Ends::default(), |sum, instrument| {
                    let weights = factors.weights(*instrument);
                    let weight = weights.iter().find(|of| of.factor == one.limit.factor);
                    let cell = gate.scopes.cell_of(node, *instrument);
                    weight.zip(cell).map_or(sum, |(weight, cell)| {
                        let worst = gate.scopes.cell(cell).worst(side::BUY, 0);
                        sum.moved(Ends::default(), Ends::of(&worst, weight.weight))
                    })
                });
                assert_eq!(one.ends, sum, "node {node}, {:?}", one.limit);
            }
            let known = [
                (told::PACE, gate.flow.paces.of(node).is_some()),
                (told::BURST, gate.flow.bursts.has(node)),
                (told::CAPITAL, gate.facts.capitals.of(node).is_some()),
                (told::SUMS, !factors.limited(node).is_empty()),
            ];
            if let Some(funds) = gate.facts.capitals.of(node) {
                let (capital, profit) = (&funds.capital, &funds.profit);
                let known = profit.time != 0 && -profit.profit < capital.max_loss;
                let until = match capital.max_loss {
                    0 => i64::MAX,
                    _ if known => profit.time + i64::from(capital.profit_max_age_ms) * MS,
                    _ => i64::MIN,
                };
                assert_eq!(funds.plain.until, until, "{funds:?}");
            }
            for (what, is) in known {
                assert!(!is || gate.scopes.node(node).told & what != 0, "{what}");
            }
        }
        for (instrument, terms) in &self.terms {
            let security = gate.facts.security(*instrument);
            let share = |bps: u32| terms.average_volume * i64::from(bps) / 10_000;
            assert_eq!(security.order_share, share(terms.order_volume_bps));
            assert_eq!(security.position_share, share(terms.position_volume_bps));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_told_between_orders_what_is_carried_along_is_what_adding_up_anew_gives(
        steps in proptest::collection::vec(step(), 1..150),
    ) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
        }
    }
}
