"""Who wrote to whom: addresses in headers, and what they are to the company."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipeline.landing import identifiers
from pipeline.landing.email.bodies import header_text
from pipeline.landing.record import Feed, Identifier

# Header name in lower case -> its lines, unfolded.
Headers = Mapping[str, Sequence[str]]

LONGEST_HEADER = 20_000
ASIDE = re.compile(r'"(?:[^"\\]|\\.){0,300}"|\([^()]{0,300}\)')
ENCLOSED = re.compile(r"<\s*([^<>\s]+@[^<>\s]+?)\s*>")
# Sought from the beginnings of words alone: from every letter it would take the square of a
# hostile header's length.
BARE = re.compile(r"(?<![^\s<>()\[\]:;,\"'])[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")


def first(headers: Headers, name: str) -> str:
    """The first header of a name; empty without one."""
    return headers[name][0] if headers.get(name) else ""


def addresses(lines: Iterable[str]) -> list[str]:
    """The addresses in header lines in their normal form, in order, each once.

    Display names and comments are no addresses, even where they hold one.
    """
    return list(dict.fromkeys(address for line in lines for address in _addresses(line)))


@lru_cache(maxsize=20_000)
def _addresses(line: str) -> tuple[str, ...]:
    """The addresses in one header line; the company's own mailboxes stand in most mails."""
    found = map(identifiers.email, _written(line))
    return tuple(address for address in found if address is not None)


def _written(line: str) -> Iterator[str]:
    """Each address of one header line as it is written."""
    line = line[:LONGEST_HEADER]
    if "@" not in line:
        line = header_text(line)
    if '"' in line or "(" in line:
        line = ASIDE.sub(" ", line)
    for entry in re.split("[,;]", line):
        if match := ENCLOSED.search(entry):
            yield match[1]
        elif match := BARE.search(entry):
            yield match[0]


def senders(headers: Headers) -> list[str]:
    """Who wrote, best header first."""
    names = ("from", "sender", "reply-to", "return-path")
    return addresses(line for name in names for line in headers.get(name, ()))


class Exchange(NamedTuple):
    """Who wrote to whom, as the company sees it.

    Attributes:
        customers: The sender, or everybody the company wrote to.
        mailbox: The local part of the company's address, without `+` tag; None where no address
            is known to be the company's.
        mentioned: Other outsiders, in copy.
    """

    direction: str
    customers: tuple[str, ...]
    mailbox: str | None
    staff: tuple[str, ...]
    mentioned: tuple[str, ...]


def exchange_of(headers: Headers, sender: str, feed: Feed) -> Exchange | str:
    """Who wrote to whom; or the rule by which a mail without a customer is left out."""
    domains = {domain.lower() for domain in feed.company.email_domains}
    to, copied, answered, envelope = (
        addresses(line for name in names for line in headers.get(name, ()))
        for names in (["to"], ["cc"], ["reply-to"], ["delivered-to", "x-original-to"])
    )
    named = list(dict.fromkeys(to + copied))
    staff = [address for address in named if is_staff(address, domains)]
    outside = [address for address in named if address not in staff]
    if not is_staff(sender, domains):
        boxes = staff or [address for address in envelope if is_staff(address, domains)]
        others = [address for address in outside if address != sender]
        return Exchange("inbound", (sender,), _mailbox(boxes), tuple(boxes), tuple(others))
    if outside:
        customers = [address for address in to if address in outside] or outside
        others = [address for address in outside if address not in customers]
        staff = [sender, *staff]
        return Exchange("outbound", tuple(customers), _mailbox(staff), tuple(staff), tuple(others))
    asking = [address for address in answered if not is_staff(address, domains)]
    if asking:
        # A form on the company's own site: it writes to itself, and the customer is whom to answer.
        boxes = staff or [sender]
        return Exchange("inbound", (asking[0],), _mailbox(boxes), tuple(boxes), ())
    return "internal" if staff else "no_recipient"


def is_staff(address: str, domains: Collection[str]) -> bool:
    """Whether an address is at one of the company's domains or below it."""
    host = address.rpartition("@")[2]
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _mailbox(staff: Sequence[str]) -> str | None:
    """The local part of the first company address."""
    return staff[0].partition("@")[0].partition("+")[0] if staff else None


def people(exchange: Exchange, feed: Feed, customer: str, role: str) -> tuple[Identifier, ...]:
    """Everybody on a mail; at most a hundred in copy."""
    namespace = feed.namespace("email")
    return (
        Identifier(namespace, customer, role),
        *(Identifier(namespace, address, "agent") for address in exchange.staff),
        *(Identifier(namespace, address, "mentioned") for address in exchange.mentioned[:100]),
    )
