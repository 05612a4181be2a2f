"""Funnels over the published file: the question, its answer, and how segments differ."""
