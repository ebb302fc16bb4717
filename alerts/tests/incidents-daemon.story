# The daemon itself.

story a new configuration is refused
do 5m: break-config
do 15m: mend-config
expect Day90ConfigReloadFailed from 10m to 12m until 17m
  labels severity=ticket job=day90
  says "runs on an old configuration: the new one was refused"

# Senders whose clock is right, to a daemon whose clock is slow: their events come from the future.
story the daemon's clock is slow
system shop
every 1s from 30s to 1m30s: !task.completed case=f{n} action=answer outcome=completed mode=decide time=@10m
expect Day90EventsRejected from 5m to 8m until 29m
  labels severity=ticket
  one says "in 15 minutes 120 of "
  two says "in 15 minutes 60 of "
  says "reason time_ahead, type task.completed"

story it is slow for another system too
system desk
every 1s from 30s to 1m30s: !task.completed case=f{n} action=answer outcome=completed mode=decide time=@10m
expect Day90ClockBehind from 5m to 8m until 29m
  labels severity=ticket
  says "is probably slow: events of several systems come from the future"

story ids push each other out
system piles
every 10s from 10m to 50m: step.completed id=i{n} case=s1 kind=tool name=search outcome=completed
expect Day90DedupeWindowShort from 45m to 48m until 1h16m
  labels severity=ticket system=piles
  says "the 30 "

story a sender sends pages of the web
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
do 10s: request POST text/html <p>hello</p>
expect Day90RequestsRejected from 10m to 13m until 28m
  labels severity=ticket code=415
  says "answers requests with 415, and takes nothing of them"
  says "in 15 minutes 10 of "
  says "The content type or the encoding is not known"

story there is no room for another case
do 1h11s: config lifecycle_memory: 30m => lifecycle_memory: 30m, open_cases: 1
do 1h12s: raw [{"type":"review.requested","system":"shop","case":"full1"},{"type":"review.requested","system":"shop","case":"full2"},{"type":"review.requested","system":"shop","case":"full3"}]
do 1h13s: config lifecycle_memory: 30m, open_cases: 1 => lifecycle_memory: 30m
do 1h14s: raw [{"type":"review.completed","system":"shop","case":"full1","decision":"cancelled"}]
expect Day90LimitRefuses from 1h5m to 1h8m until 1h28m
  labels severity=ticket reason=open_cases
  says "refuses events because of a limit: open_cases"

# What fires goes on, and nothing fires anew.
story the daemon is restarted
do 48m12s: restart

story the daemon stops
do 2h6m30s: stop
do 2h11m30s: start
expect Day90Down from 2h9m to 2h10m until 2h13m
  labels severity=page job=day90
  says "cannot be scraped"
