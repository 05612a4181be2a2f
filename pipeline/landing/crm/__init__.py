"""CRM exports: history and merges rather than the current row."""
