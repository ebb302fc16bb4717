# What was heard the day before at this hour, and is not heard now.

story a system stops on its second day
system stopped
declares:
    owner: {name: shop-ops, contact: "#shop-ops"}
at 30s: owner.attested owner=shop-ops
every 4m from 1m to 4h: cost.recorded kind=inference cost=0.01 currency=EUR
every 4m from 24h1m to 25h: cost.recorded kind=inference cost=0.01 currency=EUR
every 4m from 28h to 29h: cost.recorded kind=inference cost=0.01 currency=EUR
expect Day90SystemSilent from 26h2m to 26h12m until 28h17m
  labels severity=ticket
  says "Owner: shop-ops"
