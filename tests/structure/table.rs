//! The plan of the house: which module may know which, and what is tolerated for now. Every list here may only shrink.

use super::layers::Table;
use super::pure::Purity;

pub const TABLE: Table<'static> = Table {
    layers: &[
        &["main"],
        // The commands, and what is more than a command.
        &["cli"],
        &["demo", "backtest"],
        // The one place that builds things and sees all stages.
        &["daemon"],
        // The way in.
        &["http"],
        &["ingest"],
        // The single writer.
        &["pipeline"],
        // The ways out: they read snapshots.
        &["page", "preflight"],
        &["expose"],
        &["telemetry"],
        // The fold.
        &["state::views"],
        &["state"],
        &["state::signals"],
        &["state::engine"],
        &["journal"],
        // What both sides need.
        &["config"],
        &["event"],
        &["config::model"],
        &["clock"],
        &["words"],
        &["event::words"],
        &["event::time"],
        &["event::fixed"],
        &["client", "wilson", "sync", "pool"],
    ],
    strangers: &[
        ("journal", "config", "it stores bytes"),
        ("journal", "event", "it stores bytes and knows no event"),
        ("pipeline", "page", "stages know events, never each other"),
        ("pipeline", "preflight", "stages know events, never each other"),
        ("pipeline", "expose", "stages know events, never each other"),
        ("ingest", "journal", "only the writer and the daemon see the stages together"),
        ("ingest", "state", "only the writer and the daemon see the stages together"),
        ("http", "state", "the server knows no signal"),
        ("http", "journal", "only the writer and the daemon see the stages together"),
        ("page", "journal", "it reads snapshots"),
        ("preflight", "journal", "it reads snapshots"),
        ("expose", "journal", "it reads snapshots"),
        ("state", "journal", "the fold knows no disk"),
        ("state", "clock", "the fold reads no clock"),
        ("event", "clock", "time is handed in"),
    ],
    exceptions: &[],
    circles: &[],
};

pub const PURITY: Purity<'static> = Purity { pure: &["event", "state", "journal::record"], exceptions: &[] };

/// Names that two public types share, and why.
pub const SHARED_NAMES: &[(&str, &str)] = &[];
