# A system whose answers people don't like: they appeal, reject and send cases on.

story a system tries again and again what is blocked
system office
declares:
    launched: 2026-10-01
    owner: {name: office-ops, contact: "#office"}
    boundaries: {close: {mode: never}}
    exception_path: {acknowledge_within: 15m, resolve_within: 8h, routes: [{reason: money, queue: billing, owner: office-ops}, {reason: "*", queue: desk, owner: office-ops}]}
    review: {queues: {desk: {reviewers: 10, hours_per_day: 8}}}
    objectives: {override_ratio: 0.15, trust_ratio: 0.8}
at 1m: owner.attested owner=office-ops
at 1m: drill.completed path=exception result=passed
every 1m from 20m to 32m: action.attempted case=b{n} action=close mode=decide allowed=false
# The tenth is at 29m.
expect Day90BlockedAttemptsRising from 34m to 37m until 1h45m
  labels severity=ticket
  says "office tries what it may not do far more often than usual"
  says "12 blocked attempts beyond its boundaries in an hour"

story a rollback doesn't end
system office
at 10m: rollback.started rollback=r2 trigger=user to=previous_version
at 1h20m: rollback.completed rollback=r2 result=restored
expect Day90RollbackInProgressTooLong from 1h11m to 1h13m until 1h32m
  labels severity=ticket
  says "office: a rollback has been going on for over an hour"
  says "1 rollbacks were started and not completed"

story cases bounce from queue to queue
system office
every 1m from 20m to 32m: escalation.opened case=b{n} reason=unsure
  then 10s: escalation.reassigned case=b{n} queue=billing
  then 20s: escalation.acknowledged case=b{n}
  then 30s: escalation.resolved case=b{n} outcome=answered
every 2m from 50m to 1h30m: escalation.opened case=c{n} reason=unsure
  then 20s: escalation.acknowledged case=c{n}
  then 30s: escalation.resolved case=c{n} outcome=answered
expect Day90EscalationsBouncing from 44m to 47m until 1h45m
  labels severity=ticket
  says "office: escalations bounce from queue to queue"
  says "100% reassignments per escalation in a day, of 12 escalations"

story users are discontent
system office
every 15s from 20m to 25m: feedback.received case=d{n} signal=thumbs value=down
every 15s from 50m to 1h20m: feedback.received case=u{n} signal=thumbs value=up
expect Day90TrustBurn from 22m to 25m until 1h
  labels severity=page
  says "office: more users are discontent than its objective allows"
  says "100% of 20 votes were negative in 1h, 100% of 20 in 6h"
expect Day90TrustBurn from 23m to 29m until 1h15m
  labels severity=ticket
  says "100% of 20 votes were negative in 1d"
expect Day90TrustBelowObjective from 37m to 43m until 1h20m
  labels severity=ticket
  says "0% of 20 votes"

story people who appeal are right
system office
every 1m from 20m to 32m: appeal.opened case=a{n}
  then 30s: appeal.decided case=a{n} outcome=overturned
every 30s from 55m to 1h10m: appeal.opened case=b{n}
  then 10s: appeal.decided case=b{n} outcome=upheld
expect Day90AppealsOverturned from 44m to 51m until 1h25m
  labels severity=ticket
  says "100% of 12 appeals decided in 30 days were overturned"
  says "the limit 25%"

story reviewers reject the work
system office
every 1m from 20m to 32m: review.requested case=r{n} queue=desk
  then 30s: review.completed case=r{n} decision=rejected handling_seconds=60
every 15s from 55m to 1h10m: review.requested case=q{n} queue=desk
  then 5s: review.completed case=q{n} decision=approved handling_seconds=60
expect Day90OverrideRatioAboveObjective from 44m to 51m until 1h27m
  labels severity=ticket
  says "reviewers edited or rejected 100% of 12 reviews in 7 days"
  says "the objective 15%"
