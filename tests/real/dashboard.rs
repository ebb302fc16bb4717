//! Each query of the shipped dashboard has an answer where there is something to show.

use serde_json::Value;

use super::traffic::{SPIKING, STEADY};
use super::world::World;
use crate::harness::repository;

/// Enough scrapes for rates and increases of everything that moves.
const SECONDS: u32 = 20;

fn dashboard() -> Value {
    let text = std::fs::read_to_string(repository("dashboards/day90-overview.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The panels, those inside rows too.
fn panels(of: &Value) -> Vec<Value> {
    let panels = of["panels"].as_array().cloned().unwrap_or_default();
    panels.into_iter().flat_map(|panel| [self::panels(&panel), vec![panel]].concat()).collect()
}

/// Title and query of every panel and every annotation.
fn queries(dashboard: &Value) -> Vec<(String, String)> {
    let mut queries = Vec::new();
    for panel in panels(dashboard) {
        let title = panel["title"].as_str().unwrap_or_default();
        for target in panel["targets"].as_array().into_iter().flatten() {
            queries.push((title.to_owned(), target["expr"].as_str().expect("a query").to_owned()));
        }
    }
    for annotation in dashboard["annotations"]["list"].as_array().into_iter().flatten() {
        if let Some(query) = annotation["expr"].as_str() {
            queries.push((format!("annotation {}", annotation["name"]), query.to_owned()));
        }
    }
    queries
}

/// As Grafana fills in the variables.
fn filled_in(query: &str) -> String {
    let query = query.replace("${system:regex}", SPIKING).replace("$system", SPIKING);
    let query = query.replace("$__rate_interval", "1m").replace("$__interval", "15s").replace("$__range", "1h");
    // `$1` is a part of a label_replace.
    let unknown = query.split('$').skip(1).any(|rest| !rest.starts_with(|digit: char| digit.is_ascii_digit()));
    assert!(!unknown, "a variable that this test doesn't know: {query}");
    query
}

/// Whether there is a number to draw.
fn shows_something(answer: &[Value]) -> bool {
    let number = |sample: &Value| sample["value"][1].as_str().and_then(|value| value.parse::<f64>().ok());
    answer.iter().filter_map(number).any(f64::is_finite)
}

#[test]
fn every_panel_and_annotation_has_an_answer() {
    let world = World::shared();
    let queries = queries(&dashboard());
    assert!(queries.len() > 60, "{} queries", queries.len());
    let mut empty: Vec<_> = queries.iter().map(|(title, query)| (title, filled_in(query))).collect();
    for seconds in [SECONDS, 2 * SECONDS] {
        // A slow machine gets a second chance, with more scrapes behind it.
        world.after_seconds(seconds);
        empty.retain(|(_, query)| !shows_something(&world.query(query)));
    }
    let empty: Vec<_> = empty.iter().map(|(title, query)| format!("{title}: {query}")).collect();
    assert!(empty.is_empty(), "{} of {} show nothing:\n{}", empty.len(), queries.len(), empty.join("\n"));
}

#[test]
fn the_system_variable_lists_the_systems() {
    let world = World::shared();
    let variables = dashboard()["templating"]["list"].as_array().cloned().unwrap_or_default();
    let system = variables.iter().find(|variable| variable["name"] == "system").expect("a variable");
    let definition = system["definition"].as_str().expect("a definition");
    let metric = definition.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(", system)"));
    let metric = metric.unwrap_or_else(|| panic!("not what this test knows: {definition}"));
    let values = world.ask(&format!("/api/v1/label/system/values?match%5B%5D={metric}"));
    assert_eq!(values["data"], serde_json::json!([STEADY, SPIKING]), "{values}");
}
