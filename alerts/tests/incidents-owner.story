# Systems that nobody owns, evaluates or maintains, and one that the file forgets.

story a system works and nobody owns it
system unowned
declares:
    launched: 2026-11-11
at 10m: task.completed case=o1 action=answer outcome=completed mode=decide
at 10m: task.completed case=o2 action=answer outcome=completed mode=decide
# Its owner is found.
do 1h30m: config launched: 2026-11-11 => owner: {name: late-ops, contact: "#late"}
at 1h40m: owner.attested owner=late-ops
expect Day90SystemUnowned from 1h10m to 1h12m until 1h42m
  labels severity=ticket
  says "unowned works, and nobody owns it"
  says "Tasks in a day: 2."
also Day90UndeclaredAction

story a suite never runs
system untested
declares:
    launched: 2026-08-01
    owner: {name: desk-ops, contact: "#desk"}
    maintenance: {evaluate_every: 7d, suites: [golden]}
at 1m: owner.attested owner=desk-ops
at 1h20m: evaluation.completed suite=golden passed=true score=0.93
expect Day90SuiteNeverEvaluated from 1h to 1h2m until 1h32m
  labels severity=ticket suite=golden
  says "untested: suite golden is declared and was never run"

story one kind of upkeep never happens
system untested
at 10m: maintenance.recorded activity=update seconds=600
at 11m: maintenance.recorded activity=evaluation seconds=600
at 12m: maintenance.recorded activity=process_change seconds=600
at 1h30m: maintenance.recorded activity=monitoring seconds=600
expect Day90ActivityNeverHappened from 1h10m to 1h12m until 1h42m
  labels severity=ticket activity=monitoring
  says "untested: since its launch nobody wrote down any monitoring"

story nobody maintains a system
system neglected
declares:
    launched: 2026-08-01
    owner: {name: desk-ops, contact: "#desk"}
    exception_path: {routes: [{reason: "*", queue: desk, owner: desk-ops}]}
at 1m: owner.attested owner=desk-ops
at 1m: drill.completed path=exception result=passed
at 1h20m: maintenance.recorded activity=update seconds=600
at 1h21m: maintenance.recorded activity=monitoring seconds=600
at 1h22m: maintenance.recorded activity=evaluation seconds=600
at 1h23m: maintenance.recorded activity=process_change seconds=600
expect Day90MaintenanceMissing from 1h to 1h2m until 1h32m
  labels severity=ticket
  says "neglected: no maintenance was recorded for 90 days"

story nobody takes a case, and no deadline is declared
system neglected
at 20m: escalation.opened case=h1 reason=unsure
at 1h40m: escalation.acknowledged case=h1
at 1h45m: escalation.resolved case=h1 outcome=answered
expect Day90EscalationUnacknowledged from 1h21m to 1h24m until 1h42m
  labels severity=page queue=desk
  says "neglected: an escalation in queue desk has waited 1h 2m 0s for anybody"
  says "no deadline is declared for the queue, so the limit is 1h"

story the file forgets a system
system forgotten
declares:
    owner: {name: desk-ops, contact: "#desk"}
    exception_path: {acknowledge_within: 15m, resolve_within: 8h, routes: [{reason: "*", queue: desk, owner: desk-ops}]}
at 1m: owner.attested owner=desk-ops
at 1m: drill.completed path=exception result=passed
at 10m: escalation.opened case=f1 reason=unsure
at 11m: escalation.acknowledged case=f1
do 20m: drop forgotten
do 45m: mend-config
at 50m: escalation.resolved case=f1 outcome=answered
expect Day90SystemVanished from 30m to 32m until 57m
  labels severity=ticket
  says "forgotten is gone from day90.yaml"
  says "Open escalations: 1."
