//! What day90's own metrics show, and that each is declared once.

use std::time::Duration;

use super::*;
use crate::event::{Inlet, Kind, Reason, Timestamp};
use crate::expose::text::Text;
use crate::state::engine::family::Family;

fn rendered(telemetry: &Telemetry) -> String {
    let mut text = Text::new();
    telemetry.visit(&mut text);
    String::from_utf8(text.into_bytes()).expect("UTF-8")
}

#[test]
fn counters_begin_at_0_and_gauges_when_there_is_something_to_say() {
    let text = rendered(&Telemetry::new());
    for line in [
        "day90_ingest_requests_total{code=\"202\"} 0\n",
        "day90_events_rejected_total{reason=\"missing_field\",source=\"http\",system=\"other\",type=\"unknown\"} 0\n",
        "day90_events_duplicate_total{source=\"kafka\"} 0\n",
        "day90_connections_closed_total{reason=\"head\"} 0\n",
        "day90_ingest_acknowledge_seconds_count 0\n",
        "day90_scrape_seconds_bucket{format=\"text\",le=\"+Inf\"} 0\n",
        "day90_build_info{",
        "process_resident_memory_bytes ",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for name in ["day90_journal_writable", "day90_journal_bytes", "day90_journal_checkpoint", "day90_config"] {
        assert!(!text.contains(&format!("\n{name}")), "{name} is there though nothing was seen");
    }
}

#[test]
fn what_was_reported_is_shown() {
    let telemetry = Telemetry::new();
    telemetry.request(202, Duration::from_millis(3));
    telemetry.request(413, Duration::from_millis(3));
    telemetry.rejected(Inlet::File, Reason::Time, None, None, 2);
    telemetry.rejected(Inlet::Kafka, Reason::OpenCases, Some(Kind::EscalationOpened), Some("refund-agent"), 4);
    telemetry.duplicates(Inlet::Http, 5);
    telemetry.journal(4_096, 2, 900, 5_000);
    telemetry.space(Space { limit: 1 << 30, free: Some(7_000), reserve: 3_000 });
    telemetry.journal_synced(Duration::from_micros(700));
    telemetry.checkpoint(Timestamp::from_nanos(1_795_413_000_500_000_000));
    telemetry.journal_writable(false);
    telemetry.config_reloaded(true, Timestamp::from_seconds(1_795_413_000));
    telemetry.config_reloaded(false, Timestamp::from_seconds(1_795_413_999));
    let text = rendered(&telemetry);
    for line in [
        "day90_ingest_requests_total{code=\"413\"} 1\n",
        "day90_ingest_acknowledge_seconds_bucket{le=\"0.0025\"} 0\n",
        "day90_ingest_acknowledge_seconds_bucket{le=\"0.005\"} 1\n",
        "day90_ingest_acknowledge_seconds_sum 0.003\n",
        "day90_ingest_acknowledge_seconds_count 1\n",
        "day90_events_rejected_total{reason=\"time\",source=\"file\",system=\"other\",type=\"unknown\"} 2\n",
        "day90_events_rejected_total{reason=\"open_cases\",source=\"kafka\",system=\"refund-agent\",\
         type=\"escalation.opened\"} 4\n",
        "day90_events_duplicate_total{source=\"http\"} 5\n",
        "day90_journal_bytes 4096\n",
        "day90_journal_checkpoint_bytes 900\n",
        "day90_journal_used_bytes 5000\n",
        "day90_journal_limit_bytes 1073741824\n",
        "day90_disk_free_bytes 7000\n",
        "day90_disk_reserve_bytes 3000\n",
        "day90_journal_sync_seconds_bucket{le=\"0.0005\"} 0\n",
        "day90_journal_checkpoint_timestamp_seconds 1.7954130005e+09\n",
        "day90_journal_writable 0\n",
        "day90_config_last_reload_successful 0\n",
        "day90_config_last_reload_success_timestamp_seconds 1795413000\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

#[test]
fn every_family_is_declared_once_and_teaches() {
    let telemetry = Telemetry::new();
    telemetry.journal(1, 1, 1, 1);
    telemetry.space(Space { limit: 1, free: Some(1), reserve: 1 });
    telemetry.checkpoint(Timestamp::EPOCH);
    telemetry.journal_writable(true);
    telemetry.config_reloaded(true, Timestamp::EPOCH);
    telemetry.memory_limit(1);
    let text = rendered(&telemetry);
    for family in FAMILIES {
        let declared = format!("# TYPE {} {}\n", family.name, family.kind.as_str());
        assert_eq!(text.matches(&declared).count(), 1, "{declared}");
        assert!(family.help.len() > 40 && family.help.ends_with('.'), "{}: {}", family.name, family.help);
    }
}

#[test]
fn what_is_documented_of_the_process_is_what_there_is() {
    let text = rendered(&Telemetry::new());
    for Family { name, kind, help, .. } in PROCESS {
        let head = format!("# HELP {name} {help}\n# TYPE {name} {}\n{name} ", kind.as_str());
        assert!(text.contains(&head), "{head}");
    }
    assert_eq!(text.matches("# TYPE process_").count(), PROCESS.len());
}

#[test]
fn a_counter_that_was_just_seen_first_is_at_0_for_a_scraper() {
    let telemetry = Telemetry::new();
    telemetry.duplicates(Inlet::Http, 5);
    let shown = |seconds: i64, newborn: Option<i64>| {
        let mut text = Text::new();
        telemetry.visit_at(Timestamp::from_seconds(seconds), newborn, &mut text);
        let text = String::from_utf8(text.into_bytes()).expect("UTF-8");
        let line = text.lines().find(|line| line.starts_with("day90_events_duplicate_total{source=\"http\"}"));
        line.expect("it is there").rsplit(' ').next().map(str::to_owned)
    };
    let newborn = Some(65_000_000_000);
    assert_eq!(shown(1_000, None).as_deref(), Some("5"), "a person");
    assert_eq!(shown(1_064, newborn).as_deref(), Some("0"));
    assert_eq!(shown(1_065, newborn).as_deref(), Some("5"));
    assert_eq!(shown(500, newborn).as_deref(), Some("5"), "the clock was set back");
    assert_eq!(shown(2_000, newborn).as_deref(), Some("5"));
}
