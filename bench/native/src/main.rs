//! `cwts-bench COMMAND [name=value …]`: the native part of `deno task bench matching`, `gate`, `audit` and `feed`.
//!
//! Every command prints one line of JSON per measurement; the programs in TypeScript above it merge and compare them.
//!
//! - `tape out=FILE`: writes the common tape.
//! - `matching engine=NAME tape=FILE [runs=N] [limit=N]`: one engine on a tape.
//! - `sizes [orders=N] [instruments=N] [operations=N] [runs=N]`: the direct book by size.
//! - `mass-cancel [orders=N] [runs=N]`: everybody's orders, and one owner's.
//! - `kill-path [orders=N] [runs=N] [only=STAGE]`: everything cancelled inside the core, and each part of that alone.
//! - `gate [orders=N] [runs=N] [engine=NAME] [tree=small|large] [batch=N]`: the gate in closed and open loop, all cases or
//!   those that are named; a batch names one of the closed loop.
//! - `audit dir=FILE [records=N] [runs=N]`: the audit log and a plain chain, in memory and in the directory `dir`.
//! - `feed engine=NAME file=FILE symbol=S tick=T lot=L [runs=N]`: a Binance recording, unpacked, to a book.
//! - `itch [messages=N] [runs=N]`: ITCH messages to books.
//! - `hiccup [millis=N]`: what the machine does to a thread that only reads the clock.
mod allocations;
mod audit;
mod clock;
mod crowd;
mod desk;
mod engines;
mod facts;
mod feed;
mod feed_opponents;
mod figures;
mod gate;
mod itch_tape;
mod kill_path;
mod mass_cancel;
mod matching;
mod path;
mod sizes;
mod tape;

use clock::Clock;
use cwts_core::book::{DirectBook, NaiveBook};
use cwts_core::market::Scale;
use engines::{Cwts, OrderbookRs};
use figures::Line;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// The `name=value` words of the command line.
struct Arguments(Vec<(String, String)>);

impl Arguments {
    fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    fn needed(&self, name: &str) -> Result<&str, String> {
        self.text(name).ok_or_else(|| format!("{name}=… is needed"))
    }

    fn count(&self, name: &str, otherwise: usize) -> Result<usize, String> {
        self.text(name).map_or(Ok(otherwise), |text| {
            let count = text.parse().ok().filter(|count| *count > 0);
            count.ok_or_else(|| format!("{name}={text} is not a whole number above 0"))
        })
    }
}

fn run(command: &str, arguments: &Arguments) -> Result<(), String> {
    match command {
        "tape" => {
            let path = PathBuf::from(arguments.needed("out")?);
            tape::write(&path).map_err(|error| format!("cannot write {}: {error}", path.display()))
        }
        "matching" => matching(arguments),
        "sizes" => {
            let size = sizes::Size {
                orders: arguments.count("orders", 100_000)?,
                instruments: arguments.count("instruments", 1)?,
                operations: arguments.count("operations", 500_000)?,
            };
            sizes::measure(&size, arguments.count("runs", 7)?);
            Ok(())
        }
        "mass-cancel" => {
            mass_cancel::measure(
                arguments.count("orders", 10_000)?,
                arguments.count("runs", 201)?,
            );
            Ok(())
        }
        "kill-path" => {
            kill_path::measure(
                arguments.count("orders", 10_000)?,
                arguments.count("runs", 101)?,
                arguments.text("only"),
            );
            Ok(())
        }
        "gate" => {
            let batch = arguments.text("batch").map(|_| arguments.count("batch", 1));
            let chosen = gate::Chosen {
                engine: arguments.text("engine").map(str::to_owned),
                tree: arguments.text("tree").map(str::to_owned),
                batch: batch.transpose()?,
            };
            gate::measure(
                arguments.count("orders", 300_000)?,
                arguments.count("runs", 7)?,
                &chosen,
            );
            Ok(())
        }
        "audit" => {
            audit::measure(
                arguments.count("records", 1_000_000)? as u64,
                arguments.count("runs", 5)?,
                &PathBuf::from(arguments.needed("dir")?),
            );
            Ok(())
        }
        "feed" => feed(arguments),
        "itch" => feed::itch(
            arguments.count("messages", 1_000_000)?,
            arguments.count("runs", 5)?,
        ),
        "hiccup" => {
            let time = Duration::from_millis(arguments.count("millis", 500)? as u64);
            let gaps = clock::hiccup(&Clock::calibrated(), time);
            Line::default()
                .figure("p9999_ns", gaps.p9999_ns)
                .figure("max_ns", gaps.max_ns)
                .count("samples", gaps.samples)
                .print();
            Ok(())
        }
        other => Err(format!("there is no command {other}")),
    }
}

fn matching(arguments: &Arguments) -> Result<(), String> {
    let path = PathBuf::from(arguments.needed("tape")?);
    let tape = tape::read(&path, arguments.count("limit", usize::MAX)?)?;
    let runs = arguments.count("runs", 3)?;
    let engine = arguments.needed("engine")?;
    match engine {
        "cwts-direct" => matching::measure::<Cwts<DirectBook>>(engine, &tape, runs),
        "cwts-naive" => matching::measure::<Cwts<NaiveBook>>(engine, &tape, runs),
        "orderbook-rs" => matching::measure::<OrderbookRs<true>>(engine, &tape, runs),
        "orderbook-rs-listened" => matching::measure::<OrderbookRs<false>>(engine, &tape, runs),
        other => return Err(format!("there is no engine {other}")),
    }
    Ok(())
}

fn feed(arguments: &Arguments) -> Result<(), String> {
    let path = arguments.needed("file")?;
    let bytes = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let scale = |name| Scale::of(arguments.needed(name)?).map_err(|error| error.to_string());
    let subject = feed::Subject {
        symbol: arguments.needed("symbol")?.to_owned(),
        tick: scale("tick")?,
        lot: scale("lot")?,
    };
    let runs = arguments.count("runs", 5)?;
    feed::binance(arguments.needed("engine")?, &bytes, &subject, runs)
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let pairs = words.map(|word| match word.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (word, String::new()),
    });
    match run(&command, &Arguments(pairs.collect())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}
