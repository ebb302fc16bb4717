# What is held against the same hour of a week ago.

story an input is not checked any more, while the system goes on
system unfed
declares:
    owner: {name: feed-ops, contact: "#feed-ops"}
    inputs:
      crm: {}
at 30s: owner.attested owner=feed-ops
every 50m from 2m to 7d4h: cost.recorded kind=inference cost=0.01 currency=EUR
every 5m from 1m to 3h: input.checked input=crm result=ok
every 5m from 6d to 6d3h: input.checked input=crm result=ok
every 5m from 7d to 7d1h: input.checked input=crm result=ok
every 5m from 7d3h to 7d4h: input.checked input=crm result=ok
expect Day90InputSilent from 7d2h10m to 7d2h35m until 7d3h32m
  labels severity=ticket input=crm
  says "crm"

story a rise stays, and nobody says whether it is usual
system risen
declares:
    launched: 2026-10-01
    owner: {name: desk-ops, contact: "#desk"}
    boundaries: {answer: {mode: decide}}
at 30s: owner.attested owner=desk-ops
every 6m from 1m to 3d: task.completed case=a{n} action=answer outcome=completed mode=decide
  then 3s one in 5: escalation.opened case=a{n} reason=unsure
  then 9s one in 5: escalation.resolved case=a{n} outcome=answered
every 6m from 3d to 7d2h30m: task.completed case=b{n} action=answer outcome=completed mode=decide
  then 3s: escalation.opened case=b{n} reason=unsure
  then 9s: escalation.resolved case=b{n} outcome=answered
# As it was before.
every 10s from 7d2h30m to 7d2h50m: task.completed case=c{n} action=answer outcome=completed mode=decide
every 20m from 7d2h50m to 7d5h: cost.recorded kind=inference cost=0.01 currency=EUR
expect Day90EscalationSpike from 3d10m to 3d3h until 7d3h
  labels severity=page
  says "Owner: desk-ops"
expect Day90NewNormalUnanswered from 7d20m to 7d2h30m until 7d3h30m
  labels severity=ticket
  says "nobody has said whether it is usual now"
  says "day90 accept risen"
  says "Owner: desk-ops"

story a system stops that was heard at this hour, yesterday and a week ago
system muted
declares:
    owner: {name: shop-ops, contact: "#shop-ops"}
at 30s: owner.attested owner=shop-ops
every 50m from 2m to 7d1h: cost.recorded kind=inference cost=0.01 currency=EUR
every 4m from 1m to 3h: cost.recorded kind=tools cost=0.02 currency=EUR
every 4m from 6d to 6d3h: cost.recorded kind=tools cost=0.02 currency=EUR
every 4m from 7d to 7d1h: cost.recorded kind=tools cost=0.02 currency=EUR
every 4m from 7d3h to 7d4h: cost.recorded kind=tools cost=0.02 currency=EUR
expect Day90SystemSilent from 7d2h to 7d2h25m until 7d3h32m
  labels severity=page
  says "Owner: shop-ops"

story what it closes comes back, a week after all of it held
system reopened
declares:
    owner: {name: desk-ops, contact: "#desk-ops"}
    trust: {durable_after: 1h}
at 30s: owner.attested owner=desk-ops
every 50m from 2m to 7d5h: cost.recorded kind=inference cost=0.01 currency=EUR
every 1m from 2m to 42m: case.closed case=a{n} by=ai
every 1m from 6d to 6d30m: case.closed case=b{n} by=ai
  then 10m: case.reopened case=b{n} reason=wrong
every 1m from 6d to 6d10m: case.closed case=c{n} by=ai
every 5s from 7d3h to 7d3h25m: case.closed case=d{n} by=ai
expect Day90DurableResolutionFalling from 7d2h to 7d3h20m until 7d5h
  labels severity=ticket
  says "resolutions judged in 7 days held, against 100% a week ago"
