//! [`Levels`]: the brackets around a value, however many, without recursion.

/// The open brackets, innermost last. A bit each, so that a body of nothing but brackets takes an eighth of itself.
#[derive(Default)]
pub(super) struct Levels {
    /// The innermost ones, the lowest bit last.
    near: u64,
    depth: usize,
    /// The others, 64 at a time.
    far: Vec<u64>,
}

const NEAR: usize = u64::BITS as usize;

impl Levels {
    pub fn push(&mut self, is_object: bool) {
        if self.depth > 0 && self.depth.is_multiple_of(NEAR) {
            self.far.push(self.near);
        }
        self.near = self.near << 1 | u64::from(is_object);
        self.depth += 1;
    }

    pub fn pop(&mut self) {
        self.depth -= 1;
        self.near >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(NEAR) {
            self.near = self.far.pop().unwrap_or_default();
        }
    }

    /// Whether the innermost bracket is that of an object; `None` outside of all.
    pub fn innermost(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.near & 1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn levels_are_a_stack_of_flags(steps in prop::collection::vec(prop::option::weighted(0.6, any::<bool>()), 0..900)) {
            let (mut levels, mut expected) = (Levels::default(), vec![]);
            for step in steps {
                match step {
                    Some(is_object) => {
                        levels.push(is_object);
                        expected.push(is_object);
                    }
                    None if expected.pop().is_some() => levels.pop(),
                    None => {}
                }
                prop_assert_eq!(levels.innermost(), expected.last().copied());
            }
        }
    }
}
