//! Everything a gate can be told, with numbers for whatever it needs.
use super::{Side, Step, DEMANDS, INSTRUMENTS, MS, NODES};
use crate::gate::testkit::{limits, terms};
use crate::gate::EVERY_INSTRUMENT;
use crate::layout::{
    fact_kind, BurstLimit, Capital, ExecutionThrottle, Factor, FactorLimit, GateDemands, Locate,
    Mandate, MarketStatus, Pace, ParentLimits, Profit, Rearm, Restriction, ScopeLimits,
    SecurityTerms, SoftLimits, StrategyLimits, Sweep, DEFAULT_ACCOUNT_NODE,
};
use crate::record::bytes_of;

impl Side {
    pub(super) fn limit(&mut self, Step { pick, a, b, .. }: Step) {
        let Self {
            gate,
            journal,
            sender,
            ..
        } = self;
        let place = INSTRUMENTS.get(pick % 4).copied();
        if a.is_multiple_of(2) {
            let limits = StrategyLimits {
                strategy: 1 + a % 3,
                instrument: place.unwrap_or(EVERY_INSTRUMENT),
                max_position: b * 5,
                rate_per_second: a % 900,
                rate_burst: a % 13,
                duplicate_window_ms: a % 9,
                ..limits()
            };
            let _ = gate.set_limits(journal, &limits, sender.now);
        } else {
            let limits = ScopeLimits {
                node: a % NODES,
                instrument: place.unwrap_or(EVERY_INSTRUMENT),
                set: a as u16 >> 3 & 15,
                max_position: b * 5,
                max_gross: b * 100_000,
                max_net: b * 50_000,
                max_open_orders: a >> 8 & 15,
                ..ScopeLimits::default()
            };
            let _ = gate.set_scope_limits(journal, &limits, sender.now);
        }
    }

    #[allow(clippy::too_many_lines)]
    pub(super) fn tell_something(&mut self, Step { pick, a, b, .. }: Step) {
        let (now, node, instrument) = (self.sender.now, a % NODES, INSTRUMENTS[pick % 2]);
        let known = DEMANDS.len() - usize::from(!self.moves);
        let demands = DEMANDS[(a >> 5) as usize % known];
        let strategy = 1 + (a >> 3) % 2;
        let until = now + b * MS;
        match pick % 17 {
            0 => self.tell(
                fact_kind::DEMANDS,
                bytes_of(&GateDemands {
                    demands,
                    lists_until: until,
                    ..Default::default()
                }),
            ),
            1 => self.tell(
                fact_kind::SECURITY,
                bytes_of(&SecurityTerms {
                    instrument,
                    demands,
                    average_volume: b * 100,
                    prior_close: b % 3 * 500,
                    easy_until: until,
                    position_volume_bps: a % 9_000,
                    max_move_bps: 50,
                    move_window_ms: 100,
                    ..terms()
                }),
            ),
            2 => self.tell(
                fact_kind::MARKET_STATUS,
                bytes_of(&MarketStatus {
                    instrument: if a.is_multiple_of(5) {
                        u16::MAX
                    } else {
                        instrument
                    },
                    phase: (a >> 7) as u8 % 3,
                    price_test: (a >> 9) as u8 % 3,
                    time: now,
                    lower_band: 900 + b % 4,
                    upper_band: 1_100,
                    away_bid: 999,
                    away_ask: 1_001,
                    snapshot: now as u64,
                    quotes_time: now,
                    ..Default::default()
                }),
            ),
            3 => self.tell(
                fact_kind::RESTRICTION,
                bytes_of(&Restriction {
                    node,
                    instrument,
                    sides: (a >> 6) as u8 & 3,
                    until,
                    ..Default::default()
                }),
            ),
            4 => self.tell(
                fact_kind::LOCATE,
                bytes_of(&Locate {
                    node: DEFAULT_ACCOUNT_NODE + a % 2,
                    instrument,
                    quantity: b * 3,
                    until,
                    ..Default::default()
                }),
            ),
            5 => self.tell(
                fact_kind::MANDATE,
                bytes_of(&Mandate {
                    strategy,
                    active: a & 1,
                    venues: 1 << 3,
                    until: now + b * 100 * MS,
                    ..Default::default()
                }),
            ),
            6 => self.tell(
                fact_kind::SWEEP,
                bytes_of(&Sweep {
                    strategy,
                    instrument,
                    snapshot: now as u64,
                    time: now,
                    bid: 999,
                    ask: 1_001,
                    ..Default::default()
                }),
            ),
            7 => self.tell(
                fact_kind::PACE,
                bytes_of(&Pace {
                    node,
                    rate: 500,
                    burst: a >> 3 & 7,
                    cancel_rate: 100,
                    cancel_burst: a >> 6 & 3,
                    trip_after: a >> 9 & 7,
                    ..Default::default()
                }),
            ),
            8 => self.tell(
                fact_kind::BURST,
                bytes_of(&BurstLimit {
                    node,
                    instrument: if a.is_multiple_of(3) {
                        EVERY_INSTRUMENT
                    } else {
                        instrument
                    },
                    window_ms: 1 + a % 9,
                    max_orders: a >> 4 & 7,
                    max_value: b * 10_000,
                    ..Default::default()
                }),
            ),
            9 => self.tell(
                fact_kind::THROTTLE,
                bytes_of(&ExecutionThrottle {
                    strategy,
                    max_executions: a >> 3 & 7,
                    window_ms: 1 + a % 20,
                    ..Default::default()
                }),
            ),
            10 => self.tell(
                fact_kind::REARM,
                bytes_of(&Rearm {
                    node,
                    what: 1 + a % 3,
                    ..Default::default()
                }),
            ),
            11 => self.tell(
                fact_kind::PARENTS,
                bytes_of(&ParentLimits {
                    node,
                    max_parent: b * 100_000,
                    max_basket: b * 100_000,
                    ..Default::default()
                }),
            ),
            12 => self.tell(
                fact_kind::SOFT,
                bytes_of(&SoftLimits {
                    node,
                    max_away_bps: a % 50,
                    max_quantity: b,
                    ..Default::default()
                }),
            ),
            13 => self.tell(
                fact_kind::CAPITAL,
                bytes_of(&Capital {
                    node,
                    concentration_bps: a % 9_000,
                    capital: b * 100_000,
                    credit: b * 90_000,
                    max_loss: b * 10,
                    profit_max_age_ms: 50,
                    ..Default::default()
                }),
            ),
            14 => self.tell(
                fact_kind::PROFIT,
                bytes_of(&Profit {
                    node,
                    profit: b * 20 - 1_000,
                    time: now,
                    ..Default::default()
                }),
            ),
            15 => self.tell(
                fact_kind::FACTOR,
                bytes_of(&Factor {
                    instrument,
                    factor: a as u16 & 3,
                    weight: b - 50,
                    ..Default::default()
                }),
            ),
            _ => self.tell(
                fact_kind::FACTOR_LIMIT,
                bytes_of(&FactorLimit {
                    node,
                    factor: a as u16 & 3,
                    measure: (a >> 2) as u8 & 1,
                    active: (a >> 3) as u8 & 1,
                    limit: b * 200,
                    ..Default::default()
                }),
            ),
        }
    }
}
