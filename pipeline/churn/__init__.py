"""Who is likely to leave, from what was known at the time."""
