# A day of ordinary traffic, the ninetieth after the launch. It must be quiet; with its threshold at 0 each alert must fire.

story a day like any other
system refund-agent
declares:
    launched: 2026-09-01
    timezone: Europe/Berlin
    owner: {name: payments-ops, contact: "#payments-ops", attest_every: 90d}
    boundaries:
      refund.issue: {mode: decide, limit: "up to 50 EUR"}
      refund.large: {mode: suggest, limit: "a person approves each"}
      address.change: {mode: escalate}
      account.close: {mode: never}
    exception_path:
      acknowledge_within: 15m
      resolve_within: 8h
      drill_every: 90d
      routes:
        - {reason: low_confidence, queue: billing, owner: billing-leads}
        - {reason: policy_conflict, queue: risk, owner: risk-officer}
        - {reason: "*", queue: triage, owner: payments-ops}
    review:
      queues:
        billing: {reviewers: 4, hours_per_day: 6, within: 4h}
        risk: {reviewers: 1, hours_per_day: 2}
    changes:
      approvers: {prompt: [support-lead], tool: [platform-lead], policy: [risk-officer], model: [platform-lead, risk-officer], data: [support-lead], code: [platform-lead]}
      failure_window: 1d
    rollback: {to: previous_process, plan: "https://wiki.example.com/refund-agent/rollback", drill_every: 90d, within: 15m}
    inputs:
      crm: {max_age: 1h}
      orders: {max_age: 20m}
      policy_handbook: {max_age: 30d}
    objectives:
      escalation_ratio: 0.08
      false_pages_per_month: 1
      task_duration: {seconds: 20, ratio: 0.95}
      override_ratio: 0.15
      trust_ratio: 0.80
      rubber_stamp_seconds: 3
    trust: {rating_scale: [1, 5], durable_after: 2h, appeals_within: 5d}
    maintenance: {currency: EUR, cost_per_month: 4000, hours_per_month: 40, evaluate_every: 7d, suites: [golden, adversarial]}

# What has been done for long, as the first minute tells it.
at 10s: owner.attested owner=payments-ops note="quarterly review, nothing open"
at 12s: drill.completed path=exception result=passed seconds=240
at 14s: drill.completed path=rollback result=passed seconds=420 to=previous_process
at 16s: evaluation.completed suite=golden passed=true score=0.94 version=prompt-40
at 18s: evaluation.completed suite=adversarial passed=true score=0.88 version=prompt-40
# Each of two replicas of the service checks what it reads.
every 15m from 20s to 23h55m: input.checked case=replica-1 input=crm result=ok age_seconds=400
every 15m from 21s to 23h55m: input.checked case=replica-2 input=crm result=ok age_seconds=400
every 15m from 22s to 23h55m: input.checked case=replica-1 input=orders result=ok age_seconds=30
every 15m from 23s to 23h55m: input.checked case=replica-2 input=orders result=ok age_seconds=30
every 8h from 24s to 23h55m: input.checked case=replica-1 input=policy_handbook result=ok age_seconds=86400
every 8h from 25s to 23h55m: input.checked case=replica-2 input=policy_handbook result=ok age_seconds=86400
at 26s: maintenance.recorded activity=monitoring seconds=1800 cost=40 currency=EUR
at 28s: maintenance.recorded activity=update seconds=3600 cost=80 currency=EUR
at 30s: maintenance.recorded activity=evaluation seconds=5400 cost=120.5 currency=EUR
at 32s: maintenance.recorded activity=process_change seconds=1800 cost=40 currency=EUR
at 34s: change.deployed kind=prompt version=prompt-40 change=chg-1 author=prompt-team approver=support-lead
at 36s: change.deployed kind=model version=m-3 change=chg-2 author=ml-team approver=platform-lead

# The night, an hour of rest, the day, the evening.
about 6m from 40s to 5h: task.completed id=n{n} case=n{n} action=refund.issue outcome=completed mode=decide duration_seconds=4.2
  then 10s: case.closed case=n{n} by=ai
about 1m from 6h to 18h: task.completed id=d{n} case=d{n} action=refund.issue outcome=completed mode=decide duration_seconds=5.1
  then 1s one in 40: escalation.opened id=d{n} case=d{n} reason=low_confidence action=refund.issue
  then 5m one in 40: escalation.acknowledged case=d{n} by=anna
  then 50m one in 40: escalation.resolved case=d{n} outcome=upheld by=anna
  then 51m one in 40: case.closed case=d{n} by=human
  then 4m one in 3: feedback.received case=d{n} signal=thumbs value=up action=refund.issue
about 3m from 18h to 23h30m: task.completed id=e{n} case=e{n} action=refund.issue outcome=completed mode=decide duration_seconds=4.6
  then 10s: case.closed case=e{n} by=ai
about 90m from 2h to 23h: task.completed case=a{n} action=address.change outcome=completed mode=escalate duration_seconds=2.5
  then 1s: escalation.opened case=a{n} reason=policy_conflict action=address.change severity=normal
  then 3m: escalation.acknowledged case=a{n} by=ben
  then 35m: escalation.resolved case=a{n} outcome=answered by=ben
about 3h from 7h to 17h: task.completed case=s{n} action=refund.issue outcome=failed mode=decide duration_seconds=33
  then 1s: escalation.opened case=s{n} reason=tool_error action=refund.issue severity=high
  then 4m: escalation.reassigned case=s{n} queue=billing by=carla
  then 6m: escalation.acknowledged case=s{n} by=anna
  then 70m: escalation.resolved case=s{n} outcome=overturned by=anna

# Reviews.
about 20m from 6h to 22h: task.completed case=l{n} action=refund.large outcome=completed mode=suggest duration_seconds=6
  then 1s: review.requested case=l{n} queue=billing action=refund.large
  then 10m: review.started case=l{n} by=anna
  then 13m: review.completed case=l{n} decision=approved by=anna handling_seconds=140
  then 80m one in 10: review.audited case=l{n} appropriate=true decision=approved
about 4h from 7h to 20h: review.requested case=m{n} queue=billing action=refund.large
  then 20m: review.started case=m{n} by=dora
  then 28m: review.completed case=m{n} decision=edited by=dora edit_ratio=0.2
at 9h: review.requested case=q1 queue=risk action=refund.large
at 9h20m: review.started case=q1 by=risk-officer
at 9h30m: review.completed case=q1 decision=rejected by=risk-officer
at 15h: review.requested case=q2 queue=billing action=refund.large
at 15h1m: review.completed case=q2 decision=approved by=dora handling_seconds=2
at 16h: review.requested case=q3 queue=billing action=refund.large
at 17h: review.completed case=q3 decision=cancelled

# What users say.
about 2h from 7h to 22h: feedback.received signal=rating value=5 action=refund.issue
about 5h from 8h to 22h: feedback.received signal=thumbs value=down action=refund.issue
at 13h: feedback.received case=d7 signal=complaint
at 14h: case.reopened case=n3 reason=customer_returned
at 10h: appeal.opened case=d3 action=refund.issue
at 16h: appeal.decided case=d3 outcome=upheld
at 10h10m: appeal.opened case=d4 action=refund.issue
at 16h30m: appeal.decided case=d4 outcome=overturned

# A change that does well, and one that doesn't and is taken back within minutes; people do the work meanwhile.
at 9h40m: change.approved change=chg-3 approver=support-lead kind=prompt version=prompt-41
at 10h: change.deployed kind=prompt version=prompt-41 change=chg-3 author=prompt-team approver=support-lead previous_version=prompt-40
at 14h: change.deployed kind=policy version=p-2 change=chg-4 author=prompt-team approver=risk-officer previous_version=p-1
at 14h20m: rollback.started rollback=rb-1 change=chg-4 trigger=owner to=previous_process
at 14h25m: rollback.completed rollback=rb-1 result=restored
at 15h10m: fallback.ended reason=mended
at 11h: rollback.started rollback=rb-2 trigger=owner to=previous_process drill=true
at 11h6m: rollback.completed rollback=rb-2 result=restored

# People keep it good.
at 15h30m: maintenance.recorded activity=incident seconds=3600 cost=90 currency=EUR
at 12h: evaluation.completed suite=golden passed=true score=0.95 version=prompt-41
about 1h from 30m to 23h: cost.recorded kind=inference cost=0.42 currency=EUR

# What a boundary stops before it takes effect.
about 6h from 3h to 23h: action.attempted case=x{n} action=account.close mode=decide allowed=false

# Inputs that are wrong for once.
at 8h6m: input.checked case=replica-1 input=orders result=stale age_seconds=1500
at 12h6m: input.checked case=replica-2 input=crm result=missing

# Senders as they are: they repeat, come late, forget a stage, and are wrong for once.
at 6h30m: task.completed id=n1 case=n1 action=refund.issue outcome=completed mode=decide duration_seconds=4.2
at 8h40m: task.completed id=late-1 case=z1 action=refund.issue outcome=completed mode=decide time=@-2h
at 8h41m: task.completed id=late-2 case=z2 action=refund.issue outcome=completed mode=decide time=@-30m
at 7h: escalation.acknowledged case=lost-1 by=anna
at 13h10m: !task.completed case=z3 action=refund.issue outcome=done mode=decide
at 13h40m: !escalation.opened case=z4 reason=low_confidence severity=terrible
