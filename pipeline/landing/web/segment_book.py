"""What the distinct texts of Segment calls say, worked out once each by the reader's functions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import orjson

from pipeline.errors import BadRecord
from pipeline.landing import digests
from pipeline.landing.agents import agent
from pipeline.landing.digests import UNIT
from pipeline.landing.identifiers import normalise
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Attribute, Feed
from pipeline.landing.text import kept_label, kept_properties
from pipeline.landing.web import segment
from pipeline.landing.web.segment_calls import kind

# Handles by the namespace that wend.toml may rename.
GIVEN = ("user_id", "anonymous_id", "email", "phone", "device_id")
# The parts of a call that make its content, and those of its context.
PARTS = ("type", "event", "name", "groupId", "properties", "traits")
CONTEXT_PARTS = ("traits", "campaign")
# No JSON text holds this character.
SEPARATOR = b"\x1f"
# Distinct texts held at once: some 200 MiB at most of common ones.
MOST_CONTENTS = 100_000
MOST_TEXTS = 200_000
# In place of the number of a content or a sender.
DOUBTFUL = -1
OF_ITS_PAGE = -2
# JSON's whole numbers go on for ever, but the reader's do not.
WHOLE = range(-(2**63), 2**63)


class Doubtful(Exception):
    """A part that only the reader can judge."""


class NeedsPage(Exception):
    """A call says what it is only together with the page of its context."""


class Content(NamedTuple):
    """What a call says beside who and when, as it is kept.

    Attributes:
        said: What of it goes into the content hash of an event.
        told: What its attributes add to that; empty where there are none.
        kinds: The fields that it stood in, with the types of their values.
    """

    kind: str
    kind_raw: str
    label: str | None
    object_kind: str | None
    object_id: str | None
    amount_cents: int | None
    currency: str | None
    email: str | None
    phone: str | None
    properties: str
    attributes: tuple[Attribute, ...]
    said: bytes
    told: bytes
    kinds: tuple[tuple[str, type], ...]


class Sender(NamedTuple):
    """What a call came from."""

    device_kind: str | None
    machine_reason: str | None
    device_id: str | None


class Book:
    """What was found out so far about the texts of one file.

    Attributes:
        contents, senders: By their number.
        content_numbers, sender_numbers: Text -> number, DOUBTFUL or OF_ITS_PAGE.
        ids: By place in GIVEN: an id as it came -> its normal form, None where it is doubtful.
        prefixes: By place in GIVEN: how a handle begins in a content hash.
        order: The places in GIVEN as their handles follow one another there.
    """

    def __init__(self, feed: Feed, is_erased: Callable[[str], bool]) -> None:
        """Nothing is known yet; calls that name somebody erased are doubtful."""
        self.feed = feed
        self.is_erased = is_erased
        self.channel = channel_of(feed)
        self.namespaces = [feed.namespace(given) for given in GIVEN]
        self.prefixes = [f"{namespace}:" for namespace in self.namespaces]
        self.order = sorted(range(len(GIVEN)), key=lambda at: self.namespaces[at] + UNIT)
        self.contents: list[Content] = []
        self.senders: list[Sender] = []
        self.content_numbers: dict[bytes, int] = {}
        self.sender_numbers: dict[bytes, int] = {}
        self.ids: tuple[dict[str | int, str | None], ...] = ({}, {})

    def tidy(self) -> None:
        """Forget what takes too much room; numbers given so far are void."""
        if len(self.content_numbers) > MOST_CONTENTS:
            self.contents.clear()
            self.content_numbers.clear()
        if len(self.sender_numbers) > MOST_TEXTS:
            self.senders.clear()
            self.sender_numbers.clear()
        for known in self.ids:
            if len(known) > MOST_TEXTS:
                known.clear()

    def content_number(self, key: bytes, names: Sequence[str]) -> int:
        """The number of a content not met before.

        Args:
            key: The texts of PARTS, CONTEXT_PARTS and `names`; the page of the context may follow.
            names: Fields that no version of the specification has.
        """
        try:
            self.contents.append(self._content(key, names))
            number = len(self.contents) - 1
        except NeedsPage:
            number = OF_ITS_PAGE
        except (BadRecord, Doubtful, orjson.JSONDecodeError):
            number = DOUBTFUL
        self.content_numbers[key] = number
        return number

    def sender_number(self, key: bytes) -> int:
        """The number of a sender not met before, from the texts of its agent and its device."""
        try:
            self.senders.append(self._sender(key))
            number = len(self.senders) - 1
        except (BadRecord, Doubtful, orjson.JSONDecodeError):
            number = DOUBTFUL
        self.sender_numbers[key] = number
        return number

    def id_form(self, place: int, given: str | int) -> str | None:
        """The normal form of an id not met before, by its place in GIVEN; None if doubtful."""
        is_known = isinstance(given, str) or given in WHOLE
        try:
            form = self._form(place, given) if is_known else None
        except Doubtful:
            form = None
        self.ids[place][given] = form
        return form

    def _form(self, place: int, given: object) -> str:
        """A handle's normal form.

        Raises:
            Doubtful: It has none, or names somebody erased.
        """
        form = normalise(GIVEN[place], given, region=self.feed.company.phone_region)
        # Control characters keep the handles of an event apart in its content hash.
        if form is None or not form.isprintable() or self.is_erased(self.prefixes[place] + form):
            raise Doubtful
        return form

    def _content(self, key: bytes, names: Sequence[str]) -> Content:
        """What a content says.

        Raises:
            BadRecord: The reader will refuse the call.
            Doubtful: The reader needs more of the call than this.
            NeedsPage: The page of the context is not given, and decides.
            orjson.JSONDecodeError: The reader will not take it for JSON.
        """
        count = len(PARTS) + len(CONTEXT_PARTS) + len(names)
        texts = key.split(SEPARATOR)
        values = [orjson.loads(text) if text else None for text in texts]
        call = dict(zip(PARTS, values, strict=False))
        context = dict(zip(CONTEXT_PARTS, values[len(PARTS) :], strict=False))
        if len(values) > count:
            context["page"] = values[count]
        said = segment.particulars(
            segment.content_of({**call, "context": context}), self.feed.company.currency
        )
        if said.kind == "identity_merged":
            raise Doubtful
        if said.kind == "page_viewed" and len(values) == count and not _has_path(call):
            raise NeedsPage
        found = list(zip(names, texts[count - len(names) : count], strict=True))
        if unexpected := {name: orjson.loads(text) for name, text in found if text}:
            said.properties["unexpected_fields"] = unexpected
        email, phone = (
            None if value is None or value == "" else self._form(place, value)
            for place, value in ((2, said.email), (3, said.phone))
        )
        properties = orjson.dumps(said.properties, option=orjson.OPT_SORT_KEYS, default=str)
        parts = (
            *(self.channel, said.kind, said.kind_raw, said.label, "customer", "inbound"),
            *(said.object_kind, said.object_id, said.amount_cents, said.currency),
            properties.decode(),
        )
        attributes = tuple(dict.fromkeys(said.attributes))
        return Content(
            said.kind,
            said.kind_raw,
            None if said.label is None else kept_label(said.label),
            said.object_kind,
            said.object_id,
            said.amount_cents,
            said.currency,
            email,
            phone,
            kept_properties(properties.decode()),
            attributes,
            UNIT.join(str(part) for part in parts if part is not None).encode(),
            digests.told(attributes),
            tuple(
                (name, kind(text))
                for name, text in (*zip(PARTS, texts, strict=False), *found)
                if text
            ),
        )

    def _sender(self, key: bytes) -> Sender:
        """What a sender is.

        Raises:
            BadRecord: The reader will refuse the call.
            Doubtful: The id of its device has no normal form.
            orjson.JSONDecodeError: The reader will not take it for JSON.
        """
        agent_text, device_text = key.split(SEPARATOR)
        context = {
            "userAgent": orjson.loads(agent_text) if agent_text else None,
            "device": orjson.loads(device_text) if device_text else None,
        }
        browser = agent(segment.text(context, "userAgent"))
        device = segment.part(context, "device")
        given = segment.text(device, "id")
        return Sender(
            browser.device_kind or segment.device_kind(device),
            browser.machine_reason,
            None if not given else self._form(4, given),
        )


def _has_path(call: dict[str, object]) -> bool:
    """Whether a page call's own properties give its path."""
    return segment.path_of(segment.part(call, "properties")) is not None
