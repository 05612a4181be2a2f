"""What an unknown file is: the section of wend.toml that would land it, and what is unsure."""
