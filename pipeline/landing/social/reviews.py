"""Reviews (Trustpilot, G2, Google Business, Google Play, App Store; CSV, JSON) to events.

One record is one review. Used, under the names that these sites give them: id, date, stars, title,
words, the author's id and address, order or reference, the company's reply and its date, what was
reviewed, link. Left out: the author's display name, which names nobody for sure, and all else.
Identifiers: `order` (the reference the company gave with its invitation), e-mail, `reviewer`.
Clock: the site's stamp; a date alone is a day of the source's zone, else of the company's; Google
Play's milliseconds where they stand.

Stars from 1 to 5 are a csat. A rating off that scale is refused, not bent: of another scale it
would be another measure. A reply is a `review_answered` of its own. A review that its author
changed comes again with its id and a later date of change: a revision.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import cells, clocks
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.identifiers import code
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.survey.answers import day_or_instant, plain, settled

# What a review has -> the letters and digits of the fields that hold it, the surer first.
NAMES = {
    "own_id": ("reviewid", "id"),
    "milliseconds": ("reviewsubmitmillissinceepoch",),
    "when": (
        *("reviewcreatedutc", "reviewsubmitdateandtime", "createdat", "createtime", "createddate"),
        *("attributescreateddate", "reviewdate", "submittedat", "publisheddate", "date"),
    ),
    "changed": ("updatetime", "updatedat", "reviewlastupdatedateandtime", "lastupdated"),
    "stars": (
        *("reviewstars", "stars", "starrating", "reviewrating", "attributesrating", "rating"),
    ),
    "title": ("reviewtitle", "attributestitle", "title", "headline"),
    "text": (
        *("reviewcontent", "reviewtext", "attributesbody", "text", "comment", "body", "content"),
        *("review",),
    ),
    "likes": ("whatdoyoulikebest", "pros", "likes"),
    "dislikes": ("whatdoyoudislike", "cons", "dislikes"),
    "order": ("referenceid", "orderid", "ordernumber", "reference"),
    "email": ("referralemail", "revieweremail", "consumeremail", "email"),
    "reviewer": ("consumerid", "reviewconsumeruserid", "reviewerid", "authorid"),
    "about": ("packagename", "productname", "product", "domainurl", "locationname", "appname"),
    "link": ("reviewlink", "reviewurl", "url", "link"),
    "reply": (
        *("companyreplytext", "companyreply", "replytext", "developerreplytext"),
        *("reviewreplycomment", "ownerresponse"),
    ),
    "replied": (
        *("companyreplycreatedat", "companyreplydateutc", "developerreplydateandtime"),
        *("reviewreplyupdatetime", "replydate"),
    ),
}
LEAVES = frozenset(name for names in NAMES.values() for name in names)
# Of Trustpilot and its export, Google Business, the App Store, G2 and Google Play, in this order.
RECORD_FIELDS = frozenset(
    {
        *("id", "consumer", "businessUnit", "location", "stars", "title", "text", "language"),
        *("createdAt", "updatedAt", "experiencedAt", "referralEmail", "referenceId", "orderId"),
        *("source", "isVerified", "invitation", "businessUnitHistory", "reviewVerificationLevel"),
        *("numberOfLikes", "status", "findReviewer", "reportData", "complianceLabels"),
        *("countsTowardsTrustScore", "countsTowardsLocationTrustScore", "tags", "companyReply"),
        *("links", "likes", "url", "reviews", "data", "reviewId", "name", "reviewer", "starRating"),
        *("comment", "createTime", "updateTime", "reviewReply", "averageRating"),
        *("totalReviewCount", "nextPageToken", "type", "attributes", "relationships", "included"),
        *("meta", "Review ID", "Review Date", "Rating", "Title", "What do you like best?"),
        *("What do you dislike?", "Date", "Stars", "Review", "Package Name", "App Version Code"),
        *("App Version Name", "Reviewer Language", "Device", "Review Submit Date and Time"),
        *("Review Submit Millis Since Epoch", "Review Last Update Date and Time"),
        *("Review Last Update Millis Since Epoch", "Star Rating", "Review Title", "Review Text"),
        *("Developer Reply Date and Time", "Developer Reply Millis Since Epoch"),
        *("Developer Reply Text", "Review Link"),
    }
)
WORDS = {"ONE": "1", "TWO": "2", "THREE": "3", "FOUR": "4", "FIVE": "5"}
OF_FIVE = re.compile(r"(\d(?:[.,]\d+)?)\s*(?:/|out of|of)\s*5(?:\.0)?(?: stars)?", re.IGNORECASE)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The reviews of a file.

    Raises:
        SourceRefused: A CSV without a date, or with neither stars nor words.
    """
    channel = channel_of(feed)
    tell = partial(interpret, feed, channel)
    if ending(file) in {".json", ".jsonl", ".ndjson"}:
        rows = json_array(file, "reviews", "data")
        yield from outcomes(rows, lambda number, value: tell(number, dict(flat(value))))
        return
    header = csv_header(file, feed.source.delimiter)
    present = meanings(dict.fromkeys(header, "x"))
    if not present.keys() & {"when", "milliseconds"} or not present.keys() & {"stars", "text"}:
        raise SourceRefused(
            f"{file.name}: a review needs a date (such as createdAt) and stars or words; it has "
            f"{', '.join(header)[:300]}; map them with the format generic"
        )
    times = {name for meaning in ("when", "changed", "replied") for name in NAMES[meaning]}
    feed = settled(file, feed, [column for column in header if plain(column) in times])
    rows = csv_rows(file, feed.source.delimiter)
    yield from outcomes(rows, partial(interpret, feed, channel))


def flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """The single values of a JSON object, an inner one's under the names of both.

    Raises:
        BadRecord: An object that says nothing known stands where a single value is looked for.
    """
    for name, inner in value.items():
        if not isinstance(inner, dict):
            yield f"{above}{name}", inner
            continue
        parts = list(flat(inner, f"{above}{name}."))
        if (
            parts
            and plain(f"{above}{name}") in LEAVES
            and not LEAVES & {plain(p) for p, _ in parts}
        ):
            raise BadRecord(f"{above}{name} is an object: {str(inner)[:40]!r}")
        yield from parts


def meanings(row: Mapping[str, Any]) -> dict[str, str]:
    """What a review has, by the surest of the names that are filled."""
    filled: dict[str, Any] = {}
    for name, value in row.items():
        if value not in (None, ""):
            filled.setdefault(plain(name), value)
    found = {}
    for meaning, names in NAMES.items():
        texts = (cells.texted(filled[name]) for name in names if name in filled)
        text = next(filter(None, texts), None)
        if text is not None:
            found[meaning] = text
    return found


def interpret(
    feed: Feed, channel: str, number: int, row: Mapping[str, Any]
) -> list[Event | Ignored]:
    """A review, and the company's reply to it.

    Raises:
        BadRecord: No readable time, or stars off the scale of five.
    """
    has = meanings(row)
    parts = [has[name] for name in ("title", "text", "likes", "dislikes") if name in has]
    if not parts and "stars" not in has:
        return [Ignored(number, "empty review")]
    score = stars(has["stars"]) if "stars" in has else None
    own_id = code(has["own_id"]) if "own_id" in has else None
    if own_id is None and "own_id" in has:
        raise BadRecord(f"a damaged id: {has['own_id'][:40]!r}")
    given = [(name, has[name]) for name in ("order", "email", "reviewer") if name in has]
    who, unreadable = cells.identify(feed, given, "actor")
    review = Event(
        record_number=number,
        own_id=own_id,
        channel=channel,
        kind="review_written",
        kind_raw="review",
        occurred=written(has, feed),
        received_us=day_or_instant(has["changed"], feed).us if "changed" in has else None,
        identifiers=who,
        label=has.get("about"),
        object_kind="review",
        object_id=own_id,
        text="\n".join(parts) or None,
        score_kind=None if score is None else "csat",
        score=score,
        link=has.get("link"),
        properties={"unreadable": unreadable} if unreadable else {},
    )
    if "reply" not in has or "replied" not in has:
        return [review]
    reply = Event(
        record_number=number,
        own_id=own_id and f"{own_id}:reply",
        channel=channel,
        kind="review_answered",
        kind_raw="reply",
        occurred=day_or_instant(has["replied"], feed),
        identifiers=tuple(each._replace(role="recipient") for each in who),
        label=has.get("about"),
        actor="agent",
        direction="outbound",
        object_kind="review",
        object_id=own_id,
        text=has["reply"],
    )
    return [review, reply]


def written(has: Mapping[str, str], feed: Feed) -> Instant:
    """When a review was written.

    Raises:
        BadRecord: Nobody says.
    """
    if "milliseconds" in has:
        return clocks.epoch(has["milliseconds"], "ms", feed.clock)
    if "when" not in has:
        raise BadRecord("no date")
    return day_or_instant(has["when"], feed)


def stars(text: str) -> float:
    """Stars from 1 to 5, whether a number, a word or `4 out of 5`.

    Raises:
        BadRecord: Another scale, or no number.
    """
    match = OF_FIVE.fullmatch(text)
    return cells.score("csat", match[1] if match else WORDS.get(text.upper(), text))
