"""Identifiers seen together become customers, with the evidence kept."""
