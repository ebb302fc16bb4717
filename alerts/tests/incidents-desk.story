# A system at work: one thing after the other goes wrong. Its stories share it, since each system costs time.

story nobody takes a case in time
system desk
declares:
    launched: 2026-10-01
    owner: {name: desk-ops, contact: "#desk"}
    boundaries: {answer: {mode: decide}, close: {mode: never}, refund: {mode: suggest}, move: {mode: escalate}}
    exception_path: {acknowledge_within: 15m, resolve_within: 40m, routes: [{reason: hard, queue: experts, owner: desk-ops}, {reason: "*", queue: desk, owner: desk-ops}]}
    review: {queues: {desk: {reviewers: 2, hours_per_day: 8, within: 30m}}}
    rollback: {to: previous_version, plan: "https://example.com/plan", drill_every: 90d, within: 15m}
    inputs: {crm: {max_age: 2h}}
    objectives: {task_duration: {seconds: 20, ratio: 0.95}}
    trust: {appeals_within: 30m}
    maintenance: {evaluate_every: 7d, suites: [golden]}
at 1m: owner.attested owner=desk-ops
at 1m: drill.completed path=exception result=passed
at 1m: drill.completed path=rollback result=passed to=previous_version
at 20m: escalation.opened case=u1 reason=unsure
at 50m: escalation.acknowledged case=u1
at 52m: escalation.resolved case=u1 outcome=answered
# The deadline passes at 35m, and the rule waits a minute.
expect Day90EscalationUnacknowledged from 36m to 38m until 52m
  labels severity=page queue=desk
  says "desk: 1 escalation(s) in queue desk past their deadline, and nobody has taken them"
  says "the first deadline passed 2m 0s ago"
  says "Unacknowledged in this queue, all together: 1."
  says "Owner: desk-ops"
# What remains of it; it lasts six hours.
also Day90AcknowledgeDeadlineMissed

story a case stays open for too long
system desk
at 20m: escalation.opened case=s1 reason=hard
at 22m: escalation.acknowledged case=s1
at 30m: escalation.opened case=s3 reason=hard
at 32m: escalation.acknowledged case=s3
at 55m: escalation.resolved case=s3 outcome=upheld
at 1h20m: escalation.resolved case=s1 outcome=answered
expect Day90EscalationOpenTooLong from 1h5m to 1h7m until 1h22m
  labels severity=ticket queue=experts
  says "desk: 1 escalation(s) in queue experts unresolved past their deadline"
  says "Open in this queue, all together: 1."
also Day90ResolveDeadlineMissed

story a forbidden action takes effect
system desk
at 18m: action.attempted case=f1 action=close mode=decide allowed=false
at 19m: action.attempted case=f2 action=close mode=decide allowed=false
at 20m: action.attempted case=f3 action=close mode=decide
expect Day90ForbiddenActionTaken from 20m to 22m until 1h22m
  labels severity=page action=close attempted=decide
  says "desk did close, which it must never do"
  says "yet 1 times within an hour it took effect, as decide"
  says "Blocked attempts of it in the same hour: 2."

story a system decides what it may only suggest
system desk
at 20m: task.completed case=x1 action=refund outcome=completed mode=decide
at 20m: task.completed case=x2 action=refund outcome=completed mode=decide
expect Day90BoundaryExceeded from 20m to 22m until 1h22m
  labels severity=page action=refund declared=suggest attempted=decide
  says "desk decided refund by itself, which it may only suggest"
  says "yet 2 times within an hour it took effect as decide"
  says "Tasks of this action in the same hour: 2."

story a system suggests what it may only hand over
system desk
at 25m: task.completed case=x3 action=move outcome=completed mode=suggest
expect Day90BoundaryExceeded from 25m to 27m until 1h27m
  labels severity=ticket action=move declared=escalate attempted=suggest
  says "desk went further with move than it may: suggest instead of escalate"
  says "yet 1 times within an hour it took effect as suggest"

story tasks are slow
system desk
every 15s from 20m to 25m: task.completed case=s{n} action=answer outcome=completed mode=decide duration_seconds=60
every 15s from 25m to 1h50m: task.completed case=q{n} action=answer outcome=completed mode=decide duration_seconds=5
expect Day90TaskDurationBurn from 22m to 25m until 42m
  labels severity=page
  says "desk: tasks take longer than its objective allows"
  says "100% of 20 tasks took longer than 20s in 1h, 100% of 20 in 6h; the objective bears 5%"
expect Day90TaskDurationBurn from 23m to 29m until 1h40m
  labels severity=ticket
  says "tasks took longer than 20s in 1d"

story nobody answers an appeal
system desk
at 20m: appeal.opened case=a1
at 1h10m: appeal.decided case=a1 outcome=upheld
expect Day90AppealOverdue from 55m to 57m until 1h22m
  labels severity=ticket
  says "desk: 1 appeal(s) past their deadline"
  says "open, all together: 1"

story a review waits past its deadline
system desk
at 20m: review.requested case=w1 queue=desk
at 1h10m: review.completed case=w1 decision=approved handling_seconds=60
expect Day90ReviewOpenTooLong from 55m to 57m until 1h22m
  labels severity=ticket queue=desk
  says "desk: 1 review(s) in queue desk past their deadline"
  says "Open in this queue, all together: 1."

story the way back fails
system desk
at 20m: rollback.started rollback=r1 trigger=user to=previous_version
at 22m: rollback.completed rollback=r1 result=failed
expect Day90RollbackFailed from 22m to 24m until 1h24m
  labels severity=page to=previous_version result=failed
  says "desk: a rollback to the previous version ended failed"
  says "1 rollback(s) to the previous version ended failed within the hour"
  says "Rollbacks still in progress: 0."

story a rollback takes longer than declared
system desk
at 30m: rollback.started rollback=r3 trigger=user to=previous_version
# Five minutes are for a completion that comes late.
at 1h: rollback.completed rollback=r3 result=restored
expect Day90RollbackInProgressTooLong from 50m to 52m until 1h3m
  labels severity=page to=previous_version
  says "desk: a rollback to the previous version takes longer than declared, and is not done"
  says "Rollbacks in progress: 1."

story an input is stale
system desk
at 1m: input.checked case=k1 input=crm result=ok
at 1m: input.checked case=k2 input=crm result=ok
every 1m from 20m to 36m: input.checked case=k{n} input=crm result=stale
every 1m from 40m to 2h: input.checked case=k{n} input=crm result=ok
expect Day90InputNotFresh from 35m to 37m until 53m
  labels severity=ticket
  says "desk works on inputs that are too old, or were not ok when they were last checked"
  says "crm, stale: 16."
# The tenth issue is at 29m.
expect Day90InputIssueRatioHigh from 34m to 37m until 1h48m
  labels severity=ticket input=crm result=stale
  says "desk: its input crm is stale too often"
  says "in an hour 16 of "
  says "the limit 5%"

story an evaluation fails
system desk
at 20m: evaluation.completed suite=golden passed=false score=0.41
at 1h: evaluation.completed suite=golden passed=true score=0.93
expect Day90EvaluationFailed from 20m to 23m until 1h3m
  labels severity=ticket suite=golden
  says "desk: suite golden failed"
  says "score 0.41. In 3 days 1 runs failed and 0 passed"

story somebody tests the page
system desk
do 20m: page-test desk
expect Day90PageTest from 20m to 21m until 32m
  labels severity=page test=true
  says "TEST: a page of desk would reach you. Nothing is wrong"

story a sender puts ids where names belong
system desk
every 1s from 20m to 24m: step.completed case=s1 kind=tool name=t{n} outcome=completed
expect Day90SeriesLimited from 28m to 31m until 1h26m
  labels severity=ticket metric=day90_steps_total label=name
  says "label name of day90_steps_total reached its bound; 40 times within the hour"
