//! The contract's own example, key by key, and the defaults.

use super::super::model::calendar::{Calendar, Day};
use super::super::model::hours::Hours;
use super::super::model::{
    Boundary, Bounds, Changes, ExceptionPath, Maintenance, Objectives, Owner, Promise, Reviewers, RollbackPlan, Route,
    System, TaskDuration, Trust, Waiver, Within,
};
use super::*;
use crate::event::time::{HOUR, MINUTE};
use crate::event::{ChangeKind, Fixed, Mode, RollbackTo};

const CONTRACT: &str = include_str!("../../../tests/data/config/contract.yaml");

fn address(text: &str) -> Listen {
    text.parse().unwrap()
}

fn hundredths(number: i64) -> Fixed {
    Fixed::from_nanos(number * 10_000_000)
}

#[test]
fn the_contracts_example_has_no_problems() {
    let (config, problems) = check(CONTRACT);
    assert_eq!(problems.to_string(), "");
    assert!(config.is_some());
}

#[test]
fn server_limits_and_tokens_are_as_written() {
    let config = valid(CONTRACT);
    assert_eq!(
        config.server,
        Server {
            listen: address("127.0.0.1:9790"),
            metrics_listen: Some(address("0.0.0.0:9791")),
            data_dir: "./day90-data".into(),
            web_config: Some("web.yml".into()),
            external_url: Some("https://day90.example.com".into()),
            hosts: vec!["day90.payments.svc".into()],
            runbooks: Some("https://wiki.example.com/day90/".into()),
            links: [("dashboard".into(), "https://grafana.example.com/d/day90?var-system={system}".into())].into(),
            drain: 0,
            insecure_listen: false,
        }
    );
    assert_eq!(config.limits, Limits::default(), "the example spells the defaults out");
    let access = |role: &str, users: &[&str]| {
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        Some(Access { token_file: Some(format!("/run/secrets/{role}").into()), users })
    };
    let (ingest, scrape) = (access("ingest", &[]), access("scrape", &[]));
    assert_eq!(config.auth, Auth { ingest, scrape, view: access("view", &[]), admin: access("admin", &["alice"]) });
    assert_eq!(config.default_system.as_deref(), Some("refund-agent"));
}

#[test]
fn sources_and_mappings_are_as_written() {
    let config = valid(CONTRACT);
    let webhook = |mapping: &str, secret: &str, scheme: &str, listen: Option<&str>| Webhook {
        mapping: mapping.into(),
        secret_file: Some(format!("/run/secrets/{secret}").into()),
        scheme: Some(scheme.into()),
        listen: listen.map(address),
    };
    let helpdesk = webhook("builtin/zendesk", "helpdesk", "zendesk", Some("0.0.0.0:9792"));
    let deploys = webhook("builtin/github-deployments", "github", "github", None);
    assert_eq!(
        config.sources,
        Sources {
            otlp: Some(Otlp {
                grpc: Some(address("127.0.0.1:4317")),
                http: Some(address("127.0.0.1:4318")),
                mode: Mode::Decide,
                handoff: "count".into(),
                handoff_tools: vec!["transfer_to_human".into()],
                mapping: None,
            }),
            unix: Some(Unix { path: "/run/day90/day90.sock".into(), mode: 0o660, users: vec!["agent".into()] }),
            files: vec![FollowedFile { path: "/var/log/agent/*.ndjson".into(), mapping: Some("agent-log".into()) }],
            webhooks: [("helpdesk".to_owned(), helpdesk), ("deploys".to_owned(), deploys)].into(),
        }
    );
    let mapping = &config.mappings["agent-log"];
    assert!(mapping.program.starts_with(r#"select(.msg == "handoff") | {type: "escalation.opened""#));
    assert_eq!(mapping.samples, [PathBuf::from("samples/handoff.json")]);
}

#[test]
fn the_operating_model_is_as_written() {
    let config = valid(CONTRACT);
    let declared = |mode, limit: Option<&str>| Boundary { mode, limit: limit.map(str::to_owned) };
    let route = |reason: &str, queue: &str, owner: &str| Route {
        reason: reason.into(),
        queue: queue.into(),
        owner: Some(owner.into()),
        ..Route::default()
    };
    let day = |text: &str| Day(text.parse().expect("a date"));
    let approver = |name: &str| vec![name.to_owned()];
    let system = System {
        formerly: vec!["payment-bot".into()],
        launched: Some(Timestamp::from_seconds(1_788_220_800)),
        timezone: "Europe/Berlin".into(),
        calendar: Some(Calendar {
            hours: Some(Hours::parse("Mon-Fri 09:00-17:30").expect("hours")),
            holidays: vec![day("2026-12-25"), day("2026-12-26")],
            peaks: vec!["month_end".into()],
        }),
        owner: Some(Owner { name: "payments-ops".into(), contact: "#payments-ops".into(), attest_every: 90 * DAY }),
        boundaries: [
            ("refund.issue".to_owned(), declared(Mode::Decide, Some("up to 50 EUR"))),
            ("refund.large".to_owned(), declared(Mode::Suggest, None)),
            ("account.close".to_owned(), declared(Mode::Never, None)),
        ]
        .into(),
        exception_path: ExceptionPath {
            acknowledge_within: Some(Within::plain(15 * MINUTE)),
            resolve_within: Some(Within::business(8 * HOUR)),
            drill_every: Some(90 * DAY),
            severity: [(
                "critical".to_owned(),
                Promise { acknowledge_within: Some(Within::plain(5 * MINUTE)), resolve_within: None },
            )]
            .into(),
            routes: vec![
                Route {
                    acknowledge_within: Some(Within::plain(10 * MINUTE)),
                    resolve_within: Some(Within::plain(2 * HOUR)),
                    ..route("low_confidence", "billing", "billing-leads")
                },
                route("*", "triage", "payments-ops"),
            ],
        },
        review_queues: [(
            "billing".to_owned(),
            Reviewers { reviewers: 4, hours_per_day: Fixed::from_units(6), within: Some(Within::business(4 * HOUR)) },
        )]
        .into(),
        changes: Changes {
            approvers: [
                (ChangeKind::Prompt, approver("support-lead")),
                (ChangeKind::Tool, approver("platform-lead")),
                (ChangeKind::Policy, approver("risk-officer")),
                (ChangeKind::Model, approver("platform-lead")),
            ]
            .into(),
            failure_window: DAY,
        },
        rollback: Some(RollbackPlan {
            to: Some(RollbackTo::PreviousProcess),
            plan: Some("https://…/runbook".into()),
            drill_every: Some(90 * DAY),
            within: Some(15 * MINUTE),
        }),
        inputs: [("crm".to_owned(), Some(HOUR)), ("orders".to_owned(), Some(5 * MINUTE))].into(),
        objectives: Objectives {
            escalation_ratio: Some(hundredths(8)),
            false_pages_per_month: Some(Fixed::ONE),
            task_duration: Some(TaskDuration { seconds: Fixed::from_units(20), ratio: hundredths(95) }),
            override_ratio: Some(hundredths(15)),
            trust_ratio: Some(hundredths(80)),
            rubber_stamp_seconds: Some(Fixed::from_units(3)),
        },
        trust: Trust {
            rating_scale: (Fixed::ONE, Fixed::from_units(5)),
            durable_after: 7 * DAY,
            appeals_within: Some(Within::plain(14 * DAY)),
        },
        maintenance: Some(Maintenance {
            currency: Some("EUR".into()),
            cost_per_month: Some(Fixed::from_units(4_000)),
            hours_per_month: Some(Fixed::from_units(40)),
            evaluate_every: Some(7 * DAY),
            suites: vec!["golden".into()],
        }),
        not_applicable: [(
            "data_quality/inputs".to_owned(),
            Waiver {
                reason: "it reads nothing but the ticket".into(),
                by: "risk-officer".into(),
                until: day("2027-03-01"),
            },
        )]
        .into(),
    };
    // It has two listeners, so connections have more of the memory than by default.
    let (state_bytes, exposition_bytes) = (config.budget().state, config.budget().exposition());
    let limits = Bounds { state_bytes, exposition_bytes, ..Bounds::default() };
    let systems = [("refund-agent".to_owned(), system)].into();
    let removed = ["old-agent".to_owned()].into();
    assert_eq!(*config.model, Model { limits, systems, removed, ..Model::default() });
}

#[test]
fn nothing_written_means_the_defaults() {
    for text in ["", "# only a comment\n", "---\n", "{}", "server:\nlimits:\nauth: {}\nsystems:\n", "\u{feff}{}"] {
        let config = valid(text);
        assert_eq!(Config { name: String::new(), ..config }, Config::default(), "{text:?}");
    }
    assert_eq!(load(None, &Overrides::default(), &given()), Ok(Config::default()));
    let limits = Limits::default();
    assert_eq!(
        (limits.body_bytes, limits.decompressed_bytes, limits.decompression_ratio),
        (8_388_608, 33_554_432, 100)
    );
    assert_eq!((limits.connections, limits.series, limits.values_per_label), (512, 100_000, 200));
    assert_eq!((limits.open_cases, limits.dedupe_ids, limits.lifecycle_memory), (1_000_000, 1_000_000, DAY));
    assert_eq!((limits.event_age, limits.arrival_grace), (400 * DAY, 5 * MINUTE));
    assert_eq!((limits.resolution_memory, limits.input_bytes, limits.history), (35 * DAY, 1 << 20, 32 << 20));
    assert_eq!((limits.journal_bytes, limits.memory), (1_073_741_824, 268_435_456));
    assert_eq!(Server::default().listen, address("127.0.0.1:9790"));
}

#[test]
fn a_declared_system_has_the_contracts_defaults() {
    let text = "systems:\n  a:\n    owner: {name: ops, contact: '#ops'}\n    rollback: {}\n    inputs: {crm: }\n";
    let model = valid(text).model;
    let system = &model.systems["a"];
    assert_eq!(system.owner.as_ref().map(|owner| owner.attest_every), Some(90 * DAY));
    assert_eq!(system.trust, Trust::default());
    assert_eq!(system.changes, Changes::default());
    assert_eq!(system.timezone, "", "empty means UTC");
    assert_eq!(system.inputs["crm"], None);
    assert_eq!(system.maintenance, None);
}

#[test]
fn limits_that_the_fold_needs_are_in_the_model() {
    let text = "limits: {series: 5000, values_per_label: 7, open_cases: 8, dedupe_ids: 9, lifecycle_memory: 2h, \
                event_age: 30d, arrival_grace: 1m, resolution_memory: 90d}";
    let config = valid(text);
    let bounds = Bounds {
        series: 5_000,
        values_per_label: 7,
        open_cases: 8,
        dedupe_ids: 9,
        event_age: 30 * DAY,
        arrival_grace: MINUTE,
        lifecycle_memory: 2 * HOUR,
        resolution_memory: 90 * DAY,
        state_bytes: config.budget().state,
        exposition_bytes: config.budget().exposition(),
        created: false,
    };
    assert_eq!(config.model.limits, bounds);
}

#[test]
fn flags_and_variables_win_over_the_file() {
    let overrides = Overrides {
        listen: Some(address("127.0.0.1:1")),
        metrics_listen: Some(address("127.0.0.1:2")),
        data_dir: Some("/elsewhere".into()),
        insecure_listen: false,
    };
    let text = "server: {listen: 127.0.0.1:7, metrics_listen: 127.0.0.1:8, data_dir: here}";
    let (config, _) = check_text("day90.yaml", text, &overrides, &given());
    let server = config.expect("no mistakes").server;
    assert_eq!((server.listen, server.metrics_listen), (address("127.0.0.1:1"), Some(address("127.0.0.1:2"))));
    assert_eq!(server.data_dir, PathBuf::from("/elsewhere"));
}

#[test]
fn listening_beyond_this_host_must_be_accepted() {
    let text = "server: {listen: 0.0.0.0:9790}";
    assert!(report(text).starts_with("day90.yaml:1:18: server.listen: 0.0.0.0:9790 is reachable from other hosts"));
    let accepted = Overrides { insecure_listen: true, ..Overrides::default() };
    assert!(check_text("day90.yaml", text, &accepted, &given()).0.is_some());
    let by_flag = Overrides { listen: Some(address("[::]:9790")), ..Overrides::default() };
    let (config, problems) = check_text("day90.yaml", "", &by_flag, &given());
    assert!(config.is_none(), "a flag is checked too");
    assert!(problems.to_string().contains("server.listen: [::]:9790 is reachable"), "{problems}");
    valid("server: {listen: '[::1]:9790', metrics_listen: 0.0.0.0:9791}");
}

#[test]
fn anchors_and_aliases_share_a_part() {
    let text = "systems:\n  a: {exception_path: &path {acknowledge_within: 15m, routes: [{reason: '*', queue: q, owner: o}]}}\n  \
                b: {exception_path: *path}\n";
    let model = valid(text).model;
    assert_eq!(model.systems["a"].exception_path, model.systems["b"].exception_path);
    assert_eq!(model.systems["b"].exception_path.routes.len(), 1);
}

#[test]
fn words_that_yaml_1_1_took_for_truth_are_names() {
    let model = valid("systems: {no: {inputs: {off: {max_age: 1h}, on: {max_age: 1h}}}}").model;
    assert_eq!(model.systems["no"].inputs.keys().collect::<Vec<_>>(), ["off", "on"]);
}

#[test]
fn what_is_not_served_yet_is_said_and_missing_security_refuses_to_start() {
    let config = valid(CONTRACT);
    let named: Vec<_> = config.not_served().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(named, ["sources.otlp", "sources.unix", "sources.files", "sources.webhooks"]);
    assert!(config.refuses_to_start().expect("TLS was asked for").contains("web.yml"));
    assert_eq!(Config::default().refuses_to_start(), None);
    assert!(Config::default().not_served().is_empty());
}

/// What 0.2.0 wrote, shortened to one of each kind.
const OF_0_2_0: &str = r##"{"limits":{"series":100000,"values_per_label":200,"open_cases":1000000,"dedupe_ids":1000,
"lifecycle_memory":86400000000000,"state_bytes":123703808,"exposition_bytes":8947848},"systems":{"a":{"launched":null,
"timezone":"","owner":null,"boundaries":{},"exception_path":{"acknowledge_within":900000000000,"resolve_within":null,
"drill_every":null,"routes":[{"reason":"*","queue":"triage","owner":null}]},"review_queues":{"q":{"reviewers":4,
"hours_per_day":6000000000}},"changes":{"approvers":{},"failure_window":86400000000000},"rollback":null,"inputs":{},
"objectives":{},"trust":{"rating_scale":[1000000000,5000000000],"durable_after":604800000000000},"maintenance":null}}}"##;

#[test]
fn a_record_of_an_earlier_version_is_read_and_what_is_new_has_its_default() {
    let model: Model = serde_json::from_str(OF_0_2_0).expect("0.2.0 wrote it");
    assert_eq!((model.limits.arrival_grace, model.limits.event_age), (5 * MINUTE, 400 * DAY));
    assert_eq!(model.limits.dedupe_ids, 1_000);
    let system = &model.systems["a"];
    assert_eq!(system.exception_path.acknowledge_within, Some(Within::plain(15 * MINUTE)));
    assert_eq!(
        system.exception_path.routes[0],
        Route { reason: "*".into(), queue: "triage".into(), ..Route::default() }
    );
    assert_eq!((system.review_queues["q"].within, system.trust.appeals_within), (None, None));
    assert_eq!((&system.calendar, &system.formerly), (&None, &Vec::new()));
}

#[test]
fn a_record_leads_back_to_0_2_0_and_has_room_for_later_versions() {
    let text = "systems: {a: {calendar: {hours: Mon 09:00-17:00}, exception_path: {acknowledge_within: 15m, \
                resolve_within: 8h business}}}";
    let model = valid(text).model;
    let mut recorded = serde_json::to_value(&*model).expect("plain data");
    let path = &recorded["systems"]["a"]["exception_path"];
    // 0.2.0 reads both as numbers, and leaves out what it doesn't know.
    assert_eq!(
        (path["acknowledge_within"].as_i64(), path["resolve_within"].as_i64()),
        (Some(15 * MINUTE), Some(8 * HOUR))
    );
    recorded["later"] = serde_json::json!({"x": 1});
    recorded["systems"]["a"]["later"] = serde_json::json!([2]);
    recorded["systems"]["a"]["exception_path"]["severity"]["later"] = serde_json::json!({"resolve_within": 1});
    recorded["systems"]["a"]["calendar"]["peaks"] = serde_json::json!(["later"]);
    let read: Model = serde_json::from_value(recorded).expect("it ignores what it doesn't know");
    assert_eq!(read.systems["a"].exception_path.resolve_within, Some(Within::business(8 * HOUR)));
    assert_eq!(read.systems["a"].exception_path.acknowledge_within, Some(Within::plain(15 * MINUTE)));
}

#[test]
fn what_protects_and_is_not_served_refuses_to_start() {
    let refused = |text: &str| valid(text).refuses_to_start();
    let why = refused("server: {web_config: web.yml}").expect("a listener that should be guarded");
    assert!(why.contains("asks for TLS or basic auth"), "{why}");
    assert_eq!(refused("auth: {view: {token_file: t}}\nserver: {hosts: [a.b]}"), None);
}

#[test]
fn what_changes_nothing_yet_is_said_once_and_not_where_it_is_as_it_would_be_anyway() {
    let said = |text: &str| valid(text).not_served();
    assert_eq!(said("metrics: {newborn: 2m}\nserver: {drain: 0s}\nlimits: {input_bytes: 1MiB}"), Vec::<String>::new());
    assert_eq!(said("server: {drain: 2m}"), ["server.drain is set, and has no effect in this version"]);
}

#[test]
fn the_model_survives_being_recorded() {
    let model = valid(CONTRACT).model;
    let recorded = serde_json::to_string(&*model).expect("plain data");
    assert_eq!(serde_json::from_str::<Model>(&recorded).expect("as written"), *model);
}
