"""What one step of the planted way does to all persons of a chunk at once."""
