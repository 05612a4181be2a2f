"""Numbers with their nouns, as sentences say them."""


def counted(count: int, one: str, many: str = "") -> str:
    """A number and its noun: 1 file, 2,000 files, 3 opportunities."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
