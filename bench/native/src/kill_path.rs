//! What it takes to cancel everything at once inside the core: matched, on record, released; and each of that alone.
//!
//! `orders` rest in four instruments, of eight strategies in turn, under limits at every level. `whole` is one call of the
//! order path with a mass cancel per strategy: each order's cancel is matched, appended to the log in memory, and released
//! at every level of the tree. `books` is the matching alone, `gate` the release alone, `log` the appends alone,
//! `gate-and-log` both; the same reports are used. `sha-256` hashes as many records and tree nodes on one thread, and
//! `copy` writes as many bytes as reports and records have: what cannot be saved, only put off. Microseconds per call.
use crate::clock::Clock;
use crate::crowd::SMALL;
use crate::desk::{Desk, Memory, Nothing, START};
use crate::figures::{Line, Watched};
use crate::gate::Stage;
use cwts_core::audit::sha::{hash_all, LEAF};
use cwts_core::audit::tree::Tree;
use cwts_core::audit::AuditLog;
use cwts_core::book::{DirectBook, MatchingEngine, EVERY_INSTRUMENT};
use cwts_core::gate::Journal;
use cwts_core::layout::{code, command_kind, record_type, side, Execution, OrderCommand};
use cwts_core::pipeline::{submit, Venue};
use cwts_core::record::bytes_of;
use std::hint::black_box;

/// Bytes of an Execution in the log that its leaf covers: header, report, and nothing to pad.
const COVERED: usize = 48 + 64;

/// Prints a line per stage, or of the one that is named.
pub fn measure(orders: usize, runs: usize, only: Option<&str>) {
    let clock = Clock::calibrated();
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    let memory = || Memory(AuditLog::memory());
    if wanted("whole") {
        let mut shop = Shop::open(memory());
        shop.time("whole", &clock, orders, runs, |shop, _| shop.cancel_all());
    }
    if wanted("whole-without-log") {
        let mut shop = Shop::open(Nothing(0));
        shop.time("whole-without-log", &clock, orders, runs, |shop, _| {
            shop.cancel_all();
        });
    }
    if wanted("books") {
        let mut shop = Shop::open(Nothing(0));
        shop.time("books", &clock, orders, runs, |shop, _| {
            shop.cancel_in_books();
        });
    }
    if wanted("gate") {
        let mut shop = Shop::open(Nothing(0));
        shop.time("gate", &clock, orders, runs, Shop::release);
    }
    if wanted("gate-and-log") {
        let mut shop = Shop::open(memory());
        shop.time("gate-and-log", &clock, orders, runs, Shop::release);
    }
    if wanted("log") {
        let mut shop = Shop::open(memory());
        shop.time("log", &clock, orders, runs, |shop, reports| {
            for report in reports {
                let parts = [bytes_of(report)];
                let journal = &mut shop.desk.journal;
                journal
                    .append(
                        record_type::EXECUTION,
                        1,
                        report.time,
                        report.order_id,
                        &parts,
                    )
                    .expect("memory takes it");
            }
        });
    }
    if wanted("sha-256") {
        let records = vec![7u8; orders * COVERED];
        let mut leaves = vec![[0; 32]; orders];
        print(
            "sha-256",
            &clock,
            orders,
            &mut || {
                let begun = clock.ticks();
                hash_all(
                    LEAF,
                    |i| &records[i * COVERED..(i + 1) * COVERED],
                    &mut leaves,
                );
                let mut tree = Tree::default();
                tree.extend(&leaves);
                black_box(tree.root());
                clock.ticks() - begun
            },
            runs,
        );
    }
    if wanted("copy") {
        let reports = vec![7u8; orders * size_of::<Execution>()];
        let mut out = [vec![0u8; reports.len()], vec![0u8; reports.len()]];
        let mut records = vec![0u8; orders * (COVERED + 32)];
        print(
            "copy",
            &clock,
            orders,
            &mut || {
                let begun = clock.ticks();
                for out in &mut out {
                    out.copy_from_slice(black_box(&reports));
                }
                for (record, report) in records.chunks_mut(COVERED + 32).zip(reports.chunks(64)) {
                    record[48..COVERED].copy_from_slice(report);
                    record[..48].fill(1);
                }
                black_box((&mut out, &mut records));
                clock.ticks() - begun
            },
            runs,
        );
    }
}

fn print(stage: &str, clock: &Clock, orders: usize, run: &mut dyn FnMut() -> u64, runs: usize) {
    let watched = Watched::now(clock);
    // The first run lets the buffers grow and is not counted.
    let mut ticks: Vec<u64> = (0..=runs).map(|_| run()).skip(1).collect();
    let micros: Vec<f64> = ticks
        .iter()
        .map(|ticks| clock.nanos(*ticks) / 1e3)
        .collect();
    Line::default()
        .text("case", "cancel-in-core")
        .text("engine", stage)
        .count("orders", orders as u64)
        .figures("micros", &micros)
        .tail(clock, &watched, &mut ticks)
        .print();
}

/// A function of its own, so that a profiler can tell it from what is around it.
#[inline(never)]
fn timed(clock: &Clock, act: impl FnOnce()) -> u64 {
    let begun = clock.ticks();
    act();
    clock.ticks() - begun
}

/// A desk, and books with its orders.
struct Shop<J> {
    desk: Desk<J>,
    engine: MatchingEngine<DirectBook>,
    ids: u64,
}

impl<J: Journal> Shop<J> {
    fn open(journal: J) -> Self {
        let mut engine = MatchingEngine::new();
        for instrument in 0..SMALL.instruments {
            engine.add_instrument(instrument).expect("listed once");
        }
        let mut desk = Desk::open(journal, &SMALL);
        desk.quote(0);
        Self {
            desk,
            engine,
            ids: 0,
        }
    }

    /// Times what is done to `orders` that rest, with the reports of their cancels, and then leaves nothing open.
    fn time(
        &mut self,
        stage: &str,
        clock: &Clock,
        orders: usize,
        runs: usize,
        act: impl Fn(&mut Self, &[Execution]),
    ) {
        print(
            stage,
            clock,
            orders,
            &mut || {
                self.rest(orders);
                let mut reports = self.reports();
                assert_eq!(reports.len(), orders);
                let taken = timed(clock, || act(self, &reports));
                self.engine.clear_events();
                self.cancel_in_books();
                self.engine.clear_events();
                // Behind whatever the books have said meanwhile.
                for (report, sequence) in reports
                    .iter_mut()
                    .zip(self.engine.events().venue_sequence()..)
                {
                    report.venue_sequence = sequence;
                }
                self.release(&reports);
                assert_eq!(self.desk.gate.open_orders(), 0, "an order was left open");
                taken
            },
            runs,
        );
    }

    fn rest(&mut self, orders: usize) {
        for _ in 0..orders {
            self.ids += 1;
            let id = self.ids;
            let order = OrderCommand {
                kind: command_kind::NEW,
                side: (id >> 5 & 1) as u8,
                instrument: (id >> 3 & 3) as u16,
                order_id: id,
                price: if id >> 5 & 1 == u64::from(side::BUY) {
                    9_999 - (id % 300) as i64
                } else {
                    10_001 + (id % 300) as i64
                },
                quantity: 1 + (id % 9_999) as i64,
                owner: 1 + (id & 7) as u32,
                time: START,
                ..OrderCommand::default()
            };
            self.submit(&[order]);
            assert_eq!(self.desk.decisions[0].code, code::ACCEPTED);
            self.engine.clear_events();
        }
    }

    fn submit(&mut self, commands: &[OrderCommand]) {
        let venue = Venue {
            engine: &mut self.engine,
            stream: 0,
            records: false,
        };
        let desk = &mut self.desk;
        submit(
            &mut desk.gate,
            &mut desk.journal,
            &desk.page,
            venue,
            commands,
            &mut desk.decisions,
        );
    }

    fn cancels() -> Vec<OrderCommand> {
        let cancel = |owner| OrderCommand {
            kind: command_kind::CANCEL_OWNER,
            instrument: EVERY_INSTRUMENT,
            owner,
            time: START,
            ..OrderCommand::default()
        };
        (1..=SMALL.strategies).map(cancel).collect()
    }

    fn cancel_all(&mut self) {
        self.submit(&Self::cancels());
    }

    fn cancel_in_books(&mut self) {
        for cancel in Self::cancels() {
            self.engine.submit(&cancel);
        }
    }

    /// What the books would say to that, found out on a second set of them.
    fn reports(&self) -> Vec<Execution> {
        let mut twin = MatchingEngine::<DirectBook>::new();
        for instrument in 0..SMALL.instruments {
            twin.add_instrument(instrument).expect("listed once");
            let book = self.engine.book(instrument).expect("listed");
            let mut all = Vec::new();
            for of in [side::BUY, side::SELL] {
                cwts_core::book::Book::for_each_order(book, of, &mut |order| all.push(*order));
            }
            all.sort_unstable_by_key(|order| order.age);
            for order in all {
                twin.submit(&OrderCommand {
                    kind: command_kind::NEW,
                    side: order.side,
                    instrument,
                    order_id: order.order_id,
                    price: order.price,
                    quantity: order.leaves,
                    owner: order.owner,
                    ..OrderCommand::default()
                });
            }
        }
        twin.clear_events();
        for cancel in Self::cancels() {
            twin.submit(&cancel);
        }
        let mut reports = twin.events().executions.clone();
        for (report, sequence) in reports
            .iter_mut()
            .zip(self.engine.events().venue_sequence() + 1..)
        {
            report.venue_sequence = sequence;
        }
        reports
    }

    fn release(&mut self, reports: &[Execution]) {
        let desk = &mut self.desk;
        desk.gate
            .apply_executions(&mut desk.journal, 0, reports)
            .expect("recorded");
    }
}

const _: () = assert!(size_of::<Execution>() == 64);
