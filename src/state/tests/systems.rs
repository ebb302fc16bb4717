//! Systems that vanish, are ended, and get other names; and what is kept for those that are declared.

use std::collections::BTreeMap;

use super::harness::*;
use crate::config::Model;
use crate::config::model::{Bounds, System};
use crate::event::time::{DAY, HOUR};
use crate::event::{Body, Event, Kind, Mode, Reason, TaskOutcome};
use crate::state::engine::dedupe::SeenId;

/// A model with these systems, each with the names that it formerly had.
fn systems(systems: &[(&str, &[&str])]) -> Model {
    let formerly = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let system = |names| System { formerly: formerly(names), ..System::default() };
    let systems = systems.iter().map(|(name, names)| ((*name).to_owned(), system(names)));
    Model { systems: systems.collect(), ..Model::default() }
}

fn removing(name: &str) -> Model {
    Model { removed: [name.to_owned()].into(), ..Model::default() }
}

fn of(system: &'static str, event: Event<'static>) -> Event<'static> {
    Event { system: system.into(), ..event }
}

fn task(id: &'static str) -> Event<'static> {
    let (action, outcome, mode) = ("a".into(), TaskOutcome::Completed, Mode::Decide);
    let body = Body::TaskCompleted { action, outcome, mode, duration_seconds: None, version: None };
    Event { id: Some(id.into()), ..event("c", 0, body) }
}

/// Every sample of a system by its spelling without the system.
fn samples_of(fold: &Fold, system: &str) -> BTreeMap<String, f64> {
    let mark = if system == "agent" { String::new() } else { format!("system={system}") };
    let of_it = |name: &str| if mark.is_empty() { !name.contains("system=") } else { name.contains(&mark) };
    let mut all = fold.samples().all;
    all.retain(|name, _| of_it(name) && name.contains("escalation") && !name.starts_with("day90_memory"));
    all.into_iter().map(|(name, value)| (name.replace(&format!("{mark},"), "").replace(&mark, ""), value)).collect()
}

#[test]
fn a_system_that_vanishes_from_the_file_keeps_its_state_undeclared() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).take(event("none", 0, Body::FallbackEnded { reason: None }));
    fold.expect("day90_system_declared", 1.0).configure(Model::default());
    for mut fold in [fold.restarted(), fold] {
        fold.expect("day90_system_declared", 0.0)
            .expect("day90_escalations_open{queue=billing}", 1.0)
            .expect("day90_escalations_total{queue=billing,reason=low_confidence}", 1.0);
        fold.take(resolved("c-1", 60)).expect("day90_escalations_open{queue=billing}", 0.0);
        fold.configure(routed()).expect("day90_system_declared", 1.0);
        fold.expect("day90_escalation_resolve_seconds_count{queue=billing,outcome=upheld}", 1.0);
    }
}

#[test]
fn deadlines_of_a_vanished_system_that_are_fixed_still_pass() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).configure(Model::default()).advance(HOUR);
    fold.expect("day90_escalation_deadline_missed_total{queue=billing,stage=acknowledge}", 1.0);
}

#[test]
fn a_system_that_was_never_declared_has_no_series_for_that() {
    let mut fold = Fold::new();
    fold.take(opened("c-1", 0)).expect_none("day90_system_declared");
}

#[test]
fn events_of_a_removed_system_are_refused() {
    let mut fold = Fold::with(routed());
    fold.take(opened("c-1", 0)).configure(removing("agent")).expect_none("day90_system_declared");
    let refused = fold.state.refuse_removed(&opened("c-2", 0)).unwrap_err();
    assert_eq!((refused.reason, refused.system.as_deref()), (Reason::Removed, Some("agent")));
    assert_eq!(fold.state.refuse_removed(&of("agent-2", opened("c-2", 0))), Ok(()));
    fold.configure(Model::default());
    assert_eq!(fold.state.refuse_removed(&opened("c-2", 0)), Ok(()));
    fold.take(opened("c-2", 0)).expect("day90_escalations_open{queue=billing}", 1.0);
}

#[test]
fn the_state_of_a_former_name_goes_on_under_the_new_one() {
    let mut fold = Fold::with(systems(&[("bot", &[])]));
    let mut twin = Fold::with(systems(&[("agent", &[])]));
    let before = [opened("c-1", 0), opened("c-2", 0), acknowledged("c-3", 0), opened("c-4", 0), resolved("c-4", 5)];
    for event in before {
        twin.take(event.clone());
        fold.take(of("bot", event));
    }
    fold.configure(systems(&[("agent", &["bot"])]));
    assert_eq!(samples_of(&fold, "agent"), samples_of(&twin, "agent"));
    assert!(samples_of(&fold, "bot").is_empty());
    // Both names find the cases, before and after a restart.
    let after = [
        ("bot", acknowledged("c-1", 60)),
        ("agent", resolved("c-1", 90)),
        ("agent", resolved("c-2", 90)),
        ("bot", opened("c-3", 0)),
        ("agent", resolved("c-4", 9)),
        ("agent", opened("c-4", 100)),
        ("bot", resolved("c-4", 120)),
    ];
    for (at, (sent_as, event)) in after.into_iter().enumerate() {
        if at == 3 {
            fold = fold.restarted();
        }
        twin.take(event.clone());
        fold.take(of(sent_as, event));
        assert_eq!(samples_of(&fold, "agent"), samples_of(&twin, "agent"), "{at}");
    }
    fold.advance(DAY);
    twin.advance(DAY);
    assert_eq!(samples_of(&fold, "agent"), samples_of(&twin, "agent"));
}

#[test]
fn a_case_of_a_renamed_system_is_forgotten_by_either_name() {
    for asked in [None, Some("bot"), Some("agent")] {
        let mut fold = Fold::with(systems(&[("bot", &[])]));
        fold.take(of("bot", opened("c-1", 0))).configure(systems(&[("agent", &["bot"])]));
        fold.take(requested("c-1", 0));
        assert_eq!(fold.forget("c-1", asked), 3, "{asked:?}: an escalation, a review, and that the case was escalated");
        assert_eq!(fold.state.snapshot().cases(None, 0, 10).1, 0);
    }
}

#[test]
fn two_states_never_become_one() {
    let mut fold = Fold::with(systems(&[("bot", &[]), ("agent", &[])]));
    let renamed = systems(&[("agent", &["bot"])]);
    assert_eq!(fold.state.conflict(&renamed), None, "nothing came of either");
    fold.take(of("bot", opened("c-1", 0)));
    assert_eq!(fold.state.conflict(&renamed), None);
    fold.take(opened("c-1", 0));
    assert!(fold.state.conflict(&renamed).is_some());
    assert_eq!(fold.state.conflict(&systems(&[("agent", &[])])), None);
    // Where it comes into force all the same, both go on.
    fold.configure(renamed).take(of("bot", opened("c-2", 0)));
    fold.expect("day90_escalations_open{queue=billing}", 1.0);
    fold.expect("day90_escalations_open{system=bot,queue=billing}", 2.0);
}

#[test]
fn an_id_goes_by_the_name_as_it_was_sent() {
    let mut fold = Fold::with(systems(&[("bot", &[])]));
    fold.take(of("bot", task("1"))).configure(systems(&[("agent", &["bot"])]));
    let seen = |fold: &Fold, event: &Event<'_>| fold.state.have_seen(&[fold.state.id_of(event)])[0];
    assert!(seen(&fold, &of("bot", task("1"))) && !seen(&fold, &task("1")));
}

#[test]
fn one_id_of_two_types_is_two_events() {
    let mut fold = Fold::new();
    let escalation = Event { id: Some("req-7".into()), ..opened("c", 0) };
    fold.take(task("req-7"));
    let ids = [&task("req-7"), &escalation].map(|event| fold.state.id_of(event));
    assert_eq!(fold.state.have_seen(&ids), [true, false]);
}

#[test]
fn an_id_that_an_earlier_release_took_matches_any_type() {
    let mut fold = Fold::new();
    assert!(!fold.state.has_first_ids());
    let id = fold.state.first_id_of(&task("1")).unwrap();
    fold.state.remember(&[SeenId { id, system: None, received: START }]);
    let opening = Event { id: Some("1".into()), ..opened("c", 0) };
    for mut fold in [fold.restarted(), fold] {
        assert!(fold.state.has_first_ids() && fold.state.had_seen(&task("1")) && fold.state.had_seen(&opening));
        assert!(!fold.state.had_seen(&Event { source: Some("elsewhere".into()), ..task("1") }));
        assert!(!fold.state.had_seen(&Event { id: None, ..task("1") }));
        fold.configure(Model { limits: Bounds { dedupe_ids: 1, ..Bounds::default() }, ..Model::default() });
        fold.take(task("2"));
        assert!(!fold.state.has_first_ids() && !fold.state.had_seen(&task("1")), "until it leaves the window");
    }
}

#[test]
fn the_window_of_ids_is_shown_by_declared_system() {
    let mut fold = Fold::with(systems(&[("agent", &[]), ("clerk", &[])]));
    fold.take(task("1")).take(of("heard-of", task("2"))).take(of("heard-of", task("3"))).advance(HOUR);
    fold.expect("day90_dedupe_window_ids", 1.0)
        .expect("day90_dedupe_window_ids{system=clerk}", 0.0)
        .expect("day90_dedupe_window_ids{system=other}", 2.0)
        .expect("day90_dedupe_window_seconds", 3_600.0)
        .expect_none("day90_dedupe_window_seconds{system=clerk}")
        .expect("day90_dedupe_window_seconds{system=other}", 3_600.0);
}

/// The defaults at 256 MiB, where openings end at the bound of bytes.
#[test]
fn a_flood_under_undeclared_names_leaves_room_for_declared_systems_after_a_restart_too() {
    let limits = Bounds { state_bytes: 60 << 20, ..Bounds::default() };
    let mut fold = Fold::with(Model { limits, ..systems(&[("agent", &[])]) });
    let flood = |fold: &mut Fold, prefix: &str, system: &'static str| {
        (0_usize..).find(|number| {
            let event = of(system, opened(&format!("{prefix}-{number}"), 0));
            let refused = fold.admit(&event).is_err();
            if !refused {
                fold.take(event);
            }
            refused
        })
    };
    let flooded = flood(&mut fold, "f", "some-name").unwrap();
    assert!(flooded > 50_000, "half of the bytes: {flooded}");
    let mut fold = fold.restarted();
    assert_eq!(fold.admit(&of("other-name", opened("c", 0))).unwrap_err().reason, Reason::Memory);
    let own = flood(&mut fold, "c", "agent").unwrap();
    assert!(own.abs_diff(flooded) <= 1, "{own} {flooded}");
    assert_eq!(fold.admit(&requested("r", 0)), Ok(()), "and other kinds have room in the share");
}

#[test]
fn the_kind_of_an_event_is_part_of_its_identity_only_once() {
    let fold = Fold::new();
    let event = task("1");
    assert_eq!(fold.state.id_of(&event), fold.state.key().hash("agent", Kind::TaskCompleted, "1"));
    assert_eq!(fold.state.id_of(&Event { source: Some("agent".into()), ..event }), fold.state.id_of(&task("1")));
}
