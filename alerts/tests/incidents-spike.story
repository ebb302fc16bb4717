# Escalations that rise, that were always too many, that stand beside no task, and that pile up.

story escalations rise
system spikes
declares:
    launched: 2026-10-01
    owner: {name: spike-ops, contact: "#spike"}
    boundaries: {answer: {mode: decide}}
    exception_path: {acknowledge_within: 15m, resolve_within: 8h, routes: [{reason: "*", queue: desk, owner: spike-ops}]}
    changes: {approvers: {prompt: [lead]}}
at 1m: owner.attested owner=spike-ops
at 1m: drill.completed path=exception result=passed
every 5s from 2m to 1h10m: task.completed case=a{n} action=answer outcome=completed mode=decide
  then 3s one in 20: escalation.opened case=a{n} reason=unsure
  then 4s one in 20: escalation.resolved case=a{n} outcome=answered
at 1h9m: change.deployed kind=prompt version=p2 change=c2 author=ann approver=lead
every 2s from 1h10m to 1h20m: task.completed case=b{n} action=answer outcome=completed mode=decide
  then 1s: escalation.opened case=b{n} reason=angry
  then 2s: escalation.resolved case=b{n} outcome=answered
# The change is taken back, and nothing escalates for a while.
every 3s from 1h20m to 2h30m: task.completed case=c{n} action=answer outcome=completed mode=decide
expect Day90EscalationSpike from 1h12m to 1h20m until 2h40m
  labels severity=page
  one says "% of tasks escalated, usually 5.0"
  says ", since about 01:"
  says "desk, angry: 300"
  says "prompt, approved: 1"
  one says "Pages so far: 1, unconfirmed 0; set: 1 false a month"
  says "little was seen of this system"
  says "Owner: spike-ops"
# Until the detector has seen enough, the rule speaks.
also Day90EscalationSpikeByRule

story a new system escalates half of its tasks
system newborn
declares:
    launched: 2026-10-01
    owner: {name: desk-ops, contact: "#desk"}
    boundaries: {answer: {mode: decide}}
    exception_path: {acknowledge_within: 15m, resolve_within: 8h, routes: [{reason: "*", queue: desk, owner: desk-ops}]}
    objectives: {escalation_ratio: 0.05}
at 1m: owner.attested owner=desk-ops
at 1m: drill.completed path=exception result=passed
every 10s from 20m to 26m: task.completed case=n{n} action=answer outcome=completed mode=decide
  then 3s one in 2: escalation.opened case=n{n} reason=unsure
  then 9s one in 2: escalation.resolved case=n{n} outcome=answered
# The tenth escalation is at 23m. Better times begin at 1h26m.
every 5s from 1h26m to 1h55m: task.completed case=b{n} action=answer outcome=completed mode=decide
expect Day90EscalationSpikeByRule from 24m to 26m until 43m
  labels severity=page
  says "newborn escalates 50% of its tasks"
  says "Objective: 5%."
expect Day90EscalationRatioAboveObjective from 1h24m to 1h26m until 1h50m
  labels severity=ticket
  says "newborn escalated 50% of its tasks today, above its objective of 5%"
  says "18 escalations on 36 tasks in a day"

story escalations go on and tasks don't
system stopped
declares:
    launched: 2026-10-01
    owner: {name: desk-ops, contact: "#desk"}
    boundaries: {answer: {mode: decide}}
    exception_path: {acknowledge_within: 15m, resolve_within: 8h, routes: [{reason: "*", queue: desk, owner: desk-ops}]}
at 1m: owner.attested owner=desk-ops
at 1m: drill.completed path=exception result=passed
every 30s from 2m to 20m: task.completed case=t{n} action=answer outcome=completed mode=decide
every 1m from 20m to 50m: escalation.opened case=e{n} reason=unsure
  then 20s: escalation.resolved case=e{n} outcome=answered
every 30s from 50m to 1h10m: task.completed case=l{n} action=answer outcome=completed mode=decide
expect Day90EscalationsWithoutTasks from 40m to 42m until 58m
  labels severity=page
  says "stopped escalates but completes no task any more"
  says "escalations in 15 minutes and not one completed task, though it completed 36 in the last day"
two-expect Day90TwoDaemons from 32m to 35m until 1h40m
  labels severity=ticket
  says "stopped: 2 daemons take its events"
# It escalates far more than it did, too.
also Day90EscalationSpike
also Day90EscalationSpikeByRule

story a system never sends a task
system piles
declares:
    launched: 2026-10-01
    owner: {name: desk-ops, contact: "#desk"}
    exception_path: {acknowledge_within: 15m, resolve_within: 8h, routes: [{reason: "*", queue: desk, owner: desk-ops}]}
    review: {queues: {desk: {reviewers: 2, hours_per_day: 8}}}
at 1m: owner.attested owner=desk-ops
at 1m: drill.completed path=exception result=passed
every 1m from 5m to 33m: escalation.opened case=e{n} reason=unsure
  then 20s: escalation.resolved case=e{n} outcome=answered
expect Day90EscalationsWithoutTasks from 29m to 32m until 50m
  labels severity=ticket
  says "piles sends escalations but never task.completed"
  says "escalations in 15 minutes and no completed task in a day"

story more cases come than are done
system piles
every 2m from 1h4m to 1h34m: escalation.opened case=p{n} reason=unsure
  then 10s: escalation.acknowledged case=p{n}
  then 35m: escalation.resolved case=p{n} outcome=answered
# The tenth opens at 1h22m.
expect Day90EscalationBacklogGrowing from 1h27m to 1h30m until 2h6m
  labels severity=ticket
  says "15 escalations are open, 15 more than an hour ago, surely at least 7; 0 were done in that hour"
  says "Most wait in: desk (15)."

story more reviews come than are done
system piles
every 2m from 1h4m to 1h34m: review.requested case=p{n} queue=desk
  then 35m: review.completed case=p{n} queue=desk decision=approved handling_seconds=60
expect Day90ReviewBacklogGrowing from 1h27m to 1h30m until 2h6m
  labels severity=ticket
  says "15 reviews are open, 15 more than an hour ago, surely at least 7; 0 were done in that hour"
  says "Most wait in: desk (15)."
