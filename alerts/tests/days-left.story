# What stays in sight for hours after it happened, or until somebody does it.

story escalations are taken and resolved too late
system too-late
declares:
    owner: {name: desk-ops, contact: "#desk-ops"}
    exception_path:
      acknowledge_within: 15m
      resolve_within: 2h
      routes:
        - {reason: "*", queue: desk, owner: desk-ops}
at 30s: owner.attested owner=desk-ops
at 40s: drill.completed path=exception result=passed
every 1m from 20m to 23m: escalation.opened case=c{n} reason=unsure
  then 20m: escalation.acknowledged case=c{n} by=anna
  then 2h40m: escalation.resolved case=c{n} outcome=upheld by=anna
expect Day90AcknowledgeDeadlineMissed from 51m to 1h16m until 6h57m
  labels severity=ticket queue=desk
  says "of 3 that were opened"
  says "within 15m 0s"
expect Day90ResolveDeadlineMissed from 3h11m to 3h37m until 8h40m
  labels severity=ticket queue=desk
  says "of 3 that were opened"
  says "within 2h 0m 0s"
also Day90EscalationUnacknowledged
also Day90EscalationOpenTooLong

story cases lie for a day where no deadline is declared
system left-lying
declares:
    owner: {name: desk-ops, contact: "#desk-ops"}
    exception_path:
      routes:
        - {reason: "*", queue: desk, owner: desk-ops}
    review:
      queues:
        checks: {reviewers: 2, hours_per_day: 4}
at 30s: owner.attested owner=desk-ops
at 9m: drill.completed path=exception result=passed
at 10m: escalation.opened case=c1 reason=unsure
at 11m: escalation.acknowledged case=c1 by=anna
at 12m: review.requested case=c2 queue=checks
at 27h: escalation.resolved case=c1 outcome=answered by=anna
at 27h1m: review.completed case=c2 decision=approved by=ben handling_seconds=60
expect Day90EscalationOpenTooLong from 24h15m to 24h21m until 27h17m
  labels severity=ticket queue=desk
  says "an escalation in queue desk is unresolved after 1d 1h 50m 0s"
  says "Open in this queue, all together: 1."
expect Day90ReviewOpenTooLong from 24h17m to 24h23m until 27h18m
  labels severity=ticket queue=checks
  says "a review in queue checks has waited 1d 1h 48m 0s"

story what nobody thought of: a reason without a route, an action without a boundary
system unthought
declares:
    owner: {name: desk-ops, contact: "#desk-ops"}
    boundaries:
      mail.answer: {mode: decide}
    exception_path:
      routes:
        - {reason: unsure, queue: desk, owner: desk-ops}
at 30s: owner.attested owner=desk-ops
every 1m from 30m to 32m: ?task.completed case=t{n} action=mail.forward outcome=completed mode=decide
  then 1s: ?escalation.opened case=t{n} reason=odd
  then 30s: escalation.acknowledged case=t{n} by=anna
  then 5m: escalation.resolved case=t{n} outcome=answered by=anna
expect Day90EscalationUnrouted from 31m to 41m until 24h52m
  labels severity=ticket
  says "2 escalations within a day matched no route, and their queue is declared nowhere. Reasons: odd."
expect Day90UndeclaredAction from 35m to 41m until 24h52m
  labels severity=ticket
  says "mail.forward"

story a change that nobody approved, and one that its author did
system unapproved
declares:
    owner: {name: shop-ops, contact: "#shop-ops"}
    changes:
      approvers: {prompt: [support-lead], tool: [ann]}
at 30s: owner.attested owner=shop-ops
at 20m: change.deployed kind=prompt version=v2 change=chg-1 author=ann
at 25m: ?change.deployed kind=tool version=t2 change=chg-2 author=ann approver=ann
expect Day90ChangeUnapproved from 20m to 26m until 24h37m
  labels severity=ticket kind=prompt
  says "Owner: shop-ops"
expect Day90ChangeSelfApproved from 25m to 31m until 24h42m
  labels severity=ticket kind=tool
  says "Owner: shop-ops"

story a queue is handed five days of review in one
system overloaded
declares:
    owner: {name: content-ops, contact: "#content-ops"}
    review:
      queues:
        checks: {reviewers: 1, hours_per_day: 0.1}
at 30s: owner.attested owner=content-ops
every 3m from 10m to 70m: review.requested case=r{n} queue=checks
  then 2m: review.completed case=r{n} decision=approved by=dora handling_seconds=100
expect Day90ReviewOverloaded from 1h3m to 1h20m until 24h52m
  labels severity=ticket queue=checks
  says "0.6 hours of review in a day, over 20 reviews"
also Day90SystemSilent
