//! The bound on label values, and the table after a restore.

use super::*;

#[test]
fn values_over_the_bound_are_refused_and_known_ones_stay() {
    let mut labels = Labels::default();
    let first = labels.admit(0, Open::Queue, "billing", 2, false);
    labels.admit(0, Open::Queue, "fraud", 2, false);
    assert_eq!(labels.admit(0, Open::Queue, "third", 2, false), None);
    assert_eq!(labels.admit(0, Open::Queue, "billing", 2, false), first);
    assert!(labels.admit(0, Open::Queue, "declared", 2, true).is_some());
    assert!(labels.admit(1, Open::Queue, "third", 2, false).is_some(), "another system has its own bound");
}

#[test]
fn a_restored_table_knows_what_it_knew() {
    let mut labels = Labels::default();
    let billing = labels.admit(0, Open::Queue, "billing", 1, false);
    let bytes = postcard::to_stdvec(&labels).unwrap();
    let mut restored: Labels = postcard::from_bytes(&bytes).unwrap();
    restored.rebuild();
    assert_eq!(restored.admit(0, Open::Queue, "billing", 1, false), billing);
    assert_eq!(restored.admit(0, Open::Queue, "fraud", 1, false), None);
}
