# Names with every character that YAML, PromQL, a template or a terminal could mistake.

story a queue and an owner whose names are written oddly
system odd
declares:
    owner: {name: 'o"{{ $labels.x }}', contact: '#o\<b>%q'}
    exception_path:
      acknowledge_within: 10m
      resolve_within: 1d
      routes: [{reason: "*", queue: 'q"{{ $x }}\n<b>%s''', owner: desk}]
at 1m: owner.attested owner="o\"{{ $labels.x }}"
at 2m: drill.completed path=exception result=passed
at 20m: task.completed case=t1 action=answer outcome=completed mode=decide
at 20m: escalation.opened case=c1 reason="r\"{{ $y }}\\n<i>%d' ; é"
at 50m: escalation.acknowledged case=c1
at 55m: escalation.resolved case=c1 outcome=upheld
expect Day90EscalationUnacknowledged from 31m to 33m until 53m
  says "odd: 1 escalation(s) in queue q\"{{ $x }}\\n<b>%s' past their deadline"
  says "Owner: o\"{{ $labels.x }} #o\\<b>%q."
also Day90AcknowledgeDeadlineMissed
also Day90UndeclaredAction
