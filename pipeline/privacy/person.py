"""Whom an erasure is about."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """All that is known of one person.

    Attributes:
        identifiers: Namespace and value of each identifier that is theirs alone.
        customer_ids: The customers they were.
        event_ids: Events attributed to them by the last publish, whether or not these name them.
        shared: Identifiers that they shared with others.
    """

    identifiers: tuple[tuple[str, str], ...]
    customer_ids: tuple[str, ...]
    event_ids: tuple[str, ...]
    shared: tuple[tuple[str, str], ...] = ()


def together(persons: Iterable[Person]) -> Person:
    """Several requests as one."""
    told = list(persons)
    return Person(
        tuple(sorted({one for person in told for one in person.identifiers})),
        tuple(sorted({one for person in told for one in person.customer_ids})),
        tuple(sorted({one for person in told for one in person.event_ids})),
        tuple(sorted({one for person in told for one in person.shared})),
    )
