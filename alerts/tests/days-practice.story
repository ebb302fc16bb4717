# What has to be practised or run every day.

story the last drills are more than a day old
system undrilled
declares:
    owner: {name: payments-ops, contact: "#payments-ops"}
    exception_path:
      drill_every: 1d
      acknowledge_within: 15m
      resolve_within: 8h
      routes:
        - {reason: "*", queue: desk, owner: payments-ops}
    rollback: {to: previous_version, plan: "https://example.com/plan", drill_every: 1d, within: 15m}
at 30s: owner.attested owner=payments-ops
at 1m: drill.completed path=exception result=passed seconds=240
at 2m: drill.completed path=rollback result=passed seconds=300 to=previous_version
at 28h: drill.completed path=exception result=passed seconds=200
at 28h1m: drill.completed path=rollback result=passed seconds=260 to=previous_version
expect Day90ExceptionPathDrillOverdue from 25h1m to 25h11m until 28h17m
  labels severity=ticket
  says "nothing has proven its exception path lately"
  says "Owner: payments-ops"
expect Day90RollbackDrillOverdue from 25h2m to 25h12m until 28h18m
  labels severity=ticket
  says "Owner: payments-ops"

story a suite is not run for more than a day
system unevaluated
declares:
    owner: {name: ml-ops, contact: "#ml-ops"}
    maintenance: {hours_per_month: 40, evaluate_every: 1d, suites: [golden]}
at 30s: owner.attested owner=ml-ops
at 1m: evaluation.completed suite=golden passed=true score=0.9
at 28h: evaluation.completed suite=golden passed=true score=0.91
expect Day90EvaluationOverdue from 24h16m to 24h22m until 28h17m
  labels severity=ticket suite=golden
  says "suite golden was not run for 1d 1h 59m 0s"
  says "one every 1d 0h 0m 0s is declared"

story people do the work for more than a day
system in-fallback
declares:
    owner: {name: claims-ops, contact: "#claims-ops"}
at 30s: owner.attested owner=claims-ops
at 2m: fallback.started case=f1 reason=provider_outage
at 27h: fallback.ended case=f1 reason=mended
expect Day90FallbackActiveTooLong from 24h7m to 24h13m until 27h17m
  labels severity=ticket
  says "1d 1h 58m 0s"
