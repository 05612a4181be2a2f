"""Journeys in the formats of other tools: XES event logs and OCEL 2.0."""
