//! Wrong files with keys of configuration version 2: deadlines, calendars, names that systems had, roles, servers.

/// (file, what the report must contain), as the list in `wrong`.
pub(super) const WRONG_SINCE_2: &[(&str, &str)] = &[
    // Deadlines and calendars.
    (
        "systems: {a: {exception_path: {resolve_within: 8h business}}}\n",
        "1:48: systems.a.exception_path.resolve_within: 8h business needs a calendar to count in: add calendar: {hours: \"Mon-Fri 09:00-17:30\"} to systems.a",
    ),
    (
        "systems: {a: {calendar: {holidays: [2026-12-25]}, review: {queues: {q: {reviewers: 1, hours_per_day: 6, within: 4h business}}}}}\n",
        "systems.a.review.queues.q.within: 4h business needs a calendar",
    ),
    (
        "systems: {a: {exception_path: {severity: {critical: {acknowledge_within: 5m business}}}}}\n",
        "systems.a.exception_path.severity.critical.acknowledge_within: 5m business needs a calendar",
    ),
    (
        "systems: {a: {exception_path: {routes: [{reason: '*', queue: q, owner: o, severity: {low: {resolve_within: 5m business}}}]}}}\n",
        "systems.a.exception_path.routes[0].severity.low.resolve_within: 5m business needs a calendar",
    ),
    (
        "systems: {a: {trust: {appeals_within: 14d business}}}\n",
        "systems.a.trust.appeals_within: 14d business needs a calendar",
    ),
    (
        "systems: {a: {calendar: {hours: Mon-Fri 9-17}, exception_path: {resolve_within: 8h business}}}\n",
        "1:33: systems.a.calendar.hours: \"9-17\" is not hours; write them such as 09:00-17:30",
    ),
    (
        "systems: {a: {calendar: {hours: Mon 09:00-09:01}, exception_path: {resolve_within: 1h business}}}\n",
        "systems.a.exception_path.resolve_within: 1h business takes over a year, with 1m of open hours a week",
    ),
    (
        "systems: {a: {exception_path: {resolve_within: 8h busines}}}\n",
        "\"8h busines\" is not a duration; write one such as 15m, 8h or 8h business",
    ),
    (
        "systems: {a: {rollback: {within: 8h business}}}\n",
        "systems.a.rollback.within: \"8h business\" is not a duration",
    ),
    (
        "systems: {a: {exception_path: {severity: {urgent: {acknowledge_within: 5m}}}}}\n",
        "1:43: systems.a.exception_path.severity.urgent: unknown key; known here: low, normal, high, critical",
    ),
    (
        "systems: {a: {exception_path: {severity: {critcal: {}}}}}\n",
        "systems.a.exception_path.severity.critcal: unknown key; did you mean critical?",
    ),
    (
        "systems: {a: {exception_path: {routes: [{reason: '*', queue: q, owner: o, severity: critical}]}}}\n",
        "systems.a.exception_path.routes[0].severity: must be a map, found \"critical\"",
    ),
    ("systems: {a: {calendar: {hours: 9}}}\n", "systems.a.calendar.hours: must be text, found the number 9"),
    (
        "systems: {a: {calendar: {holidays: [25.12.2026]}}}\n",
        "1:37: systems.a.calendar.holidays[0]: \"25.12.2026\" is not a date; write one such as 2026-12-25",
    ),
    ("systems: {a: {calendar: {holidays: [2026-02-30]}}}\n", "\"2026-02-30\" is not a date"),
    (
        "systems: {a: {calendar: {peaks: [moth_end]}}}\n",
        "systems.a.calendar.peaks[0]: \"moth_end\" is not one of month_start, month_end, quarter_start, quarter_end, year_start, year_end; did you mean month_end?",
    ),
    // Names of systems.
    (
        "removed: [a]\nsystems: {a: {}}\n",
        "1:11: removed[0]: \"a\" is declared under systems in line 2; take it out of one of the two",
    ),
    ("removed: [b, b]\n", "1:14: removed[1]: \"b\" is listed twice"),
    ("removed: [Old]\n", "1:11: removed[0]: \"Old\" is not allowed here"),
    ("removed: [b]\ndefault_system: b\n", "1:11: removed[0]: \"b\" is the default_system"),
    (
        "systems: {a: {formerly: [b]}, b: {}}\n",
        "1:26: systems.a.formerly[0]: \"b\" is declared under systems in line 1; take it out of one of the two",
    ),
    ("systems: {a: {formerly: [a]}}\n", "1:26: systems.a.formerly[0]: is the name that it has now; leave it out"),
    (
        "systems:\n  a: {formerly: [c]}\n  b: {formerly: [c]}\n",
        "3:18: systems.b.formerly[0]: \"c\" is a former name of a in line 2 already; one system alone can take its state",
    ),
    ("systems: {a: {formerly: [c, c]}}\n", "systems.a.formerly[1]: \"c\" is listed twice"),
    (
        "removed: [c]\nsystems: {a: {formerly: [c]}}\n",
        "2:26: systems.a.formerly[0]: \"c\" is in removed in line 1, which ends its state",
    ),
    // Waivers.
    (
        "systems: {a: {not_applicable: {data_quality/input: {reason: r, by: b, until: 2027-03-01}}}}\n",
        "systems.a.not_applicable[\"data_quality/input\"]: preflight has no check called \"data_quality/input\"; did you mean data_quality/inputs?",
    ),
    (
        "systems: {a: {not_applicable: {data_quality/inputs: {reason: r, until: 2027-03-01}}}}\n",
        "systems.a.not_applicable[\"data_quality/inputs\"].by: is missing",
    ),
    // Servers, roles, sources, limits.
    (
        "server: {external_url: day90.example.com}\n",
        "1:24: server.external_url: \"day90.example.com\" is no address of the web",
    ),
    ("server: {hosts: [\"day90:9790\"]}\n", "1:18: server.hosts[0]: \"day90:9790\" is not the name of a host"),
    (
        "server: {links: {d: \"https://x.y/{name}\"}}\n",
        "server.links.d: \"https://x.y/{name}\" has a place for something else than {system}",
    ),
    ("server: {drain: 10}\n", "server.drain: \"10\" has no unit"),
    (
        "server: {listen: localhost:9, metrics_listen: 127.0.0.1:9}\n",
        "1:47: server.metrics_listen: 127.0.0.1:9 is already taken by server.listen",
    ),
    (
        "sources: {webhooks: {h: {mapping: builtin/zendesk, listen: 127.0.0.1:9790}}}\n",
        "1:60: sources.webhooks.h.listen: 127.0.0.1:9790 is already taken by server.listen",
    ),
    (
        "server: {listen: day90.internal:9790}\n",
        "1:18: server.listen: day90.internal:9790 is reachable from other hosts",
    ),
    ("auth: {admin: {user: [alice]}}\n", "1:16: auth.admin.user: unknown key; did you mean users?"),
    ("auth: {veiw: {token_file: t}}\n", "1:8: auth.veiw: unknown key; did you mean view?"),
    (
        "sources: {otlp: {handoff: opened}}\n",
        "1:27: sources.otlp.handoff: \"opened\" is not one of count, open; did you mean open?",
    ),
    ("sources: {otlp: {mapping: nope}}\n", "1:27: sources.otlp.mapping: no mapping is called \"nope\""),
    ("limits: {event_age: 400}\n", "limits.event_age: \"400\" has no unit; write 400s, 400m, 400h or 400d"),
    ("limits: {history: 64MiB}\n", "1:19: limits.history: 64MiB is more than an eighth of limits.memory (32MiB)"),
    ("metrics: {newborn: 0s}\n", "metrics.newborn: \"0s\" is no time at all"),
    (
        "sources: {webhooks: {h: {mapping: builtin/zendesk, secret_file: s, signature: x-hub-signature-256}}}\n",
        "1:68: sources.webhooks.h.signature: unknown key; it is called scheme now",
    ),
];
