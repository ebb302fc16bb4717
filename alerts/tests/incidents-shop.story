# A system in a hurry: approvals that nobody reads, changes that fail, events that are late or rejected.

story nobody reads what is approved
system shop
declares:
    launched: 2026-10-01
    owner: {name: shop-ops, contact: "#shop"}
    boundaries: {answer: {mode: decide}}
    review: {queues: {desk: {reviewers: 10, hours_per_day: 8}}}
    changes: {approvers: {prompt: [lead]}}
    objectives: {rubber_stamp_seconds: 3}
at 1m: owner.attested owner=shop-ops
every 1m from 20m to 32m: review.requested case=r{n} queue=desk
  then 30s: review.completed case=r{n} decision=approved handling_seconds=1
every 15s from 55m to 1h15m: review.requested case=q{n} queue=desk
  then 5s: review.completed case=q{n} decision=approved handling_seconds=60
expect Day90RubberStamping from 44m to 51m until 1h32m
  labels severity=ticket
  says "100% of 12 approvals in 7 days took less than 3s"
  says "the limit 10%. Approved are 100% of all"

story two changes of two fail
system shop
at 20m: change.deployed kind=prompt version=p1 change=c1 author=ann approver=lead
at 22m: change.failed change=c1
at 23m: change.deployed kind=prompt version=p2 change=c2 author=ann approver=lead
at 25m: change.failed change=c2
every 1m from 1h to 1h4m: change.deployed kind=prompt version=q{n} change=d{n} author=ann approver=lead
expect Day90ChangeFailureRatioHigh from 40m to 47m until 1h20m
  labels severity=ticket
  says "2 of 2 changes in 30 days failed (100%)"
  says "the limit 15%"
  says "now in force: p2"

story escalations are rejected
system shop
every 10s from 20m to 21m: !escalation.opened case=o{n} severity=terrible
expect Day90OpeningsRejected from 20m to 22m until 38m
  labels severity=page
  says "shop: 6 escalations were rejected, and people wait who are not known"
  says "6 of 6 escalation.opened were rejected"

story events come too late
system shop
every 1m from 20m to 1h20m: task.completed case=l{n} action=answer outcome=completed mode=decide time=@-20m
expect Day90EventsLate from 59m to 1h2m until 1h48m
  labels severity=ticket
  says "in an hour 60 of 60 tasks and escalations were received over 15 minutes after they happened"

story reviews begin that nobody asked for
system shop
every 10s from 20m to 22m: review.started case=o{n}
# Stages wait half an hour for their opening here. Then reviews in order come, until the orphans are few among them.
every 3s from 1h15m to 1h50m: review.requested case=z{n} queue=desk
  then 1s: review.started case=z{n}
  then 2s: review.completed case=z{n} decision=edited handling_seconds=30
expect Day90OrphansRising from 1h5m to 1h13m until 2h6m
  labels severity=ticket type=review.started
  says "review.started comes without the opening that it belongs to"
  says "in a day 12 orphans for 12 events (100%)"
