//! [`Block`]: sixteen bytes of a text, looked at together.
//!
//! Strings in events are short and of all lengths, so a processor mostly guesses wrong where they end. Sixteen bytes at once,
//! without a branch on what they are, tell where a string ends, and make two numbers of a key.

/// The next byte from `at` on that is a quote, a backslash or a control character; the end when there is none.
#[inline(always)]
pub(super) fn plain(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let length = Block::at(bytes, at).plain();
        at += length;
        if length < Block::BYTES {
            return at;
        }
    }
}

/// Sixteen bytes, as two numbers.
#[derive(Clone, Copy)]
pub(super) struct Block([u64; 2]);

impl Block {
    pub const BYTES: usize = 16;

    /// Those from `at` on; after the end of `bytes` come zeros.
    #[inline(always)]
    pub fn at(bytes: &[u8], at: usize) -> Block {
        match bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(block) => Block::of(block),
            None => Block::of_last(bytes, at),
        }
    }

    #[inline(always)]
    pub fn of(bytes: &[u8; Block::BYTES]) -> Block {
        let both = u128::from_le_bytes(*bytes);
        Block([both as u64, (both >> 64) as u64])
    }

    /// The last of `bytes` from `at` on, fewer than a block: those before them are shifted out, which brings in zeros.
    #[inline]
    fn of_last(bytes: &[u8], at: usize) -> Block {
        match bytes.last_chunk::<{ Block::BYTES }>() {
            Some(block) => {
                let before = at + Block::BYTES - bytes.len();
                let both = u128::from_le_bytes(*block).checked_shr(8 * before as u32).unwrap_or(0);
                Block([both as u64, (both >> 64) as u64])
            }
            None => Block::of_few(bytes.get(at..).unwrap_or_default()),
        }
    }

    #[cold]
    fn of_few(rest: &[u8]) -> Block {
        let mut block = [0; Block::BYTES];
        block[..rest.len()].copy_from_slice(rest);
        Block::of(&block)
    }

    /// How many come before the first quote, backslash or control character.
    ///
    /// A byte of `x` below `n` makes the top bit of its byte in `(x - n…) & !x`; the lowest such bit is never a false one.
    /// Flipping bit 1 of every byte puts the quote, 0x22, right after the control characters, and keeps those among
    /// themselves.
    #[inline(always)]
    pub fn plain(self) -> usize {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const TOPS: u64 = 0x8080_8080_8080_8080;
        let below = |word: u64, bound: u64| word.wrapping_sub(ONES * bound) & !word;
        let [low, high] = self.0.map(|word| {
            let quotes_and_controls = below(word ^ (ONES * 2), 0x21);
            let backslashes = below(word ^ (ONES * u64::from(b'\\')), 1);
            (quotes_and_controls | backslashes) & TOPS
        });
        let zeros = if low != 0 { low.trailing_zeros() } else { u64::BITS + high.trailing_zeros() };
        zeros as usize / 8
    }

    /// The first `length` of them, and zeros after those.
    #[inline(always)]
    pub fn first(self, length: usize) -> [u64; 2] {
        let [low, high] = KEEP[length];
        [self.0[0] & low, self.0[1] & high]
    }
}

/// The bits of the first bytes, by their number.
static KEEP: [[u64; 2]; Block::BYTES + 1] = {
    let mut keep = [[0; 2]; Block::BYTES + 1];
    let mut length = 1;
    while length <= Block::BYTES {
        let bits = u128::MAX >> (128 - 8 * length);
        keep[length] = [bits as u64, (bits >> 64) as u64];
        length += 1;
    }
    keep
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_block_is_the_bytes_from_there_on(bytes in prop::collection::vec(any::<u8>(), 0..40), at in 0..44_usize) {
            let mut expected: Vec<u8> = bytes.iter().skip(at).take(Block::BYTES).copied().collect();
            expected.resize(Block::BYTES, 0);
            let block = Block::at(&bytes, at);
            for length in 0..=Block::BYTES {
                let first: Vec<u8> = block.first(length).iter().flat_map(|word| word.to_le_bytes()).collect();
                let (kept, cleared) = first.split_at(length);
                prop_assert!(kept == &expected[..length] && cleared.iter().all(|byte| *byte == 0), "{:?}", first);
            }
        }

        #[test]
        fn plain_text_ends_where_it_ends(
            bytes in prop::collection::vec(prop_oneof![20 => any::<u8>(), 80 => b'a'..=b'z', 1 => Just(b'"'), 1 => Just(b'\\')], 0..80),
            at in 0..80_usize,
        ) {
            let at = at.min(bytes.len());
            let ends = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
            let length = bytes[at..].iter().position(ends).unwrap_or(bytes.len() - at);
            prop_assert_eq!(plain(&bytes, at), at + length);
        }
    }
}
