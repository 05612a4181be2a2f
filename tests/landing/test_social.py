"""Reviews and posts to events, on the scale and under the ids that their sites give."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.record import Outcome
from pipeline.landing.social import reviews, tweets
from tests.landing.feeds import Reader, at, events, feed, ignored, outcomes_of, people, refused
from tests.test_real_data import SHARED


def read(
    tmp_path: Path, reader: Reader, content: Any, *, name: str = "r.json", **more: Any
) -> list[Outcome]:
    """What a reader makes of a CSV's text or of JSON records."""
    text = content if isinstance(content, str) else json.dumps(content)
    return outcomes_of(reader, text, tmp_path, feed("reviews", **more), name=name)


TRUSTPILOT = {
    "id": "5f1",
    "consumer": {"id": "c9", "displayName": "Ada L"},
    "stars": 2,
    "title": "Slow",
    "text": "no line for a week",
    "language": "en",
    "createdAt": "2026-01-20T10:00:00.000Z",
    "referenceId": "order-7",
    "referralEmail": "Ada@mail.example",
    "isVerified": True,
    "tags": [{"group": "x"}],
    "companyReply": {"text": "we are sorry", "createdAt": "2026-01-21T10:00:00Z"},
}


def test_a_review_is_its_stars_and_words_and_the_reply_to_them(tmp_path: Path) -> None:
    """The order and the invited address are handles; the display name is none."""
    review, reply = events(read(tmp_path, reviews.read, {"reviews": [TRUSTPILOT]}))

    assert (review.kind, review.channel, review.own_id, at(review)) == (
        "review_written",
        "social",
        "5f1",
        "2026-01-20 10:00:00",
    )
    assert (review.score_kind, review.score, review.text) == (
        "csat",
        2.0,
        "Slow\nno line for a week",
    )
    assert people(review) == {
        "actor order": "order-7",
        "actor email": "ada@mail.example",
        "actor reviewer": "c9",
    }
    assert (reply.kind, reply.actor, reply.direction, reply.text) == (
        "review_answered",
        "agent",
        "outbound",
        "we are sorry",
    )
    assert set(people(reply)) == {"recipient order", "recipient email", "recipient reviewer"}


@pytest.mark.parametrize(
    ("record", "score", "text", "when"),
    [
        (
            {"reviewId": "g", "starRating": "FIVE", "createTime": "2026-01-20T10:00:00Z"},
            5.0,
            None,
            "2026-01-20 10:00:00",
        ),
        (
            {
                "id": "a",
                "type": "customerReviews",
                "attributes": {
                    "rating": 4, "title": "Fine", "body": "works",
                    "createdDate": "2026-01-20T02:00:00-08:00",
                },
            },
            4.0,
            "Fine\nworks",
            "2026-01-20 10:00:00",
        ),
        (
            {"Review ID": "2", "Review Date": "2026-01-20", "Rating": "4.5 out of 5",
             "What do you like best?": "price", "What do you dislike?": "waiting"},
            4.5,
            "price\nwaiting",
            "2026-01-20 00:00:00",
        ),
        (
            {"Package Name": "app", "Review Submit Millis Since Epoch": "1768903200000",
             "Review Submit Date and Time": "2026-01-20T10:00:00Z", "Star Rating": "1",
             "Review Text": "crashes", "Device": "x"},
            1.0,
            "crashes",
            "2026-01-20 10:00:00",
        ),
    ],
)  # fmt: skip
def test_each_sites_names_are_known(
    tmp_path: Path, record: dict[str, Any], score: float, text: str | None, when: str
) -> None:
    """Google, the App Store, G2, Google Play."""
    (event,) = events(read(tmp_path, reviews.read, {"data": [record]}))

    assert (event.score, event.text, at(event)) == (score, text, when)


def test_a_csv_of_reviews_has_days_in_the_companys_zone(tmp_path: Path) -> None:
    """A date alone needs no zone of its own; nobody is named."""
    csv = "Date,Stars,Review\n2026-01-20,3,so so\n2026-01-21,,\n"
    found = read(tmp_path, reviews.read, csv, name="r.csv")

    (event,) = events(found)
    assert (at(event), event.occurred.precision, event.identifiers, event.own_id) == (
        "2026-01-20 00:00:00",
        "day",
        (),
        None,
    )
    assert ignored(found) == [(2, "empty review")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-01-20,8,of ten", "csat 8 lies outside 1 to 5"),
        ("2026-01-20,good,x", "not a score: 'good'"),
        ("20/01/2026,3,x", "not an ISO 8601 time"),
        ("2026-01-20 10:00,3,x", "time without a zone"),
        (",3,x", "no date"),
    ],
)
def test_a_bad_review_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    """And its neighbours are not."""
    csv = f"Date,Rating,Review\n2026-01-20,3,x\n{row}\n2026-01-22,4,y\n"
    found = read(tmp_path, reviews.read, csv, name="r.csv")

    ((number, reasons),) = refused(found)
    assert (number, len(events(found))) == (2, 2)
    assert reasons.startswith(reason)


def test_a_file_that_holds_no_reviews_is_refused(tmp_path: Path) -> None:
    """It says what a review needs."""
    with pytest.raises(SourceRefused, match="a review needs a date"):
        read(tmp_path, reviews.read, "who,stars\nada,3\n", name="r.csv")


TWCS = "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id\n"
STAMP = "Wed Oct 11 06:55:44 +0000 2017"


def test_a_support_tweet_is_the_customers_or_staffs(tmp_path: Path) -> None:
    """By the flag; staff's is to whom it addresses, so a number in a mention is that customer."""
    customer, staff = events(
        read(
            tmp_path,
            tweets.read,
            TWCS
            + f'8,115712,True,{STAMP},@sprintcare is the worst,"9,6,10",\n'
            + f"6,SprintCare,False,{STAMP},@115712 can you tell @115713?,,8.0\n",
            name="twcs.csv",
        )
    )

    assert (customer.kind, customer.label, at(customer), customer.own_id) == (
        "post_written",
        "post",
        "2017-10-11 06:55:44",
        "8",
    )
    assert people(customer) == {
        "actor twitter_handle": "115712",
        "mentioned twitter_handle": "sprintcare",
    }
    assert customer.properties == {"responses": ["9", "6", "10"]}
    assert (staff.actor, staff.direction, staff.label) == ("agent", "outbound", "reply")
    assert people(staff) == {
        "agent twitter_handle": "sprintcare",
        "recipient twitter_handle": "115712",
        "mentioned twitter_handle": "115713",
    }
    assert staff.properties == {"in_response_to": "8"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            f"9.18407E+17,1,True,{STAMP},x,,",
            "tweet_id is no id, or was rounded by a spreadsheet: '9.18407E+17'",
        ),
        (
            f"9,1,True,{STAMP},x,,918407000000000000.0",
            "in_response_to_tweet_id was written as a float and has lost its last digits",
        ),
        (f"9,1.1E+5,True,{STAMP},x,,", "author_id is no name or was rounded"),
        (f"9,1,True,{STAMP},x,7;8,", "response_tweet_id is no id"),
        (f"9,1,maybe,{STAMP},x,,", "inbound is neither True nor False"),
        ("9,1,True,11/10/2017,x,,", "not an ISO 8601 time"),
        ("9,1,True,Wed Oct 11,x,,", "time does not follow"),
        (",1,True,Wed Oct 11,x,,", "tweet_id or author_id is empty"),
    ],
)
def test_a_damaged_post_is_refused_by_its_column(tmp_path: Path, row: str, reason: str) -> None:
    """A rounded id would tie a post to another conversation."""
    good = f"1,1,True,{STAMP},x,,\n"
    found = read(tmp_path, tweets.read, TWCS + good + row + "\n" + good, name="t.csv")

    ((number, reasons),) = refused(found)
    assert (number, len(events(found))) == (2, 2)
    assert reasons.startswith(reason)


def test_a_csv_without_the_flag_is_refused(tmp_path: Path) -> None:
    """Whose words they are cannot be guessed."""
    with pytest.raises(SourceRefused, match="no column inbound"):
        read(tmp_path, tweets.read, TWCS.replace("inbound", "direction"), name="t.csv")


def tweet(**changed: Any) -> dict[str, Any]:
    """A status of the search API."""
    return {
        "id": 1005277806383673344,
        "id_str": "1005277806383673344",
        "created_at": "Sat Jun 09 02:38:00 +0000 2018",
        "text": "@Larkspur hello",
        "user": {"id": 10368692, "id_str": "10368692", "screen_name": "AdaL"},
        "in_reply_to_status_id_str": None,
        "entities": {"user_mentions": [{"screen_name": "Larkspur", "id_str": "5"}]},
    } | changed


def test_a_status_keeps_all_digits_of_its_ids(tmp_path: Path) -> None:
    """As the API's own text; the company's handle is staff."""
    source = feed("tweets")
    source = replace(source, company=source.company.model_copy(update={"handles": ("@larkspur",)}))
    staff = tweet(user={"id_str": "5", "screen_name": "Larkspur"}, text="@AdaL hi", id_str="2",
                  entities={"user_mentions": [{"screen_name": "AdaL"}]})  # fmt: skip
    content = json.dumps({"search_metadata": {"count": 2}, "statuses": [tweet(), staff]})

    post, answer = events(outcomes_of(tweets.read, content, tmp_path, source))

    assert post.own_id == "1005277806383673344"
    assert people(post) == {
        "actor twitter_user": "10368692",
        "actor twitter_handle": "adal",
        "agent twitter_handle": "larkspur",
    }
    assert (answer.actor, people(answer)["recipient twitter_handle"]) == ("agent", "adal")


def test_a_retweet_has_another_ones_words(tmp_path: Path) -> None:
    """They are not taken for what the customer feels."""
    (event,) = events(
        read(tmp_path, tweets.read, {"statuses": [tweet(retweeted_status={"id_str": "1"})]})
    )

    assert (event.kind, event.text) == ("post_shared", None)


def test_real_statuses_are_all_accounted_for(tmp_path: Path) -> None:
    """Every status of the fixtures is a post; none is lost or refused."""
    folder = SHARED / "chat_and_list_fixtures" / "twitter"
    if not folder.is_dir():
        pytest.skip(f"the real data is not here: {folder}")
    for path in sorted(folder.glob("*.json")):
        found = outcomes_of(tweets.read, path.read_bytes(), tmp_path, feed("tweets"))
        statuses = json.loads(path.read_bytes())["statuses"]

        assert [each.own_id for each in events(found)] == [each["id_str"] for each in statuses]
        assert len(found) == len(statuses)
