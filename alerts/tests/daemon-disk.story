# What the daemon itself needs. These stories happen to all daemons, so one comes after the other.

story the disk is full for half an hour
system keeper
declares:
    owner: {name: help-desk, contact: "#help-desk"}
    boundaries: {answer: {mode: decide}}
every 30s from 30s to 4h40m: ~task.completed case=t{n} action=answer outcome=completed mode=decide
do 20m10s: fill-disk
every 1s from 20m30s to 25m: ~owner.attested owner=help-desk note={long}
do 50m10s: free-disk
expect Day90NotWritable from 22m to 28m until 1h
expect Day90DiskNearlyFull from 20m to 35m until 1h10m
