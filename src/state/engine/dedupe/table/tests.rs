//! The table against a plain list: it knows each id from insert to remove, and no other.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

/// Ids in pairs with the same mark.
fn id_of(group: u128, id: u128) -> u128 {
    (group << 126) | (id / 2) | ((id % 2) << 64)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Compares with a queue. Few different ids in few groups, so that groups are full and marks equal.
    #[test]
    fn knows_every_id_from_insert_to_remove(
        ids in proptest::collection::vec((0..4_u128, 0..40_u128).prop_map(|(group, id)| id_of(group, id)), 0..400),
        window in 1..80_usize,
        asked in 0..40_u128,
    ) {
        let mut table = Table::new(34);
        let mut model = VecDeque::new();
        for (row, id) in ids.iter().enumerate() {
            table.insert(*id, row as u32);
            model.push_back((*id, row as u32));
            if model.len() > window {
                let (id, row) = model.pop_front().unwrap();
                table.remove(id, row);
            }
            let asked = id_of(*id >> 126, asked);
            let is_there = |asked: u128| model.iter().any(|(id, _)| *id == asked);
            let finds = |asked: u128| table.contains(asked, |row| {
                model.iter().any(|(id, other)| *id == asked && *other == row)
            });
            prop_assert_eq!(finds(*id), is_there(*id));
            prop_assert_eq!(finds(asked), is_there(asked));
        }
        for (id, row) in model {
            table.remove(id, row);
        }
        prop_assert!(table.spilled.is_empty());
        prop_assert!(table.marks.iter().all(|marks| *marks == [FREE; GROUP + 1]));
    }
}
