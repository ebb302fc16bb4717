//! Times that are refused, and what their senders learn from that.

use super::*;

/// Received on 2026-11-23 at 09:00.
fn at(time: &str) -> Result<Timestamp, Rejection> {
    parse(&format!(r#"{{"type":"fallback.ended","system":"s","time":{time}}}"#)).map(|event| event.time)
}

fn refused(time: &str) -> (Reason, String) {
    let rejection = at(time).expect_err(time);
    assert_eq!(rejection.field.as_deref(), Some("time"));
    assert_eq!((rejection.kind, rejection.system.as_deref()), (Some(Kind::FallbackEnded), Some("s")));
    (rejection.reason, rejection.error)
}

#[test]
fn a_time_may_be_400_days_old_and_no_more() {
    assert!(at(r#""2025-10-19T09:00:00Z""#).is_ok());
    let (reason, error) = refused(r#""2025-10-19T08:59:59Z""#);
    assert_eq!(reason, Reason::Time);
    assert!(error.contains("400 days before it was received") && error.contains("limits.event_age"), "{error}");
    let short = Context { event_age: 2 * crate::event::time::HOUR, ..context() };
    let old = r#"{"type":"fallback.ended","system":"s","time":"2026-11-23T06:00:00Z"}"#;
    let error = json::parse(old, 1, &short).expect_err("an old event").error;
    assert!(error.contains("3 hours before") && error.contains("at most 2 hours"), "{error}");
}

#[test]
fn seconds_that_were_read_as_milliseconds_are_recognized() {
    for (time, unit) in [
        ("1970-01-21T13:00:00Z", "milliseconds"),
        ("1970-01-01T00:29:55.4Z", "microseconds"),
        ("1970-01-01T00:00:01.795Z", "nanoseconds"),
    ] {
        let (reason, error) = refused(&format!("\"{time}\""));
        assert_eq!(reason, Reason::Time);
        assert!(error.contains(&format!("seconds read as {unit}?")), "{error}");
    }
    let (_, error) = refused("\"1999-01-01T00:00:00Z\"");
    assert!(!error.contains("read as"), "{error}");
}

#[test]
fn a_time_ahead_names_both_clocks_and_the_likely_cause() {
    const LOCAL: &str = "a local time marked as UTC?";
    const SLOW: &str = "if day90's clock is slow, set it right and send again";
    for (time, hint) in [
        ("2026-11-23T10:00:00Z", LOCAL),
        ("2026-11-23T14:29:58Z", LOCAL),
        ("2026-11-23T14:45:00Z", LOCAL),
        ("2026-11-23T23:00:00Z", LOCAL),
        ("2026-11-23T09:10:00Z", SLOW),
        ("2026-11-23T09:22:00Z", SLOW),
        ("2026-11-24T09:00:00Z", SLOW),
        ("2027-11-23T09:00:00Z", SLOW),
    ] {
        let (reason, error) = refused(&format!("\"{time}\""));
        assert_eq!(reason, Reason::TimeAhead, "{error}");
        assert!(error.contains(hint) && error.contains(time) && error.contains("2026-11-23T09:00:00Z"), "{error}");
    }
}

#[test]
fn numbers_are_shown_as_the_time_that_they_would_be() {
    for time in
        ["1795424400", "\"1795424400\"", "1795424400000", "\"1795424400000\"", "1795424400000000000", "1.7954244e9"]
    {
        let (reason, error) = refused(time);
        assert_eq!(reason, Reason::Time);
        assert!(error.contains("\"2026-11-23T09:00:00Z\"") && error.contains("since 1970"), "{error}");
    }
}

#[test]
fn a_blank_for_the_t_and_other_offsets_are_repaired() {
    for (time, is_repaired) in [
        ("2026-11-23T09:00:00+00:00", false),
        ("2026-11-23t09:00:00z", false),
        ("2026-11-23 09:00:00Z", true),
        ("2026-11-23T10:00:00+0100", true),
        ("2026-11-23T10:00:00+01", true),
        ("2026-11-23 10:00:00 +0100", true),
        ("2026-11-23 09:00:00 UTC", true),
    ] {
        let text = format!(r#"{{"type":"fallback.ended","system":"s","time":"{time}"}}"#);
        let event = parse(&text).expect(time);
        assert_eq!((event.time, event.repairs.has(Repair::Time)), (context().received, is_repaired), "{time}");
    }
}

#[test]
fn events_without_a_time_happened_in_their_order() {
    let events = parse_body(br#"[{"type":"fallback.ended","system":"s"},{"type":"fallback.ended","system":"s"}]"#);
    let times: Vec<i64> =
        events.iter().map(|(_, event)| event.as_ref().unwrap().time.since(context().received)).collect();
    assert_eq!(times, [0, 1]);
}
