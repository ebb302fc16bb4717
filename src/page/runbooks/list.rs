//! The runbooks of the shipped alerts, as they were when this was built: one for each file of alerts/runbooks.

/// A runbook: the name of its alert, and its text.
#[derive(Clone, Copy, Debug)]
pub struct Runbook {
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! runbooks {
    ($($name:literal)+) => {
        /// Every runbook, by name.
        pub const RUNBOOKS: &[Runbook] = &[$(Runbook {
            name: $name,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/alerts/runbooks/", $name, ".md")),
        }),+];
    };
}

runbooks! {
    "Day90Absent"
    "Day90AcknowledgeDeadlineMissed"
    "Day90ActivityNeverHappened"
    "Day90AppealOverdue"
    "Day90AppealsOverturned"
    "Day90BlockedAttemptsRising"
    "Day90BoundaryExceeded"
    "Day90BudgetCostExceeded"
    "Day90BudgetCostProjectedOver"
    "Day90BudgetHoursExceeded"
    "Day90BudgetHoursProjectedOver"
    "Day90ChangeFailureRatioHigh"
    "Day90ChangeSelfApproved"
    "Day90ChangeUnapproved"
    "Day90ClockBehind"
    "Day90ClockCorrected"
    "Day90ConfigReloadFailed"
    "Day90DedupeWindowShort"
    "Day90DiskNearlyFull"
    "Day90Down"
    "Day90DurableResolutionFalling"
    "Day90EscalationBacklogGrowing"
    "Day90EscalationOpenTooLong"
    "Day90EscalationRatioAboveObjective"
    "Day90EscalationSpike"
    "Day90EscalationSpikeByRule"
    "Day90EscalationUnacknowledged"
    "Day90EscalationUnrouted"
    "Day90EscalationsBouncing"
    "Day90EscalationsWithoutTasks"
    "Day90EvaluationFailed"
    "Day90EvaluationOverdue"
    "Day90EventsLate"
    "Day90EventsRejected"
    "Day90ExceptionPathDrillOverdue"
    "Day90FallbackActiveTooLong"
    "Day90ForbiddenActionTaken"
    "Day90InputIssueRatioHigh"
    "Day90InputNotFresh"
    "Day90InputSilent"
    "Day90JournalNearLimit"
    "Day90LimitRefuses"
    "Day90LogLinesDropped"
    "Day90MaintenanceMissing"
    "Day90MemoryNearLimit"
    "Day90NewNormalUnanswered"
    "Day90NotWritable"
    "Day90OpeningsRejected"
    "Day90OrphansRising"
    "Day90OverrideRatioAboveObjective"
    "Day90OwnerAttestationLapsed"
    "Day90OwnerAttestationLapsesSoon"
    "Day90OwnerNeverAttested"
    "Day90PageTest"
    "Day90RequestsRejected"
    "Day90ResolveDeadlineMissed"
    "Day90ReviewBacklogGrowing"
    "Day90ReviewOpenTooLong"
    "Day90ReviewOverloaded"
    "Day90RollbackDrillOverdue"
    "Day90RollbackFailed"
    "Day90RollbackInProgressTooLong"
    "Day90RubberStamping"
    "Day90SeriesLimited"
    "Day90StateAhead"
    "Day90SuiteNeverEvaluated"
    "Day90SystemSilent"
    "Day90SystemUnowned"
    "Day90SystemVanished"
    "Day90TaskDurationBurn"
    "Day90TrustBelowObjective"
    "Day90TrustBurn"
    "Day90TwoDaemons"
    "Day90UndeclaredAction"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new file needs a line above, in its place.
    #[test]
    fn the_list_has_every_file() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/alerts/runbooks");
        let files = std::fs::read_dir(directory).expect("the directory of runbooks");
        let mut names: Vec<String> =
            files.map(|file| file.expect("a file").file_name().to_string_lossy().replace(".md", "")).collect();
        names.sort();
        assert_eq!(RUNBOOKS.iter().map(|runbook| runbook.name).collect::<Vec<_>>(), names);
    }
}
