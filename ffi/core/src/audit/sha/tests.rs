//! The lanes against the library's SHA-256.
use super::*;
use proptest::prelude::*;

/// Hashes the messages with every implementation this processor has and compares.
fn agree(prefix: u8, messages: &[Vec<u8>]) -> Vec<Hash> {
    let expected: Vec<Hash> = messages
        .iter()
        .map(|message| Sha256::digest([&[prefix], message.as_slice()].concat()).into())
        .collect();
    let mut out = vec![[0; 32]; messages.len()];
    one_by_one(prefix, |i| &messages[i], &mut out);
    assert_eq!(out, expected);
    out.fill([0; 32]);
    hash_all(prefix, |i| &messages[i], &mut out);
    assert_eq!(out, expected);
    expected
}

#[test]
fn the_lanes_are_what_is_tested_where_the_processor_has_them() {
    #[cfg(target_arch = "x86_64")]
    assert_eq!(
        pair::is_available(),
        is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1")
    );
}

#[test]
fn published_digests_come_out() {
    // FIPS 180-4's example "abc", whose first byte is the prefix here.
    let abc = agree(b'a', &[b"bc".to_vec()]);
    assert_eq!(abc[0][..4], [0xba, 0x78, 0x16, 0xbf]);
}

#[test]
fn every_length_from_0_to_1000_alone_and_beside_every_shorter_neighbour() {
    let message =
        |length: usize| -> Vec<u8> { (0..length).map(|at| (at * 7 + length) as u8).collect() };
    for length in 0..=1000 {
        agree(LEAF, &[message(length)]);
        agree(
            NODE,
            &[
                message(length),
                message(length / 2),
                message(length * 3 % 1001),
            ],
        );
    }
    agree(LEAF, &(0..=1000).map(message).collect::<Vec<_>>());
    agree(LEAF, &(0..=1000).rev().map(message).collect::<Vec<_>>());
}

#[test]
fn nothing_is_hashed_into_no_place() {
    agree(LEAF, &[]);
}

#[test]
fn a_node_is_the_hash_of_its_children_behind_a_one() {
    let (left, right) = ([3; 32], [200; 32]);
    assert_eq!(
        node(&left, &right),
        agree(NODE, &[[left, right].concat()])[0]
    );
}

proptest! {
    #[test]
    fn any_messages_hash_alike_whatever_lies_beside_them(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..1000), 0..20),
        prefix in any::<u8>(),
    ) {
        agree(prefix, &messages);
    }
}
