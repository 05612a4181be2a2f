import gzip
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.landing.containers import text_lines
from pipeline.landing.record import Event, Feed, Outcome, RawFile
from pipeline.landing.staging import STAGED, Placed, flush
from pipeline.landing.web import segment, segment_fast
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Mobile/15E148"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def call(**parts: Any) -> dict[str, Any]:
    """A page call, with some parts of it exchanged; None takes a part out."""
    whole = {
        "type": "page",
        "messageId": "m-1",
        "anonymousId": "a-1",
        "timestamp": "2026-01-05T09:00:00.250Z",
        "receivedAt": "2026-01-05T09:00:01Z",
        "context": {"userAgent": PHONE},
        "properties": {"path": "/pricing", "title": "Pricing"},
        **parts,
    }
    return {name: part for name, part in whole.items() if part is not None}


def read(tmp_path: Path, *calls: dict[str, Any], **more: Any) -> list[Outcome]:
    """What the reader makes of some calls."""
    content = b"\n".join(orjson.dumps(each) for each in calls)
    return outcomes_of(segment.read, content, tmp_path, feed("segment", **more))


def one(tmp_path: Path, **parts: Any) -> Event:
    """The event of one call."""
    (event,) = events(read(tmp_path, call(**parts)))
    return event


def test_a_page_call_is_a_page_viewed(tmp_path: Path) -> None:
    """The label is the path; times, device and cookie are the call's."""
    event = one(tmp_path)

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "page", "/pricing")
    assert at(event) == "2026-01-05 09:00:00"
    assert event.received_us == event.occurred.us + 750_000
    assert (event.own_id, event.device_kind, event.machine_reason) == ("m-1", "mobile", None)
    assert people(event) == {"actor anonymous_id": "a-1"}


@pytest.mark.parametrize(
    ("properties", "page", "label"),
    [
        ({"path": "/pricing?plan=1#top"}, {}, "/pricing"),
        ({"url": "https://larkspur.example/compare?x=1"}, {}, "/compare"),
        ({"url": "https://larkspur.example"}, {}, "/"),
        ({}, {"path": "/login"}, "/login"),
        ({}, {"url": "https://larkspur.example/login?next=/"}, "/login"),
        ({"name": "Home"}, {}, "Home"),
        ({}, {}, None),
    ],
)
def test_a_page_is_labelled_by_its_path(
    tmp_path: Path, properties: dict[str, str], page: dict[str, str], label: str | None
) -> None:
    """Queries, which may name people, are cut off; the page's name is the last resort."""
    assert one(tmp_path, properties=properties, context={"page": page}).label == label


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Order Completed", "order_completed"),
        ("orderCompleted", "order_completed"),
        ("order-completed!", "order_completed"),
        ("First Login", "first_login"),
        ("Größe gewählt", "größe_gewählt"),
    ],
)
def test_a_tracked_event_names_its_kind(tmp_path: Path, name: str, kind: str) -> None:
    """However a developer spells it, the kind is one; the source's word is kept."""
    event = one(tmp_path, type="track", event=name, properties={})

    assert (event.kind, event.kind_raw) == (kind, name)


@pytest.mark.parametrize(
    ("properties", "money"),
    [
        ({"revenue": 19.99, "total": 5, "currency": "gbp"}, (1999, "GBP")),
        ({"total": "348.00"}, (34800, "EUR")),
        ({"value": 0.1, "currency": "USD"}, (10, "USD")),
        ({"revenue": 500, "currency": "JPY"}, (500, "JPY")),
        ({"revenue": -4.205, "currency": "GBP"}, (-420, "GBP")),
        ({"value": 3}, (None, None)),
        ({"value": "blue", "currency": "GBP"}, (None, None)),
        ({"revenue": None}, (None, None)),
    ],
)
def test_money_is_kept_in_minor_units(
    tmp_path: Path, properties: dict[str, Any], money: tuple[int | None, str | None]
) -> None:
    """Revenue comes before total, and a value is money only where a currency says so."""
    event = one(tmp_path, type="track", event="Order Completed", properties=properties)

    assert (event.amount_cents, event.currency) == money


def test_an_identify_call_names_a_customer(tmp_path: Path) -> None:
    """Traits become handles in normal form; what names a person is not published."""
    traits = {"email": "Ada@Mail.example", "phone": "07911 123456", "name": "Ada", "plan": "fibre"}

    event = one(tmp_path, type="identify", userId="u1", traits=traits, properties=None)

    assert people(event) == {
        "actor user_id": "u1",
        "actor anonymous_id": "a-1",
        "actor email": "ada@mail.example",
        "actor phone": "+447911123456",
    }
    assert [who.is_authenticated for who in event.identifiers] == [True, False, False, False]
    assert (event.kind, event.properties) == ("customer_identified", {"plan": "fibre"})


def test_a_groups_address_is_not_the_customers(tmp_path: Path) -> None:
    """A group call's traits are the account's."""
    event = one(tmp_path, type="group", groupId="g1", traits={"email": "info@corp.example"})

    assert people(event) == {"actor anonymous_id": "a-1"}
    assert (event.kind, event.object_kind, event.object_id) == ("account_joined", "account", "g1")


@pytest.mark.parametrize(
    ("previous", "namespace"),
    [
        ("old-user", "user_id"),
        ("a-1", "anonymous_id"),
        ("6f1c3a5e-0000-4000-8000-00000466c7c3", "anonymous_id"),
    ],
)
def test_an_alias_is_a_declared_merge(tmp_path: Path, previous: str, namespace: str) -> None:
    """The former id is a cookie when it looks like one, else a former user id."""
    event = one(tmp_path, type="alias", userId="u1", previousId=previous)

    assert event.is_merge
    assert (namespace, previous) in {(who.namespace, who.value) for who in event.identifiers}


def test_a_rudderstack_merge_is_a_declared_merge(tmp_path: Path) -> None:
    """Its two properties are one person's handles."""
    pairs = [{"type": "email", "value": "ADA@mail.example"}, {"type": "user_id", "value": "u1"}]

    event = one(tmp_path, type="merge", mergeProperties=pairs, anonymousId=None)

    assert event.is_merge
    assert people(event) == {"actor email": "ada@mail.example", "actor user_id": "u1"}


def test_a_crawlers_call_is_marked(tmp_path: Path) -> None:
    """It is landed, with the reason why no person was behind it."""
    assert one(tmp_path, context={"userAgent": ROBOT}).machine_reason == "crawler"


def test_an_unknown_field_is_kept_and_named(tmp_path: Path) -> None:
    """A field that no specification has neither loses the call nor disappears."""
    event = one(tmp_path, experiment={"bucket": "b"}, integrations={})

    assert event.properties["unexpected_fields"] == {"experiment": {"bucket": "b"}}


def test_an_unreadable_handle_is_named(tmp_path: Path) -> None:
    """An address that is none costs the handle, not the event."""
    event = one(tmp_path, context={"traits": {"email": "ada at home"}})

    assert people(event) == {"actor anonymous_id": "a-1"}
    assert event.properties["unreadable"] == ["email"]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"type": "pag"}, "type 'pag' is none of page, screen"),
        ({"type": []}, r"type '\[\]' is none of"),
        ({"type": "track"}, "a track call without an event name: 'None'"),
        ({"type": "track", "event": " ! "}, "a track call without an event name"),
        ({"type": "alias"}, "an alias needs previousId and userId"),
        ({"type": "merge"}, "a merge needs two mergeProperties"),
        ({"timestamp": None}, "no timestamp and no originalTimestamp"),
        ({"timestamp": "2099-01-01T00:00:00Z"}, "time in the future"),
        ({"timestamp": "0000-00-00T00:00:00Z"}, "impossible time"),
        ({"timestamp": "05/01/2026"}, "not an ISO 8601 time"),
        ({"receivedAt": "soon"}, "not an ISO 8601 time"),
        ({"properties": "none"}, "properties is no object"),
        ({"context": []}, "context is no object"),
        ({"userId": {"id": 1}}, "userId is no text"),
        ({"userId": True}, "userId is no text"),
        ({"properties": {"revenue": "a lot"}}, "not an amount of money"),
        ({"properties": {"revenue": 1, "currency": "pounds"}}, "not a currency"),
    ],
)
def test_a_bad_call_is_refused_with_its_reason(
    tmp_path: Path, parts: dict[str, Any], reason: str
) -> None:
    """It keeps its line number; its neighbours are read."""
    found = read(tmp_path, call(), call(**parts), call())

    ((number, reasons),) = refused(found)
    assert number == 2
    assert re.match(reason, reasons)
    assert len(events(found)) == 2


def test_namespaces_are_renamed_by_configuration(tmp_path: Path) -> None:
    """Two shops' user ids stay apart where wend.toml says so."""
    (event,) = events(read(tmp_path, call(userId="u1"), namespaces={"user_id": "shop_login"}))

    assert people(event)["actor shop_login"] == "u1"


def staged(source: Feed, found: Iterable[Outcome] | None, file: RawFile) -> list[pl.DataFrame]:
    """Events, identifiers and refusals as staged: by the fast path, or from given outcomes."""
    con = duckdb.connect(config={"python_enable_replacements": False, "threads": 2})
    for name, schema in STAGED.items():
        con.register("empty", pl.DataFrame(schema=schema))
        con.execute(f"create table {name} as from empty")
    rest = list(segment_fast.stage(con, file, source) if found is None else found)
    placed = [Placed(file.file_id, ordinal, each) for ordinal, each in enumerate(rest, start=1)]
    flush(con, source.name, placed)
    tables = [
        "select * exclude (event_ordinal) from staged_events order by record_number",
        """
        select event.record_number, identifier.* exclude (event_ordinal)
        from staged_identifiers as identifier join staged_events as event using (event_ordinal)
        order by all
        """,
        "select * from staged_refused order by record_number",
    ]
    frames = [con.sql(query).pl() for query in tables]
    con.close()
    return frames


def assert_same(folder: Path, content: bytes, *, name: str = "calls.jsonl", **more: Any) -> None:
    """The fast path and the reader stage the same."""
    path = folder / name
    path.write_bytes(content)
    file = RawFile(path, name, "source-1")
    source = feed("segment", **more)

    fast = staged(source, None, file)
    slow = staged(source, segment.read(file, source), file)

    for one_frame, other in zip(fast, slow, strict=True):
        assert_frame_equal(one_frame, other)


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
    {},
    None,
    [],
]
CALLS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["page", "page", "track", "identify", "screen", "group", "alias", "x"]
        )
    },
    optional={
        "messageId": st.sampled_from(IDS),
        "event": st.sampled_from(["Order Completed", "orderCompleted", "", 7, None]),
        "name": st.sampled_from(["Home", "", None, 'a "name"']),
        "userId": st.sampled_from(IDS),
        "anonymousId": st.sampled_from(IDS),
        "previousId": st.sampled_from(IDS),
        "groupId": st.sampled_from(IDS),
        "timestamp": st.sampled_from(STAMPS),
        "originalTimestamp": st.sampled_from(STAMPS),
        "sentAt": st.sampled_from(STAMPS),
        "receivedAt": st.sampled_from(STAMPS),
        "context": st.sampled_from(CONTEXTS),
        "properties": st.sampled_from(PROPERTIES),
        "traits": st.sampled_from([{"email": "ada@mail.example", "plan": "x"}, {"email": 5}, None]),
        "integrations": st.just({"All": True}),
        "experiment": st.sampled_from(["b", None]),
    },
)
GOOD = st.builds(
    lambda stamp, user, context, properties: call(
        timestamp=stamp, userId=user, context=context, properties=properties
    ),
    st.sampled_from(STAMPS[:2]),
    st.sampled_from(IDS),
    st.sampled_from(CONTEXTS),
    st.sampled_from(PROPERTIES),
)
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
]
LINES = st.one_of(
    st.builds(lambda each, spell: spell(each), st.one_of(GOOD, CALLS), st.sampled_from(SPELLINGS)),
    st.sampled_from(
        [b"", b"  ", b"[]", b"null", b'{"a":"\xff"}', b'{"type":1e400}', b"{}{}", b"{" * 3000]
    ),
)


@settings(deadline=None, max_examples=40)
@given(st.lists(LINES, min_size=1, max_size=12))
@example([b'{"type":"page","timestamp":"2026-01-05T09:00:00Z","properties":{"path":"/","n":-0}}'])
@example([b'{"type":"page","timestamp":"2026-01-05T09:00:00Z","properties":{"path":"/\\u0000"}}'])
@example([b'{"type":"page","userId":"5.7E17","timestamp":"2026-01-05T09:00:00Z"}'])
@example([b'{"type":"page","userId":"a","userId":null,"timestamp":"2026-01-05T09:00:00Z"}'])
def test_the_fast_path_stages_what_the_reader_gives(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    """Any mixture of good and bad lines gives the same events, handles and refusals."""
    content = b"\n".join(lines)
    # An empty file is refused before either looks at it.
    assume(content)

    assert_same(tmp_path_factory.mktemp("calls"), content)


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.jsonl.gz"])
def test_many_blocks_are_staged_as_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Neither compression nor the size of a block shows in what is staged."""
    monkeypatch.setattr(text_lines, "BLOCK", 1500)
    calls = [call(messageId=f"m{number}", userId=f"u{number % 7}") for number in range(40)]
    content = b"\n".join(
        [*map(orjson.dumps, calls[:20]), b"{broken", *map(orjson.dumps, calls[20:])]
    )

    assert_same(tmp_path, gzip.compress(content) if name.endswith("gz") else content, name=name)


def test_renamed_namespaces_are_staged_alike(tmp_path: Path) -> None:
    """Names from wend.toml, and two namespaces that become one, are as the reader has them."""
    line = orjson.dumps(call(userId="same", anonymousId="same"))

    assert_same(tmp_path, line, namespaces={"user_id": "shop_login"})
    assert_same(tmp_path, line, namespaces={"user_id": "id", "anonymous_id": "id"})


def test_common_calls_need_no_reader(tmp_path: Path) -> None:
    """What trackers commonly send is staged without a call of the reader."""
    path = tmp_path / "calls.jsonl"
    common = [
        call(),
        call(userId="u1", context={"userAgent": ROBOT, "device": {"id": "d1"}}),
        call(type="track", event="Order Completed", properties={"revenue": 1, "order_id": "o"}),
        call(type="identify", userId=17, traits={"email": "ada@mail.example"}, properties=None),
    ]
    path.write_bytes(b"\n".join(map(orjson.dumps, common)))
    con = duckdb.connect(config={"python_enable_replacements": False})
    for name, schema in STAGED.items():
        con.register("empty", pl.DataFrame(schema=schema))
        con.execute(f"create table {name} as from empty")

    rest = list(segment_fast.stage(con, RawFile(path, "f", "source-1"), feed("segment")))

    assert rest == []
    assert con.execute("select count(*) from staged_events").fetchall() == [(4,)]
    con.close()


@pytest.mark.parametrize("page", [7, "home", ["/"], True])
def test_a_page_that_is_no_object_is_refused_on_both_paths(tmp_path: Path, page: Any) -> None:
    """Even where the properties tell the path, and nobody would look at it."""
    content = orjson.dumps(call(context={"page": page}))

    path = tmp_path / "calls.jsonl"
    path.write_bytes(content)
    file, source = RawFile(path, "calls.jsonl", "source-1"), feed("segment")
    fast = staged(source, None, file)
    slow = staged(source, segment.read(file, source), file)

    for one_frame, other in zip(fast, slow, strict=True):
        assert_frame_equal(one_frame, other)
    assert slow[2].height == 1
