"""Scheduled runs: Prefect tasks over pipeline functions."""
