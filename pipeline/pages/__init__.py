"""Published tables drawn for people: one self-contained HTML, no network."""
