//! Everything the gate can be told, told: every row of its table has a reason to run for every order of the day.
//!
//! Each strategy begins the day with more lots than it sells, so that its sales are marked long, and every order is a child of
//! a parent that is large enough. What only takes away from a position passes some checks early: here that is half of the
//! orders, the sales. The firm and every account limit four sums over instruments, two of them scenarios of a margin, and one
//! window; the firm, every customer and every account have a budget.
use crate::crowd::Crowd;
use crate::desk::{Day, Desk, START};
use crate::gate::Stage;
use cwts_core::gate::{flags, Journal, EVERY_INSTRUMENT};
use cwts_core::layout::{
    demand, exec_type, fact_kind, factor_measure, market_phase, side, BurstLimit, Capital,
    Execution, ExecutionThrottle, Factor, FactorLimit, GateDemands, Mandate, MarketStatus, Pace,
    ParentLimits, ParentOrder, Profit, Restriction, SecurityTerms, SoftLimits, FIRM_NODE,
};
use cwts_core::record::{bytes_of, Record};

const VAST: i64 = 1 << 60;
/// Sums of each instrument: two scenarios, and two of the other kind.
const SUMS: u16 = 4;
const SELF_TRADE_MODE: u16 = 1 << 3;
const EVERY_DEMAND: u32 = demand::MANDATE
    | demand::LISTS
    | demand::MARKET_STATE
    | demand::PRICE_BANDS
    | demand::SHORT_SALE
    | demand::SHORT_PRICE_TEST
    | demand::TRADE_THROUGH
    | demand::LOCKED_MARKET
    | demand::VOLUME
    | demand::PRICE_MOVE
    | demand::PARENTS
    | demand::SELF_MATCH
    | demand::LIQUIDITY;

/// The parent of a strategy's orders in an instrument, on a side.
fn parent(strategy: u32, instrument: u16, order_side: u8) -> u64 {
    u64::from(strategy) << 18 | u64::from(instrument) << 1 | u64::from(order_side) | 1 << 60
}

/// The same day, each order a child that says what happens when it meets its own.
pub fn children(mut day: Day) -> Day {
    for order in &mut day.orders {
        order.flags |= flags::CHILD | SELF_TRADE_MODE;
        order.target_id = parent(order.owner, order.instrument, order.side);
    }
    day
}

impl<J: Journal> Desk<J> {
    fn tell<T: Record>(&mut self, kind: u32, fact: &T) {
        self.gate
            .tell(&mut self.journal, kind, bytes_of(fact), START)
            .expect("a good fact");
    }

    /// Tells the gate everything there is.
    pub fn told_everything(mut self, crowd: &Crowd) -> Self {
        let lists_until = i64::MAX;
        let demands = GateDemands {
            demands: EVERY_DEMAND,
            lists_until,
            ..GateDemands::default()
        };
        self.tell(fact_kind::DEMANDS, &demands);
        for instrument in 0..crowd.instruments {
            self.tell_of_instrument(instrument);
        }
        let other_issuer = Restriction {
            issuer: 99,
            instrument: EVERY_INSTRUMENT,
            sides: 3,
            until: i64::MAX,
            ..Restriction::default()
        };
        self.tell(fact_kind::RESTRICTION, &other_issuer);
        // The firm, customers and accounts; the first of both stand before the rest, strategies behind all of them.
        let nodes = FIRM_NODE..=crowd.customers + crowd.accounts;
        let is_customer = |node: u32| node == 1 || (3..=crowd.customers + 1).contains(&node);
        for node in nodes.clone() {
            self.tell_of_scope(node, is_customer(node));
        }
        // Parents are opened at a price.
        self.quote(0);
        for strategy in 1..=crowd.strategies {
            self.tell_of_strategy(strategy, crowd);
        }
        for node in nodes.filter(|node| !is_customer(*node)) {
            self.limit_sums(node);
        }
        self
    }

    fn tell_of_instrument(&mut self, instrument: u16) {
        let terms = SecurityTerms {
            instrument,
            issuer: 1 + u32::from(instrument % 7),
            order_volume_bps: 10_000,
            average_volume: VAST,
            status_max_age_ms: u32::MAX,
            quotes_max_age_ms: u32::MAX,
            max_move_bps: u32::MAX,
            move_window_ms: 1_000,
            position_volume_bps: 10_000,
            ..SecurityTerms::default()
        };
        self.tell(fact_kind::SECURITY, &terms);
        let status = MarketStatus {
            instrument,
            phase: market_phase::CONTINUOUS,
            price_test: 2,
            time: START,
            lower_band: 1,
            upper_band: 1 << 30,
            away_bid: 1,
            away_ask: 1 << 30,
            snapshot: 1,
            quotes_time: START,
            ..MarketStatus::default()
        };
        self.tell(fact_kind::MARKET_STATUS, &status);
        for factor in 0..SUMS {
            let weight = if factor % 2 == 0 { 3 } else { -2 };
            let factor = Factor {
                instrument,
                factor,
                weight,
                ..Factor::default()
            };
            self.tell(fact_kind::FACTOR, &factor);
        }
    }

    fn tell_of_scope(&mut self, node: u32, is_customer: bool) {
        let pace = Pace {
            node,
            rate: u32::MAX,
            burst: u32::MAX,
            cancel_rate: u32::MAX,
            cancel_burst: u32::MAX,
            trip_after: 1,
            ..Pace::default()
        };
        self.tell(fact_kind::PACE, &pace);
        if is_customer {
            return;
        }
        let window = BurstLimit {
            node,
            instrument: EVERY_INSTRUMENT,
            window_ms: 1_000,
            max_orders: u32::MAX,
            max_value: i64::MAX,
            ..BurstLimit::default()
        };
        self.tell(fact_kind::BURST, &window);
        let limits = ParentLimits {
            node,
            max_parent: i64::MAX,
            max_basket: i64::MAX,
            ..ParentLimits::default()
        };
        self.tell(fact_kind::PARENTS, &limits);
        let soft = SoftLimits {
            node,
            max_quantity: 1,
            ..SoftLimits::default()
        };
        self.tell(fact_kind::SOFT, &soft);
        let capital = Capital {
            node,
            concentration_bps: 10_000,
            capital: VAST,
            credit: VAST,
            max_loss: VAST,
            profit_max_age_ms: u32::MAX,
            ..Capital::default()
        };
        self.tell(fact_kind::CAPITAL, &capital);
        let profit = Profit {
            node,
            time: START,
            ..Profit::default()
        };
        self.tell(fact_kind::PROFIT, &profit);
    }

    fn limit_sums(&mut self, node: u32) {
        for factor in 0..SUMS {
            let measure = if factor < SUMS / 2 {
                factor_measure::LOSS
            } else {
                factor_measure::EITHER
            };
            let limit = FactorLimit {
                node,
                factor,
                measure,
                active: 1,
                limit: VAST,
                ..FactorLimit::default()
            };
            self.tell(fact_kind::FACTOR_LIMIT, &limit);
        }
    }

    fn tell_of_strategy(&mut self, strategy: u32, crowd: &Crowd) {
        let mandate = Mandate {
            strategy,
            active: 1,
            venues: 1,
            until: i64::MAX,
            ..Mandate::default()
        };
        self.tell(fact_kind::MANDATE, &mandate);
        let throttle = ExecutionThrottle {
            strategy,
            max_executions: u32::MAX,
            window_ms: 1_000,
            ..ExecutionThrottle::default()
        };
        self.tell(fact_kind::THROTTLE, &throttle);
        for nth in 0..crowd.each {
            let instrument = crowd.instrument(strategy, u64::from(nth));
            self.hold(strategy, instrument, crowd);
            let parents = [side::BUY, side::SELL].map(|order_side| ParentOrder {
                parent: parent(strategy, instrument, order_side),
                quantity: 1 << 36,
                strategy,
                instrument,
                side: order_side,
                ..ParentOrder::default()
            });
            let decision = self.gate.open_parents(&mut self.journal, &parents, START);
            assert_eq!(decision.code, 0, "{decision:?}");
        }
    }

    /// Gives a strategy what it sells during the day.
    fn hold(&mut self, strategy: u32, instrument: u16, crowd: &Crowd) {
        let lots = if crowd.accounts > 1 { 1 << 14 } else { 1 << 24 };
        let bought = Execution {
            exec_type: exec_type::TRADE,
            side: side::BUY,
            instrument,
            order_id: u64::MAX,
            quantity: lots,
            owner: strategy,
            ..Execution::default()
        };
        self.gate
            .apply_executions(&mut self.journal, 1, &[bought])
            .expect("recorded");
    }
}
