"""What a person may ask for: to be erased, or that processing stops."""
