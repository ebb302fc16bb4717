//! YAML text → a tree in which everything knows its line and column.
//!
//! YAML 1.2, one document, core schema. Anything that could make a configuration mean something other than it seems to
//! is refused by name: duplicate keys, merge keys, tags, keys that are not scalars, a second document. Anchors and
//! aliases work. An alias shares the anchored part of the tree, and counts as if it were written out, so a few
//! kilobytes of aliases never become gigabytes of work.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::key::At;
use super::key::written::{push_key, shown};
use super::problem::Problems;

/// Scalars, lists and maps of one file, aliases written out.
pub const NODES_MAX: usize = 1_000_000;
/// Lists and maps inside one another. The contract needs 8.
pub const DEPTH_MAX: usize = 64;

/// A part of the file. Children are shared between an anchor and its aliases.
#[derive(Debug)]
pub struct Node {
    pub at: At,
    pub content: Content,
    /// Nodes below and including this one, aliases written out.
    weight: usize,
    /// Lists and maps inside one another, this one included.
    height: usize,
}

#[derive(Debug)]
pub enum Content {
    Null,
    Bool(bool),
    /// A plain number, as written.
    Number(String),
    Text(String),
    List(Vec<Rc<Node>>),
    Map(Vec<MapEntry>),
}

#[derive(Debug)]
pub struct MapEntry {
    pub key: String,
    /// The place of the key.
    pub at: At,
    pub value: Rc<Node>,
}

/// Reads a document; `None` when it is empty, or when it cannot be read to its end.
pub fn parse(text: &str, problems: &mut Problems) -> Option<Rc<Node>> {
    // An editor's byte order mark says nothing and would become part of the first key.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut tree = Tree { problems, open: Vec::new(), anchors: HashMap::new(), nodes: 0, root: None, documents: 0 };
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let outcome = match event {
            Ok((event, span)) => tree.take(event, place(span.start)),
            Err(error) => Err((place(*error.marker()), format!("not YAML: {}", error.info()))),
        };
        if let Err((at, message)) = outcome {
            let field = tree.path();
            tree.problems.error(at, &field, message);
            return None;
        }
    }
    tree.root
}

impl Node {
    /// A map with this value at one key. Its place is that of the value.
    pub fn below(self: Rc<Node>, key: &str) -> Rc<Node> {
        let (at, weight, height) = (self.at, self.weight + 1, self.height + 1);
        Rc::new(Node {
            at,
            content: Content::Map(vec![MapEntry { key: key.to_owned(), at, value: self }]),
            weight,
            height,
        })
    }

    /// What it is, in the words of a message.
    pub fn describe(&self) -> String {
        match &self.content {
            Content::Null => "nothing".into(),
            Content::Bool(value) => value.to_string(),
            Content::Number(number) => format!("the number {}", shown(number).trim_matches('"')),
            Content::Text(text) => shown(text),
            Content::List(_) => "a list".into(),
            Content::Map(_) => "a map".into(),
        }
    }
}

/// A mistake after which reading stops.
type Stop = (At, String);

/// A list or map whose end is still to come.
enum Open {
    List { at: At, anchor: usize, items: Vec<Rc<Node>> },
    Map { at: At, anchor: usize, entries: Vec<MapEntry>, seen: HashMap<String, At>, key: Option<Key> },
}

/// A key whose value is still to come. A refused one takes its value with it.
struct Key {
    text: String,
    at: At,
    refused: bool,
}

struct Tree<'p> {
    problems: &'p mut Problems,
    open: Vec<Open>,
    /// Whole anchored nodes by their number.
    anchors: HashMap<usize, Rc<Node>>,
    nodes: usize,
    root: Option<Rc<Node>>,
    documents: usize,
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, at: At) -> Result<(), Stop> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err((at, "a second document begins here; a configuration is one document".into()));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() {
                    self.refuse_tag(at);
                }
                if self.waits_for_key() {
                    return self.key(text.into_owned(), at);
                }
                let content = if style == ScalarStyle::Plain { plain(&text) } else { Content::Text(text.into_owned()) };
                self.place(Rc::new(Node { at, content, weight: 1, height: 0 }), anchor, 1)
            }
            Event::SequenceStart(anchor, tag) => {
                self.begin(at, tag.is_some(), Open::List { at, anchor, items: Vec::new() })
            }
            Event::MappingStart(anchor, tag) => {
                let map = Open::Map { at, anchor, entries: Vec::new(), seen: HashMap::new(), key: None };
                self.begin(at, tag.is_some(), map)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn begin(&mut self, at: At, tagged: bool, open: Open) -> Result<(), Stop> {
        if tagged {
            self.refuse_tag(at);
        }
        if self.waits_for_key() {
            return Err((at, "a list or a map cannot be a key; write a name".into()));
        }
        self.open.push(open);
        self.bound_depth(self.open.len(), at)
    }

    fn end(&mut self) -> Result<(), Stop> {
        let (at, anchor, content) = match self.open.pop() {
            Some(Open::List { at, anchor, items }) => (at, anchor, Content::List(items)),
            Some(Open::Map { at, anchor, entries, .. }) => (at, anchor, Content::Map(entries)),
            None => return Ok(()),
        };
        let children: &mut dyn Iterator<Item = &Rc<Node>> = match &content {
            Content::List(items) => &mut items.iter(),
            Content::Map(entries) => &mut entries.iter().map(|entry| &entry.value),
            _ => &mut std::iter::empty(),
        };
        let (mut weight, mut height) = (1, 1);
        for child in children {
            weight += child.weight;
            height = height.max(child.height + 1);
        }
        self.place(Rc::new(Node { at, content, weight, height }), anchor, 1)
    }

    fn alias(&mut self, anchor: usize, at: At) -> Result<(), Stop> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err((at, "an alias inside its own anchor goes round in circles; write the part out".into()));
        };
        if self.waits_for_key() {
            return match &node.content {
                Content::Text(text) | Content::Number(text) => self.key(text.clone(), at),
                _ => Err((at, "only text can be a key; write a name".into())),
            };
        }
        self.bound_depth(self.open.len() + node.height, at)?;
        let weight = node.weight;
        self.place(node, 0, weight).map_err(|(_, message)| (at, message))
    }

    /// Puts a whole node where it belongs.
    fn place(&mut self, node: Rc<Node>, anchor: usize, weight: usize) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(weight);
        if self.nodes > NODES_MAX {
            let message = format!("more than {NODES_MAX} values, with aliases written out; split the configuration");
            return Err((node.at, message));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => {
                if let Some(Key { text, at, .. }) = key.take().filter(|key| !key.refused) {
                    entries.push(MapEntry { key: text, at, value: node });
                }
            }
        }
        Ok(())
    }

    fn key(&mut self, text: String, at: At) -> Result<(), Stop> {
        let Some(Open::Map { seen, key, .. }) = self.open.last_mut() else { return Ok(()) };
        let refused = if text == "<<" {
            Some("merge keys are not YAML 1.2; repeat the keys, or alias the whole map (x: *name)".to_owned())
        } else {
            seen.get(&text).map(|first| format!("the key is already in line {}", first.line))
        };
        if refused.is_none() {
            seen.insert(text.clone(), at);
        }
        *key = Some(Key { text, at, refused: refused.is_some() });
        if let Some(message) = refused {
            let field = self.path();
            self.problems.error(at, &field, message);
        }
        Ok(())
    }

    fn waits_for_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map { key: None, .. }))
    }

    fn refuse_tag(&mut self, at: At) {
        let field = self.path();
        self.problems.error(at, &field, "tags (such as !!str) are not supported; quote text instead");
    }

    fn bound_depth(&self, depth: usize, at: At) -> Result<(), Stop> {
        if depth > DEPTH_MAX {
            return Err((at, format!("more than {DEPTH_MAX} lists and maps inside one another")));
        }
        Ok(())
    }

    /// The keys on the way to the place that is being read.
    fn path(&self) -> String {
        let mut path = String::new();
        for open in &self.open {
            match open {
                Open::Map { key: Some(key), .. } => push_key(&mut path, &key.text),
                Open::Map { .. } => {}
                Open::List { items, .. } => path.push_str(&format!("[{}]", items.len())),
            }
        }
        path
    }
}

fn place(marker: Marker) -> At {
    At { line: marker.line(), column: marker.col() + 1 }
}

/// A plain scalar by the core schema of YAML 1.2: `yes`, `no` and `on` are text.
fn plain(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        number if is_number(number) => Content::Number(number.to_owned()),
        text => Content::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let based = |prefix: &str, radix: u32| {
        text.strip_prefix(prefix)
            .is_some_and(|digits| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix)))
    };
    // Digits with a point and an exponent. A letter elsewhere (15m, 1d) makes it text.
    let decimal = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && unsigned.contains(|character: char| character.is_ascii_digit())
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte))
        && unsigned.parse::<f64>().is_ok();
    decimal || based("0x", 16) || based("0o", 8)
}
