//! The stored form is that of an `Option`, and the earliest moment is kept.

use super::*;

#[test]
fn it_is_stored_as_an_option() {
    for at in [None, Some(Timestamp::EPOCH), Some(Timestamp::from_nanos(-1)), Some(Timestamp::from_nanos(i64::MAX))] {
        let bytes = postcard::to_stdvec(&Maybe::from(at)).unwrap();
        assert_eq!(bytes, postcard::to_stdvec(&at).unwrap());
        assert_eq!(postcard::from_bytes::<Maybe>(&bytes).unwrap().get(), at);
    }
}

#[test]
fn the_earliest_moment_is_a_moment() {
    assert!(Maybe::from(Timestamp::from_nanos(i64::MIN)).is_some());
}
