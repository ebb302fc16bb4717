//! Bodies cut into events: lines, arrays, and what is neither.

use proptest::prelude::*;

use super::*;

/// The pieces as (line, text); a rejected one as its error.
fn cut(body: &str, form: BodyForm) -> Vec<(u32, String)> {
    let show = |item: EventText<'_>| (item.line, item.text.map_or_else(|rejection| rejection.error, str::to_string));
    events(body.as_bytes(), form).map(show).collect()
}

fn texts(body: &str, form: BodyForm) -> Vec<String> {
    cut(body, form).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn lines_are_events_and_blank_lines_are_none() {
    let body = "{\"a\":1}\r\n\n   \n{\"b\":2}\nnonsense\n{\"c\":3}";
    let expected = [(1, "{\"a\":1}\r"), (4, "{\"b\":2}"), (5, "nonsense"), (6, "{\"c\":3}")];
    assert_eq!(cut(body, BodyForm::Ndjson), expected.map(|(line, text)| (line, text.to_string())));
    assert_eq!(events(body.as_bytes(), BodyForm::Ndjson).map(|item| item.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

#[test]
fn an_array_is_cut_at_its_own_commas() {
    let body = "[ {\"a\":[1,2]} ,\n {\"b\":\"],}\\\"\"},\n5 ]\n";
    let expected = [(1, "{\"a\":[1,2]}"), (2, "{\"b\":\"],}\\\"\"}"), (3, "5")];
    assert_eq!(cut(body, BodyForm::Json), expected.map(|(line, text)| (line, text.to_string())));
}

#[test]
fn nothing_is_no_event() {
    for form in [BodyForm::Json, BodyForm::Ndjson, BodyForm::Guess] {
        for body in ["", " \n\r\n\t", "\u{feff}", "\u{feff} \n"] {
            assert_eq!(texts(body, form), [""; 0], "{body:?} {form:?}");
        }
    }
    assert_eq!(texts("[]", BodyForm::Json), [""; 0]);
    assert_eq!(texts(" [ \n] ", BodyForm::Guess), [""; 0]);
}

#[test]
fn a_bad_element_costs_only_itself() {
    assert_eq!(
        texts("[{\"a\":1},{\"b\":nope}},{\"c\":3}]", BodyForm::Json),
        ["{\"a\":1}", "{\"b\":nope}}", "{\"c\":3}"]
    );
    let holes = texts("[{\"a\":1},,{\"c\":3},]", BodyForm::Json);
    assert_eq!((holes.len(), holes[0].as_str(), holes[2].as_str()), (4, "{\"a\":1}", "{\"c\":3}"));
    assert!(holes[1].contains("comma too many") && holes[3].contains("comma too many"));
}

#[test]
fn an_array_that_is_cut_off_keeps_its_whole_elements() {
    for body in ["[{\"a\":1}", "[{\"a\":1},", "[{\"a\":1},{\"b", "[{\"a\":1},{\"b\":\"x,{}]", "[{\"a\":1},  "] {
        let pieces = texts(body, BodyForm::Json);
        assert_eq!((pieces.len(), pieces[0].as_str()), (2, "{\"a\":1}"), "{body}");
        assert!(pieces[1].contains("before its JSON array is closed"), "{body}: {}", pieces[1]);
    }
    assert_eq!(texts("[", BodyForm::Json).len(), 1);
}

#[test]
fn what_follows_is_rejected_and_points_to_ndjson() {
    for body in ["{\"a\":1}\n{\"b\":2}", "[{\"a\":1}] x", "{\"a\":1}}"] {
        let pieces = texts(body, BodyForm::Json);
        assert_eq!((pieces.len(), pieces[0].as_str()), (2, "{\"a\":1}"), "{body}");
        assert!(pieces[1].contains("application/x-ndjson"), "{}", pieces[1]);
    }
}

#[test]
fn the_body_decides_when_nobody_says() {
    assert_eq!(texts("{\"a\":\n1}\n", BodyForm::Guess), ["{\"a\":\n1}"]);
    assert_eq!(texts("{\"a\":1}\n{\"b\":2}\n", BodyForm::Guess), ["{\"a\":1}", "{\"b\":2}"]);
    assert_eq!(texts("\u{feff}\n[{\"a\":1}]", BodyForm::Guess), ["{\"a\":1}"]);
    assert_eq!(texts("{\"a\":\n{\"b\":2}", BodyForm::Guess), ["{\"a\":", "{\"b\":2}"]);
    assert_eq!(texts("hello", BodyForm::Guess), ["hello"]);
}

#[test]
fn only_the_event_with_bad_bytes_is_rejected() {
    for (body, form) in [
        (&b"{\"a\":1}\n{\"b\":\"\xff\"}\n{\"c\":3}"[..], BodyForm::Ndjson),
        (b"[{\"a\":1},{\"b\":\"\xff\"},{\"c\":3}]", BodyForm::Json),
    ] {
        let pieces: Vec<_> = events(body, form).map(|item| item.text).collect();
        assert_eq!((pieces.len(), &pieces[0], &pieces[2]), (3, &Ok("{\"a\":1}"), &Ok("{\"c\":3}")));
        let rejection = pieces[1].clone().expect_err("bad bytes");
        assert_eq!(rejection.reason, Reason::Encoding);
        assert!(rejection.error.contains("byte 7"), "{}", rejection.error);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_come_apart_without_a_panic(body: Vec<u8>) {
        for form in [BodyForm::Json, BodyForm::Ndjson, BodyForm::Guess] {
            prop_assert!(events(&body, form).count() <= body.len() + 1);
        }
    }

    #[test]
    fn brackets_and_quotes_come_apart_without_a_panic(body in "[\\[\\]{}\",:\\\\ \\n1]{0,40}") {
        for form in [BodyForm::Json, BodyForm::Ndjson, BodyForm::Guess] {
            prop_assert!(events(body.as_bytes(), form).count() <= body.len() + 1);
        }
    }

    #[test]
    fn an_array_that_serde_json_reads_has_as_many_pieces(values in prop::collection::vec("\\{\"[a-z\\\\\\\\]{0,3}\":(1|\"[\\]\\[{},]*\"|\\[[0-9]\\])\\}", 0..6), blank in "[ \\n\\t\\r]{0,2}") {
        let body = format!("{blank}[{blank}{}{blank}]{blank}", values.join(&format!("{blank},{blank}")));
        if let Ok(foreign) = serde_json::from_str::<Vec<serde_json::Value>>(&body) {
            let ours: Vec<serde_json::Value> = events(body.as_bytes(), BodyForm::Json)
                .map(|item| serde_json::from_str(item.text.expect("a piece")).expect("JSON")).collect();
            prop_assert_eq!(ours, foreign);
        }
    }
}
