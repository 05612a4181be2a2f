"""Numbers with their nouns, as sentences say them."""


def counted(count: int, noun: str) -> str:
    """A number and its noun: 1 file, 2,000 files."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
