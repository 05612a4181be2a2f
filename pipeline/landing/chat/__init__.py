"""Chat and messaging exports."""
