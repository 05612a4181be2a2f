"""Qualtrics, SurveyMonkey, Delighted and SatisMeter to answers on their scales."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.record import Event, Outcome
from pipeline.landing.survey import delighted, qualtrics, satismeter, surveymonkey
from tests.landing.feeds import Reader, at, events, feed, ignored, outcomes_of, people, refused


def read(
    tmp_path: Path, reader: Reader, content: Any, *, name: str = "r.json", **more: Any
) -> list[Outcome]:
    """What a reader makes of a CSV's text or of JSON records."""
    text = content if isinstance(content, str) else json.dumps(content)
    return outcomes_of(reader, text, tmp_path, feed("survey", **more), name=name)


def scored(found: list[Outcome]) -> list[tuple[str | None, str | None, float | None, str | None]]:
    """Id, score and words of each answer."""
    return [(each.own_id, each.score_kind, each.score, each.text) for each in events(found)]


# Qualtrics

NAMES = (
    "StartDate,EndDate,Status,IPAddress,Progress,Finished,RecordedDate,ResponseId,"
    "RecipientEmail,ExternalReference,DistributionChannel,Q1_NPS_GROUP,Q1,Q2,Q3,Q3_TEXT,Q_URL"
)
WORDS = (
    "Start Date,End Date,Response Type,IP Address,Progress,Finished,Recorded Date,Response ID,"
    'Recipient Email,External Data Reference,Channel,"How likely, then - Group","How likely, then",'
    '"How\nsatisfied",Why,Why - Other,Q_URL'
)
ZONE = ',""timeZone"":""America/Denver""'
IMPORT = ",".join(
    f'"{{""ImportId"":""{name}""{ZONE if place in {0, 1, 6} else ""}}}"'
    for place, name in enumerate(NAMES.split(","))
)


def response(**changed: str) -> str:
    """A row of a download."""
    cells = {
        "StartDate": "2026-01-20 09:58:00",
        "EndDate": "2026-01-20 09:59:00",
        "Status": "IP Address",
        "IPAddress": "192.0.2.1",
        "Progress": "100",
        "Finished": "True",
        "RecordedDate": "2026-01-20 10:00:00",
        "ResponseId": "R_1aB",
        "RecipientEmail": "Ada@mail.example",
        "ExternalReference": "u1",
        "DistributionChannel": "email",
        "Q1_NPS_GROUP": "Promoter",
        "Q1": "9",
        "Q2": "4",
        "Q3": "Other",
        "Q3_TEXT": "all well",
        "Q_URL": "https://x.example/",
    } | changed
    return ",".join(cells.values())


def download(*rows: str) -> str:
    """A download with its three header rows."""
    return "\n".join([NAMES, WORDS, IMPORT, *rows]) + "\n"


def test_a_qualtrics_download_is_read_below_its_three_header_rows(tmp_path: Path) -> None:
    """In the zone that the third names; the NPS is known by its group, CSAT by wend.toml."""
    found = read(
        tmp_path, qualtrics.read, download(response()), name="q.csv", questions={"Q2": "csat"}
    )

    assert ignored(found) == [(1, "header"), (2, "header")]
    assert scored(found) == [("R_1aB", "nps", 9.0, "all well"), ("R_1aB:Q2", "csat", 4.0, None)]
    (first, _) = events(found)
    assert (first.kind, first.channel, at(first)) == (
        "survey_answered",
        "survey",
        "2026-01-20 17:00:00",
    )
    assert people(first) == {"actor email": "ada@mail.example", "actor user_id": "u1"}
    assert first.properties == {"Q3": "Other", "distribution": "email"}


def test_a_table_of_qualtrics_with_one_header_row_is_read_too(tmp_path: Path) -> None:
    """As a warehouse has it; its zone is the source's."""
    table = "response_id,recorded_date,status,finished,progress,recipient_email,Q1,Q1_NPS_GROUP\n"
    row = "R_1,2026-01-20T10:00:00Z,0,0,20,a@b.example,3,Detractor\n"

    (event,) = events(read(tmp_path, qualtrics.read, table + row, name="q.csv"))

    assert (event.score, event.properties) == (3.0, {"progress": "20"})


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (response(Status="Survey Preview"), "test response"),
        (response(Status="1"), "test response"),
        (response(Q1="", Q2="", Q3_TEXT="", Finished="False"), "unanswered"),
    ],
)
def test_what_is_no_answer_is_left_out_by_name(tmp_path: Path, row: str, rule: str) -> None:
    """Previews are the company's own; an unfinished response may hold nothing."""
    found = read(tmp_path, qualtrics.read, download(row), name="q.csv")

    assert ignored(found)[2:] == [(3, rule)]


def test_an_unfinished_response_counts_and_spam_is_a_machines(tmp_path: Path) -> None:
    """What was answered was answered."""
    rows = (response(Finished="False", Progress="20"), response(Status="Spam", ResponseId="R_2"))

    partial, spam = events(read(tmp_path, qualtrics.read, download(*rows), name="q.csv"))

    assert (partial.score, partial.properties["progress"]) == (9.0, "20")
    assert spam.machine_reason == "marked as spam"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (response(Q1="11"), "nps 11 lies outside 0 to 10"),
        (response(RecordedDate="20/01/2026"), "not an ISO 8601 time"),
        (response(ExternalReference="5.70306E+17"), "user_id 5.70306E+17 has lost its digits"),
        (response(ResponseId=""), "no usable ResponseId"),
        (response() + ",x", "18 cells where the header has 17"),
    ],
)
def test_a_bad_response_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    """And its neighbours are not."""
    rows = (response(), row, response(ResponseId="R_3"))
    found = read(tmp_path, qualtrics.read, download(*rows), name="q.csv")

    ((number, reasons),) = refused(found)
    assert (number, len(events(found))) == (4, 2)
    assert reasons.startswith(reason)


def test_a_file_without_what_is_needed_is_refused(tmp_path: Path) -> None:
    """Also when wend.toml names a question that it has not."""
    with pytest.raises(SourceRefused, match="no column Q9, RecordedDate"):
        read(tmp_path, qualtrics.read, "ResponseId\n", name="q.csv", questions={"Q9": "nps"})


# SurveyMonkey


def monkey(**changed: Any) -> dict[str, Any]:
    """A response of the API with simple texts."""
    return {
        "id": "5007154325",
        "survey_id": "105723396",
        "response_status": "completed",
        "date_created": "2026-01-20T10:00:00+01:00",
        "date_modified": "2026-01-20T10:05:00+01:00",
        "email_address": "",
        "custom_variables": {"customer_id": "u1", "campaign": "spring"},
        "ip_address": "192.0.2.1",
        "metadata": {"contact": {"email": {"type": "string", "value": "Ada@mail.example"}}},
        "pages": [
            {
                "id": "1",
                "questions": [
                    {
                        "id": "11",
                        "heading": "How likely?",
                        "answers": [{"choice_id": "9", "choice_metadata": {"weight": "9"}}],
                    },
                    {"id": "12", "heading": "Why?", "answers": [{"text": "all well"}]},
                    {
                        "id": "13",
                        "heading": "Which?",
                        "answers": [
                            {"choice_id": "31", "simple_text": "Fibre"},
                            {"choice_id": "32", "simple_text": "TV"},
                        ],
                    },
                ],
            }
        ],
    } | changed


def test_a_surveymonkey_response_is_scored_by_the_questions_named(tmp_path: Path) -> None:
    """By id or heading; what was typed is words, what was chosen stays a property."""
    (event,) = events(
        read(
            tmp_path,
            surveymonkey.read,
            {"data": [monkey()], "total": 1},
            questions={"How likely?": "nps"},
        )
    )

    assert (event.own_id, event.score_kind, event.score, event.text) == (
        "5007154325",
        "nps",
        9.0,
        "all well",
    )
    assert (at(event), event.received_us) == ("2026-01-20 09:00:00", 1768899900000000)
    assert people(event) == {"actor email": "ada@mail.example", "actor user_id": "u1"}
    assert event.properties == {
        "survey_id": "105723396",
        "answers": {"Which?": "Fibre, TV"},
        "custom_variables": {"campaign": "spring"},
    }


def test_a_response_changed_later_is_a_version_of_the_same(tmp_path: Path) -> None:
    """The same id, received later."""
    later = monkey(date_modified="2026-01-22T10:00:00Z", response_status="partial")
    one, two = events(read(tmp_path, surveymonkey.read, {"data": [monkey(), later]}))

    assert one.own_id == two.own_id
    assert (one.received_us or 0) < (two.received_us or 0)


CSV = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,How likely?,"
    "Which?,,Why?\n"
    ",,,,,,,Fibre,TV,Open-Ended Response\n"
    "114,7,01/20/2026 09:58:00 AM,01/20/2026 10:00:00 AM,,a@b.example,9,Fibre,,all well\n"
)


def test_a_surveymonkey_csv_has_two_header_rows(tmp_path: Path) -> None:
    """Its nameless columns are parts of the question before; its clock is declared."""
    (event,) = events(
        read(
            tmp_path, surveymonkey.read, CSV, name="s.csv", zone="Europe/London",
            time_format="%m/%d/%Y %I:%M:%S %p", questions={"How likely?": "nps"},
        )
    )  # fmt: skip

    assert (event.own_id, event.score, event.text) == ("114", 9.0, "all well")
    assert (at(event), people(event)) == ("2026-01-20 10:00:00", {"actor email": "a@b.example"})
    assert event.properties == {"answers": {"Which? | Fibre": "Fibre"}}
    assert event.record_number == 1


def test_a_csv_that_is_none_of_surveymonkeys_is_refused(tmp_path: Path) -> None:
    """It says which column is missing."""
    with pytest.raises(SourceRefused, match="no column Respondent ID"):
        read(tmp_path, surveymonkey.read, "a,b\n1,2\n", name="s.csv")


# Delighted


def delight(**changed: Any) -> dict[str, Any]:
    """A response of the API, its person expanded."""
    return {
        "id": "r1",
        "person": {"id": "p1", "email": "Ada@mail.example", "name": "Ada", "phone_number": None},
        "survey_type": "nps",
        "score": 9,
        "comment": "all well",
        "permalink": "https://delighted.example/r/1",
        "created_at": 1768903200,
        "updated_at": None,
        "person_properties": {"Customer ID": "u1", "plan": "gold"},
        "tags": [],
        "notes": [],
    } | changed


def test_a_delighted_response_is_scored_on_its_surveys_scale(tmp_path: Path) -> None:
    """Its person is the id of Delighted, the address, and the customer's number."""
    (event,) = events(read(tmp_path, delighted.read, [delight()]))

    assert (at(event), event.score_kind, event.score) == ("2026-01-20 10:00:00", "nps", 9.0)
    assert people(event) == {
        "actor delighted_person": "p1",
        "actor email": "ada@mail.example",
        "actor user_id": "u1",
    }
    assert event.properties == {"person_properties": {"plan": "gold"}}


@pytest.mark.parametrize(
    ("word", "score", "told"),
    [
        ("csat", 5, ("csat", 5.0)),
        ("stars_five", 1, ("csat", 1.0)),
        ("ces7", 7, ("ces", 7.0)),
        ("ces", 4, (None, None)),
        ("thumbs", 1, (None, None)),
    ],
)
def test_each_type_of_survey_has_its_scale(
    tmp_path: Path, word: str, score: int, told: tuple[str | None, float | None]
) -> None:
    """Where it is not one of ours the score is kept, but not scored."""
    (event,) = events(read(tmp_path, delighted.read, [delight(survey_type=word, score=score)]))

    assert (event.score_kind, event.score) == told
    assert event.properties.get("unscaled") == (None if told[0] else {word: score})


def test_a_scale_may_be_declared(tmp_path: Path) -> None:
    """The company knows how many steps its survey has."""
    (event,) = events(
        read(
            tmp_path,
            delighted.read,
            [delight(survey_type="ces", score=4)],
            questions={"ces": "ces"},
        )
    )

    assert (event.score_kind, event.score) == ("ces", 4.0)


def test_a_delighted_csv_reads_as_its_json(tmp_path: Path) -> None:
    """Its stamps name UTC."""
    csv = (
        "ID,Survey Type,Score,Comment,Created At,Email,Person ID,Customer ID,plan\n"
        "r1,nps,9,all well,2026-01-20 10:00:00 UTC,ada@mail.example,p1,u1,gold\n"
    )

    rows = events(read(tmp_path, delighted.read, csv, name="d.csv"))
    records = events(read(tmp_path, delighted.read, [delight()]))

    def facts(event: Event) -> tuple[Any, ...]:
        return event.own_id, event.occurred.us, set(event.identifiers), event.score, event.text

    assert list(map(facts, rows)) == list(map(facts, records))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"score": 11}, "nps 11 lies outside 0 to 10"),
        ({"created_at": 1768903200000}, "Unix time of another unit than s"),
        ({"created_at": None}, "no time"),
        ({"id": None}, "a response without id"),
        ({"survey_type": "mood"}, "unknown survey_type: 'mood'"),
        ({"comment": ["x"]}, "comment is no text"),
    ],
)
def test_a_bad_delighted_response_is_refused(
    tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    """And its neighbours are not."""
    found = read(tmp_path, delighted.read, [delight(), delight(**changed), delight(id="r3")])

    ((number, reasons),) = refused(found)
    assert (number, len(events(found))) == (2, 2)
    assert reasons.startswith(reason)


def test_employees_are_no_customers(tmp_path: Path) -> None:
    """Their survey is ignored by name."""
    found = read(tmp_path, delighted.read, [delight(survey_type="enps")])

    assert ignored(found) == [(1, "employee survey")]


# SatisMeter


def satis(**changed: Any) -> dict[str, Any]:
    """A response of the API."""
    return {
        "id": "s1",
        "rating": 9,
        "category": "promoter",
        "score": 100,
        "feedback": "all well",
        "created": "2026-01-20T10:00:00.000Z",
        "campaign": {"id": "c", "name": "onboarding"},
        "user": {"id": "m1", "userId": "u1", "email": "Ada@mail.example", "name": "Ada"},
        "answers": [],
    } | changed


def test_a_satismeter_rating_is_the_score_and_its_score_is_not(tmp_path: Path) -> None:
    """-100, 0 and 100 are shares of the NPS."""
    (event,) = events(read(tmp_path, satismeter.read, {"responses": [satis()]}))

    assert (event.score_kind, event.score, event.text) == ("nps", 9.0, "all well")
    assert (event.label, at(event)) == ("onboarding", "2026-01-20 10:00:00")
    assert people(event) == {
        "actor satismeter_user": "m1",
        "actor email": "ada@mail.example",
        "actor user_id": "u1",
    }


def test_a_placeholder_is_nobody(tmp_path: Path) -> None:
    """`No response` would make one customer of all who gave no number."""
    user = {"userId": "No response", "email": "No response"}
    (event,) = events(read(tmp_path, satismeter.read, {"responses": [satis(user=user)]}))

    assert event.identifiers == ()
    assert event.properties == {"placeholders": ["email", "userId"]}


def test_answers_with_a_metric_are_scores(tmp_path: Path) -> None:
    """Then the rating is one of them and stands once."""
    answers = [
        {"label": "How likely?", "value": 9, "metric": "nps"},
        {"label": "How easy?", "value": 6, "metric": "ces"},
        {"label": "Why?", "value": "all well", "type": "long-text"},
        {"label": "Plan", "value": "gold"},
    ]
    found = read(tmp_path, satismeter.read, {"responses": [satis(answers=answers)]})

    assert scored(found) == [("s1", "nps", 9.0, "all well"), ("s1:ces", "ces", 6.0, None)]
    assert events(found)[0].properties == {"answers": {"Plan": "gold"}}


def test_a_satismeter_csv_reads_as_its_json(tmp_path: Path) -> None:
    """The same names stand in its header."""
    csv = (
        "id,rating,category,score,feedback,created,userId,email\n"
        "s1,9,promoter,100,all well,2026-01-20T10:00:00Z,No response,ada@mail.example\n"
    )
    (event,) = events(read(tmp_path, satismeter.read, csv, name="s.csv"))

    assert (event.score, people(event)) == (9.0, {"actor email": "ada@mail.example"})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"rating": 12}, "nps 12 lies outside 0 to 10"),
        ({"category": "happy"}, "a rating of no known scale: category 'happy'"),
        ({"created": None}, "no time in created or createdAt"),
        ({"created": 1768903200}, "created is no text"),
        ({"user": "u1"}, "user is no JSON object"),
    ],
)
def test_a_bad_satismeter_response_is_refused(
    tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    """And its neighbours are not."""
    given = {"responses": [satis(), satis(**changed), satis(id="s3")]}
    found = read(tmp_path, satismeter.read, given)

    ((number, reasons),) = refused(found)
    assert (number, len(events(found))) == (2, 2)
    assert reasons.startswith(reason)
