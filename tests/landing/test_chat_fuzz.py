import json
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceRefused
from pipeline.landing import readers
from pipeline.landing.formats import format_named
from pipeline.landing.record import Event, Refused
from tests.landing import chat_samples as samples
from tests.landing.feeds import feed, outcomes_of

DOCUMENTS: dict[str, Any] = {
    "zendesk_support": [
        samples.ZENDESK_TICKET,
        samples.ZENDESK_FIRST_AUDIT,
        samples.ZENDESK_AUDIT,
        samples.ZENDESK_COMMENT,
        samples.ZENDESK_USER,
    ],
    "slack": [samples.SLACK_MESSAGE, *samples.SLACK_USERS],
    "whatsapp_cloud": [
        samples.whatsapp_body(
            contacts=[{"wa_id": "447700900123", "profile": {"name": "Ada"}}],
            messages=[samples.WHATSAPP_TEXT],
            statuses=[samples.WHATSAPP_STATUS],
        )
    ],
    "twilio": [samples.TWILIO_SMS, samples.TWILIO_REMARK],
    "livechat": [samples.LIVECHAT],
    "olark": [samples.OLARK],
    "rocketchat": [samples.ROCKETCHAT],
    "mattermost": [samples.MATTERMOST],
    "telegram": [samples.TELEGRAM_UPDATE, samples.TELEGRAM_EXPORTED],
}
LINES = {
    "whatsapp_export": [
        "[31/12/25, 21:05:00] Ada: No internet",
        "since the storm",
        "[31/12/25, 9:06:00\u202fPM] +44 20 7183 8750: \u200eimage omitted",
        "31/12/2025, 21:07 - You created this group",
    ],
    "transcript": [
        "[16:59] <ada> No internet",
        "[17:01]  * robin looks",
        "=== sam [~sam@host] has joined #help",
        "2026-01-05T09:00:00+0000  <ada> again",
        "[00:02] -bot- notice",
    ],
}
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["Change", "Create", "user", "system", "+1", "1767603600", "5.7E+17"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [path]
    if isinstance(value, dict):
        found += [each for name in value for each in places(value[name], (*path, name))]
    if isinstance(value, list):
        found += [
            each for index in range(len(value)) for each in places(value[index], (*path, index))
        ]
    return found


def changed(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    """The value with something else at one place."""
    if not path:
        return odd
    copy = deepcopy(value)
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = odd
    return copy


def fates(name: str, content: str, folder: Path) -> dict[int, set[type]]:
    """What kinds of fate each record of a file had; none of a file refused as a whole."""
    try:
        found = outcomes_of(
            partial(readers.read, format_named(name)),
            content,
            folder,
            feed(name, zone="Europe/London"),
            name="2026-01-05.txt",
        )
    except SourceRefused:
        return {}
    for outcome in found:
        if isinstance(outcome, Event):
            assert outcome.kind
            assert outcome.occurred.us > 10**14
        if isinstance(outcome, Refused):
            assert outcome.reasons
    numbers: dict[int, set[type]] = {}
    for outcome in found:
        numbers.setdefault(outcome.record_number, set()).add(type(outcome))
    return numbers


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_document_with_anything_anywhere_has_one_fate(
    name: str, tmp_path: Path, data: st.DataObject
) -> None:
    """Whatever stands at whatever place, each record is landed, refused or ignored, and whole."""
    document = data.draw(st.sampled_from(DOCUMENTS[name]))
    path = data.draw(st.sampled_from(places(document)))
    odd = changed(document, path, data.draw(ODD))

    found = fates(name, json.dumps([odd, document]), tmp_path)

    assert found
    assert all(len(kinds) == 1 for kinds in found.values())
    assert sorted(found) == list(range(1, len(found) + 1))


@pytest.mark.parametrize("name", LINES)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_text_with_anything_anywhere_loses_no_line(
    name: str, tmp_path: Path, data: st.DataObject
) -> None:
    """Characters put in, taken out or exchanged leave a file whose every record has one fate."""
    text = "\n".join(LINES[name])
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 5)))
    odd = text[:start] + data.draw(st.text(max_size=5)) + text[end:]

    found = fates(name, odd.encode("utf-8", "replace").decode(), tmp_path)

    assert all(len(kinds) == 1 for kinds in found.values())
