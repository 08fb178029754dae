//! The crate `orderbook-rs`: a thread-safe book of skip lists and concurrent maps.
//!
//! Used the way its own measurements use it: `OrderBook::<()>::new`, no risk limits, no state tracking, no journal.
//! - Ids are its `Id::from_u64`, made before the clock starts; owners are not named.
//! - A move is its `UpdatePriceAndQuantity` with what is left: the order is taken out and enters again, as the tape means.
//!   (`UpdatePrice` does the same work and refuses the price the order already has.)
//! - An immediate-or-cancel order that is not filled whole is answered with an error value; that is no refusal here.
//! - `SILENT`: nobody listens, so a fill is not told to anybody and no record of it is made. That is the cheapest way to
//!   use it and does less than the others do. Otherwise a listener is told of every match, which is the nearest it has
//!   to a record per event.
//!
//! It reads the system's clock once per new order and is made to be used from many threads at once; one drives it here.
use super::{Engine, Outcome};
use crate::tape::{Kind, Operation};
use ::orderbook_rs::{OrderBook, OrderBookError, TradeListener};
use pricelevel::{Hash32, Id, OrderUpdate, Price, Quantity, Side, TimeInForce};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

pub struct OrderbookRs<const SILENT: bool> {
    book: OrderBook<()>,
    told: Arc<Told>,
    refused: u64,
}

/// What the listener has heard.
#[derive(Default)]
struct Told {
    fills: AtomicU64,
    lots: AtomicU64,
}

pub enum Command {
    New {
        id: Id,
        price: u128,
        quantity: u64,
        side: Side,
        tif: TimeInForce,
    },
    Cancel(Id),
    Update(OrderUpdate),
}

/// The owner of that number, in its words.
pub fn owner(number: u16) -> Hash32 {
    let mut bytes = [0u8; 32];
    bytes[..2].copy_from_slice(&number.to_le_bytes());
    bytes[2] = 1;
    Hash32::new(bytes)
}

pub fn side_of(side: u8) -> Side {
    if side == 0 {
        Side::Buy
    } else {
        Side::Sell
    }
}

impl<const SILENT: bool> OrderbookRs<SILENT> {
    fn listening() -> Self {
        let told = Arc::new(Told::default());
        let ears = Arc::clone(&told);
        let listener: TradeListener = Arc::new(move |trade| {
            let trades = trade.match_result.trades().as_vec();
            let lots = trades.iter().map(|one| one.quantity().as_u64()).sum();
            ears.fills.fetch_add(trades.len() as u64, Ordering::Relaxed);
            ears.lots.fetch_add(lots, Ordering::Relaxed);
        });
        Self {
            book: OrderBook::with_trade_listener("TAPE", listener),
            told,
            refused: 0,
        }
    }

    #[inline(always)]
    fn carry_out(&self, command: &Command) -> Result<(), OrderBookError> {
        match command {
            Command::New {
                id,
                price,
                quantity,
                side,
                tif,
            } => {
                let order = self
                    .book
                    .add_limit_order(*id, *price, *quantity, *side, *tif, None);
                order.map(|order| drop(black_box(order)))
            }
            Command::Cancel(id) => self
                .book
                .cancel_order(*id)
                .map(|order| drop(black_box(order))),
            Command::Update(update) => self
                .book
                .update_order(*update)
                .map(|order| drop(black_box(order))),
        }
    }
}

impl<const SILENT: bool> Engine for OrderbookRs<SILENT> {
    type Command = Command;

    fn commands(tape: &[Operation]) -> Vec<Command> {
        let words = tape.iter().map(|operation| {
            let id = Id::from_u64(operation.id);
            let new = |tif| Command::New {
                id,
                price: operation.price as u128,
                quantity: operation.quantity as u64,
                side: side_of(operation.side),
                tif,
            };
            match operation.kind {
                Kind::Limit => new(TimeInForce::Gtc),
                Kind::ImmediateOrCancel => new(TimeInForce::Ioc),
                Kind::Cancel => Command::Cancel(id),
                Kind::Move => Command::Update(OrderUpdate::UpdatePriceAndQuantity {
                    order_id: id,
                    new_price: Price::new(operation.price as u128),
                    new_quantity: Quantity::new(operation.quantity as u64),
                }),
            }
        });
        words.collect()
    }

    fn new() -> Self {
        if SILENT {
            Self {
                book: OrderBook::new("TAPE"),
                told: Arc::default(),
                refused: 0,
            }
        } else {
            Self::listening()
        }
    }

    fn counting() -> Self {
        Self::listening()
    }

    #[inline(always)]
    fn apply(&mut self, command: &Command) {
        let _ = black_box(self.carry_out(command));
    }

    fn count(&mut self, command: &Command) {
        match self.carry_out(command) {
            Ok(()) | Err(OrderBookError::InsufficientLiquidity { .. }) => {}
            Err(_) => self.refused += 1,
        }
    }

    fn outcome(&self) -> Outcome {
        let (bids, asks) = self
            .book
            .get_volume_by_price()
            .expect("its levels can be read");
        Outcome {
            fills: self.told.fills.load(Ordering::Relaxed),
            lots: self.told.lots.load(Ordering::Relaxed),
            refused: self.refused,
            open_orders: self.book.get_all_orders().len() as u64,
            levels: (bids.len() + asks.len()) as u64,
            records: 0,
            state_hash: 0,
        }
    }
}
