//! How a scraper wants names to be spelled that its format does not allow.
//!
//! Every format allows every name of day90, so three of the four schemes change nothing. The fourth spells dots with
//! underscores, and therefore doubles the underscores of a name.

use std::borrow::Cow;

use crate::state::engine::family::{Buckets, Metadata, Number, Sink, Type};

/// The schemes of Prometheus' content negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escaping {
    AllowUtf8,
    Underscores,
    Dots,
    Values,
}

impl Escaping {
    const ALL: [Escaping; 4] = [Escaping::AllowUtf8, Escaping::Underscores, Escaping::Dots, Escaping::Values];

    pub fn named(name: &str) -> Option<Escaping> {
        Self::ALL.into_iter().find(|escaping| escaping.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Escaping::AllowUtf8 => "allow-utf-8",
            Escaping::Underscores => "underscores",
            Escaping::Dots => "dots",
            Escaping::Values => "values",
        }
    }

    pub fn spell(self, name: &str) -> Cow<'_, str> {
        if self == Escaping::Dots { name.replace('_', "__").into() } else { name.into() }
    }
}

/// Passes everything on to a sink, with names spelled by a scheme.
pub struct Escaped<'a>(pub &'a mut dyn Sink, pub Escaping);

impl Sink for Escaped<'_> {
    fn family(&mut self, name: &str, kind: Type, help: &str, labels: &[&str]) {
        let labels: Vec<Cow<'_, str>> = labels.iter().map(|label| self.1.spell(label)).collect();
        let labels: Vec<&str> = labels.iter().map(AsRef::as_ref).collect();
        self.0.family(&self.1.spell(name), kind, help, &labels);
    }
    fn sample(&mut self, values: &[&str], number: Number) {
        self.0.sample(values, number);
    }
    fn histogram(&mut self, values: &[&str], buckets: Buckets<'_>) {
        self.0.histogram(values, buckets);
    }
    fn counter(&mut self, values: &[&str], number: Number, metadata: Metadata<'_>) {
        self.0.counter(values, number, metadata);
    }
}
