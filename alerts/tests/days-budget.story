# The budget of a month that ends when the first day of the stream does. Its last day is the thirtieth of November; promtool
# takes it for a day of January, and for the pace of a month that has 31 days: the projected sums are those, and not said here.

story more money and more hours than the month has
system overspent
declares:
    owner: {name: finance-ops, contact: "#finance-ops"}
    maintenance: {currency: EUR, cost_per_month: 100, hours_per_month: 2}
at 30s: owner.attested owner=finance-ops
at 10m: maintenance.recorded case=b1 activity=incident seconds=5400 cost=70 currency=EUR
at 20m: maintenance.recorded case=b2 activity=incident seconds=3600 cost=50.5 currency=EUR
at 25m: ?maintenance.recorded case=b3 activity=incident cost=9000 currency=JPY
expect Day90BudgetCostExceeded from 25m to 31m until 24h17m
  labels severity=ticket currency=EUR
  says "120.50 EUR of 100.00 EUR were spent since 1969-12-03 00:00:00"
expect Day90BudgetHoursExceeded from 25m to 31m until 24h17m
  labels severity=ticket
  says "2.5 hours of 2.0 were taken since 1969-12-03 00:00:00"

story at this pace the month ends over the budget
system overpaced
declares:
    owner: {name: finance-ops, contact: "#finance-ops"}
    maintenance: {currency: EUR, cost_per_month: 100, hours_per_month: 10}
at 30s: owner.attested owner=finance-ops
at 10m: maintenance.recorded case=b1 activity=update seconds=18000 cost=49 currency=EUR
at 20m: maintenance.recorded case=b2 activity=update seconds=17640 cost=50 currency=EUR
expect Day90BudgetCostProjectedOver from 1h20m to 1h26m until 24h17m
  labels severity=ticket currency=EUR
  says "against 100.00 EUR; spent are 99.00."
expect Day90BudgetHoursProjectedOver from 1h20m to 1h26m until 24h17m
  labels severity=ticket
  says "hours against 10.0; taken are 9.9."
