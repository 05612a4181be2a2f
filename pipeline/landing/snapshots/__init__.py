"""Nightly full exports without history, compared with the one before."""
