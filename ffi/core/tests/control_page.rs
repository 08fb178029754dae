//! The words of the control page: their strictness, their survival, their refusal of damage.
mod control_support;

use control_support::{child, child_dir, Scratch};
use cwts_core::control::{mode, ControlError, ControlPage};
use cwts_core::layout::{code, scope_state, ControlHeader, ABI_VERSION, LAYOUT_HASH};
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};

const ACTIVE: u32 = scope_state::ACTIVE;
const REDUCE_ONLY: u32 = scope_state::REDUCE_ONLY;
const CANCEL_ONLY: u32 = scope_state::CANCEL_ONLY;
const KILLED: u32 = scope_state::KILLED;

#[test]
fn a_new_page_lets_everything_flow_and_has_nothing_pending() {
    let dir = Scratch::new();
    for page in [
        ControlPage::open(dir.path()).expect("is made"),
        ControlPage::in_memory(),
    ] {
        assert!((0..1024).all(|scope| page.scope(scope) == ACTIVE && page.name(scope).is_empty()));
        assert_eq!(
            (page.effective(1, 0), page.mode(), page.pending()),
            (ACTIVE, mode::FULL_PERFORMANCE, None)
        );
        assert_eq!(
            (page.reason(), page.actor()),
            (String::new(), String::new())
        );
        let expected = ControlHeader {
            magic: u64::from_le_bytes(*b"CWTSCTL2"),
            version: ABI_VERSION,
            layout_hash: LAYOUT_HASH,
            ..Default::default()
        };
        assert_eq!(page.header(), expected);
    }
    let file = dir.path().join("control.page");
    assert_eq!(fs::metadata(&file).expect("is there").len(), 45056);
    assert_eq!(
        fs::metadata(&file).expect("is there").permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        fs::metadata(dir.path())
            .expect("is there")
            .permissions()
            .mode()
            & 0o777,
        0o700
    );
    assert_eq!(
        fs::read_dir(dir.path()).expect("lists").count(),
        1,
        "nothing else is left behind"
    );
}

#[test]
fn the_words_lie_where_the_layout_says() {
    let dir = Scratch::new();
    let page = ControlPage::open(dir.path()).expect("opens");
    page.request(5, CANCEL_ONLY, "because", "me", 77);
    page.set_mode(mode::SAFE_MODE);
    assert!(page.set_name(5, "anglerfish"));
    page.attach(4242);
    page.heartbeat(88);
    page.begin_decision(99);
    page.request(1023, REDUCE_ONLY, "because", "me", 77);
    assert!(page.set_name(256, "customer:a") && page.set_name(1023, "account:z"));
    assert!(page.set_above(5, 1023));
    let bytes = fs::read(dir.path().join("control.page")).expect("reads");
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
    assert_eq!(bytes[1024 + 20], CANCEL_ONLY as u8);
    assert_eq!(bytes[12288 + 4 * (1023 - 256)], REDUCE_ONLY as u8);
    assert_eq!(&bytes[16384 + 20..16384 + 24], &1023_u32.to_le_bytes());
    assert_eq!(&bytes[20480..20491], b"customer:a\0");
    assert_eq!(&bytes[45024..45034], b"account:z\0");
    assert_eq!(&bytes[2048..2056], b"because\0");
    assert_eq!(&bytes[2304..2307], b"me\0");
    assert_eq!(&bytes[4096 + 160..4096 + 171], b"anglerfish\0");
    let expected = [
        (24, 4242),
        (32, 88),
        (40, 99),
        (48, 2),
        (56, 0),
        (80, 1),
        (88, 77),
        (96, 99),
    ];
    for (offset, value) in expected {
        assert_eq!(word(offset), value, "word at {offset}");
    }
}

#[test]
fn the_strictest_of_firm_strategy_instrument_and_mode_counts() {
    let states = [ACTIVE, REDUCE_ONLY, CANCEL_ONLY, KILLED];
    let modes = [
        (mode::FULL_PERFORMANCE, ACTIVE),
        (mode::SAFE_MODE, REDUCE_ONLY),
        (mode::EMERGENCY_SHUTDOWN, KILLED),
        (7, KILLED),
    ];
    let page = ControlPage::in_memory();
    for firm in states {
        for strategy in states {
            for instrument in states {
                for (set, by_mode) in modes {
                    page.request(0, firm, "", "", 0);
                    page.request(127, strategy, "", "", 0);
                    page.request(128, instrument, "", "", 0);
                    page.set_mode(set);
                    assert_eq!(
                        page.effective(127, 0),
                        firm.max(strategy).max(instrument).max(by_mode)
                    );
                    assert_eq!(
                        page.effective(126, 1),
                        firm.max(by_mode),
                        "others are not touched"
                    );
                    assert_eq!(
                        page.effective(128, 128),
                        firm.max(by_mode),
                        "no word of their own"
                    );
                    assert_eq!(page.effective(u32::MAX, 65535), firm.max(by_mode));
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_meant_stops_and_never_starts() {
    let page = ControlPage::in_memory();
    page.request(3, 99, "", "", 0);
    assert_eq!((page.scope(3), page.effective(3, 0)), (KILLED, KILLED));
    page.request(1024, CANCEL_ONLY, "", "", 0);
    assert_eq!(page.scope(0), CANCEL_ONLY);
    page.request(usize::MAX, ACTIVE, "", "", 0);
    assert_eq!(
        page.scope(0),
        CANCEL_ONLY,
        "an unknown scope cannot be re-armed"
    );
    assert_eq!(page.scope(1024), KILLED);
}

#[test]
fn a_request_is_pending_until_it_is_done() {
    let page = ControlPage::in_memory();
    page.begin_decision(41);
    assert_eq!(page.request(1, KILLED, "drawdown", "risk", 1_000), (1, 41));
    assert_eq!(page.pending(), Some(1));
    page.begin_decision(42);
    assert_eq!(page.request(2, KILLED, "too fast", "desk", 2_000), (2, 42));
    page.done(1, 10, 0, 500);
    assert_eq!(
        page.pending(),
        Some(2),
        "the second is not done with the first"
    );
    page.done(2, 20, 3, 600);
    assert_eq!(page.pending(), None);
    let header = page.header();
    assert_eq!((header.request_epoch, header.done_epoch), (2, 2));
    assert_eq!(
        (
            header.done_cancelled,
            header.done_unknown,
            header.done_nanos
        ),
        (20, 3, 600)
    );
    assert_eq!(
        (header.request_wall, header.request_gate_sequence),
        (2_000, 42)
    );
    assert_eq!(
        (page.reason(), page.actor()),
        ("too fast".into(), "desk".into())
    );
    page.request(2, KILLED, "again", "desk", 3_000);
    assert_eq!(
        page.pending(),
        Some(3),
        "the same state again is a request of its own"
    );
}

#[test]
fn a_mode_answers_with_the_last_decision_of_the_old_one() {
    let page = ControlPage::in_memory();
    page.begin_decision(7);
    assert_eq!(page.set_mode(mode::EMERGENCY_SHUTDOWN), 7);
    assert_eq!(
        (page.mode(), page.effective(1, 1)),
        (mode::EMERGENCY_SHUTDOWN, KILLED)
    );
}

#[test]
fn a_node_comes_and_goes_and_its_decisions_count_from_one() {
    let page = ControlPage::in_memory();
    page.begin_decision(9_000);
    page.attach(321);
    page.heartbeat(5);
    let header = page.header();
    assert_eq!(
        (header.owner_pid, header.heartbeat, header.gate_sequence),
        (321, 5, 0)
    );
    page.detach();
    assert_eq!(page.header().owner_pid, 0);
}

#[test]
fn scopes_have_names_and_are_found_by_them() {
    let page = ControlPage::in_memory();
    assert!(page.set_name(0, "firm") && page.set_name(255, "BTC-USD") && page.set_name(9, "ÄÖ€"));
    assert_eq!(page.find("firm"), Some(0));
    assert_eq!(page.find("BTC-USD"), Some(255));
    assert_eq!((page.find("ÄÖ€"), page.name(9)), (Some(9), "ÄÖ€".into()));
    assert_eq!((page.find("BTC"), page.find("")), (None, None));
    let longest = "n".repeat(32);
    assert!(page.set_name(10, &longest));
    assert_eq!(
        (page.name(10), page.find(&longest)),
        (longest.clone(), Some(10))
    );
    assert!(
        page.name(11).is_empty(),
        "the longest name does not reach into the next"
    );
    assert!(
        !page.set_name(10, &"n".repeat(33))
            && !page.set_name(1024, "x")
            && !page.set_name(10, "a\0b")
    );
    assert_eq!(page.name(10), longest, "a refused name changes nothing");
    assert!(page.name(1024).is_empty());
    assert!(page.set_name(10, "short"));
    assert_eq!(page.name(10), "short");
}

#[test]
fn texts_that_are_too_long_are_cut_at_a_character() {
    let page = ControlPage::in_memory();
    page.request(0, KILLED, &"€".repeat(100), &"é".repeat(33), 0);
    assert_eq!(page.reason(), "€".repeat(85), "85 times 3 bytes fit in 256");
    assert_eq!(page.actor(), "é".repeat(32));
    page.request(0, KILLED, "", "x", 0);
    assert_eq!((page.reason(), page.actor()), (String::new(), "x".into()));
}

#[test]
fn an_account_and_a_customer_stop_every_strategy_below_them_and_no_other() {
    const CUSTOMER: usize = 256;
    const ACCOUNTS: [usize; 2] = [512, 1023];
    let page = ControlPage::in_memory();
    for (strategy, account) in [(1, ACCOUNTS[0]), (2, ACCOUNTS[0]), (3, ACCOUNTS[1])] {
        assert!(page.set_above(strategy, account));
    }
    assert!(page.set_above(ACCOUNTS[0], CUSTOMER));
    let all = |page: &ControlPage| [1, 2, 3, 4].map(|strategy| page.effective(strategy, 0));
    page.request(ACCOUNTS[0], CANCEL_ONLY, "", "", 0);
    assert_eq!(
        all(&page),
        [CANCEL_ONLY, CANCEL_ONLY, ACTIVE, ACTIVE],
        "an account stops its own"
    );
    page.request(CUSTOMER, KILLED, "", "", 0);
    assert_eq!(all(&page), [KILLED, KILLED, ACTIVE, ACTIVE]);
    page.request(CUSTOMER, REDUCE_ONLY, "", "", 0);
    page.request(2, KILLED, "", "", 0);
    assert_eq!(
        all(&page),
        [CANCEL_ONLY, KILLED, ACTIVE, ACTIVE],
        "the strictest of all of them counts"
    );
    page.request(ACCOUNTS[1], KILLED, "", "", 0);
    assert_eq!(all(&page), [CANCEL_ONLY, KILLED, KILLED, ACTIVE]);
}

#[test]
fn what_stands_above_a_scope_cannot_loosen_it_or_lead_the_gate_in_circles() {
    let page = ControlPage::in_memory();
    assert!(!page.set_above(0, 5) && !page.set_above(1024, 0) && !page.set_above(1, 1024));
    assert_eq!(
        (page.above(0), page.above(1), page.above(1024)),
        (0, 0, 1024)
    );
    assert!(page.set_above(1, 512) && page.set_above(512, 1));
    page.request(1, REDUCE_ONLY, "", "", 0);
    assert_eq!(
        page.effective(1, 0),
        REDUCE_ONLY,
        "round in a circle is an answer too"
    );
    page.request(0, KILLED, "", "", 0);
    assert_eq!(page.effective(1, 0), KILLED);
}

#[test]
fn a_scope_whose_place_is_damaged_is_killed() {
    let dir = Scratch::new();
    drop(ControlPage::open(dir.path()).expect("is made"));
    let path = dir.path().join("control.page");
    let mut bytes = fs::read(&path).expect("reads");
    bytes[16384 + 4 * 7..16384 + 4 * 8].copy_from_slice(&5_000_u32.to_le_bytes());
    fs::write(&path, bytes).expect("writes");
    let page = ControlPage::open(dir.path()).expect("opens");
    assert_eq!(
        (page.effective(7, 0), page.effective(6, 0)),
        (KILLED, ACTIVE)
    );
}

#[test]
fn a_page_of_format_1_is_taken_over_with_every_word_and_name() {
    for grown in [false, true] {
        let dir = Scratch::new();
        let page = ControlPage::open(dir.path()).expect("opens");
        for scope in 0..256 {
            page.request(scope, scope as u32 % 4, "drill", "desk", scope as u64);
            page.set_name(scope, &format!("scope {scope}"));
        }
        page.set_mode(mode::SAFE_MODE);
        let before = page.header();
        drop(page);
        let path = dir.path().join("control.page");
        let mut bytes = fs::read(&path).expect("reads");
        bytes[7] = b'1';
        bytes[8] ^= 2;
        bytes[16] ^= 1;
        // The growth may have been all that happened before the machine went down.
        bytes.truncate(if grown { 45056 } else { 16384 });
        fs::write(&path, &bytes).expect("writes");
        let old = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .expect("opens");
        let page = ControlPage::open_existing(dir.path()).expect("is taken over");
        assert_eq!(page.header().magic, before.magic);
        assert_eq!(page.header().request_epoch, before.request_epoch);
        assert_eq!(
            (page.mode(), page.reason()),
            (mode::SAFE_MODE, "drill".into())
        );
        for scope in 0..256 {
            assert_eq!(
                (page.scope(scope), page.name(scope)),
                (scope as u32 % 4, format!("scope {scope}"))
            );
        }
        assert!((256..1024).all(|scope| page.scope(scope) == ACTIVE && page.name(scope).is_empty()));
        // Whoever has the file open from before stops what they stopped.
        old.write_at(&KILLED.to_le_bytes(), 1024 + 4)
            .expect("writes");
        assert_eq!(page.scope(1), KILLED);
    }
}

#[test]
fn everything_survives_closing_and_opening() {
    let dir = Scratch::new();
    let page = ControlPage::open(dir.path()).expect("opens");
    for scope in 0..1024 {
        page.request(scope, scope as u32 % 4, "drill", "desk", scope as u64);
        page.set_name(scope, &format!("scope {scope}"));
    }
    page.set_mode(mode::SAFE_MODE);
    page.begin_decision(1234);
    page.done(200, 1, 2, 3);
    page.flush().expect("is on disk");
    let before = page.header();
    drop(page);
    for page in [
        ControlPage::open(dir.path()).expect("opens"),
        ControlPage::open_existing(dir.path()).expect("opens"),
    ] {
        assert_eq!(page.header(), before);
        for scope in 0..1024 {
            assert_eq!(
                (page.scope(scope), page.name(scope)),
                (scope as u32 % 4, format!("scope {scope}"))
            );
        }
        assert_eq!(
            (page.reason(), page.actor(), page.pending()),
            ("drill".into(), "desk".into(), Some(1024))
        );
    }
}

#[test]
fn a_file_that_is_no_page_of_this_build_is_refused_and_left_alone() {
    let dir = Scratch::new();
    drop(ControlPage::open(dir.path()).expect("is made"));
    let path = dir.path().join("control.page");
    let good = fs::read(&path).expect("reads");
    let mut other_magic = good.clone();
    other_magic[0] ^= 1;
    let mut later = good.clone();
    later[7] = b'3';
    let mut first = good[..16383].to_vec();
    first[7] = b'1';
    let cases = [
        Vec::new(),
        good[..45055].to_vec(),
        [&good[..], &[0]].concat(),
        other_magic,
        first,
        later,
    ];
    for (case, bytes) in cases.iter().enumerate() {
        fs::write(&path, bytes).expect("writes");
        for error in [
            ControlPage::open(dir.path()).expect_err("is refused"),
            ControlPage::open_existing(dir.path()).expect_err("is refused"),
        ] {
            assert_eq!(error.code(), code::CORRUPT, "case {case}");
            let format = matches!(error, ControlError::OtherFormat { format: '3', .. });
            assert_eq!(format, case >= 5, "case {case}");
            assert!(error.to_string().contains("control.page"), "{error}");
        }
        assert_eq!(&fs::read(&path).expect("reads"), bytes);
    }
}

#[test]
fn a_command_never_mistakes_an_empty_directory_for_a_stopped_node() {
    let dir = Scratch::new();
    let error = ControlPage::open_existing(dir.path()).expect_err("is absent");
    assert!(matches!(error, ControlError::Absent { .. }));
    assert_eq!(error.code(), code::IO);
    assert!(!dir.path().exists());
}

#[test]
fn a_place_that_cannot_hold_a_page_is_an_io_error() {
    let error = ControlPage::open("/proc/no/such/place".as_ref()).expect_err("cannot be");
    assert_eq!(error.code(), code::IO);
}

#[test]
fn many_who_make_the_page_at_once_share_one() {
    for _ in 0..50 {
        let dir = Scratch::new();
        let barrier = std::sync::Barrier::new(4);
        std::thread::scope(|threads| {
            for scope in 1..=4 {
                let (barrier, path) = (&barrier, dir.path());
                threads.spawn(move || {
                    barrier.wait();
                    ControlPage::open(path)
                        .expect("opens")
                        .request(scope, KILLED, "", "", 0);
                });
            }
        });
        let page = ControlPage::open(dir.path()).expect("opens");
        assert!((1..=4).all(|scope| page.scope(scope) == KILLED));
        assert_eq!(page.header().request_epoch, 4);
    }
}

#[test]
#[ignore = "another process on the same page: run by the test below"]
fn kill_from_another_process() {
    let Some(dir) = child_dir() else { return };
    let page = ControlPage::open_existing(&dir).expect("opens");
    assert_eq!(
        (page.name(3), page.header().gate_sequence),
        ("platypus".into(), 17)
    );
    page.request(3, KILLED, "from the other terminal", "operator", 55);
}

#[test]
fn two_processes_see_each_others_stores() {
    let dir = Scratch::new();
    let page = ControlPage::open(dir.path()).expect("opens");
    page.set_name(3, "platypus");
    page.begin_decision(17);
    assert!(child("kill_from_another_process", dir.path())
        .output()
        .expect("runs")
        .status
        .success());
    assert_eq!(
        (page.scope(3), page.effective(3, 0), page.effective(4, 0)),
        (KILLED, KILLED, ACTIVE)
    );
    assert_eq!(
        (page.pending(), page.header().request_gate_sequence),
        (Some(1), 17)
    );
    assert_eq!(
        (page.reason(), page.actor()),
        ("from the other terminal".into(), "operator".into())
    );
}

proptest! {
    #[test]
    fn any_text_comes_back_cut_at_most(reason in any::<String>(), actor in "\\PC{0,80}", name in "\\PC{0,40}") {
        let page = ControlPage::in_memory();
        page.request(0, KILLED, &reason, &actor, 0);
        let until_zero = |text: &str| text.split('\0').next().unwrap_or_default().to_owned();
        prop_assert!(reason.starts_with(&page.reason()));
        prop_assert!(page.reason() == until_zero(&reason) || page.reason().len() > 252);
        prop_assert!(actor.starts_with(&page.actor()));
        prop_assert!(page.actor() == actor || page.actor().len() > 60);
        prop_assert_eq!(page.set_name(200, &name), name.len() <= 32);
        prop_assert!(page.name(200) == name || page.name(200).is_empty());
    }
}

#[test]
fn a_tightening_never_makes_a_scope_looser_whoever_stores_at_the_same_time() {
    let page = ControlPage::in_memory();
    page.tighten(3, scope_state::CANCEL_ONLY, "a", "b", 1);
    page.tighten(3, scope_state::REDUCE_ONLY, "a", "b", 2);
    assert_eq!(page.scope(3), scope_state::CANCEL_ONLY);
    for _ in 0..200 {
        page.request(3, scope_state::ACTIVE, "round", "test", 1);
        std::thread::scope(|threads| {
            for state in 1..=3 {
                let page = &page;
                threads.spawn(move || page.tighten(3, state, "race", "test", 1));
            }
        });
        assert_eq!(page.scope(3), scope_state::KILLED);
    }
    page.tighten(1024, scope_state::REDUCE_ONLY, "a", "b", 3);
    assert_eq!(page.scope(0), scope_state::REDUCE_ONLY);
}
