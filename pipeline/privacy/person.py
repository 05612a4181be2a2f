"""Whom an erasure is about."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.privacy.spellings import pattern


@dataclass(frozen=True, slots=True)
class Person:
    """All that is known of one person.

    Attributes:
        identifiers: Namespace and value of each identifier that is theirs alone.
        customer_ids: The customers they were.
        event_ids: Events attributed to them by the last publish, whether or not these name them.
        shared: Identifiers that they shared with others.
        asked: How those who asked for them spelled their identifiers.
        hashes: How plain hashes of their identifiers begin that landed records hold.
        pairs: How files of likely pairs call those that they are one of.
    """

    identifiers: tuple[tuple[str, str], ...]
    customer_ids: tuple[str, ...]
    event_ids: tuple[str, ...]
    shared: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()

    @property
    def expression(self) -> str:
        """Finds every name of theirs in a text, to be used without regard to case."""
        return pattern(self.identifiers, self.hashes)


def together(persons: Iterable[Person]) -> Person:
    """Several requests as one."""
    told = list(persons)
    return Person(
        tuple(sorted({one for person in told for one in person.identifiers})),
        tuple(sorted({one for person in told for one in person.customer_ids})),
        tuple(sorted({one for person in told for one in person.event_ids})),
        tuple(sorted({one for person in told for one in person.shared})),
        tuple(sorted({one for person in told for one in person.asked})),
        tuple(sorted({one for person in told for one in person.hashes})),
        tuple(sorted({one for person in told for one in person.pairs})),
    )
