//! Feedback: its polarity, ratings on the declared scale, and the objective of trust.

use super::harness::*;
use crate::config::Model;
use crate::config::model::{Objectives, System, Trust};
use crate::event::{Body, Event, FeedbackValue, Fixed, Signal, Thumb};

fn feedback(signal: Signal, value: FeedbackValue) -> Event<'static> {
    event("c-1", 0, Body::FeedbackReceived { signal, value, action: None })
}

fn rated(rating: i64) -> Event<'static> {
    feedback(Signal::Rating, FeedbackValue::Rating(Fixed::from_units(rating)))
}

fn scale(low: i64, high: i64) -> Model {
    let trust = Trust { rating_scale: (Fixed::from_units(low), Fixed::from_units(high)), ..Trust::default() };
    let objectives = Objectives { trust_ratio: Some(Fixed::from_nanos(800_000_000)), ..Objectives::default() };
    declared(System { trust, objectives, ..System::default() })
}

#[test]
fn feedback_is_positive_neutral_or_negative() {
    let mut fold = Fold::new();
    fold.take(feedback(Signal::Thumbs, FeedbackValue::Thumb(Thumb::Up)));
    fold.take(feedback(Signal::Thumbs, FeedbackValue::Thumb(Thumb::Down)));
    fold.take(feedback(Signal::Complaint, FeedbackValue::None)).take(rated(3)).take(rated(5));
    for (signal, polarity) in [
        ("thumbs", "positive"),
        ("thumbs", "negative"),
        ("complaint", "negative"),
        ("rating", "neutral"),
        ("rating", "positive"),
    ] {
        fold.expect(&format!("day90_feedback_total{{signal={signal},polarity={polarity}}}"), 1.0);
    }
}

#[test]
fn every_other_signal_is_negative() {
    let mut fold = Fold::new();
    for signal in [Signal::Override, Signal::Abandonment, Signal::Appeal, Signal::Complaint, Signal::RepeatContact] {
        fold.take(feedback(signal, FeedbackValue::None));
        fold.expect(&format!("day90_feedback_total{{signal={signal},polarity=negative}}"), 1.0);
    }
}

#[test]
fn of_five_four_and_above_is_positive_and_three_neutral() {
    let mut fold = Fold::new();
    (1..=5).for_each(|rating| _ = fold.take(rated(rating)));
    for (polarity, count) in [("negative", 2.0), ("neutral", 1.0), ("positive", 2.0)] {
        fold.expect(&format!("day90_feedback_total{{signal=rating,polarity={polarity}}}"), count);
    }
}

#[test]
fn ratings_fill_the_buckets_of_the_declared_scale() {
    let mut fold = Fold::with(scale(0, 2));
    fold.take(rated(0)).take(rated(2)).take(rated(2));
    fold.expect("day90_feedback_rating_count", 3.0).expect("day90_feedback_rating_sum", 4.0);
    fold.expect("day90_feedback_rating_bucket_0", 1.0).expect("day90_feedback_rating_bucket_2", 2.0);
}

#[test]
fn another_scale_starts_the_ratings_again() {
    let mut fold = Fold::with(scale(0, 2));
    fold.take(rated(2)).configure(scale(1, 5)).take(rated(4));
    fold.expect("day90_feedback_rating_count", 1.0).expect("day90_feedback_rating_bucket_5", 0.0);
    fold.expect("day90_feedback_total{signal=rating,polarity=positive}", 2.0);
}

#[test]
fn the_objective_of_trust_judges_all_but_neutral_feedback() {
    let [events, good] =
        ["events", "good"].map(|what| format!("day90_objective_{what}_total{{objective=trust_ratio}}"));
    let mut fold = Fold::with(scale(1, 5));
    fold.take(rated(3)).expect(&events, 0.0).take(rated(1)).take(rated(5)).expect(&events, 2.0).expect(&good, 1.0);
}

#[test]
fn ratings_count_as_one_series_until_their_system_is_removed() {
    let (mut fold, mut once) = (Fold::with(scale(1, 5)), Fold::with(scale(1, 5)));
    fold.take(rated(5)).take(rated(4));
    once.take(rated(4));
    assert_eq!(fold.value("day90_series"), once.value("day90_series"));
    assert_eq!(fold.restarted().value("day90_series"), fold.value("day90_series"));
    let before = fold.value("day90_series");
    let removed = Model { removed: ["agent".to_owned()].into(), ..Model::default() };
    fold.configure(removed).expect("day90_series", before - 1.0);
}
