//! Wrong files: each has its mistake at its line, column and key, in words that say what to write.

use super::wrong_since_2::WRONG_SINCE_2;
use super::*;

/// (file, what the report must contain). The file's name is left out.
const WRONG: &[(&str, &str)] = &[
    // The file as YAML.
    ("server: {listen", "2:1: server: not YAML: while parsing a flow mapping, did not find expected ',' or '}'"),
    ("server:\n\tlisten: x\n", "2:2: server: not YAML: tabs disallowed"),
    ("a: 1\n b: 2\n", "2:3: not YAML: mapping values are not allowed"),
    ("server: [\n", "not YAML"),
    ("- server\n- limits\n", "1:1: must be a map, found a list"),
    ("just text", "1:1: must be a map, found \"just text\""),
    ("limits: {}\n---\nlimits: {}\n", "2:1: a second document begins here"),
    ("limits: {}\nserver: {}\nlimits: {}\n", "3:1: limits: the key is already in line 1"),
    (
        "systems:\n  a:\n    boundaries:\n      x: {mode: decide}\n      x: {mode: never}\n",
        "5:7: systems.a.boundaries.x: the key is already in line 4",
    ),
    ("server: &s {}\nlimits: {<<: *s}\n", "2:10: limits[\"<<\"]: merge keys are not YAML 1.2"),
    ("default_system: !!str a\n", "tags (such as !!str) are not supported"),
    ("server: {listen: *nowhere}\n", "not YAML: while parsing node, found unknown anchor"),
    ("? [a]\n: b\n", "1:3: a list or a map cannot be a key"),
    ("systems: &s {a: *s}\n", "1:17: systems.a: an alias inside its own anchor"),
    // Keys.
    ("sever: {}\n", "1:1: sever: unknown key; did you mean server?"),
    ("server: {lisen: 127.0.0.1:1}\n", "1:10: server.lisen: unknown key; did you mean listen?"),
    ("limits:\n  bodybytes: 8MiB\n", "2:3: limits.bodybytes: unknown key; did you mean body_bytes?"),
    (
        "systems:\n  x:\n    owner:\n      name: a\n      contact: b\n      atest_every: 90d\n",
        "6:7: systems.x.owner.atest_every: unknown key; did you mean attest_every?",
    ),
    (
        "systems: {a: {acknowledge_within: 15m}}\n",
        "1:15: systems.a.acknowledge_within: unknown key; it belongs under exception_path",
    ),
    ("systems: {a: {objectives: {p99: 1}}}\n", "systems.a.objectives.p99: unknown key; known here: escalation_ratio"),
    ("auth: {ingest: {token_file: t, token: abc}}\n", "1:32: auth.ingest.token: unknown key"),
    ("auth: {ingest: {}}\n", "1:16: auth.ingest.token_file: is missing: name a file with a token, or users"),
    ("systems: {a: {owner: {name: ops}}}\n", "1:22: systems.a.owner.contact: is missing; it says: Where to reach them"),
    (
        "systems:\n  a:\n    boundaries:\n      refund.issue:\n",
        "systems.a.boundaries[\"refund.issue\"].mode: is missing",
    ),
    ("systems: {a: {review: {queues: {q: {hours_per_day: 6}}}}}\n", "systems.a.review.queues.q.reviewers: is missing"),
    (
        "systems: {a: {objectives: {task_duration: {seconds: 20}}}}\n",
        "systems.a.objectives.task_duration.ratio: is missing",
    ),
    (
        "systems: {a: {exception_path: {routes: [{reason: x}]}}}\n",
        "1:41: systems.a.exception_path.routes[0].queue: is missing",
    ),
    (
        "metrics:\n  buckets:\n    day90_task_duration_second: [1]\n",
        "3:5: metrics.buckets.day90_task_duration_second: no histogram of the events is called \"day90_task_duration_second\"; did you mean day90_task_duration_seconds?",
    ),
    (
        "metrics: {buckets: {day90_feedback_rating: [1, 2]}}\n",
        "metrics.buckets.day90_feedback_rating: its buckets follow trust.rating_scale of each system",
    ),
    (
        "metrics:\n  buckets: {day90_task_duration_seconds: [1, 5, 5]}\n",
        "2:42: metrics.buckets.day90_task_duration_seconds[2]: 5 follows 5; each bound must be above the one before",
    ),
    ("metrics: {buckets: {day90_task_duration_seconds: []}}\n", "is empty; name at least one, or leave the key out"),
    // Types.
    ("server: 5\n", "1:9: server: must be a map, found the number 5"),
    ("server: {listen: }\n", "1:10: server.listen: has no value"),
    ("server: {listen: 9790}\n", "1:18: server.listen: must be text, found the number 9790"),
    ("default_system: true\n", "1:17: default_system: must be text, found true; write \"true\" if it is meant"),
    ("default_system: [a]\n", "default_system: must be text, found a list"),
    ("systems: [a]\n", "1:10: systems: must be a map of names, found a list"),
    (
        "systems: {a: {exception_path: {routes: {reason: x}}}}\n",
        "systems.a.exception_path.routes: must be a list, found a map",
    ),
    (
        "systems: {a: {maintenance: {suites: golden}}}\n",
        "systems.a.maintenance.suites: must be a list, found \"golden\"",
    ),
    (
        "limits: {connections: \"512\"}\n",
        "1:23: limits.connections: must be a whole number from 1 to 65535, found \"512\"",
    ),
    (
        "systems: {a: {objectives: {escalation_ratio: \"0.08\"}}}\n",
        "must be a number (0 to 1), found the text \"0.08\"; leave out the quotes",
    ),
    (
        "systems: {a: {owner: {name: 4711, contact: x}}}\n",
        "systems.a.owner.name: must be text, found the number 4711; write \"4711\"",
    ),
    // Units.
    ("limits: {body_bytes: 8388608}\n", "1:22: limits.body_bytes: \"8388608\" has no unit; write 8388608B"),
    ("limits: {body_bytes: 8M}\n", "limits.body_bytes: \"8M\" is not a size"),
    ("limits: {memory: 1MiB}\n", "limits.memory: 1MiB is out of range; it must be 48MiB to 1TiB"),
    ("limits: {journal_bytes: -1GiB}\n", "limits.journal_bytes: \"-1GiB\" is not a size"),
    (
        "limits: {journal_bytes: 64MiB}\n",
        "1:25: limits.journal_bytes: 64MiB is less than 16MiB and two requests of limits.decompressed_bytes (80MiB)",
    ),
    (
        "limits: {journal_bytes: 17MiB, body_bytes: 1MiB, decompressed_bytes: 1MiB}\n",
        "limits.journal_bytes: 17MiB is less than 16MiB and two requests of limits.decompressed_bytes (18MiB)",
    ),
    ("limits: {lifecycle_memory: 24}\n", "limits.lifecycle_memory: \"24\" has no unit; write 24s, 24m, 24h or 24d"),
    (
        "systems: {a: {exception_path: {acknowledge_within: 15min}}}\n",
        "1:52: systems.a.exception_path.acknowledge_within: \"15min\" is not a duration",
    ),
    ("systems: {a: {exception_path: {resolve_within: 0s}}}\n", "\"0s\" is no time at all"),
    ("systems: {a: {rollback: {within: 1.5h}}}\n", "systems.a.rollback.within: \"1.5h\" is not a duration"),
    ("systems: {a: {inputs: {crm: {max_age: 90}}}}\n", "systems.a.inputs.crm.max_age: \"90\" has no unit"),
    ("systems: {a: {trust: {durable_after: 100y}}}\n", "\"100y\" is longer than ten years"),
    // Ranges.
    ("limits: {connections: 0}\n", "limits.connections: must be a whole number from 1 to 65535, found the number 0"),
    ("limits: {connections: 1.5}\n", "must be a whole number"),
    ("limits: {series: -5}\n", "limits.series: must be a whole number"),
    (
        "systems: {a: {objectives: {escalation_ratio: 8}}}\n",
        "systems.a.objectives.escalation_ratio: must be a number, 0 to 1; found the number 8",
    ),
    ("systems: {a: {objectives: {trust_ratio: -0.1}}}\n", "trust_ratio: must be a number, 0 to 1"),
    ("systems: {a: {objectives: {override_ratio: .nan}}}\n", "override_ratio: must be a number, 0 to 1"),
    ("systems: {a: {objectives: {false_pages_per_month: 0}}}\n", "false_pages_per_month: must be a number, above 0"),
    (
        "systems: {a: {review: {queues: {q: {reviewers: 0, hours_per_day: 6}}}}}\n",
        "systems.a.review.queues.q.reviewers: must be a whole number from 1",
    ),
    (
        "systems: {a: {review: {queues: {q: {reviewers: 2, hours_per_day: 25}}}}}\n",
        "hours_per_day: must be a number, above 0, at most 24",
    ),
    ("systems: {a: {maintenance: {hours_per_month: .inf}}}\n", "hours_per_month: must be a number"),
    (
        "systems: {a: {trust: {rating_scale: [5, 1]}}}\n",
        "1:37: systems.a.trust.rating_scale: runs from 5 to 1; the lowest rating must be below",
    ),
    (
        "systems: {a: {trust: {rating_scale: [1, 2, 3]}}}\n",
        "rating_scale: must be two numbers, the lowest and the highest rating",
    ),
    (
        "systems: {a: {trust: {rating_scale: 5}}}\n",
        "rating_scale: must be two numbers such as [1, 5], found the number 5",
    ),
    // Words, names, dates, places.
    (
        "systems: {a: {boundaries: {x: {mode: decides}}}}\n",
        "1:38: systems.a.boundaries.x.mode: \"decides\" is not one of never, escalate, suggest, decide; did you mean decide?",
    ),
    (
        "systems: {a: {rollback: {to: last_version}}}\n",
        "systems.a.rollback.to: \"last_version\" is not one of previous_version, previous_process",
    ),
    ("systems: {Refund Agent: {}}\n", "1:11: systems[\"Refund Agent\"]: the name \"Refund Agent\" is not allowed here"),
    ("default_system: Refund\n", "1:17: default_system: \"Refund\" is not allowed here; use 1 to 64 of a-z"),
    ("systems: {a: {owner: {name: \"\", contact: x}}}\n", "systems.a.owner.name: is empty"),
    (
        "systems: {a: {owner: {name: \"a\\tb\", contact: x}}}\n",
        "systems.a.owner.name: \"a\\tb\" has the control character U+0009",
    ),
    ("systems: {a: {inputs: {\"\": {}}}}\n", "systems.a.inputs[\"\"]: the name is empty"),
    (
        "systems: {a: {launched: 2206-01-01}}\n",
        "1:25: systems.a.launched: 2206-01-01T00:00:00Z is more than ten years ahead; is the year right?",
    ),
    ("systems: {a: {launched: 2026-02-30}}\n", "systems.a.launched: \"2026-02-30\" is not a date"),
    ("systems: {a: {launched: 20260901}}\n", "systems.a.launched: must be text, found the number 20260901"),
    (
        "systems: {a: {timezone: Europe/Berln}}\n",
        "1:25: systems.a.timezone: \"Europe/Berln\" is no time zone of the IANA database, such as Europe/Berlin; did you mean Europe/Berlin?",
    ),
    (
        "systems: {a: {maintenance: {currency: EURO}}}\n",
        "systems.a.maintenance.currency: \"EURO\" is no currency of ISO 4217",
    ),
    ("systems: {a: {maintenance: {currency: eur}}}\n", "is no currency of ISO 4217, such as EUR; did you mean EUR?"),
    (
        "server: {listen: localhost}\n",
        "1:18: server.listen: \"localhost\" is not an address; write an IP address or the name of a host, and a port",
    ),
    ("server: {listen: \"127.0.0.1\"}\n", "server.listen: \"127.0.0.1\" is not an address"),
    ("server: {listen: 127.0.0.1:99999}\n", "is not an address"),
    (
        "sources: {unix: {path: s, mode: 0660}}\n",
        "1:33: sources.unix.mode: must be text, found the number 0660; write \"0660\"",
    ),
    ("sources: {unix: {path: s, mode: \"0999\"}}\n", "sources.unix.mode: \"0999\" is not a file mode"),
    ("sources: {unix: {mode: \"0660\"}}\n", "sources.unix.path: is missing"),
    // What refers to nothing, can never happen, or contradicts itself.
    (
        "systems: {a: {exception_path: {routes: [{reason: '*', queue: q, owner: o}, {reason: x, queue: q, owner: o}]}}}\n",
        "1:85: systems.a.exception_path.routes[1].reason: can never match: the route for \"*\" in line 1",
    ),
    (
        "systems: {a: {exception_path: {routes: [{reason: x, queue: q, owner: o}, {reason: x, queue: r, owner: o}]}}}\n",
        "systems.a.exception_path.routes[1].reason: \"x\" has a route in line 1 already",
    ),
    (
        "systems: {a: {changes: {approvers: {promt: [x]}}}}\n",
        "1:37: systems.a.changes.approvers.promt: unknown key; did you mean prompt?",
    ),
    (
        "systems: {a: {changes: {approvers: {prompt: []}}}}\n",
        "systems.a.changes.approvers.prompt: is empty; name at least one",
    ),
    (
        "systems: {a: {changes: {approvers: {prompt: [x, x]}}}}\n",
        "1:49: systems.a.changes.approvers.prompt[1]: \"x\" is listed twice",
    ),
    (
        "systems: {a: {maintenance: {suites: [golden, golden]}}}\n",
        "systems.a.maintenance.suites[1]: \"golden\" is listed twice",
    ),
    ("systems: {a: {maintenance: {evaluate_every: 7d}}}\n", "1:45: systems.a.maintenance.evaluate_every: needs suites"),
    ("systems: {a: {maintenance: {evaluate_every: 7d, suites: []}}}\n", "systems.a.maintenance.suites: is empty"),
    ("systems: {a: {maintenance: {cost_per_month: 4000}}}\n", "systems.a.maintenance.cost_per_month: needs currency"),
    (
        "sources: {files: [{path: x, mapping: nope}]}\nmappings: {hope: {program: .}}\n",
        "1:38: sources.files[0].mapping: no mapping is called \"nope\"; did you mean hope?",
    ),
    ("sources: {webhooks: {h: {mapping: m}}}\n", "1:35: sources.webhooks.h.mapping: no mapping is called \"m\""),
    (
        "sources: {webhooks: {h: {mapping: m, scheme: github}}}\nmappings: {m: {program: .}}\n",
        "sources.webhooks.h.scheme: needs a secret_file",
    ),
    (
        "sources: {webhooks: {h: {mapping: m, secret_file: s, scheme: md5}}}\nmappings: {m: {program: .}}\n",
        "sources.webhooks.h.scheme: \"md5\" is not one of github, gitlab, zendesk",
    ),
    (
        "mappings:\n  m:\n    program: 'select(.a'\n",
        "3:14: mappings.m.program: not a jq program: at 1:10 (its end), expected closing parenthesis",
    ),
    (
        "mappings: {m: {program: nosuch}}\n",
        "mappings.m.program: not a jq program: at 1:1, there is no filter \"nosuch\"",
    ),
    ("server: {listen: 0.0.0.0:9790}\n", "1:18: server.listen: 0.0.0.0:9790 is reachable from other hosts"),
    (
        "server: {listen: 127.0.0.1:9, metrics_listen: 127.0.0.1:9}\n",
        "1:47: server.metrics_listen: 127.0.0.1:9 is already taken by server.listen",
    ),
    (
        "sources: {otlp: {http: 127.0.0.1:9790}}\n",
        "sources.otlp.http: 127.0.0.1:9790 is already taken by server.listen",
    ),
    (
        "limits: {body_bytes: 8MiB, decompressed_bytes: 1MiB}\n",
        "1:48: limits.decompressed_bytes: 1MiB is less than limits.body_bytes (8MiB)",
    ),
    (
        "limits: {decompressed_bytes: 512MiB, journal_bytes: 2GiB}\n",
        "limits.memory: 256MiB doesn't hold what the other limits reserve (requests",
    ),
    (
        "limits:\n  memory: 64MiB\n  dedupe_ids: 10000000\n",
        "2:11: limits.memory: 64MiB doesn't hold what the other limits reserve (ids 325MiB",
    ),
];

#[test]
fn every_mistake_is_named_with_its_place_and_its_remedy() {
    assert!(WRONG.len() >= 60, "{} wrong files", WRONG.len());
    let mut missed = String::new();
    for (text, expected) in WRONG.iter().chain(WRONG_SINCE_2) {
        let (config, problems) = check(text);
        let report = problems.to_string();
        if config.is_some() || !report.contains(expected) {
            missed.push_str(&format!("{text}\n  expected {expected}\n  found    {report}\n"));
        }
    }
    assert!(missed.is_empty(), "\n{missed}");
}

#[test]
fn one_mistake_is_one_line() {
    for (text, expected) in WRONG.iter().chain(WRONG_SINCE_2) {
        let report = report(text);
        let errors = report.lines().filter(|line| !line.contains(": warning: ")).count();
        assert_eq!(errors, 1, "{text}\n  expected {expected} alone\n{report}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_in_one_report_in_its_order() {
    let text = "server: {lisen: x, data_dir: 7}\nlimits: {body_bytes: 8, memory: 1KiB}\ndefault_system: Big\nsystems:\n  \
                a:\n    launched: 2230-01-01\n    launched: 2020-01-01\n    owner: {nmae: x}\n    \
                exception_path: {acknowledge_within: 15, routes: [{reason: '*', queue: q, owner: o}, {reason: r, queue: q, owner: o}]}\n    \
                maintenance: {currency: XYZ, cost_per_month: lots}\n  B: {}\n";
    let report = report(text);
    let places: Vec<&str> =
        report.lines().filter_map(|line| line.strip_prefix("day90.yaml:")?.split(": ").nth(1)).collect();
    assert_eq!(
        places,
        [
            "server.lisen",
            "server.data_dir",
            "limits.body_bytes",
            "limits.memory",
            "default_system",
            "systems.a.launched",
            "systems.a.launched",
            "systems.a.owner.contact",
            "systems.a.owner.nmae",
            "systems.a.exception_path.acknowledge_within",
            "systems.a.exception_path.routes[1].reason",
            "systems.a.maintenance.currency",
            "systems.a.maintenance.cost_per_month",
            "systems.B",
        ],
        "\n{report}"
    );
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    for (text, expected) in [
        (
            "default_system: b\nsystems: {a: {}}\n",
            "day90.yaml:1:17: warning: default_system: \"b\" is not declared under systems",
        ),
        (
            "systems: {a: {exception_path: {routes: [{reason: '*', queue: q}]}}}\n",
            "1:41: warning: systems.a.exception_path.routes[0].owner: queue \"q\" has no owner",
        ),
        ("mappings: {m: {program: .}}\n", "1:12: warning: mappings.m: no source uses this mapping"),
        (
            "limits: {values_per_label: 1}\nsystems: {a: {inputs: {x: {}, y: {}}}}\n",
            "warning: systems.a.inputs: 2 names are declared, more than limits.values_per_label (1)",
        ),
        (
            "systems: {a: {calendar: {hours: Mon-Fri 09:00-17:00}, trust: {appeals_within: 2d business}}}\n",
            "1:79: warning: systems.a.trust.appeals_within: 2d business is 48 open hours, and a week has 1d16h of them",
        ),
        (
            "systems: {a: {not_applicable: {data_quality/fresh: {reason: r, by: b, until: 2026-11-23}}}}\n",
            "warning: systems.a.not_applicable[\"data_quality/fresh\"].until: has lapsed: the check counts again since 2026-11-23",
        ),
        (
            "auth: {admin: {users: [alice]}}\n",
            "1:23: warning: auth.admin.users: has no effect without server.web_config",
        ),
    ] {
        let (config, problems) = check(text);
        assert!(config.is_some(), "a warning stops nothing: {problems}");
        assert!(problems.to_string().contains(expected), "{expected}\n{problems}");
    }
}

#[test]
fn a_launch_may_lie_ahead() {
    let model = valid("systems: {a: {launched: 2027-02-01}}").model;
    assert_eq!(model.systems["a"].launched, Some(Timestamp::from_seconds(1_801_440_000)));
}
