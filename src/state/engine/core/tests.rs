//! Systems of the core: bounds, names that change, and what a removal ends.

use super::*;

fn declared(names: &[&str]) -> Model {
    let systems = names.iter().map(|name| ((*name).to_owned(), model::System::default())).collect();
    Model { systems, ..Model::default() }
}

fn configure(core: &mut Core, model: Model) -> Vec<SystemId> {
    core.configure(Arc::new(model), &|_| true).ended
}

fn removing(name: &str) -> Model {
    Model { removed: [name.to_owned()].into(), ..Model::default() }
}

fn renamed(name: &str, formerly: &[&str]) -> Model {
    let formerly = formerly.iter().map(|name| (*name).to_owned()).collect();
    let systems = [(name.to_owned(), model::System { formerly, ..model::System::default() })].into();
    Model { systems, ..Model::default() }
}

#[test]
fn a_removed_system_that_is_named_again_starts_empty() {
    let mut core = Core::default();
    configure(&mut core, declared(&["agent"]));
    let before = core.system("agent");
    assert_eq!(configure(&mut core, removing("agent")), [before]);
    assert!(configure(&mut core, removing("agent")).is_empty(), "it is ended once");
    configure(&mut core, declared(&["agent"]));
    let after = core.system("agent");
    assert!(before != after && core.is_live(after) && !core.is_live(before));
    assert_eq!(core.system("agent"), after);
}

#[test]
fn a_system_that_vanishes_from_the_file_stays() {
    let mut core = Core::default();
    configure(&mut core, declared(&["agent"]));
    let agent = core.system("agent");
    core.system("heard-of");
    assert_eq!(core.is_declared(agent), Some(true));
    assert!(configure(&mut core, Model::default()).is_empty());
    assert_eq!((core.system("agent"), core.is_declared(agent)), (agent, Some(false)));
    configure(&mut core, declared(&["agent"]));
    assert_eq!((core.system("agent"), core.is_declared(agent)), (agent, Some(true)));
    assert_eq!(core.is_declared(core.known_system("heard-of").unwrap()), None);
}

#[test]
fn a_renamed_system_is_known_by_both_names_and_keeps_its_key() {
    let mut core = Core::default();
    configure(&mut core, declared(&["bot"]));
    let bot = core.system("bot");
    for (name, formerly) in [("agent", &["bot"][..]), ("clerk", &["agent", "bot"])] {
        assert_eq!(core.conflict(&renamed(name, formerly), &|_| true), None);
        configure(&mut core, renamed(name, formerly));
        let known = formerly.iter().chain([&name]).map(|name| core.system(name));
        assert_eq!(known.collect::<Vec<_>>(), vec![bot; formerly.len() + 1]);
        assert_eq!((core.system_name(bot), core.system_key(bot, name)), (name, "bot"));
    }
    let rest = postcard::to_stdvec(&core.stored(&())).unwrap();
    let (mut restored, (), _) = Core::restore::<()>(&rest).unwrap();
    restored.rebuild();
    assert_eq!((restored.system("bot"), restored.system_name(bot)), (bot, "clerk"));
    assert_eq!(restored.taken, core.taken);
}

#[test]
fn a_chain_of_names_may_skip_one() {
    let mut core = Core::default();
    configure(&mut core, declared(&["bot"]));
    let bot = core.system("bot");
    configure(&mut core, renamed("agent", &["bot"]));
    configure(&mut core, renamed("clerk", &["bot"]));
    assert_eq!((core.system("clerk"), core.system("bot")), (bot, bot));
}

#[test]
fn a_former_name_that_is_free_again_is_another_system() {
    let mut core = Core::default();
    configure(&mut core, declared(&["bot"]));
    let bot = core.system("bot");
    configure(&mut core, renamed("agent", &["bot"]));
    configure(&mut core, declared(&["agent"]));
    let other = core.system("bot");
    assert_ne!(other, bot);
    assert_ne!(core.system_key(other, "bot"), core.system_key(bot, "agent"), "their cases are kept apart");
}

#[test]
fn of_two_names_the_one_with_state_goes_on() {
    for with_state in ["bot", "agent"] {
        let mut core = Core::default();
        configure(&mut core, declared(&["bot", "agent"]));
        let (kept, ended) = (core.system(with_state), core.system(if with_state == "bot" { "agent" } else { "bot" }));
        let model = renamed("agent", &["bot"]);
        assert_eq!(core.conflict(&model, &|id| id == kept), None);
        assert_eq!(core.configure(Arc::new(model), &|id| id == kept).ended, [ended]);
        assert_eq!((core.system("agent"), core.system("bot")), (kept, kept));
    }
}

#[test]
fn two_states_do_not_become_one() {
    let mut core = Core::default();
    configure(&mut core, declared(&["bot", "agent", "clerk"]));
    for formerly in [&["bot"][..], &["clerk", "bot"]] {
        let model = renamed("agent", formerly);
        let has_state = |id| formerly.len() == 1 || id != core.known_system("agent").unwrap();
        let why = core.conflict(&model, &has_state).expect("two have state");
        assert!(why.contains("systems.agent.formerly") && why.contains("bot"), "{why}");
    }
    assert_eq!(core.conflict(&renamed("agent", &["unknown"]), &|_| true), None);
    let ends_one = Model { removed: ["bot".to_owned()].into(), ..renamed("agent", &["bot"]) };
    assert_eq!(core.conflict(&ends_one, &|_| true), None);
}
