"""Survey answers: NPS, CSAT and CES."""
