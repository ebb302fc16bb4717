//! Roles: each names somebody.

use super::super::effective::Config;
use super::super::key::Settings;
use super::super::problem::Problems;

pub fn check(root: &Settings, config: &Config, problems: &mut Problems) {
    let auth = root.map("auth");
    for role in ["ingest", "scrape", "view", "admin"].into_iter().filter(|role| auth.has(role)) {
        let access = auth.map(role);
        // What is wrong with either is reported already.
        let is_wrong = |problems: &Problems| {
            problems.iter().any(|problem| problem.field.starts_with(&format!("{}.", access.path)))
        };
        if !access.has("token_file") && !access.has("users") && !is_wrong(problems) {
            let message = "is missing: name a file with a token, or users of server.web_config";
            problems.error(access.at, &access.field("token_file"), message);
        }
        if access.has("users") && config.server.web_config.is_none() {
            let message = "has no effect without server.web_config, whose users it names";
            problems.warn(access.at("users"), &access.field("users"), message);
        }
    }
}
