"""An invented company with known truth, written in the raw formats."""
