"""Transitions to networkx graphs, and what they say of the way from start to completed."""
