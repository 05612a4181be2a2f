"""Files to records: unpacking, text lines, JSON, CSV."""
