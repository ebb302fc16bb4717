# Who answers for a system, and whether they still say so. A moment at which a text is read is a whole number of five minutes.

story an attestation holds for a day, and the owner says it again too late
system attested
declares:
    owner: {name: legal-ops, contact: "#legal-ops", attest_every: 1d}
at 1m: owner.attested owner=legal-ops
at 27h: owner.attested owner=legal-ops
# From the middle of the day that it holds.
expect Day90OwnerAttestationLapsesSoon from 12h6m to 12h12m until 24h17m
  labels severity=ticket
  says "its owner must confirm within 6h 1m 0s"
  says "the attestation lapses in 6h 1m 0s; it was given 1970-01-01 00:01:00"
  says "Owner: legal-ops"
expect Day90OwnerAttestationLapsed from 24h6m to 24h12m until 27h17m
  labels severity=ticket
  says "the last attestation lapsed 1h 59m 0s ago"

story the owner in the file never said a word
system named-only
declares:
    owner: {name: sales-ops, contact: "#sales-ops"}
at 2h: owner.attested owner=sales-ops
expect Day90OwnerNeverAttested from 1h to 1h6m until 2h17m
  labels severity=ticket
  says "its declared owner never confirmed"
  says "Owner: sales-ops"
