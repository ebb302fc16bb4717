//! The part of the encoding that depends on the type of an event, in both directions, by the declarations.

use super::super::body::{Body, Kind};
use super::super::declarations::events;
use super::cursor::{Damaged, Input, Output};
use super::part::{Part, optional};

/// Optional fields that a type can have: one byte has their bits.
const OPTIONALS_MAX: usize = 8;

/// What is always on disk.
macro_rules! put_always {
    (may $field:ident $out:ident) => {};
    (must $field:ident $out:ident) => {
        $field.put($out)
    };
    (or $field:ident $out:ident) => {
        $field.put($out)
    };
}

/// What is on disk when it is there.
macro_rules! put_optional {
    (may $field:ident $out:ident) => {
        $field.iter().for_each(|part| part.put($out))
    };
    ($need:ident $field:ident $out:ident) => {};
}

/// Adds the bit of an optional field.
macro_rules! mark {
    (may $field:ident $bits:ident) => {
        let $bits = $bits.and($field.is_some());
    };
    ($need:ident $field:ident $bits:ident) => {};
}

macro_rules! take_always {
    (may $field:ident $input:ident) => {
        let $field;
    };
    ($need:ident $field:ident $input:ident) => {
        let $field = Part::take($input)?;
    };
}

macro_rules! take_optional {
    (may $field:ident $input:ident $bits:ident) => {
        $field = optional($input, $bits & 1 != 0)?;
        $bits >>= 1;
    };
    ($need:ident $field:ident $input:ident $bits:ident) => {};
}

macro_rules! one_if_may {
    (may) => {
        1
    };
    ($need:ident) => {
        0
    };
}

macro_rules! codecs {
    ($($kind:ident = $word:literal {
        when: $when:literal, feeds: $feeds:literal, case: $case:ident,
        $(fields: {
            $($need:ident $(($default:expr))? $field:ident: $form:ident $(($of:ident))?, $($meaning:literal),+;)+
        },)?
        example: $example:literal,
    })+) => {
        #[inline(always)]
        pub(super) fn put_body(body: &Body<'_>, out: &mut Output<'_>) {
            match body {
                $(Body::$kind $({ $($field,)+ })? => {
                    const { fits(&[$($(one_if_may!($need)),+)?]) };
                    let optionals = Bits { set: 0, next: 1 };
                    $($(mark!($need $field optionals);)+)?
                    out.byte(optionals.set);
                    $($(put_always!($need $field out);)+)?
                    $($(put_optional!($need $field out);)+)?
                })+
            }
        }

        /// Reads a body to its place in the event: it is large, and would be copied on its way there.
        pub(super) fn take_body<'a>(kind: Kind, input: &mut Input<'a>, body: &mut Body<'a>) -> Result<(), Damaged> {
            let mut optionals = input.byte()?;
            match kind {
                $(Kind::$kind => {
                    $($(take_always!($need $field input);)+)?
                    $($(take_optional!($need $field input optionals);)+)?
                    *body = Body::$kind $({ $($field,)+ })?;
                })+
            }
            if optionals != 0 { Err(input.damaged("a field of a later version")) } else { Ok(()) }
        }
    };
}

events!(codecs);

/// Holds a type to the bits that there are; `fields` has 1 for each optional field.
const fn fits(fields: &[usize]) {
    let (mut optionals, mut at) = (0, 0);
    while at < fields.len() {
        optionals += fields[at];
        at += 1;
    }
    assert!(optionals <= OPTIONALS_MAX, "a type has more optional fields than bits");
}

/// The optional fields that are there: a bit for each, from the lowest on.
#[derive(Clone, Copy)]
struct Bits {
    set: u8,
    next: u8,
}

impl Bits {
    #[inline(always)]
    fn and(self, is_there: bool) -> Bits {
        Bits { set: if is_there { self.set | self.next } else { self.set }, next: self.next << 1 }
    }
}
