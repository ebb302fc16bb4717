//! The only place that writes markup. Every text from outside goes through [`Text`], which escapes it.

use std::fmt::{self, Write};

use super::links::{Link, Links};
use super::model::{Card, Figure, Finding, Row, Section, Tone};
use crate::event::Timestamp;
use crate::words;

pub(super) const STYLE: &str = include_str!("style.css");
/// How often the page reloads. Seconds.
const REFRESH_SECONDS: u32 = 10;

/// A text as the content of an element or of a quoted attribute.
pub(super) struct Text<'a>(pub &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // A template may have lines.
                hidden if words::is_hidden(hidden) && hidden != '\n' => write!(f, "{}", hidden.escape_default())?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Watch => "watch",
        Tone::Bad => "bad",
    }
}

/// The whole document: the systems, day90 itself, and what day90 itself needs.
pub(super) fn document(
    cards: &[Card],
    (itself, findings): (&[Row], &[Finding]),
    links: &Links,
    host: &str,
    (now, window): (Timestamp, &str),
) -> String {
    let mut out = String::with_capacity(8192 + cards.len() * 8192);
    let write = |out: &mut String| -> fmt::Result {
        write_head(out, overall(cards, findings), (now, window))?;
        write_findings(out, findings, links)?;
        write_main(out, cards, links, host)?;
        write_footer(out, itself)?;
        out.write_str("</body>\n</html>\n")
    };
    write(&mut out).expect("writing to a String cannot fail");
    out
}

fn write_head(out: &mut String, (tone, state): (Tone, String), (now, window): (Timestamp, &str)) -> fmt::Result {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"refresh\" content=\"{REFRESH_SECONDS}\">\n\
         <title>{} · day90</title>\n<style>\n{STYLE}</style>\n</head>\n<body class=\"{}\">\n",
        Text(&state),
        class(tone)
    )?;
    write!(
        out,
        "<header>\n<p class=\"brand\">day90</p>\n<h1><i class=\"dot\"></i>{}</h1>\n<p class=\"when\">{}<br>{}</p>\n</header>\n",
        Text(&state),
        Text(&words::moment(now)),
        Text(window)
    )
}

fn write_main(out: &mut String, cards: &[Card], links: &Links, host: &str) -> fmt::Result {
    out.push_str("<main>\n");
    for card in cards {
        write_card(out, card, links)?;
    }
    if cards.is_empty() {
        write_nothing_yet(out, host)?;
    }
    out.write_str("</main>\n")
}

/// How to begin: a command that works where the page was asked for.
fn write_nothing_yet(out: &mut String, host: &str) -> fmt::Result {
    let event =
        r#"{"type":"task.completed","system":"my-agent","action":"answer","outcome":"completed","mode":"decide"}"#;
    write!(
        out,
        "<article class=\"card\"><h2>No events yet</h2>\n<p class=\"owner\">Send the first one:</p>\n\
         <pre>curl -sS http://{}/v1/events -d '{}'</pre></article>\n",
        Text(host),
        Text(event)
    )
}

/// The page's headline, and its tone.
pub(super) fn overall(cards: &[Card], findings: &[Finding]) -> (Tone, String) {
    let worst = |findings: &[Finding]| findings.iter().map(|finding| finding.tone).max().unwrap_or(Tone::Good);
    let tone = cards.iter().map(|card| worst(&card.attention)).chain([worst(findings)]).max().unwrap_or(Tone::Good);
    let in_need = cards.iter().filter(|card| worst(&card.attention) == Tone::Bad).count();
    let worth_a_look = cards.iter().filter(|card| worst(&card.attention) == Tone::Watch).count();
    let state = match (worst(findings), in_need, worth_a_look) {
        (Tone::Bad, ..) => "day90 cannot do its work".to_owned(),
        (_, 1, _) => "One system needs somebody".to_owned(),
        (_, 2.., _) => format!("{in_need} systems need somebody"),
        (_, _, 1) => "One system is worth a look".to_owned(),
        (_, _, 2..) => format!("{worth_a_look} systems are worth a look"),
        (Tone::Watch, ..) => "day90 is worth a look".to_owned(),
        _ if cards.is_empty() => "Waiting for the first event".to_owned(),
        _ => "All calm".to_owned(),
    };
    (tone, state)
}

fn write_findings(out: &mut String, findings: &[Finding], links: &Links) -> fmt::Result {
    if findings.is_empty() {
        return Ok(());
    }
    out.push_str("<ul class=\"findings\">\n");
    for finding in findings {
        write!(out, "<li class=\"{}\">{}", class(finding.tone), Text(&finding.text))?;
        if let Some(name) = finding.runbook {
            write!(out, " <a href=\"{}\">runbook</a>", Text(&links.runbook(name)))?;
        }
        if let Some(system) = &finding.accept {
            let system = Text(system);
            write!(
                out,
                " <form method=\"post\" action=\"api/v1/accept?system={system}\"><button>Accept as usual</button></form>"
            )?;
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ul>\n");
    Ok(())
}

fn write_card(out: &mut String, card: &Card, links: &Links) -> fmt::Result {
    let tone = card.tone();
    write!(out, "<article class=\"card {}\">\n<h2><i class=\"dot\"></i>{}</h2>\n", class(tone), Text(&card.system))?;
    let owner = if card.owner.is_empty() { "no owner is declared" } else { &card.owner };
    if !card.verdict.is_empty() {
        writeln!(out, "<p class=\"verdict\">{}</p>", Text(&card.verdict))?;
    }
    writeln!(out, "<p class=\"owner\">{}</p>", Text(owner))?;
    write_links(out, &card.links)?;
    write_findings(out, &card.attention, links)?;
    out.push_str("<div class=\"figures\">\n");
    for figure in &card.figures {
        write_figure(out, figure)?;
    }
    out.push_str("</div>\n<div class=\"sections\">\n");
    for section in &card.sections {
        write_section(out, section)?;
    }
    out.push_str("</div>\n</article>\n");
    Ok(())
}

fn write_links(out: &mut String, links: &[Link]) -> fmt::Result {
    if links.is_empty() {
        return Ok(());
    }
    out.push_str("<p class=\"links\">");
    for (n, Link { title, url }) in links.iter().enumerate() {
        let between = if n == 0 { "" } else { " · " };
        write!(out, "{between}<a href=\"{}\">{}</a>", Text(url), Text(title))?;
    }
    out.write_str("</p>\n")
}

fn write_figure(out: &mut String, figure: &Figure) -> fmt::Result {
    writeln!(
        out,
        "<div class=\"figure {}\"><b>{}</b><span>{}</span><small>{}</small></div>",
        class(figure.tone),
        Text(&figure.value),
        Text(figure.name),
        Text(&figure.note)
    )
}

fn write_section(out: &mut String, section: &Section) -> fmt::Result {
    writeln!(out, "<section>\n<h3>{}</h3>", Text(section.title))?;
    if section.rows.is_empty() {
        out.push_str("<p class=\"nothing\">nothing seen yet</p>\n</section>\n");
        return Ok(());
    }
    out.push_str("<dl>\n");
    for row in &section.rows {
        write_row(out, row)?;
    }
    out.push_str("</dl>\n</section>\n");
    Ok(())
}

fn write_row(out: &mut String, row: &Row) -> fmt::Result {
    write!(out, "<dt>{}</dt><dd class=\"{}\">{}", Text(&row.name), class(row.tone), Text(&row.value))?;
    if !row.note.is_empty() {
        write!(out, " <small>{}</small>", Text(&row.note))?;
    }
    out.push_str("</dd>\n");
    Ok(())
}

fn write_footer(out: &mut String, itself: &[Row]) -> fmt::Result {
    out.push_str("<footer>\n<dl>\n");
    for row in itself {
        out.push_str("<div>");
        write_row(out, row)?;
        out.push_str("</div>\n");
    }
    write!(
        out,
        "</dl>\n<p>day90 {} · <a href=\"metrics\">/metrics</a> · <a href=\"-/ready\">/-/ready</a> · \
         <a href=\"-/healthy\">/-/healthy</a> · <a href=\"runbooks/\">runbooks</a></p>\n</footer>\n",
        env!("CARGO_PKG_VERSION")
    )
}
