//! What the page says about each signal, by samples of one system.

use super::links::Links;
use super::samples::{Graded, Samples};
use crate::event::Timestamp;
use crate::state::engine::family::{Buckets, Number, Sink, Type};

const HOST: &str = "day90.internal:9791";
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn page(samples: &Samples) -> String {
    super::html(samples, &Links::default(), HOST, NOW)
}

/// A family with its samples: label values, then the number.
fn with(samples: &mut Samples, family: &str, labels: &[&str], series: &[(&[&str], f64)]) {
    samples.family(family, Type::Gauge, "", labels);
    series.iter().for_each(|(values, number)| samples.sample(values, Number::Float(*number)));
}

fn seconds_ago(seconds: f64) -> f64 {
    NOW.as_seconds_f64() - seconds
}

/// A check of preflight, and whether it passes.
fn check(samples: &mut Samples, system: &str, item: &str, check: &str, passes: f64) {
    let labels = ["system", "item", "check", "stage"];
    with(samples, "day90_preflight_check", &labels, &[(&[system, item, check, "current"], passes)]);
}

/// The page of one family.
fn page_of(family: &str, labels: &[&str], series: &[(&[&str], f64)]) -> String {
    let mut samples = Samples::default();
    with(&mut samples, family, labels, series);
    page(&samples)
}

#[track_caller]
fn says(page: &str, text: &str) {
    assert!(page.contains(text), "the page doesn't say {text:?}:\n{}", page.split("</style>").nth(1).unwrap_or(page));
}

#[test]
fn nothing_that_was_sent_becomes_markup() {
    let evil = r#"<script>alert("1")</script>&'"#;
    let mut samples = Samples::default();
    with(&mut samples, "day90_escalations_total", &["system", "queue", "reason"], &[(&["a", evil, evil], 1.0)]);
    with(&mut samples, "day90_behavior_info", &["system", "kind", "version"], &[(&["a", evil, evil], 1.0)]);
    with(&mut samples, "day90_owner_info", &["system", "owner", "contact"], &[(&["a", evil, evil], 1.0)]);
    with(&mut samples, "day90_inputs_total", &["system", "input", "result"], &[(&["a", evil, "ok"], 1.0)]);
    with(&mut samples, "day90_tasks_total", &["system"], &[(&[evil], 1.0)]);
    let page = page(&samples);
    assert!(!page.contains("<script"), "{page}");
    says(&page, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;");
}

#[test]
fn asks_nobody_else_for_anything() {
    let page = page(&Samples::default());
    for outside in ["src=", "@import", "url(", "<link", "href=\"http", "<script"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn an_empty_day90_says_how_to_begin() {
    let mut samples = Samples::default();
    // What all undeclared systems share is no system.
    with(&mut samples, "day90_dedupe_window_ids", &["system"], &[(&["other"], 0.0)]);
    let page = page(&samples);
    says(&page, "Waiting for the first event");
    says(&page, "curl -sS http://day90.internal:9791/v1/events");
}

#[test]
fn a_quiet_system_is_calm() {
    let page = page_of("day90_escalations_unacknowledged", &["system", "queue"], &[(&["a", "q"], 0.0)]);
    says(&page, "All calm");
}

#[test]
fn an_escalation_that_nobody_took_leads_the_page() {
    let mut samples = Samples::default();
    with(&mut samples, "day90_escalations_unacknowledged", &["system", "queue"], &[(&["a", "q"], 2.0)]);
    let oldest = "day90_escalation_oldest_unacknowledged_timestamp_seconds";
    with(&mut samples, oldest, &["system", "queue"], &[(&["a", "q"], seconds_ago(1800.0))]);
    let page = page(&samples);
    says(&page, "One system needs somebody");
    says(&page, "waiting for somebody for 30 min");
}

#[test]
fn a_spike_says_how_much_and_since_when() {
    let mut samples = Samples::default();
    for (family, value) in [
        ("day90_escalation_spike", 1.0),
        ("day90_escalation_recent_ratio", 0.118),
        ("day90_escalation_baseline_ratio", 0.039),
    ] {
        with(&mut samples, family, &["system"], &[(&["a"], value)]);
    }
    let hours = page(&samples);
    says(&hours, "Escalations spike: 425 an hour, usually 140 an hour at this hour");
    assert!(!hours.contains("12 %"), "without tasks it is no part of anything");
    with(&mut samples, "day90_tasks_total", &["system", "action"], &[(&["a", "x"], 150.0)]);
    samples.onsets.insert("a".to_owned(), (seconds_ago(560.0), seconds_ago(540.0)));
    let sure = page(&samples);
    says(&sure, "Escalations spike: 11.8 %, usually 3.9 % at this hour, since about 9 min ago. Why: day90 explain a");
    samples.onsets.insert("a".to_owned(), (seconds_ago(540.0), seconds_ago(9.0)));
    says(&page(&samples), "at this hour, since 9 s to 9 min ago. Why: day90 explain a");
}

#[test]
fn what_is_declared_and_does_not_hold_is_a_finding_with_its_evidence() {
    let mut samples = Samples::default();
    with(&mut samples, "day90_tasks_total", &["system"], &[(&["a"], 3.0)]);
    let lapsed = [
        ("data_quality", "fresh", "crm: its last check was stale, 2 h ago"),
        // The page has its own words for this one.
        ("monitoring", "reporting", "user_trust is silent"),
    ];
    let owned = |(item, check, evidence): (&str, &str, &str)| (item.to_owned(), check.to_owned(), evidence.to_owned());
    let graded = Graded { verdict: "not operated: data quality".into(), lapsed: lapsed.map(owned).into() };
    samples.graded.insert("a".into(), graded);
    let page = page(&samples);
    says(&page, "Data quality, fresh: crm: its last check was stale, 2 h ago.");
    says(&page, "not operated: data quality");
    assert!(!page.contains("user_trust is silent"));
}

#[test]
fn the_page_says_of_which_days_its_counts_are() {
    let words = |since| page(&Samples::since(since));
    says(&words(None), "counts, ratios and durations: all so far");
    let midnight = NOW.nanos().div_euclid(86_400_000_000_000) * 86_400_000_000_000;
    let days_ago = |days: i64| Some(Timestamp::from_nanos(midnight - days * 86_400_000_000_000));
    says(&words(days_ago(29)), "counts, ratios and durations: the last 30 days");
    says(&words(days_ago(3)), "counts, ratios and durations: since 2027-01-12");
}

#[test]
fn the_ratio_is_of_all_tasks() {
    let mut samples = Samples::default();
    with(&mut samples, "day90_tasks_total", &["system", "action"], &[(&["a", "x"], 150.0), (&["a", "y"], 50.0)]);
    with(&mut samples, "day90_escalations_total", &["system", "queue", "reason"], &[(&["a", "q", "low"], 10.0)]);
    let page = page(&samples);
    says(&page, "<b>5.0 %</b><span>escalated</span>");
    says(&page, "<dt>why</dt><dd class=\"plain\">low 10");
}

#[test]
fn reviews_tell_load_and_overrides() {
    let labels = ["system", "queue", "decision"];
    let decisions: [(&[&str], f64); 3] =
        [(&["a", "q", "approved"], 80.0), (&["a", "q", "edited"], 15.0), (&["a", "q", "rejected"], 5.0)];
    says(&page_of("day90_reviews_total", &labels, &decisions), "<dt>overridden</dt><dd class=\"plain\">20 %");
    says(&page_of("day90_reviews_open", &["system", "queue"], &[(&["a", "q"], 4.0)]), "<b>4</b><span>reviews open");
}

#[test]
fn latency_comes_from_the_buckets() {
    let mut samples = Samples::default();
    samples.family("day90_task_duration_seconds", Type::Histogram, "", &["system", "action", "outcome"]);
    let buckets =
        Buckets { bounds: &[1.0, 2.0, 4.0], counts: &[0, 90, 10, 0], sum: Number::Float(180.0), ..Buckets::default() };
    samples.histogram(&["a", "x", "completed"], buckets);
    says(&page(&samples), "<b>3 s</b><span>task p95</span><small>median 1.6 s</small>");
}

#[test]
fn changes_tell_versions_and_approvals() {
    let mut samples = Samples::default();
    with(&mut samples, "day90_behavior_info", &["system", "kind", "version"], &[(&["a", "prompt", "v8"], 1.0)]);
    with(
        &mut samples,
        "day90_change_last_timestamp_seconds",
        &["system", "kind"],
        &[(&["a", "prompt"], seconds_ago(90.0))],
    );
    with(
        &mut samples,
        "day90_changes_total",
        &["system", "kind", "approval"],
        &[(&["a", "prompt", "unapproved"], 1.0)],
    );
    check(&mut samples, "a", "behavior_changes", "approved", 0.0);
    let page = page(&samples);
    says(&page, "<dt>prompt</dt><dd class=\"plain\">v8 <small>changed 90 s ago");
    says(&page, "A version in force was approved by nobody but its author, or by nobody. Which: day90 preflight a");
    says(&page, "<dt>unapproved</dt><dd class=\"watch\">1");
}

/// Case R1: red lines of what happened long ago never went, while preflight passed.
#[test]
fn findings_end_with_the_checks_of_preflight() {
    let violations = ["system", "action", "declared", "attempted", "allowed"];
    for (family, labels, values, item, name) in [
        (
            "day90_boundary_violations_total",
            &violations[..],
            &["a", "close", "never", "decide", "true"][..],
            "boundaries",
            "respected",
        ),
        ("day90_escalations_unrouted_total", &["system", "reason"], &["a", "none"], "exception_path", "routed"),
        (
            "day90_changes_total",
            &["system", "kind", "approval"],
            &["a", "prompt", "unapproved"],
            "behavior_changes",
            "approved",
        ),
        ("day90_rollbacks_total", &["system", "result", "drill"], &["a", "failed", "false"], "rollback", "succeeded"),
    ] {
        for (passes, marks) in [(1.0, false), (0.0, true)] {
            let mut samples = Samples::default();
            with(&mut samples, family, labels, &[(values, 2.0)]);
            check(&mut samples, "a", item, name, passes);
            let page = page(&samples);
            let marked = page.contains("<dd class=\"watch\">2") || page.contains("<dd class=\"bad\">2");
            assert_eq!(marked, marks, "{family} where {name} is {passes}");
            assert_eq!(page.contains("<ul class=\"findings\">"), marks && item != "rollback", "{family} {passes}");
        }
    }
}

#[test]
fn the_worst_system_comes_first() {
    let mut samples = Samples::default();
    with(&mut samples, "day90_fallback_active", &["system"], &[(&["a"], 0.0), (&["b"], 0.0), (&["c"], 1.0)]);
    let page = page(&samples);
    let at = |system: &str| page.find(&format!("</i>{system}</h2>")).unwrap_or_else(|| panic!("{system} in {page}"));
    assert!(at("c") < at("a") && at("a") < at("b"), "{page}");
}

/// Case R3: preflight said day 90, and the page day 91.
#[test]
fn the_day_of_the_launch_is_day_0() {
    for (launched, day) in [(90.4, "day 90"), (0.5, "day 0"), (-2.5, "in 3 days")] {
        let at = seconds_ago(launched * 86_400.0);
        let page = page_of("day90_system_launch_timestamp_seconds", &["system"], &[(&["a"], at)]);
        says(&page, &format!("<small>{day}"));
    }
}

/// Case R2: one acknowledgement after 8 ms was "7.5 s, p95 14 s".
#[test]
fn a_few_observations_have_a_mean_and_their_number() {
    let mut samples = Samples::default();
    samples.family("day90_escalation_acknowledge_seconds", Type::Histogram, "", &["system", "queue"]);
    let buckets =
        Buckets { bounds: &[15.0, 60.0], counts: &[19, 0, 0], sum: Number::Float(19.0 * 0.008), ..Buckets::default() };
    samples.histogram(&["a", "q"], buckets);
    says(&page(&samples), "<dt>acknowledged in</dt><dd class=\"plain\">8.0 ms <small>mean of 19");
    samples.histogram(&["a", "r"], Buckets { counts: &[1, 0, 0], sum: Number::Float(0.008), ..buckets });
    says(&page(&samples), "<small>p95 14");
}

#[test]
fn rollbacks_and_fallback_are_seen() {
    let labels = ["system", "trigger", "to", "result", "drill"];
    let failed: [(&[&str], f64); 1] = [(&["a", "alert", "previous_version", "failed", "false"], 1.0)];
    says(&page_of("day90_rollbacks_total", &labels, &failed), "<dt>failed</dt><dd class=\"plain\">1");
    says(&page_of("day90_fallback_active", &["system"], &[(&["a"], 1.0)]), "previous process has been doing the work");
}

#[test]
fn trust_is_a_lower_bound() {
    let labels = ["system", "signal", "polarity"];
    let few: [(&[&str], f64); 1] = [(&["a", "thumbs", "positive"], 3.0)];
    says(&page_of("day90_feedback_total", &labels, &few), "<b>44 %</b><span>trust, at least</span>");
}

#[test]
fn an_overstepped_boundary_is_shown() {
    let labels = ["system", "action", "declared", "attempted", "allowed"];
    let once: [(&[&str], f64); 1] = [(&["a", "account.close", "never", "decide", "true"], 1.0)];
    let mut samples = Samples::default();
    with(&mut samples, "day90_boundary_violations_total", &labels, &once);
    check(&mut samples, "a", "boundaries", "respected", 0.0);
    says(&page(&samples), "A boundary was overstepped in the last 30 days, and it took effect.");
}

#[test]
fn inputs_tell_their_issues() {
    let labels = ["system", "input", "result"];
    let checks: [(&[&str], f64); 2] = [(&["a", "crm", "ok"], 9.0), (&["a", "crm", "stale"], 1.0)];
    let page = page_of("day90_inputs_total", &labels, &checks);
    says(&page, "<dt>crm</dt><dd class=\"watch\">90 % ok");
    says(&page, "stale 1");
}

#[test]
fn upkeep_tells_hours_cost_and_evaluations() {
    let mut samples = Samples::default();
    with(&mut samples, "day90_cost_total", &["system", "kind", "currency"], &[(&["a", "inference", "EUR"], 1234.5)]);
    with(
        &mut samples,
        "day90_evaluation_last_timestamp_seconds",
        &["system", "suite"],
        &[(&["a", "golden"], seconds_ago(60.0))],
    );
    with(&mut samples, "day90_maintenance_seconds_total", &["system", "activity"], &[(&["a", "update"], 7200.0)]);
    let page = page(&samples);
    for text in ["1,234 EUR", "evaluation golden", "update 2 h"] {
        says(&page, text);
    }
}

#[test]
fn the_owner_is_shown_under_the_name_and_so_is_a_lapse() {
    let mut samples = Samples::default();
    with(
        &mut samples,
        "day90_owner_info",
        &["system", "owner", "contact"],
        &[(&["a", "payments-ops", "#payments-ops"], 1.0)],
    );
    with(
        &mut samples,
        "day90_owner_attestation_expires_timestamp_seconds",
        &["system"],
        &[(&["a"], seconds_ago(7200.0))],
    );
    let page = page(&samples);
    says(&page, "payments-ops · #payments-ops");
    says(&page, "attestation lapsed 2 h ago");
}

#[test]
fn a_journal_that_cannot_be_written_is_the_headline() {
    says(&page_of("day90_journal_writable", &[], &[(&[], 0.0)]), "day90 cannot do its work");
}

#[test]
fn the_footer_tells_of_itself() {
    let page = page_of("day90_events_total", &["type", "source"], &[(&["task.completed", "http"], 1500.0)]);
    says(&page, "<dt>events</dt><dd class=\"plain\">1,500 <small>0 duplicate, 0 rejected");
    says(&page, "href=\"metrics\"");
}

#[test]
fn a_finding_leads_to_its_runbook_and_a_system_to_its_links() {
    let mut samples = Samples::default();
    with(&mut samples, "day90_escalation_spike", &["system"], &[(&["a"], 1.0)]);
    says(&page(&samples), "day90 explain a. <a href=\"runbooks/Day90EscalationSpike\">runbook</a>");
    let links = [("a \"dash\"".to_owned(), "https://g/d?a={system}&b".to_owned())];
    let server = crate::config::Server {
        runbooks: Some("https://wiki/".to_owned()),
        links: links.into(),
        ..crate::config::Server::default()
    };
    let page = super::html(&samples, &Links::of(&server), HOST, NOW);
    says(&page, "<a href=\"https://wiki/Day90EscalationSpike\">runbook</a>");
    says(&page, "<p class=\"links\"><a href=\"https://g/d?a=a&amp;b\">a &quot;dash&quot;</a></p>");
}

#[test]
fn a_rise_can_be_accepted_while_its_page_is_open_and_while_nobody_has_answered() {
    let rise = |page: f64, new_normal: f64| {
        let mut samples = Samples::default();
        with(&mut samples, "day90_escalation_spike", &["system"], &[(&["a"], page)]);
        let state = "day90_escalation_spike_state";
        with(&mut samples, state, &["system", "state"], &[(&["a", "new_normal"], new_normal)]);
        self::page(&samples)
    };
    let button = "<form method=\"post\" action=\"api/v1/accept?system=a\"><button>Accept as usual</button></form>";
    for (page, new_normal) in [(1.0, 0.0), (1.0, 1.0), (0.0, 1.0)] {
        let shown = rise(page, new_normal);
        assert_eq!(shown.matches(button).count(), 1, "page {page}, new normal {new_normal}: {shown}");
        assert_eq!(shown.contains("day90 accept a"), new_normal > 0.0, "a person is asked after a day");
    }
    assert!(!rise(0.0, 0.0).contains("<form"), "there is nothing to accept");
}

#[test]
fn every_finding_has_a_runbook_that_is_served() {
    let mut samples = Samples::default();
    for (family, number) in [
        ("day90_escalation_spike", 1.0),
        ("day90_escalations_unacknowledged", 1.0),
        ("day90_escalation_oldest_unacknowledged_timestamp_seconds", seconds_ago(9_000.0)),
        ("day90_fallback_active", 1.0),
        ("day90_rollbacks_in_progress", 1.0),
        ("day90_owner_attestation_expires_timestamp_seconds", seconds_ago(9_000.0)),
        ("day90_last_event_timestamp_seconds", seconds_ago(9_000.0)),
    ] {
        with(&mut samples, family, &["system"], &[(&["a"], number)]);
    }
    with(&mut samples, "day90_boundary_violations_total", &["system", "allowed"], &[(&["a", "true"], 1.0)]);
    with(&mut samples, "day90_escalations_unrouted_total", &["system"], &[(&["a"], 1.0)]);
    for (item, name) in [
        ("behavior_changes", "approved"),
        ("boundaries", "respected"),
        ("exception_path", "routed"),
        ("monitoring", "reporting"),
    ] {
        check(&mut samples, "a", item, name, 0.0);
    }
    for (family, number) in [
        ("day90_journal_writable", 0.0),
        ("day90_config_last_reload_successful", 0.0),
        ("day90_series_limited_total", 1.0),
    ] {
        with(&mut samples, family, &[], &[(&[], number)]);
    }
    let status = super::status(&samples, &Links::default(), NOW);
    let needs: Vec<_> = status.systems.iter().flat_map(|it| &it.attention).chain(&status.attention).collect();
    assert_eq!(needs.len(), 12, "{needs:?}");
    for need in needs {
        let name = need.runbook.as_deref().and_then(|at| at.strip_prefix("runbooks/")).unwrap_or_default();
        assert!(super::runbooks::named(name).is_some(), "{need:?}");
    }
}

#[test]
fn the_status_is_what_the_page_shows_first() {
    let mut samples = Samples::default();
    with(&mut samples, "day90_escalations_open", &["system", "queue"], &[(&["a", "q"], 3.0), (&["b", "q"], 1.0)]);
    with(&mut samples, "day90_escalations_unacknowledged", &["system", "queue"], &[(&["b", "q"], 1.0)]);
    let oldest = "day90_escalation_oldest_unacknowledged_timestamp_seconds";
    with(&mut samples, oldest, &["system", "queue"], &[(&["b", "q"], seconds_ago(1_800.0))]);
    with(&mut samples, "day90_system_launch_timestamp_seconds", &["system"], &[(&["a"], seconds_ago(90.4 * 86_400.0))]);
    let status = super::status(&samples, &Links::default(), NOW);
    assert_eq!(status.headline, "One system needs somebody");
    let [worst, calm] = &status.systems[..] else { panic!("{status:?}") };
    assert_eq!((worst.system.as_str(), worst.tone.as_str(), worst.day), ("b", "bad", None));
    assert_eq!((worst.open.unacknowledged, worst.open.waited_seconds), (1, Some(1_800.0)));
    assert_eq!(
        (calm.tone.as_str(), calm.day, calm.open.escalations, calm.open.waited_seconds),
        ("good", Some(90), 3, None)
    );
}
