"""Readers of social networks and review sites, one module each."""
