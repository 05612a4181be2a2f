"""SatisMeter responses (API list `responses`, JSON lines, CSV) to answers.

Used: id, rating, category, feedback, answers (metric, value), user (id, userId, email), created,
updated, campaign. Left out: names, browser and place of the user, `score`.
Identifiers: user_id, `satismeter_user`, e-mail; `No response`, which SatisMeter writes where the
user has none, is nobody. Clock: ISO 8601.

`score` is -100, 0 or 100, a share of the NPS and not what the customer gave: never read. Scores are
the answers with a metric (nps 0 to 10, csat 1 to 5, ces 1 to 7); without such answers `rating` is
one where `category` is promoter, passive or detractor, which only NPS has. A response that was
changed comes again with its id: a revision.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.containers.csv_records import csv_rows
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.json_fields import needed_id, object_of, objects_of, text_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.survey.answers import PLACEHOLDERS, Response, events, handles_among, plain

CATEGORIES = {"promoter", "passive", "detractor"}
METRICS = ("nps", "csat", "ces")
CREATED = ("created", "createdAt", "created_at", "date")
UPDATED = ("updated", "updatedAt", "updated_at")
FIELDS = {
    "id", "rating", "category", "feedback", "created", "createdAt", "created_at", "date",
    "updated", "updatedAt", "updated_at", "campaign",
}  # fmt: skip

# Of the API's responses and of the exported table.
RECORD_FIELDS = frozenset(
    {
        *("id", "rating", "category", "score", "feedback", "answers", "user", "created"),
        *("createdAt", "created_at", "date", "updated", "updatedAt", "updated_at", "campaign"),
        *("url", "referrer", "method", "project", "context", "dismissed", "responses", "data"),
        *("userId", "email", "name", "metric", "survey name", "plan"),
    }
)
# The API names a campaign by an object, an integration by its name alone.
VARIED_FIELDS = frozenset({"campaign"})


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The responses of a file."""
    if ending(file) in {".csv", ".tsv"}:
        yield from outcomes(
            csv_rows(file, feed.source.delimiter),
            lambda number, row: answered(feed, number, of_csv(row)),
        )
        return
    yield from outcomes(
        json_array(file, "responses", "data"),
        lambda number, value: answered(feed, number, value),
    )


def of_csv(row: Mapping[str, str]) -> dict[str, Any]:
    """A row as the API would have given it."""
    exact = {plain(name): name for name in FIELDS}
    found: dict[str, Any] = {
        exact[plain(name)]: cell for name, cell in row.items() if plain(name) in exact and cell
    }
    user = {name: cell for name, cell in row.items() if plain(name) in {"userid", "email"}}
    return found | {"user": {plain(name): cell for name, cell in user.items()}}


def answered(feed: Feed, number: int, given: dict[str, Any]) -> list[Event | Ignored]:
    """What a response answers.

    Raises:
        BadRecord: No id or time, an unknown category, or a score off its scale.
    """
    own_id = needed_id(given, "id", "a response")
    texts = [text_of(given, "feedback")]
    scores: list[tuple[str, str, Any]] = []
    rest: dict[str, Any] = {}
    for answer in objects_of(given, "answers"):
        value, metric = answer.get("value"), answer.get("metric")
        name = str(answer.get("name") or answer.get("label") or metric or "answer")
        kind = feed.source.questions.get(name) or (metric if str(metric) in METRICS else None)
        if kind in METRICS:
            scores.append((str(kind), str(metric or name), value))
        elif kind == "text" or str(answer.get("type")) in {"long-text", "text", "follow-up"}:
            texts.append(text_of(answer, "value"))
        elif value not in (None, ""):
            rest[name] = value
    category = (text_of(given, "category") or "").lower()
    if category and category not in CATEGORIES:
        rest["category"] = category
    if not scores and given.get("rating") not in (None, ""):
        if category not in CATEGORIES:
            raise BadRecord(f"a rating of no known scale: category {category[:40]!r}")
        scores.append(("nps", "rating", given["rating"]))
    user = object_of(given, "user")
    placeholders = sorted(
        name for name, value in user.items() if str(value).strip().lower() in PLACEHOLDERS
    )
    named = (("satismeter_user", "id"), ("email", "email"))
    response = Response(
        own_id=own_id,
        occurred=clocks.iso(_stamp(given, CREATED) or _no_time(), feed.clock),
        received_us=clocks.iso(stamp, feed.clock).us if (stamp := _stamp(given, UPDATED)) else None,
        scores=tuple(scores),
        texts=tuple(dict.fromkeys(filter(None, texts))),
        handles=(
            *((namespace, user[name]) for namespace, name in named if user.get(name)),
            *handles_among(
                (name, value) for name, value in user.items() if plain(name) == "userid"
            ),
        ),
        label=_campaign(given),
        properties={"answers": rest, "placeholders": placeholders},
    )
    return events(feed, number, response)


def _stamp(given: dict[str, Any], names: tuple[str, ...]) -> str | None:
    """The first of these fields that is filled."""
    return next((found for name in names if (found := text_of(given, name))), None)


def _no_time() -> str:
    raise BadRecord(f"no time in {' or '.join(CREATED)}")


def _campaign(given: dict[str, Any]) -> str | None:
    """The survey's name, whether it stands alone or in an object."""
    campaign = given.get("campaign")
    return text_of(campaign, "name") if isinstance(campaign, dict) else text_of(given, "campaign")
