"""The plain path of Segment calls lands what the reader gives, call for call."""

import gzip
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from pipeline.landing.record import Outcome
from pipeline.landing.web import segment, segment_fast
from pipeline.settings import Company, Source
from tests.landing import landings
from tests.landing.landings import Landed, landed
from tests.landing.test_segment import PHONE, ROBOT, call

SEGMENT = Source(format="segment", path="raw/*")


def assert_same(*contents: bytes, namespaces: dict[str, str] | None = None, **more: Any) -> Landed:
    """What files of calls become, by the plain path as by the reader."""
    source = SEGMENT.model_copy(update={"namespaces": namespaces or {}})
    plain, slow = (landed(source, *contents, is_plain=way, **more) for way in (True, False))
    landings.assert_same(plain, slow)
    return plain


def lines(*calls: dict[str, Any] | bytes) -> bytes:
    """A file of calls; bytes go in as they are."""
    return b"\n".join(each if isinstance(each, bytes) else orjson.dumps(each) for each in calls)


IDS = [
    *("u1", "", " u1", "17850.0", "5.7E+17", "5.7E17", "57e17", "a|b", "ü", 'q"uote', "null"),
    *(5, 5.0, None, True, {}),
]
STAMPS = [
    *("2026-01-05T09:00:00.250Z", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00+01:00"),
    *("2026-01-05 09:00:00Z", "2026-02-30T09:00:00.000Z", "2099-01-05T09:00:00.250Z"),
    *("2016-12-31T23:59:60Z", "1767603600", "1990-01-01T00:00:00Z", "", None, 1767603600),
]
PROPERTIES: list[Any] = [
    {"path": "/pricing", "title": 'Preise für \u2028 "alba"'},
    {"url": "https://larkspur.example/a?b=c", "search": "?b=c"},
    {"revenue": 19.99, "currency": "GBP", "order_id": "o1", "products": [{"sku": 1.0, "n": 1e30}]},
    {"b": 1, "a": -0.0, "big": 12345678901234567890, "e": 1e-7, "deep": {"z": 1, "a": [None]}},
    {"revenue": "free"},
    {"email": "ada@mail.example", "path": 7},
    {},
    None,
    "text",
]
CONTEXTS: list[Any] = [
    {"userAgent": PHONE},
    {"userAgent": ROBOT, "page": {"path": "/login", "url": "https://x.example/login"}},
    {"userAgent": 7, "campaign": {"source": "news", "term": "ü"}},
    {"device": {"id": "d1", "type": "ios"}, "traits": {"email": "ADA@mail.example"}},
    {"device": {"id": {}}, "userAgent": None},
    {"device": "phone"},
    {"traits": {"email": "nobody", "phone": "07911123456"}},
    {"traits": {"userAgent": "x", "device": 1}, "userAgent": PHONE},
    {"page": 7, "userAgent": PHONE},
    {"ip": ["192.0.2.7"], "screen": {"width": 390}},
    {},
    None,
    [],
]
SPELLINGS = [
    orjson.dumps,
    lambda each: orjson.dumps(each, option=orjson.OPT_SORT_KEYS),
    lambda each: orjson.dumps(each).replace(b'":', b'": ').replace(b"/", b"\\/"),
    lambda each: orjson.dumps(each)[:-9],
    lambda each: orjson.dumps(each) + b"\r",
    lambda each: orjson.dumps(each)[:-1] + b',"userId":"second"}',
    lambda each: orjson.dumps(each)[:-1] + b',"type":null}',
    lambda each: orjson.dumps(each).replace(b'"userAgent":', b'"userAgent":"first","userAgent":'),
    lambda each: orjson.dumps(each)[:-1] + b',"sentAt":NaN}',
    lambda each: orjson.dumps(each)[:-1] + b',"version":[1,2,]}',
    lambda each: orjson.dumps(each)[:-1] + b',"version":1e400}',
    lambda each: orjson.dumps(each)[:-1] + b',"version":' + b"9" * 400 + b"}",
    lambda each: orjson.dumps(each)[:-1] + b',"version":' + b"[" * 1200 + b"]" * 1200 + b"}",
    lambda each: orjson.dumps(each).replace(b'"userAgent":', b'"ip":-Infinity,"userAgent":'),
    lambda each: orjson.dumps(each).replace(b'"userAgent":', b'"ip":[1E+999],"userAgent":'),
    lambda each: orjson.dumps(each).replace(b'"userAgent":', b'"ip":{"a":1,},"userAgent":'),
    lambda each: orjson.dumps(each).replace(b'"path":', b'"ratio":NaN,"path":'),
    lambda each: orjson.dumps(each).replace(b'"type"', b'"t\\u0079pe"'),
    lambda each: orjson.dumps(each).replace(b'"userAgent":', b'"screen":1e400,"userAgent":'),
    lambda each: orjson.dumps(each)[:-1] + b',"userId":-0,"sentAt":"a\\ud800"}',
]
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["page", "track", "identify", "screen", "group", "alias", "x", None]),
    "messageId": st.sampled_from(IDS),
    "event": st.sampled_from(["Order Completed", "orderCompleted", "", 7, None]),
    "name": st.sampled_from(["Home", "", None, 'a "name"']),
    **dict.fromkeys(("userId", "anonymousId", "previousId", "groupId"), st.sampled_from(IDS)),
    **dict.fromkeys(
        ("timestamp", "originalTimestamp", "sentAt", "receivedAt"), st.sampled_from(STAMPS)
    ),
    "context": st.sampled_from(CONTEXTS),
    "properties": st.sampled_from(PROPERTIES),
    "traits": st.sampled_from(
        [
            {"email": "ada@mail.example", "plan": "x", "name": "Ada"},
            {"firstName": "Zoë", "lastName": "N\u0000o", "address": {"city": "Rome"}, "test": "no"},
            {"email": 5, "title": "Dr", "birthday": "03/04/1990", "unsubscribed": True},
            None,
        ]
    ),
    "mergeProperties": st.sampled_from([[], None]),
    "integrations": st.just({"All": True}),
    "experiment": st.sampled_from(["b", None]),
}


@st.composite
def calls(draw: st.DrawFn) -> bytes:
    """A call with some parts exchanged, and its text then perhaps spelt in another way."""
    kind = draw(st.sampled_from(["page", "identify", "track"]))
    names = draw(st.sets(st.sampled_from(sorted(PARTS)), max_size=4))
    parts = {name: draw(PARTS[name]) for name in sorted(names)}
    own_id = f"m-{draw(st.integers(0, 200))}"
    event = "Signed Up" if kind == "track" else None
    whole = call(**{"type": kind, "event": event, "messageId": own_id, **parts})
    return draw(st.sampled_from([orjson.dumps, *SPELLINGS]))(whole)


LINES = st.one_of(
    calls(),
    calls(),
    calls(),
    st.sampled_from(
        [b"", b"  ", b"[]", b"null", b'{"a":"\xff"}', b'{"type":1e400}', b"{}{}", b"{" * 3000]
    ),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LINES, min_size=1, max_size=12))
@example([b'{"type":"page","timestamp":"2026-01-05T09:00:00Z","properties":{"path":"/","n":-0}}'])
@example([b'{"type":"page","timestamp":"2026-01-05T09:00:00Z","properties":{"path":"/\\u0000"}}'])
@example([b'{"type":"page","userId":"5.7E17","timestamp":"2026-01-05T09:00:00Z"}'])
@example([b'{"type":"page","userId":"a","userId":null,"timestamp":"2026-01-05T09:00:00Z"}'])
def test_the_plain_path_lands_what_the_reader_gives(found: list[bytes]) -> None:
    """Any mixture of good and bad calls gives the same events, handles, traits and refusals."""
    content = b"\n".join(found)
    # An empty file is refused before either looks at it.
    assume(content)

    assert_same(content)


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.jsonl.gz"])
def test_many_blocks_land_as_one_file(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Neither compression nor the size of a block shows in what is landed."""
    monkeypatch.setattr(segment_fast, "PORTION", 1500)
    many = [call(messageId=f"m{number}", userId=f"u{number % 7}") for number in range(40)]
    content = lines(*many[:20], b"{broken", b"", *many[20:], *many[:9], b"", b"")

    found = assert_same(gzip.compress(content) if name.endswith("gz") else content, name=name)

    assert found.files.select("landed_count", "duplicate_count").row(0) == (40, 9)


@pytest.mark.parametrize("odd", [call(userId=5.5), call(type="alias", userId="u1"), b"{broken"])
def test_a_block_may_hold_no_plain_call(
    monkeypatch: pytest.MonkeyPatch, odd: dict[str, Any] | bytes
) -> None:
    """All of it goes to the reader, between blocks that do not."""
    monkeypatch.setattr(segment_fast, "PORTION", 1500)
    good = [call(messageId=f"m{number}") for number in range(10)]

    assert_same(lines(*good, *[odd] * 30, *good[:5]))
    assert_same(lines(odd))


IMPOSSIBLE = [
    *("2026-02-30T09:00:00Z", "2025-02-29T09:00:00.000Z", "1900-02-29T09:00:00Z"),
    *("2026-01-05T24:00:00Z", "2026-01-05T09:60:00Z", "2026-04-31T09:00:00Z"),
    *("2026-00-05T09:00:00Z", "2026-01-00T09:00:00Z", "2026-13-05T09:00:00Z"),
]
POSSIBLE = [
    *("2024-02-29T09:00:00Z", "2000-02-29T09:00:00.999Z", "2025-12-31T23:59:59Z"),
    *("2016-12-31T23:59:60Z", "2026-01-05T09:00:00.123456Z"),
]


@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp", "receivedAt"])
def test_an_impossible_stamp_is_refused_by_both(name: str) -> None:
    """A thirtieth of February and a twenty-fourth hour are nothing; a leap day and second are."""
    stamps = [{name: stamp} for stamp in (*IMPOSSIBLE, *POSSIBLE)]
    if name == "originalTimestamp":
        stamps = [{"timestamp": None, **each} for each in stamps]
    many = [call(messageId=f"m{number}", **each) for number, each in enumerate(stamps)]

    found = assert_same(lines(*many))

    assert found.quarantine["record_number"].to_list() == list(range(1, len(IMPOSSIBLE) + 1))


def test_renamed_namespaces_land_alike() -> None:
    """Names from wend.toml, and two namespaces that become one, are as the reader has them."""
    content = lines(call(userId="same", anonymousId="same"))

    assert_same(content, namespaces={"user_id": "shop_login"})
    assert_same(content, namespaces={"user_id": "id", "anonymous_id": "id"})


def test_later_nights_land_alike() -> None:
    """What is no backfill was known when it was landed; what was landed before is known again."""
    unreceived = [call(messageId=f"m{number}", receivedAt=None) for number in range(4)]

    found = assert_same(lines(*unreceived[:2]), lines(*unreceived[1:]), night=2)

    assert found.events.height == 4


def test_common_calls_need_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """What trackers commonly send is landed without a call of the reader."""
    common = [
        call(),
        call(userId="u1", context={"userAgent": ROBOT, "device": {"id": "d1"}}),
        call(type="track", event="Order Completed", properties={"revenue": 1, "order_id": "o"}),
        call(type="identify", userId=17, traits={"email": "ada@mail.example"}, properties=None),
        call(type="group", groupId="g1", traits={"plan": "x"}, previousId="u0"),
    ]

    def unasked(*_: object) -> Iterator[Outcome]:
        raise AssertionError

    monkeypatch.setattr(segment, "interpret", unasked)
    content = lines(*({**each, "messageId": f"m{at}"} for at, each in enumerate(common)))

    assert landed(SEGMENT, content, is_plain=True).events.height == 5


@pytest.mark.parametrize("page", [7, "home", ["/"], True])
def test_a_page_that_is_no_object_is_refused_by_both(page: Any) -> None:
    """Even where the properties tell the path, and nobody would look at it."""
    found = assert_same(lines(call(context={"page": page})))

    assert found.quarantine["reasons"].str.starts_with("page is no object").all()
    assert found.quarantine.height == 1


@pytest.mark.parametrize("number", [b"1e400", b"-1E+999", b"[1.5e0309]", b"9" * 400])
@pytest.mark.parametrize("field", [b'"screen":', b'"version":'])
def test_a_number_that_no_reader_can_hold_is_refused_by_both(field: bytes, number: bytes) -> None:
    """Even where it stands in a field that is left out, and that came before."""
    good = orjson.dumps(call(version=1, context={"screen": 1}))
    odd = good.replace(field + b"1", field + number)

    found = assert_same(lines(good, odd))

    assert (found.events.height, found.quarantine.height) == (1, 1)


@pytest.mark.parametrize("name", ["previousId", "mergeProperties"])
def test_what_other_calls_have_is_not_unexpected(name: str) -> None:
    """A page call that names the former id of an alias says no more for it."""
    found = assert_same(lines(call(**{name: "u0"})))

    assert "unexpected_fields" not in found.events["properties"][0]


def test_both_know_the_ranges_of_machines() -> None:
    """A call from a range the company named is a machine's; what is no text is no address."""
    company = Company(name="Larkspur", machine_ranges=("66.249.64.0/19",))
    addresses = [" 66.249.66.1", "192.0.2.7", "nowhere", ["66.249.66.1"], {"a": "b"}, 7, None]
    many = [call(messageId=f"m{at}", context={"ip": ip}) for at, ip in enumerate(addresses)]

    found = assert_same(lines(*many), company=company)

    assert found.events.sort("record_number")["machine_reason"].to_list() == [
        "known range",
        *[None] * 6,
    ]


def test_who_was_erased_does_not_come_back() -> None:
    """Nobody's calls land who is known by a login, an address, a phone or a device."""
    erased = ["user_id:u1", "email:ada@mail.example", "phone:+447911123456", "device_id:d1"]
    theirs: list[dict[str, Any]] = [
        {"userId": "u1"},
        {"context": {"traits": {"email": "ADA@mail.example"}}},
        {"type": "identify", "traits": {"phone": "07911 123456", "name": "Ada"}},
        {"context": {"device": {"id": "d1"}}},
        {"userId": "u2", "context": {"device": {"id": "d2"}}},
    ]
    many = [call(messageId=f"m{at}", **each) for at, each in enumerate(theirs)]

    found = assert_same(lines(*many), erased=erased)

    assert found.events["record_number"].to_list() == [5]
    assert found.attributes.is_empty()
    assert found.files["ignored_count"].to_list() == [4]


def identified(name: str, **parts: Any) -> dict[str, Any]:
    """An identify call that tells the person's name."""
    return call(type="identify", userId="u1", properties=None, traits={"name": name}, **parts)


def test_what_calls_say_of_a_person_lands_alike() -> None:
    """Names, places and consents, each once for every call."""
    traits = {"name": "Ada Lovelace", "address": {"city": "Rome"}, "unsubscribed": True}
    many = [{**identified(""), "messageId": f"m{at}", "traits": traits} for at in range(3)]

    found = assert_same(lines(*many))

    assert found.attributes["event_id"].n_unique() == 3
    assert set(found.attributes.select("attribute", "value").unique().rows()) == {
        ("full_name", "Ada Lovelace"),
        ("city", "Rome"),
        ("consent_email", "withdrawn"),
    }


def test_a_name_told_differently_is_a_revision() -> None:
    """A call that is delivered again with another trait alone is another version, no repeat."""
    found = assert_same(lines(identified("Ada")), lines(identified("Ada Lovelace")))

    assert found.files.sort("night")["revised_count"].to_list() == [0, 1]
    assert found.revisions["event_id"].to_list() == found.events["event_id"].to_list()
    assert found.revisions["properties"].to_list() == found.events["properties"].to_list()
    assert sorted(found.attributes["value"]) == ["Ada", "Ada Lovelace"]


def test_a_call_without_an_id_is_known_by_what_it_says_but_the_name() -> None:
    """Another name makes no other event, but another version of it."""
    versions = [identified(name, messageId=None) for name in ("Ada", "Ada Lovelace")]

    found = assert_same(*map(lines, versions))

    assert found.revisions["event_id"].to_list() == found.events["event_id"].to_list()
    assert found.revisions["content_hash"].to_list() != found.events["content_hash"].to_list()


@pytest.mark.parametrize("own_id", ["m-1", None])
def test_a_call_that_is_sent_again_is_a_repeat(own_id: str | None) -> None:
    """With its names unchanged nothing is new, in the same file or on a later night."""
    again = lines(identified("Ada", messageId=own_id))

    found = assert_same(again + b"\n" + again, again)

    counts = found.files.sort("night").select("landed_count", "duplicate_count", "revised_count")
    assert counts.rows() == [(1, 1, 0), (0, 1, 0)]
    assert found.attributes.height == 1
