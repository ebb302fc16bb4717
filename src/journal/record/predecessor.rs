//! What a segment follows.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// A frame, by what no other frame has: the secret of its segment, and the checksum of its header, which covers the payload's. The salt
/// of the next segment is made of it, and a checkpoint has that of its last frame. So both name the journal that they belong to,
/// and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Predecessor {
    pub salt: u64,
    pub crc: u32,
}

impl Predecessor {
    /// Of a frame that was sealed with this salt.
    pub fn of(salt: u64, frame: &[u8]) -> Predecessor {
        Predecessor { salt, crc: u32::from_le_bytes(frame[24..28].try_into().expect("four bytes")) }
    }

    /// The salt of the segment that follows this frame and begins with this record. As secret as the one that it is made of.
    pub fn next_salt(self, first: u64) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.salt, u64::from(self.crc));
        hasher.write_u64(first.to_le());
        hasher.finish()
    }
}
