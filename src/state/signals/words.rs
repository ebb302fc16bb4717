//! Closed sets of words that several signals share.

use crate::event::words;

words!(/// Whether somebody else than the author approved a change when it was deployed.
    Approval { Approved = "approved", SelfApproved = "self_approved", Unapproved = "unapproved", Emergency = "emergency" });

words!(/// The approval of a version in force, with what was approved after its deployment.
    ApprovalNow { Approved = "approved", SelfApproved = "self_approved", ApprovedLater = "approved_later",
        Emergency = "emergency", Unapproved = "unapproved" });

words!(/// How a rollback ended; the label `result`.
    RollbackEnd { Restored = "restored", Failed = "failed", Unfinished = "unfinished" });

words!(/// What a piece of feedback says of the system.
    Polarity { Positive = "positive", Neutral = "neutral", Negative = "negative" });

words!(/// Which way tokens went; the label `direction`.
    Direction { Input = "input", Output = "output" });

words!(/// What undid a resolution; the label `how`.
    Undoing { Reopened = "reopened", Escalated = "escalated", Overturned = "overturned", Human = "human",
        RepeatContact = "repeat_contact", Complaint = "complaint" });
