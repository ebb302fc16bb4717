//! A file of `conf.d`: systems and nothing else. It says `systems: {NAME: …}`, or holds the keys of one system, whose name
//! is that of the file.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use super::super::key::{Map, Names, ValueForm, form};
use super::super::model::System;
use super::super::node::{Content, Node};
use super::super::problem::nearest;
use super::SYSTEMS_MAX;

const SYSTEMS: &str = "systems";

/// The keys of such a file.
pub static FORM: LazyLock<ValueForm<BTreeMap<String, System>>> = LazyLock::new(|| {
    let mut keys = Map::<BTreeMap<String, System>>::new();
    let systems = form::table(Names::Slug, System::keys(), SYSTEMS_MAX);
    keys.section(SYSTEMS, systems, "The operating model of each AI system of this file.", |systems| systems);
    keys.into_form()
});

/// The file as `systems: {NAME: …}`, whichever way it was written.
pub fn whole(root: Rc<Node>, stem: &str) -> Rc<Node> {
    let Content::Map(entries) = &root.content else { return root };
    let is_of_a_file =
        |key: &str| super::keys().iter().any(|known| known.name == key) || nearest(key, [SYSTEMS]).is_some();
    if entries.is_empty() || entries.iter().any(|entry| is_of_a_file(&entry.key)) {
        return root;
    }
    root.below(stem).below(SYSTEMS)
}
