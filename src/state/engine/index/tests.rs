//! The index against a map: it finds what was inserted, and nothing else.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Compares with the standard library's map. Few different marks, so that rows collide.
    #[test]
    fn finds_what_was_inserted_and_nothing_else(
        hashes in proptest::collection::vec((0..64_u64).prop_map(|mark| mark << 58 | mark), 0..200),
        asked in 0..64_u64,
    ) {
        let (mut index, mut model) = (Index::default(), BTreeMap::<u64, Vec<u32>>::new());
        for (row, hash) in hashes.iter().enumerate() {
            index.insert(*hash, row as u32);
            model.entry(*hash).or_default().push(row as u32);
        }
        for (hash, rows) in &model {
            for row in rows {
                prop_assert_eq!(index.find(*hash, |found| (found == *row).then_some(found)), Some(*row));
            }
            prop_assert_eq!(index.find(*hash, |_| None::<u32>), None);
        }
        let hash = asked << 58 | asked;
        prop_assert_eq!(index.find(hash, Some).is_some(), model.contains_key(&hash));
    }
}
