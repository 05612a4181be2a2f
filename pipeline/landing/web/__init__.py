"""Web trackers and access logs."""
