# The process, its limits, and whether Prometheus finds it. These things happen one after the other, since they happen to all.

story the memory limit is lower than what the process has
do 1h30m: config memory: 3GiB => memory: 64MiB
do 1h30m: restart
do 2h: config memory: 64MiB => memory: 3GiB
do 2h: restart
expect Day90MemoryNearLimit from 1h40m to 1h43m until 2h15m

story Prometheus has forgotten the daemon
do 2h20m: vanish
do 2h45m: start
expect Day90Absent from 2h30m to 2h36m until 2h47m

story the daemon is down
do 3h: stop
do 3h20m: start
expect Day90Down from 3h02m to 3h04m until 3h22m

story a crash leaves a torn tail that nearly fills the limit
do 3h40m: tear
do 4h10m: untear
expect Day90JournalNearLimit from 3h50m to 3h54m until 4h25m
  says "of limits.journal_bytes"

story whoever read the log has gone, and comes back
do 4h30m: break-log
do 4h40m: mend-log
expect Day90LogLinesDropped from 4h35m to 4h37m until 5h02m
  labels severity=ticket job=day90
  says "has dropped lines of its log"
  says "Within 30 minutes: 1."

story the clock is ahead for a moment, and is set back
do 5h10m: leap 20
expect Day90StateAhead from 5h11m to 5h14m until 5h18m
  labels severity=ticket job=day90
  says "is ahead of its clock"
expect Day90ClockCorrected from 5h15m to 5h19m until 6h22m
  labels severity=ticket job=day90
  says "was ahead, and was set right"
