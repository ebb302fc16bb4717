//! The Markdown that the runbooks use, as HTML: headings, paragraphs, lists, code, strong text and links. Everything else
//! is text, and all text is escaped.

use std::fmt::Write as _;

use crate::page::html::Text;

/// What a link to another runbook leads to; `None` for what is no runbook, whose title is shown alone.
type Resolve<'r> = &'r dyn Fn(&str) -> Option<String>;

/// The whole text. `resolve` gets the names of files in the same directory, without their ending.
pub(super) fn html(text: &str, resolve: Resolve<'_>) -> String {
    let mut writer = Writer { out: String::with_capacity(2 * text.len()), block: Vec::new(), list: None, resolve };
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            writer.end_list();
            writer.code(lines.by_ref().take_while(|line| !line.starts_with("```")));
        } else {
            writer.line(line);
        }
    }
    writer.end_list();
    writer.out
}

struct Writer<'r> {
    out: String,
    /// The lines of the paragraph or list item that is being read.
    block: Vec<String>,
    /// The list that is open.
    list: Option<&'static str>,
    resolve: Resolve<'r>,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        let trimmed = line.trim_start();
        if let Some((level, title)) = heading(line) {
            self.end_list();
            let title = self.inline(title);
            self.put(format_args!("<h{level}>{title}</h{level}>\n"));
        } else if let Some((list, item)) = item(line) {
            self.end_block();
            if self.list != Some(list) {
                self.end_list();
                self.put(format_args!("<{list}>\n"));
                self.list = Some(list);
            }
            self.block.push(item.to_owned());
        } else if trimmed.is_empty() {
            self.end_block();
        } else {
            // A line at the margin after an empty one ends the list.
            if self.list.is_some() && self.block.is_empty() && trimmed == line {
                self.end_list();
            }
            self.block.push(trimmed.to_owned());
        }
    }

    fn code<'l>(&mut self, lines: impl Iterator<Item = &'l str>) {
        self.out.push_str("<pre>");
        lines.for_each(|line| self.put(format_args!("{}\n", Text(line))));
        self.out.push_str("</pre>\n");
    }

    /// Ends the paragraph or the list item.
    fn end_block(&mut self) {
        if self.block.is_empty() {
            return;
        }
        let lines = std::mem::take(&mut self.block);
        let element = if self.list.is_some() { "li" } else { "p" };
        let text = self.inline(&lines.join("\n"));
        self.put(format_args!("<{element}>{text}</{element}>\n"));
    }

    fn end_list(&mut self) {
        self.end_block();
        if let Some(list) = self.list.take() {
            self.put(format_args!("</{list}>\n"));
        }
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        self.out.write_fmt(what).expect("writing to a String cannot fail");
    }

    /// Code, strong text and links within a line.
    fn inline(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 32);
        let mut rest = text;
        while let Some(at) = rest.find(['`', '*', '[']) {
            write!(out, "{}", Text(&rest[..at])).expect("writing to a String cannot fail");
            rest = &rest[at..];
            let taken = self.mark(rest, &mut out);
            let taken = taken.unwrap_or_else(|| {
                out.push_str(&rest[..1]);
                1
            });
            rest = &rest[taken..];
        }
        write!(out, "{}", Text(rest)).expect("writing to a String cannot fail");
        out
    }

    /// Writes what begins here, if something does, and says how long it is.
    fn mark(&self, text: &str, out: &mut String) -> Option<usize> {
        if let Some(rest) = text.strip_prefix('`') {
            let code = &rest[..rest.find('`')?];
            write!(out, "<code>{}</code>", Text(code)).ok()?;
            return Some(code.len() + 2);
        }
        if let Some(rest) = text.strip_prefix("**") {
            let strong = &rest[..rest.find("**")?];
            write!(out, "<strong>{}</strong>", self.inline(strong)).ok()?;
            return Some(strong.len() + 4);
        }
        let (title, rest) = text.strip_prefix('[')?.split_once("](")?;
        let target = &rest[..rest.find(')')?];
        match self.address(target) {
            Some(address) => write!(out, "<a href=\"{}\">{}</a>", Text(&address), Text(title)).ok()?,
            None => write!(out, "{}", Text(title)).ok()?,
        }
        Some(title.len() + target.len() + 4)
    }

    fn address(&self, target: &str) -> Option<String> {
        if target.starts_with("https://") || target.starts_with("http://") {
            return Some(target.to_owned());
        }
        (self.resolve)(target.strip_suffix(".md")?)
    }
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line[level..].strip_prefix(' ')?;
    (1..=4).contains(&level).then_some((level, title))
}

/// The kind of list that a line is an item of, and its text.
fn item(line: &str) -> Option<(&'static str, &str)> {
    if let Some(item) = line.strip_prefix("- ") {
        return Some(("ul", item));
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let item = line[digits..].strip_prefix(". ")?;
    (digits > 0).then_some(("ol", item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_written() {
        let only_a = |name: &str| (name == "A").then(|| "base/A".to_owned());
        for (text, expected) in [
            ("# A & B\n", "<h1>A &amp; B</h1>\n"),
            ("one\ntwo\n\nthree", "<p>one\ntwo</p>\n<p>three</p>\n"),
            ("- a\n  more\n- b\n\nend", "<ul>\n<li>a\nmore</li>\n<li>b</li>\n</ul>\n<p>end</p>\n"),
            ("1. a\n2. b\n- c", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n<ul>\n<li>c</li>\n</ul>\n"),
            ("```sh\na < b\n```\nx", "<pre>a &lt; b\n</pre>\n<p>x</p>\n"),
            ("**so `a*b`** `<x>`", "<p><strong>so <code>a*b</code></strong> <code>&lt;x&gt;</code></p>\n"),
            (
                "[a](A.md) [b](B.md) [c](https://x/?a&b)",
                "<p><a href=\"base/A\">a</a> b <a href=\"https://x/?a&amp;b\">c</a></p>\n",
            ),
            ("[x](javascript:alert(1)) `open * [a", "<p>x) `open * [a</p>\n"),
            ("<script>", "<p>&lt;script&gt;</p>\n"),
        ] {
            assert_eq!(html(text, &only_a), expected, "{text}");
        }
    }
}
