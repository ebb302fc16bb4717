//! [`Fingerprint`]: a number for some names, so that a request whose events all have the same unknown fields reads their names
//! once. No security rests on it: two lists of names with one number cost the sender a warning.

/// Of names in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fingerprint(u64);

/// An odd number with as many ones as zeros: the first digits of the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Fingerprint {
    /// Adds what marks a name.
    #[inline(always)]
    pub fn add(&mut self, mark: u64) {
        self.0 = (self.0.rotate_left(23) ^ mark).wrapping_mul(SPREAD).wrapping_add(1);
    }

    /// Adds a name of any length.
    #[cold]
    pub fn add_text(&mut self, name: &str) {
        for bytes in name.as_bytes().chunks(8) {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            self.add(u64::from_le_bytes(word));
        }
        self.add(name.len() as u64);
    }

    pub fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of(names: &[&str]) -> u64 {
        let mut print = Fingerprint::default();
        names.iter().for_each(|name| print.add_text(name));
        print.number()
    }

    #[test]
    fn other_names_another_order_and_another_cut_make_another_number() {
        let lists: [&[&str]; 8] = [
            &[],
            &[""],
            &["ab", "c"],
            &["a", "bc"],
            &["c", "ab"],
            &["abc"],
            &["a_name_of_many_bytes"],
            &["a_name_of_many_bytez"],
        ];
        assert_eq!(lists.iter().map(|names| of(names)).collect::<BTreeSet<_>>().len(), lists.len());
        assert_eq!(of(&["note", "host"]), of(&["note", "host"]));
    }

    #[test]
    fn a_thousand_names_have_a_thousand_numbers() {
        let names: Vec<String> = (0..1_000).map(|number| format!("field_{number}")).collect();
        assert_eq!(names.iter().map(|name| of(&[name])).collect::<BTreeSet<_>>().len(), names.len());
    }
}
