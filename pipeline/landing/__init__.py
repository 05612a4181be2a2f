"""Raw files in, events out: every record is landed, a duplicate, refused or ignored by rule."""
