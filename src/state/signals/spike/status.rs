//! The states of a detector, in words.

use crate::event::words;

words!(/// What the detector says about a system.
    SpikeState { Learning = "learning", Ok = "ok", Page = "page", NewNormal = "new_normal" });
