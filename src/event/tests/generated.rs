//! Generated input: nothing panics, a mistake costs only its event, and JSON is what serde_json says it is.

use proptest::prelude::*;

use super::super::kinds::TABLE;
use super::*;

/// Nearly JSON: pieces of it in any order.
fn shards() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u",
        "d800",
        "\\udc00",
        "0",
        "-",
        "1.5",
        "e9",
        ".",
        "true",
        "false",
        "null",
        " ",
        "\n",
        "\"type\"",
        "\"task.completed\"",
        "\"system\"",
        "\"s\"",
        "\"case\"",
        "é",
        "\u{7f}",
        "\u{0}",
        "\"specversion\":\"1.0\"",
        "\"data\":{",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// Whole JSON values, a few levels deep.
fn json_value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_string()),
        Just("true".to_string()),
        Just("false".to_string()),
        "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?",
        "\"([a-zé \u{7f}]|\\\\[\"\\\\/bfnrt]|\\\\u00[0-9a-fA-F]{2}|\\\\ud83d\\\\ude[0-9][0-9]){0,12}\"",
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[ {} ]", values.join(" , "))),
            prop::collection::vec(("[a-z]{0,6}", inner), 0..4).prop_map(|members| {
                let members: Vec<_> =
                    members.into_iter().map(|(name, value)| format!("\"{name}\" :\n{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// Is it one JSON object, says serde_json? It keeps numbers as floats and so refuses 1e999, and half a surrogate pair, which
/// are JSON; then it has not looked at what follows, which it does when it may pass over values.
fn foreign_says_object(text: &str) -> bool {
    const JSON_ALL_THE_SAME: [&str; 3] = ["number out of range", "surrogate", "hex escape"];
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => value.is_object(),
        Err(error) if JSON_ALL_THE_SAME.iter().any(|mistake| error.to_string().contains(mistake)) => {
            text.trim_start().starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
        }
        Err(_) => false,
    }
}

/// A number that serde_json refuses is no reason to accept what follows it.
#[test]
fn damage_after_a_number_out_of_range_is_damage() {
    for (text, is_object) in [("{\"x\":1e310}", true), ("{\"x\":1e310\"a\"}", false), ("{\"x\":[1e310e0]}", false)] {
        assert_eq!((we_say_object(text), foreign_says_object(text)), (is_object, is_object), "{text}");
    }
}

fn we_say_object(text: &str) -> bool {
    !parse(text).is_err_and(|rejection| rejection.reason == Reason::Syntax)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_parser_panic(text in prop_oneof![any::<String>(), shards()]) {
        let _ = parse(&text);
        let _ = parse(&format!("{{\"specversion\":\"1.0\",{}", text.trim_start_matches('{')));
        let header = text.as_bytes();
        let headers = [("specversion", &b"1.0"[..]), ("type", header), ("id", header), ("source", header), ("time", header)];
        let _ = cloudevents::binary(&headers, header, &context());
    }

    #[test]
    fn no_bytes_make_the_parser_panic(body: Vec<u8>) {
        parse_body(&body);
    }

    #[test]
    fn no_bytes_make_the_decoder_panic(mut bytes: Vec<u8>, kind in 0..32_u8, flags: u8) {
        let _ = binary::decode(&bytes);
        bytes.splice(0..0, [kind, flags]);
        let _ = binary::decode(&bytes);
    }

    #[test]
    fn json_is_what_serde_json_says_it_is(text in prop_oneof![shards(), shards().prop_map(|text| format!("{{{text}}}")), json_value()]) {
        prop_assert_eq!(we_say_object(&text), foreign_says_object(&text), "{}: {:?}", text, parse(&text));
    }

    #[test]
    fn a_damaged_object_is_what_serde_json_says_it_is(text in json_value(), at: prop::sample::Index, with in "[\\[\\]{}\",:\\\\0-9a-f .-]?") {
        let mut text = format!("{{\"x\":{text}}}");
        let (at, damaged) = text.char_indices().nth(at.index(text.chars().count())).expect("it is not empty");
        text.replace_range(at..at + damaged.len_utf8(), &with);
        prop_assert_eq!(we_say_object(&text), foreign_says_object(&text), "{}: {:?}", text, parse(&text));
    }

    #[test]
    fn a_damaged_line_costs_only_itself(row in 0..TABLE.len(), at: prop::sample::Index, with: u8) {
        let good: Vec<&str> = TABLE.iter().map(|row| row.example).collect();
        let mut damaged = good[row].as_bytes().to_vec();
        let at = at.index(damaged.len());
        damaged[at] = if with == b'\n' { b' ' } else { with };
        let mut body = Vec::new();
        for (line, text) in good.iter().enumerate() {
            body.extend_from_slice(if line == row { &damaged } else { text.as_bytes() });
            body.push(b'\n');
        }
        let events = parse_body(&body);
        if damaged[0] != b'{' {
            // It makes the body a stream of values, which breaks there.
            prop_assert!(events.len() == 1 && events[0].1.is_err(), "{:?}", events);
            return Ok(());
        }
        // A blank line would be no event, but one damaged byte makes no line blank.
        prop_assert_eq!(events.len(), TABLE.len());
        for (line, (index, event)) in events.iter().enumerate().filter(|(line, _)| *line != row) {
            let mut expected = parse(good[line]).expect("an example");
            if expected.time == expected.received {
                expected.time = expected.received.plus(i64::from(*index));
            }
            prop_assert_eq!(event, &Ok(expected), "line {}", line);
        }
    }

    #[test]
    fn what_is_accepted_comes_back_from_the_journal(row in 0..TABLE.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), 0x20..0x7f_u8), 0..3)) {
        let mut text = TABLE[row].example.as_bytes().to_vec();
        for (at, byte) in edits {
            let at = at.index(text.len());
            text[at] = byte;
        }
        let text = String::from_utf8(text).expect("ASCII");
        if let Ok(event) = parse(&text) {
            let mut bytes = vec![];
            binary::encode(&event, &mut bytes);
            prop_assert_eq!(binary::decode(&bytes), Ok((event, bytes.len())));
        }
    }
}
