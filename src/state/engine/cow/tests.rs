//! A snapshot is unchanged by later writes, and shares the chunks that nobody wrote.

use super::*;

#[test]
fn a_snapshot_keeps_its_values_while_the_original_changes() {
    let mut live: CowVec<u64> = (0..1_000).collect();
    live.share();
    let snapshot = live.clone();
    *live.get_mut(999).unwrap() = 7;
    live.push(1);
    assert_eq!((snapshot.get(999), snapshot.len()), (Some(&999), 1_000));
    assert_eq!((live.get(999), live.get(1_000)), (Some(&7), Some(&1)));
}

#[test]
fn a_snapshot_shares_every_chunk_except_the_ones_written_later() {
    let mut live: CowVec<u64> = (0..1_000).collect();
    live.share();
    let snapshot = live.clone();
    *live.get_mut(300).unwrap() = 7;
    let at = |vec: &CowVec<u64>, index| std::ptr::from_ref(vec.get(index).unwrap());
    let same = [0, 256, 512, 999].map(|index| at(&live, index) == at(&snapshot, index));
    assert_eq!(same, [true, false, true, true]);
}
