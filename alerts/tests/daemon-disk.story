# What the daemon itself needs. These stories belong to no system: one thing happens after the other.

story the disk is full for half an hour
system keeper
declares:
    owner: {name: help-desk, contact: "#help-desk"}
every 30s from 30s to 20m: task.completed case=t{n} action=answer outcome=completed mode=decide
do 20m10s: fill-disk
every 30s from 20m30s to 50m: ~task.completed case=f{n} action=answer outcome=completed mode=decide
do 50m10s: free-disk
every 30s from 51m to 1h30m: task.completed case=u{n} action=answer outcome=completed mode=decide
expect Day90NotWritable from 22m to 25m until 1h
expect Day90DiskNearlyFull from 20m to 35m until 1h10m
