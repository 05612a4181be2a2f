"""Raw customer logs in; customers, journeys, drop-offs and churn risk out."""
