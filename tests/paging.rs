//! What docs/paging.md promises, small: some of the study's cells with fewer replicates, at fixed seeds, with each change.
//! `tests/bench/run paging` is the whole of it.

#[path = "bench/paging/random.rs"]
mod random;
#[path = "bench/paging/subject.rs"]
mod subject;
#[path = "bench/paging/traffic.rs"]
mod traffic;

use day90::state::signals::spike::detector::{Detector, PageChange};

use subject::Subject;
use traffic::{DAY, MINUTE, MONTH, RATES, RATIO, Scenario, Traffic, hour_of_week};

const WARM_DAYS: f64 = 21.0;
const JUDGED_DAYS: f64 = 60.0;
const REPLICATES: u64 = 6;

/// Tasks, escalations and a digest of 20,000 minutes at one task a second, as the study's own program prints them.
const STREAMS: [(&str, f64, f64, u64); 9] = [
    ("const", 1_199_910.0, 60_080.0, 3_529_212_446_562_942_356),
    ("retry", 1_200_510.0, 59_264.0, 2_208_481_758_449_570_256),
    ("all", 1_034_499.0, 48_826.0, 10_663_945_281_953_995_718),
    ("frail", 1_034_508.0, 50_741.0, 7_066_955_618_410_562_681),
    ("drift", 1_034_001.0, 56_470.0, 5_972_753_306_857_413_302),
    ("season", 1_034_001.0, 43_539.0, 332_282_149_280_051_183),
    ("ou", 1_033_647.0, 50_259.0, 5_627_423_734_779_461_279),
    ("dedupe", 1_199_910.0, 20_155.0, 8_932_556_172_915_568_895),
    ("gap", 862_583.0, 42_586.0, 10_586_019_632_254_075_082),
];

#[test]
fn simulated_traffic_is_that_of_the_study() {
    for (scenario, expected) in Scenario::ALL.into_iter().zip(STREAMS) {
        let mut traffic = Traffic::new(scenario, RATES[2], 77);
        let (mut tasks, mut count, mut digest) = (0.0, 0.0, 0u64);
        for minute in 0..20_000 {
            let (n, x) = traffic.minute(f64::from(minute) * MINUTE, if minute > 15_000 { 2.0 } else { 1.0 });
            tasks += n;
            count += x;
            digest = digest.wrapping_mul(6_364_136_223_846_793_005).wrapping_add((n * 1_000.0 + x) as u64 + 1);
        }
        assert_eq!((scenario.name(), tasks, count, digest), expected);
    }
}

/// Pages in the first 21 days and in the 60 after them, over all replicates.
fn false_pages(scenario: Scenario, rate: f64) -> (u32, u32) {
    let (mut learning, mut judged) = (0, 0);
    for replicate in 0..REPLICATES {
        let mut traffic = Traffic::new(scenario, rate, 77 + 1_000 * replicate);
        let mut subject = Subject::new(MONTH);
        for minute in 0..((WARM_DAYS + JUDGED_DAYS) * DAY / MINUTE) as u32 {
            let at = f64::from(minute) * MINUTE;
            let (tasks, count) = traffic.minute(at, 1.0);
            if subject.bin(at, MINUTE, tasks, count) {
                *if at < WARM_DAYS * DAY { &mut learning } else { &mut judged } += 1;
            }
        }
    }
    (learning, judged)
}

#[test]
fn a_system_in_which_nothing_is_wrong_pages_no_more_often_than_the_setting_allows() {
    use Scenario::{All, Const, Drift, Frail, Ou, Retry, Season};
    let cells = [(Const, 0.1), (Retry, 1.0), (All, 0.1), (Frail, 1.0), (Drift, 0.02), (Season, 1.0), (Ou, 1.0)];
    // One a month, for 60 days in each replicate; 0.7 in 21 days, with two standard errors of so few of them.
    let allowed = REPLICATES as f64 * JUDGED_DAYS / 30.0;
    let learning_allowed = 0.7 * REPLICATES as f64;
    let found = std::thread::scope(|scope| {
        let threads = cells.map(|(scenario, rate)| scope.spawn(move || false_pages(scenario, rate)));
        threads.map(|thread| thread.join().expect("a simulation"))
    });
    for ((scenario, rate), (learning, judged)) in cells.iter().zip(found) {
        let cell = format!("{} at {rate} tasks a second: {judged} false pages, {learning} before", scenario.name());
        assert!(f64::from(judged) <= allowed, "{cell}, {allowed} are allowed");
        assert!(f64::from(learning) <= learning_allowed + 2.0 * learning_allowed.sqrt(), "{cell}");
    }
    let all: u32 = found.iter().map(|(_, judged)| judged).sum();
    assert!(
        f64::from(all) <= 0.7 * allowed * cells.len() as f64,
        "{all} in all: the setting is not so spent elsewhere"
    );
}

/// Mean minutes until a spike of this size is found.
fn delay(scenario: Scenario, rate: f64, rise: f64) -> f64 {
    const SPIKES: u64 = 12;
    let minutes = (0..SPIKES).map(|spike| {
        let mut traffic = Traffic::new(scenario, rate, 990_077 + 1_000 * spike);
        let mut subject = Subject::new(MONTH);
        let begins = ((WARM_DAYS + traffic.random.uniform()) * DAY / MINUTE) as u32;
        let mut bin = |minute: u32, rise: f64, subject: &mut Subject| {
            let at = f64::from(minute) * MINUTE;
            let (tasks, count) = traffic.minute(at, rise);
            subject.bin(at, MINUTE, tasks, count)
        };
        for minute in 0..begins {
            bin(minute, 1.0, &mut subject);
        }
        subject.ready();
        let found = (0..4_320).find(|minute| bin(begins + minute, rise, &mut subject));
        f64::from(found.map_or(4_320, |minute| minute + 1))
    });
    minutes.sum::<f64>() / SPIKES as f64
}

#[test]
fn a_spike_is_found_as_soon_as_docs_paging_says() {
    use Scenario::{Const, Frail, Ou, Season};
    let cells = [
        (Const, 1.0, 2.0, 12.0),
        (Const, 0.1, 5.0, 15.0),
        (Season, 1.0, 2.0, 22.0),
        (Ou, 1.0, 5.0, 4.0),
        (Frail, 1.0, 5.0, 18.0),
    ];
    for (scenario, rate, rise, at_most) in cells {
        let minutes = delay(scenario, rate, rise);
        let cell = format!("{} at {rate} tasks a second, ×{rise}", scenario.name());
        assert!(minutes <= at_most, "{cell}: {minutes:.1} minutes, {at_most} at most");
    }
}

#[test]
fn a_detector_saved_and_loaded_after_every_event_pages_alike_to_the_last_bit() {
    let mut traffic = Traffic::new(Scenario::All, 0.1, 4_242);
    let mut kept = Detector::new(MONTH);
    let mut reloaded = kept.clone();
    let mut pages = 0;
    for minute in 0..(26.0 * DAY / MINUTE) as u32 {
        let at = f64::from(minute) * MINUTE;
        let incident = (24.0 * DAY..24.2 * DAY).contains(&at);
        let (tasks, count) = traffic.minute(at, if incident { 6.0 } else { 1.0 });
        let changes = [&mut kept, &mut reloaded].map(|detector| {
            let change = detector.observe(MINUTE, tasks, count, hour_of_week(at));
            detector.learn(MINUTE, tasks, hour_of_week(at));
            change
        });
        assert_eq!(changes[0], changes[1], "minute {minute}");
        assert_eq!(kept.score().to_bits(), reloaded.score().to_bits(), "minute {minute}");
        pages += usize::from(matches!(changes[0], PageChange::Page(_)));
        let saved = postcard::to_stdvec(&reloaded).expect("plain numbers");
        reloaded = postcard::from_bytes(&saved).expect("what was just saved");
    }
    assert_eq!(kept, reloaded);
    assert!(pages >= 1, "the incident pages");
}

#[test]
fn no_page_comes_without_more_escalations_than_are_usual() {
    let mut pages = 0;
    for seed in 0..4 {
        let mut traffic = Traffic::new(Scenario::Frail, 0.1, seed);
        let mut detector = Detector::new(MONTH / 30.0);
        for minute in 0..(40.0 * DAY / MINUTE) as u32 {
            let at = f64::from(minute) * MINUTE;
            // Hours without any escalation, with as many tasks as ever, among those with spikes.
            let rise = if ((at / 7_200.0) as u32).is_multiple_of(5) { 0.0 } else { 1.0 };
            let (tasks, count) = traffic.minute(at, rise);
            let usual = detector.usual_ratio(hour_of_week(at));
            if let PageChange::Page(since) = detector.observe(MINUTE, tasks, count, hour_of_week(at)) {
                pages += 1;
                assert!(count > 0.0, "minute {minute}: a page begins with an escalation");
                assert!(since.count > usual * since.exposure, "minute {minute}: {since:?}, usually {usual}");
            }
            detector.learn(MINUTE, tasks, hour_of_week(at));
        }
    }
    assert!(pages > 0, "with one false page a day allowed, there are some");
}

#[test]
fn a_system_that_never_escalated_has_no_usual_ratio_and_no_page() {
    let mut subject = Subject::new(MONTH);
    for minute in 0..20_000 {
        assert!(!subject.bin(f64::from(minute) * MINUTE, MINUTE, 60.0, 0.0));
    }
    assert!(subject.detector.score() < 1.0 && subject.detector.is_learning());
    assert!(subject.detector.usual_ratio(0) < RATIO / 100.0);
}
