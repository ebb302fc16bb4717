//! The runbooks that day90 serves: `GET /runbooks/` lists them, `GET /runbooks/NAME` shows one, in a browser on a phone at
//! night. They are the files of alerts/runbooks, built into the program, so that a page leads somewhere without a wiki.

mod list;
mod markdown;

use std::fmt::Write as _;

pub use self::list::{RUNBOOKS, Runbook};
use super::html::{STYLE, Text};
use super::links::Links;

/// The runbook at a path below `/runbooks/`: its name, with `.md` or without.
pub fn named(path: &str) -> Option<&'static Runbook> {
    let name = path.strip_suffix(".md").unwrap_or(path);
    RUNBOOKS.iter().find(|runbook| runbook.name == name)
}

/// The page of a runbook.
pub fn html(runbook: &Runbook, links: &Links) -> String {
    let back = "<p class=\"back\"><a href=\"./\">all runbooks</a> · <a href=\"../\">day90</a></p>\n";
    document(
        runbook.name,
        &format!("{}{back}", markdown::html(runbook.text, &|name| named(name).map(|_| links.runbook_from("", name)))),
    )
}

/// The page that lists all runbooks, with what each alert means.
pub fn index(links: &Links) -> String {
    let mut body = String::from("<h1>Runbooks</h1>\n<ul>\n");
    for Runbook { name, text } in RUNBOOKS {
        let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
        let severity = title.strip_prefix(name).unwrap_or_default();
        let link = links.runbook_from("", name);
        writeln!(body, "<li><a href=\"{}\">{name}</a>{}</li>", Text(&link), Text(severity))
            .expect("writing to a String cannot fail");
    }
    body.push_str("</ul>\n<p class=\"back\"><a href=\"../\">day90</a></p>\n");
    document("Runbooks", &body)
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{} · day90</title>\n<style>\n{STYLE}</style>\n</head>\n\
         <body>\n<main class=\"runbook\">\n{body}</main>\n</body>\n</html>\n",
        Text(title)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runbook_is_a_page_with_its_parts() {
        for runbook in RUNBOOKS {
            let page = html(runbook, &Links::default());
            for part in [&format!("<h1>{}", runbook.name), "<strong>Means:</strong>", "<h2>Do</h2>"] {
                assert!(page.contains(part), "{}: no {part} in {page}", runbook.name);
            }
            let text = page.split("<main").nth(1).expect("a main part");
            for left in ["**", "```", "](", "\n## ", "`"] {
                assert!(!text.contains(left), "{}: {left:?} is left in {text}", runbook.name);
            }
        }
    }

    #[test]
    fn names_are_found_with_their_ending_and_without() {
        assert_eq!(named("Day90Down.md").map(|it| it.name), Some("Day90Down"));
        assert_eq!(named("Day90Down").map(|it| it.name), Some("Day90Down"));
        for none in ["", "../Day90Down", "Day90Down.md.md", "day90down"] {
            assert!(named(none).is_none(), "{none}");
        }
    }

    #[test]
    fn the_list_leads_to_each_or_to_the_wiki() {
        let page = index(&Links::default());
        assert!(page.contains("<li><a href=\"Day90Down\">Day90Down</a> (page)</li>"), "{page}");
        let server = crate::config::Server { runbooks: Some("https://wiki/".to_owned()), ..Default::default() };
        assert!(index(&Links::of(&server)).contains("<a href=\"https://wiki/Day90Down\">"));
    }
}
