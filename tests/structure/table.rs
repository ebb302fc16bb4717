//! The plan of the house: which module may know which, and what is tolerated for now. Every list here may only shrink.

use super::layers::Table;
use super::pure::Purity;

/// Why two stages must not know each other.
const STAGES: &str = "stages know events, never each other; the writer and the daemon see them together";
const SNAPSHOTS: &str = "it reads snapshots";

pub const TABLE: Table<'static> = Table {
    layers: &[
        &["main"],
        // The commands, and what is more than a command.
        &["cli"],
        &["demo", "backtest"],
        &["process", "send"],
        // The one place that builds things and sees all stages.
        &["daemon"],
        // The way in: sources on a server.
        &["ingest"],
        &["http"],
        // The single writer.
        &["pipeline"],
        // The ways out.
        &["page", "preflight"],
        &["explain"],
        &["expose"],
        &["telemetry"],
        // The fold.
        &["state::views"],
        &["state"],
        &["state::signals"],
        &["state::engine"],
        // What is stored, what is configured, what is sent.
        &["journal"],
        &["config"],
        &["event"],
        &["config::model"],
        &["config::key"],
        &["event::words"],
        // What everybody may use.
        &["clock", "words"],
        &["event::time"],
        &["event::fixed"],
        &["lines"],
        &["client", "failure", "pool", "sync", "terminal", "wilson"],
    ],
    strangers: &[
        ("ingest", "journal", STAGES),
        ("ingest", "state", STAGES),
        ("ingest", "page", STAGES),
        ("ingest", "preflight", STAGES),
        ("ingest", "expose", STAGES),
        ("http", "pipeline", "the server knows no stage"),
        ("http", "journal", "the server knows no stage"),
        ("http", "state", "the server knows no signal"),
        ("http", "event", "the server knows no event"),
        ("pipeline", "page", STAGES),
        ("pipeline", "preflight", STAGES),
        ("pipeline", "expose", STAGES),
        ("page", "journal", SNAPSHOTS),
        ("preflight", "journal", SNAPSHOTS),
        ("explain", "journal", SNAPSHOTS),
        ("expose", "journal", SNAPSHOTS),
        ("state", "journal", "the fold knows no disk"),
        ("state", "clock", "time is handed in"),
        ("event", "clock", "time is handed in"),
        ("journal", "config", "it stores bytes"),
        ("journal", "event", "it stores bytes and knows no event"),
    ],
    exceptions: &[],
    circles: &[],
};

pub const PURITY: Purity<'static> = Purity {
    pure: &[
        "event",
        "state",
        "journal::record",
        "pipeline::ahead",
        "pipeline::budget",
        "pipeline::look",
        "pipeline::pace",
        "pipeline::policy",
    ],
    exceptions: &[],
};

/// Names that two public types share, and why.
pub const SHARED_NAMES: &[(&str, &str)] = &[("Changes", DECLARED), ("Objectives", DECLARED), ("Trust", DECLARED)];

/// Why a section of the configuration and a signal share a name.
const DECLARED: &str =
    "config::model has what is declared, the signal what is measured of it; they are never in one file unqualified";
