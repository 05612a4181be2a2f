"""Mail that no person wrote: delivery reports, receipts, automatic answers, lists, spam.

The sender's own declaration decides (RFC 3464, 3798, 3834, 2919), wording only where mail
programs declare nothing.
"""

import re
from collections.abc import Sequence
from email.message import Message
from typing import NamedTuple

from pipeline.landing.email.parties import Headers, first

DAEMON = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon|mdaemon)@?", re.IGNORECASE)
NO_REPLY = re.compile(r"(?:no|do-?not|never)[-_.]?reply|bounces?\b", re.IGNORECASE)
AWAY = re.compile(
    r"(?:auto(?:matic|mated|matische|matisk)?[ -]?(?:reply|response|antwort)|out of (?:the )?office"
    r"|abwesenheit|absence du bureau|réponse automatique|respuesta automática)",
    re.IGNORECASE,
)
UNDELIVERED = re.compile(
    r"(?:undeliver(?:able|ed)|mail delivery (?:failed|system|failure)|delivery status notification"
    r"|returned mail|failure notice)",
    re.IGNORECASE,
)
KINDS = {"failed": "email_bounced", "delayed": "email_deferred", "delivered": "email_delivered"}

# The headers in which a mail declares what it is.
DECLARING = frozenset(
    {
        *("auto-submitted", "precedence", "x-autoreply", "x-autorespond", "x-failed-recipients"),
        *("list-id", "list-post", "list-unsubscribe", "x-beenthere", "newsgroups"),
        *("x-spam-flag", "x-spam-status", "content-type"),
    }
)
# A list's own copy of a mail, and an article of a news group.
OF_A_LIST = ("list-id", "list-post", "x-beenthere", "newsgroups")

# Groups.io leaves the list's headers out of what it gives for download.
HOSTED = re.compile(r"@(?:[\w-]+\.)*groups\.io\b|@googlegroups\.com\b", re.IGNORECASE)


class Report(NamedTuple):
    """What a delivery report says.

    Attributes:
        kind: email_bounced, email_deferred or email_delivered.
        recipients: The addresses it speaks of, as written.
        status: The first RFC 3463 code, such as 5.1.1.
        about: The Message-ID of the mail that was not delivered.
    """

    kind: str
    recipients: tuple[str, ...]
    status: str | None
    about: str | None


def delivery_report(
    message: Message, kind: str, headers: Headers, sender: str, subject: str
) -> Report | None:
    """The report that a mail of this content type is; None for any other mail."""
    is_report = kind == "multipart/report"
    parts = message.get_payload() if is_report else ()
    named = [part for part in parts if isinstance(part, Message)]
    status = next((part for part in named if "delivery-status" in part.get_content_type()), None)
    if status is not None:
        return _read(status, _returned_id(named))
    failed = first(headers, "x-failed-recipients")
    if not failed and not (DAEMON.match(sender) and (is_report or UNDELIVERED.match(subject))):
        return None
    recipients = tuple(address.strip() for address in failed.split(",") if address.strip())
    return Report("email_bounced", recipients, None, None)


def _read(status: Message, about: str | None) -> Report:
    """A message/delivery-status part: one group of fields per recipient."""
    groups = status.get_payload()
    fields = [group for group in groups if isinstance(group, Message)]
    recipients: list[str] = []
    actions: set[str] = set()
    codes: list[str] = []
    for group in fields:
        address = str(group.get("Final-Recipient") or group.get("Original-Recipient") or "")
        if address:
            recipients.append(address.rpartition(";")[2].strip())
            actions.add(str(group.get("Action", "failed")).strip().lower())
            codes.append(str(group.get("Status", "")).strip())
    worst = next((action for action in ("failed", "delayed") if action in actions), "delivered")
    kind = KINDS[worst if actions else "failed"]
    return Report(kind, tuple(recipients), next(filter(None, codes), None), about)


def _returned_id(parts: Sequence[Message]) -> str | None:
    """The Message-ID in the returned mail, or in its returned headers."""
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                return str(inner[0].get("Message-ID", "")).strip(" <>\r\n\t") or None
        if part.get_content_type() == "text/rfc822-headers":
            found = re.search(r"(?im)^message-id:\s*<([^<>\s]+)>", str(part.get_payload()))
            return found[1] if found else None
    return None


def machine_reason(headers: Headers, sender: str, subject: str) -> str | None:
    """Why a mail to the company is no word of a customer's; None when it may be one."""
    content_type = first(headers, "content-type").lower()
    declared = first(headers, "auto-submitted").partition(";")[0].strip().lower()
    precedence = first(headers, "precedence").strip().lower()
    local = sender.partition("@")[0]
    reasons = {
        "receipt": "disposition-notification" in content_type,
        "spam": first(headers, "x-spam-flag").strip().lower() == "yes"
        or first(headers, "x-spam-status").strip().lower().startswith("yes"),
        "auto_reply": declared.startswith("auto-replied")
        or bool(headers.get("x-autoreply") or headers.get("x-autorespond"))
        or precedence == "auto_reply"
        or AWAY.match(subject) is not None,
        "auto_generated": declared not in {"", "no"},
        "list": any(map(headers.get, OF_A_LIST))
        or precedence == "list"
        or any(HOSTED.search(line) for name in ("to", "cc") for line in headers.get(name, ())),
        "bulk": precedence in {"bulk", "junk"} or bool(headers.get("list-unsubscribe")),
        "daemon": DAEMON.fullmatch(local) is not None,
        "no_reply": NO_REPLY.search(local) is not None,
    }
    return next((name for name, holds in reasons.items() if holds), None)
