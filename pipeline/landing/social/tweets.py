"""Posts of Twitter/X (search API v1.1 JSON, v2 JSON, the TWCS CSV of support tweets) to events.

Used: id, created_at, text, author, `inbound`, what it replies to, mentions, retweeted_status. Left
out: counts, pictures, places, names and descriptions of users.
Identifiers: `twitter_user` (id) and `twitter_handle` in lower case; TWCS knows authors by one of
them only, and writes the same in mentions. A company's reply concerns whom it addresses first.
Clock: `Wed Oct 11 06:55:44 +0000 2017`, or ISO 8601.

Ids are text. TWCS writes `in_response_to_tweet_id` as a float: `8.0` is 8, but of a real tweet's 19
digits a float keeps 15 to 17, so a longer one is refused by its column. By `inbound`, or by the
company's `handles`, a post is the customer's or staff's. A retweet is a `post_shared` without
words: they are another's.
"""

import re
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import clocks, id_columns
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.csv_records import csv_header, csv_rows
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.containers.unpacked import ending
from pipeline.landing.json_fields import Fields, id_of, object_of, objects_of, text_of
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Identifier, Outcome, RawFile, outcomes

STAMP = "%a %b %d %H:%M:%S %z %Y"
NEEDED = {"tweet_id", "author_id", "inbound", "created_at", "text"}
# From 2^53 on a float cannot hold every whole number: these have at least 16 digits.
FLOAT_DIGITS = 15
ADDRESSED = re.compile(r"\s*@(\w+)")

# Of a post in both versions of the API, of the answers around posts, and of the table TWCS.
RECORD_FIELDS = frozenset(
    {
        *("id", "id_str", "created_at", "text", "full_text", "truncated", "display_text_range"),
        *("extended_tweet", "entities", "extended_entities", "metadata", "source"),
        *("in_reply_to_status_id", "in_reply_to_status_id_str", "in_reply_to_user_id"),
        *("in_reply_to_user_id_str", "in_reply_to_screen_name", "user", "geo", "coordinates"),
        *("place", "contributors", "retweeted_status", "quoted_status", "quoted_status_id"),
        *("quoted_status_id_str", "quoted_status_permalink", "is_quote_status", "quote_count"),
        *("reply_count", "retweet_count", "favorite_count", "favorited", "retweeted"),
        *("possibly_sensitive", "possibly_sensitive_appealable", "filter_level", "lang"),
        *("matching_rules", "current_user_retweet", "scopes", "withheld_copyright"),
        *("withheld_in_countries", "withheld_scope", "timestamp_ms", "statuses", "search_metadata"),
        *("data", "includes", "meta", "errors", "tweets", "author_id", "conversation_id"),
        *("in_reply_to_user_id", "referenced_tweets", "attachments", "context_annotations"),
        *("edit_controls", "edit_history_tweet_ids", "public_metrics", "non_public_metrics"),
        *("organic_metrics", "promoted_metrics", "note_tweet", "reply_settings", "withheld"),
        *("card_uri", "tweet_id", "inbound", "response_tweet_id", "in_response_to_tweet_id"),
    }
)


class Post(NamedTuple):
    """One post.

    Attributes:
        author: All handles of its author, with the role of an actor.
        others: The handles it mentions, in lower case.
        properties: What is kept of it besides; `in_response_to` the post it answers.
    """

    own_id: str
    occurred: Instant
    text: str | None
    is_customer: bool
    author: tuple[Identifier, ...]
    others: tuple[str, ...]
    properties: dict[str, Any]
    is_shared: bool = False


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The posts of a file.

    Raises:
        SourceRefused: A CSV without the columns of TWCS, or with a damaged column of ids.
    """
    channel = channel_of(feed)
    if ending(file) in {".csv", ".tsv"}:
        header = csv_header(file, feed.source.delimiter)
        if absent := sorted(NEEDED - set(header)):
            raise SourceRefused(
                f"{file.name}: no column {', '.join(absent)}; it has {', '.join(header)[:300]}"
            )
        takes = {
            column: itemgetter(column)
            for column in ("tweet_id", "author_id")
            if column not in feed.source.sound_ids
        }
        yield from outcomes(
            id_columns.sound(file.name, csv_rows(file, feed.source.delimiter), takes, {}),
            lambda number, row: [of_csv(feed, channel, number, row)],
        )
        return
    yield from outcomes(
        json_array(file, "statuses", "data", "tweets"),
        lambda number, value: [of_json(feed, channel, number, value)],
    )


def tweet_id(text: str, column: str) -> str | None:
    """A post's id as text; None when empty.

    Raises:
        BadRecord: A spreadsheet or a float has rounded it, or it is no id.
    """
    whole, point, fraction = text.strip().partition(".")
    if not whole and not point:
        return None
    if not whole.isdecimal() or fraction.strip("0"):
        raise BadRecord(f"{column} is no id, or was rounded by a spreadsheet: {text[:40]!r}")
    if point and len(whole) > FLOAT_DIGITS:
        raise BadRecord(f"{column} was written as a float and has lost its last digits: {text}")
    return whole


def instant(text: str | None, feed: Feed) -> Instant:
    """When a post was written.

    Raises:
        BadRecord: Nobody says, or in no known layout.
    """
    if not text:
        raise BadRecord("created_at is empty")
    if text[:1].isdecimal():
        return clocks.iso(text, feed.clock)
    return clocks.pattern(text, STAMP, feed.clock)


def of_csv(feed: Feed, channel: str, number: int, row: dict[str, str]) -> Event:
    """A post of TWCS.

    Raises:
        BadRecord: A damaged id, no readable time, or no word on whose it is.
    """
    own_id = tweet_id(row["tweet_id"], "tweet_id")
    author, inbound = row["author_id"].strip(), row["inbound"].strip().lower()
    if own_id is None or not author:
        raise BadRecord("tweet_id or author_id is empty")
    if inbound not in {"true", "false"}:
        raise BadRecord(f"inbound is neither True nor False: {inbound[:40]!r}")
    # Numbers here are names made up for customers, in their posts and where they are addressed.
    if not author.isdecimal() and not re.fullmatch(r"\w+", author):
        raise BadRecord(f"author_id is no name or was rounded by a spreadsheet: {author[:40]!r}")
    replied = tweet_id(row.get("in_response_to_tweet_id", ""), "in_response_to_tweet_id")
    answers = [
        tweet_id(part, "response_tweet_id")
        for part in row.get("response_tweet_id", "").split(",")
        if part.strip()
    ]
    text = row["text"]
    post = Post(
        own_id=own_id,
        occurred=instant(row["created_at"].strip(), feed),
        text=text,
        is_customer=inbound == "true",
        author=(Identifier(feed.namespace("twitter_handle"), author.lower(), "actor"),),
        others=tuple(name.lower() for name in re.findall(r"(?<!\w)@(\w+)", text)),
        properties={"in_response_to": replied, "responses": answers},
    )
    return event(feed, channel, number, post)


def of_json(feed: Feed, channel: str, number: int, given: Fields) -> Event:
    """A post of either version of the API.

    Raises:
        BadRecord: No id or author, no readable time, or a value of another type.
    """
    own_id = id_of(given, "id_str") or id_of(given, "id")
    user = object_of(given, "user")
    handle = text_of(user, "screen_name")
    author_id = id_of(user, "id_str") or id_of(user, "id") or id_of(given, "author_id")
    if own_id is None or (handle is None and author_id is None):
        raise BadRecord("a post without id or author")
    text = text_of(given, "full_text") or text_of(given, "text")
    is_shared = bool(object_of(given, "retweeted_status"))
    named = (("twitter_user", author_id), ("twitter_handle", handle and handle.lower()))
    mentions = objects_of(object_of(given, "entities"), "user_mentions")
    post = Post(
        own_id=own_id,
        occurred=instant(text_of(given, "created_at"), feed),
        text=None if is_shared else text,
        is_customer=(handle or "").lower() not in own_handles(feed),
        author=tuple(
            Identifier(feed.namespace(name), value, "actor") for name, value in named if value
        ),
        others=tuple(name.lower() for each in mentions if (name := text_of(each, "screen_name"))),
        is_shared=is_shared,
        properties={"in_response_to": text_of(given, "in_reply_to_status_id_str")},
    )
    return event(feed, channel, number, post)


def own_handles(feed: Feed) -> set[str]:
    """The company's own names."""
    return {name.lower().lstrip("@") for name in feed.company.handles}


def event(feed: Feed, channel: str, number: int, post: Post) -> Event:
    """The event of a post: its customer is the author, or whom staff addresses first."""
    own = own_handles(feed)
    addressed = ADDRESSED.match(post.text or "")
    people = list(post.author)
    if not post.is_customer:
        people = [each._replace(role="agent") for each in people]
    for name in post.others:
        is_first = addressed is not None and name == addressed[1].lower()
        role = "recipient" if is_first and not post.is_customer else "mentioned"
        namespace = feed.namespace("twitter_handle")
        people.append(Identifier(namespace, name, "agent" if name in own else role))
    return Event(
        record_number=number,
        own_id=post.own_id,
        channel=channel,
        kind="post_shared" if post.is_shared else "post_written",
        kind_raw="retweet" if post.is_shared else "tweet",
        occurred=post.occurred,
        identifiers=tuple(dict.fromkeys(people)),
        label="reply" if post.properties["in_response_to"] else "post",
        actor="customer" if post.is_customer else "agent",
        direction="inbound" if post.is_customer else "outbound",
        object_kind="post",
        object_id=post.own_id,
        text=post.text,
        properties={name: value for name, value in post.properties.items() if value},
    )
