//! Sections as a later day90 may write them: which are skipped, and which are refused.

use super::*;
use crate::state::engine::dedupe::HashKey;

fn payload() -> Vec<u8> {
    let mut bytes = Vec::new();
    State::new(HashKey(1, 2)).snapshot().encode_to(&mut bytes).unwrap();
    bytes
}

fn section(name: &str, version: u16, lost: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_head(&mut bytes, name, version, lost).unwrap();
    let mut chunks = Chunks::new(&mut bytes);
    chunks.write_all(content).unwrap();
    chunks.end().unwrap();
    bytes
}

fn refused(bytes: &[u8]) -> String {
    let error = State::read(&mut &*bytes).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    error.to_string()
}

#[test]
fn a_section_that_may_be_skipped_is_skipped_with_a_warning() {
    let later = [section("spike", 1, "the usual rates of the spike detector", &[7; 200_000]), payload()].concat();
    let (state, warnings) = State::read(&mut &*later).unwrap();
    assert_eq!(state.key(), HashKey(1, 2));
    assert!(warnings[0].contains("lost is the usual rates of the spike detector"), "{warnings:?}");
    assert_eq!(warnings.len(), 1);
}

#[test]
fn a_section_that_must_not_be_skipped_is_refused() {
    let why = refused(&[payload(), section("ledger", 1, "", b"")].concat());
    assert!(why.contains("ledger") && why.contains("must not be skipped"), "{why}");
}

#[test]
fn a_later_version_of_a_section_is_refused() {
    let why = refused(&[section("work", 9, "", b""), payload()].concat());
    assert!(why.contains("work has version 9, and this day90 knows "), "{why}");
}

#[test]
fn sections_come_in_any_order_once_and_none_of_the_first_is_missing() {
    let key = section("key", 1, "", &postcard::to_stdvec(&HashKey(1, 2)).unwrap());
    let whole = payload();
    let at = whole.windows(key.len()).position(|window| window == key).unwrap();
    let without = [&whole[..at], &whole[at + key.len()..]].concat();
    assert_eq!(State::decode(&[key.clone(), without.clone()].concat()).unwrap().key(), HashKey(1, 2));
    assert!(refused(&without).contains("key is missing"));
    assert!(refused(&[key, whole].concat()).contains("key is there twice"));
}

#[test]
fn a_payload_that_is_cut_anywhere_is_refused() {
    let whole = payload();
    // Cut just before a section that format 1 didn't have, it still reads: the container checks the length.
    let later = [&b"spikes"[..], b"forgotten", b"natives", b"limited", b"marks", b"rare", b"clock"].map(|name| {
        let head = [&[name.len() as u8], name].concat();
        whole.windows(head.len()).position(|bytes| bytes == head).unwrap()
    });
    (0..whole.len()).filter(|cut| !later.contains(cut)).for_each(|cut| drop(refused(&whole[..cut])));
    later.iter().for_each(|cut| assert!(State::read(&mut &whole[..*cut]).is_ok()));
}

#[test]
fn bytes_after_a_section_are_refused() {
    let long = section("key", 1, "", &[0; 64]);
    assert!(refused(&long).contains("62 bytes follow section key"));
}

#[test]
fn the_container_names_the_release_that_the_sections_need() {
    assert!(crate::journal::checkpoint::NEEDS.0 >= needs(), "raise journal::checkpoint::NEEDS");
}
