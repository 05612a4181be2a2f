"""Which conversation a mail belongs to: the Message-ID that its answers go back to.

Only what the mail itself says is used, so that a mail's thread does not depend on which other
mails were landed before it. An answer that names no mail by its id, as archives and some mail
programs leave it, is known by its subject and by the text it quotes: all such answers of one
customer on one subject are one thread. A first mail is named by its id, as the answers that do
refer to it say, and carries the name of the other thread as `subject_thread`.
"""

import hashlib
import re
from collections.abc import Iterable

ENCLOSED = re.compile(r"<([^<>]{1,900})>")
# "Re:" in the languages of mail programs, with counts; and the tags of lists before or after it.
ANSWER = re.compile(
    r"\s*(?:re|aw|sv|vs|antw|odp|ynt|rif|res|ref|r|回复|答复|返信)\s?(?:\[\d+\]|\(\d+\)|\^\d+)?\s?[::]\s*",
    re.IGNORECASE,
)
FORWARD = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|vb|转发)\s?[::]\s*", re.IGNORECASE)
TAG = re.compile(r"\s*\[[^\[\]]{1,60}\]\s*")
FORWARDED = re.compile(r"\s*\(fwd\)\s*$", re.IGNORECASE)
QUOTES = re.compile(
    r"^(?:>|-{2,} ?(?:Original Message|Ursprüngliche Nachricht|Message d'origine)"
    r"|.{0,200}\b(?:wrote|writes|schrieb|a écrit|escribió|ha scritto|schreef|skrev)\s?:\s*$)",
    re.IGNORECASE | re.MULTILINE,
)
QUOTED_ID = re.compile(
    r"^In (?:article|message|mail|your message of .{0,80})\s*<([^<>\s]+@[^<>\s]+)>",
    re.IGNORECASE | re.MULTILINE,
)
# What tells that older text is quoted stands near the top, or a mail's own text does.
LOOKED_AT = 4_000


def message_ids(header: str | None) -> list[str]:
    """The Message-IDs in a header, in order, without brackets and folding."""
    if not header:
        return []
    enclosed = [re.sub(r"\s+", "", found) for found in ENCLOSED.findall(header)]
    found = [name for name in enclosed if name]
    return found or [word for word in header.split() if "@" in word][:1]


def answered(references: str | None, in_reply_to: str | None) -> str | None:
    """The first mail of the thread: the oldest reference, else what is answered; None: no word.

    An In-Reply-To may name a person before the message (`Message from Ada <ada@x> of <id>`),
    so its last id counts.
    """
    if found := message_ids(references):
        return found[0]
    found = message_ids(in_reply_to)
    return found[-1] if found else None


def quoted(text: str | None) -> str | None:
    """The Message-ID of the mail that a text says it quotes, as old mail programs write it."""
    found = QUOTED_ID.search((text or "")[:LOOKED_AT])
    return found[1] if found else None


def is_answer(subject: str, text: str | None) -> bool:
    """Whether a mail says that it answers another, by its subject or by quoting text."""
    plain = TAG.sub("", subject, count=1) if TAG.match(subject) else subject
    if FORWARD.match(plain):
        return False
    return ANSWER.match(plain) is not None or QUOTES.search((text or "")[:LOOKED_AT]) is not None


def base_subject(subject: str) -> str:
    """What a subject is about: without answer marks, list tags and the difference of case.

    Source: RFC 5256, section 2.1, with the answer marks of more languages.
    """
    text = subject
    while True:
        shorter = text
        for mark in (ANSWER, FORWARD, TAG):
            if found := mark.match(shorter):
                shorter = shorter[found.end() :]
        shorter = FORWARDED.sub("", shorter)
        if shorter == text or not shorter.strip():
            return " ".join(text.split()).casefold()
        text = shorter


def subject_thread(subject: str, people: Iterable[str]) -> str | None:
    """The thread of what these people write about one subject; None without a subject."""
    about = base_subject(subject)
    if not about:
        return None
    named = "\n".join([about, *sorted(set(people))])
    return f"subject/{hashlib.md5(named.encode(), usedforsecurity=False).hexdigest()}"
