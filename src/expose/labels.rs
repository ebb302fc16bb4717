//! [`Labels`]: the labels of a sample, as a format writes them.
//!
//! The series of a family come in an order in which most labels are those of the sample before: only what changed is
//! written again.

/// The labels of the last sample.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// What comes before them, and they themselves.
    bytes: Vec<u8>,
    /// The value of each, and where its bytes begin. Those from `known` on are of an earlier family.
    values: Vec<(String, usize)>,
    known: usize,
}

impl Labels {
    /// Begins a family, whose samples begin with these bytes.
    pub(super) fn begin(&mut self, prefix: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(prefix);
        self.known = 0;
    }

    /// Writes what is not as it was, each with its place, and gives the prefix with all labels.
    #[inline]
    pub(super) fn set(&mut self, values: &[&str], write: impl Fn(&mut Vec<u8>, usize, &str)) -> &[u8] {
        let known = self.values[..self.known].iter().zip(values);
        let same = known.take_while(|((last, _), value)| is_same(last.as_bytes(), value.as_bytes())).count();
        if same < self.known {
            self.bytes.truncate(self.values[same].1);
        }
        self.known = values.len();
        if self.values.len() < values.len() {
            self.values.resize_with(values.len(), Default::default);
        }
        for (at, value) in values.iter().enumerate().skip(same) {
            let (last, begin) = &mut self.values[at];
            (*value).clone_into(last);
            *begin = self.bytes.len();
            write(&mut self.bytes, at, value);
        }
        &self.bytes
    }

    /// The prefix and the labels that were set last.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Whether two texts are equal. They are short, and most are equal: without a call for each this takes half the time.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    const WORD: usize = size_of::<u64>();
    if one.len() != other.len() {
        return false;
    }
    match (one.last_chunk::<WORD>(), other.last_chunk::<WORD>()) {
        (Some(last), Some(other_last)) => {
            let mut words = one.as_chunks::<WORD>().0.iter().zip(other.as_chunks::<WORD>().0);
            last == other_last && words.all(|(one, other)| one == other)
        }
        _ => one.iter().zip(other).all(|(one, other)| one == other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn texts_are_the_same_if_the_standard_library_says_so(one in "[ab]{0,20}", other in "[ab]{0,20}", at in 0_usize..20) {
            let mut changed = one.clone().into_bytes();
            if let Some(byte) = changed.get_mut(at) {
                *byte = b'c';
            }
            let one = one.as_bytes();
            for other in [one, other.as_bytes(), &changed] {
                prop_assert_eq!(is_same(one, other), one == other);
            }
        }
    }

    fn set(labels: &mut Labels, values: &[&str]) -> String {
        let write =
            |out: &mut Vec<u8>, at: usize, value: &str| out.extend_from_slice(format!(" {at}:{value}").as_bytes());
        String::from_utf8(labels.set(values, write).to_vec()).expect("UTF-8")
    }

    #[test]
    fn whatever_came_before_the_labels_are_those_of_the_sample() {
        let mut labels = Labels::default();
        labels.begin(b"x");
        for values in
            [["a", "b", "c"], ["a", "b", "d"], ["a", "e", "d"], ["f", "e", "d"], ["f", "e", "d"], ["", "", ""]]
        {
            let [first, second, third] = values;
            assert_eq!(set(&mut labels, &values), format!("x 0:{first} 1:{second} 2:{third}"));
        }
        labels.begin(b"yz");
        assert_eq!(set(&mut labels, &["", ""]), "yz 0: 1:");
        labels.begin(b"none");
        assert_eq!(set(&mut labels, &[]), "none");
        labels.begin(b"x");
        assert_eq!(set(&mut labels, &["a", "b", "c"]), "x 0:a 1:b 2:c");
    }
}
