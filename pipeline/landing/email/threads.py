"""Which conversation a mail belongs to: the Message-ID that its answers go back to.

Only what the mail itself says is used, so that a mail's thread does not depend on which other
mails were landed before it.
"""

import re

ENCLOSED = re.compile(r"<([^<>]{1,900})>")


def message_ids(header: str | None) -> list[str]:
    """The Message-IDs in a header, in order, without brackets and folding."""
    if not header:
        return []
    enclosed = [re.sub(r"\s+", "", found) for found in ENCLOSED.findall(header)]
    found = [name for name in enclosed if name]
    return found or [word for word in header.split() if "@" in word][:1]


def root(own_id: str | None, references: str | None, in_reply_to: str | None) -> str | None:
    """The first mail of the thread: the oldest reference, else what is answered, else itself.

    An In-Reply-To may name a person before the message (`Message from Ada <ada@x> of <id>`),
    so its last id counts.
    """
    if found := message_ids(references):
        return found[0]
    if found := message_ids(in_reply_to):
        return found[-1]
    return own_id
