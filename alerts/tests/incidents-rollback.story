# Changes and the way back.

story the way back fails
system rolls
declares:
    owner: {name: payments-ops, contact: "#payments-ops"}
    rollback: {to: previous_version, plan: "https://example.com/plan", drill_every: 90d, within: 15m}
at 20m: rollback.started rollback=r1 trigger=user to=previous_version
at 22m: rollback.completed rollback=r1 result=failed
expect Day90RollbackFailed from 22m to 25m until 4h
  says "rolls"
also Day90RollbackDrillOverdue
also Day90OwnerNeverAttested
