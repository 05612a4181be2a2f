"""The commands of `wend`, by what they are for: parsing, calling, and saying what came of it."""
