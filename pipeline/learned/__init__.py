"""What no rule says: learned stages, and personas."""
