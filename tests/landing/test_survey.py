from pathlib import Path

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.record import Outcome
from pipeline.landing.survey import scores
from pipeline.settings import Columns
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused


def read(tmp_path: Path, content: str, **more: object) -> list[Outcome]:
    """What the reader makes of a survey file."""
    return outcomes_of(scores.read, content, tmp_path, feed("survey", **more), name="s.csv")


def test_an_answer_is_scored_on_its_scale(tmp_path: Path) -> None:
    """The metric column names the scale; survey, comment and handles are the row's."""
    (event,) = events(
        read(
            tmp_path,
            "response_id,answered_at,survey,metric,score,comment,email,customer_number,device\n"
            "r1,2026-01-20T10:00:00Z,onboarding,NPS,9,all well,Ada@mail.example,u1,phone\n",
        )
    )

    assert (event.kind, event.channel, event.label) == ("survey_answered", "survey", "onboarding")
    assert (event.score_kind, event.score, event.text) == ("nps", 9.0, "all well")
    assert (at(event), event.own_id) == ("2026-01-20 10:00:00", "r1")
    assert people(event) == {"actor email": "ada@mail.example", "actor user_id": "u1"}
    assert event.properties == {"device": "phone"}


def test_scores_in_their_own_columns_are_one_event_each(tmp_path: Path) -> None:
    """Each score is an event with an id of its own; the comment stands once."""
    found = events(
        read(
            tmp_path,
            "ID,Submitted At,NPS,CSAT Score,CES,Comment\nr1,2026-01-20T10:00:00Z,0,5,,hm\n",
        )
    )

    assert [(each.own_id, each.score_kind, each.score, each.text) for each in found] == [
        ("r1", "nps", 0.0, "hm"),
        ("r1:csat", "csat", 5.0, None),
    ]


def test_a_comment_alone_is_an_answer(tmp_path: Path) -> None:
    """Somebody who only writes has answered; somebody who does neither has not."""
    found = read(tmp_path, "date,nps,comment\n2026-01-20,,help\n2026-01-20,,\n", zone="UTC")

    (event,) = events(found)
    assert (event.score, event.text, event.kind_raw) == (None, "help", "comment")
    assert ignored(found) == [(2, "unanswered")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2026-01-20T10:00:00Z,nps,11", "nps 11 lies outside 0 to 10"),
        ("2026-01-20T10:00:00Z,nps,-1", "nps -1 lies outside 0 to 10"),
        ("2026-01-20T10:00:00Z,csat,0", "csat 0 lies outside 1 to 5"),
        ("2026-01-20T10:00:00Z,ces,8", "ces 8 lies outside 1 to 7"),
        ("2026-01-20T10:00:00Z,nps,good", "not a score: 'good'"),
        ("2026-01-20T10:00:00Z,stars,5", "score_kind 'stars' is none of nps, csat, ces"),
        ("2026-01-20T10:00:00Z,,5", "a score without score_kind"),
        (",nps,5", "answered_at is empty"),
        ("20/01/2026,nps,5", "not an ISO 8601 time"),
        ("2026-01-20T10:00:00Z,nps", "2 cells where the header has 3"),
    ],
)
def test_a_bad_answer_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    """A score off its scale is told, not bent."""
    content = f"answered_at,metric,score\n2026-01-20T10:00:00Z,nps,5\n{row}\n"

    ((number, reasons),) = refused(read(tmp_path, content))

    assert number == 2
    assert reasons.startswith(reason)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("metric,score", "no column says when, such as submitted_at; it has metric, score"),
        ("answered_at,score", "no column nps, csat or ces, nor score and score_kind"),
    ],
)
def test_a_file_without_time_or_score_is_refused(tmp_path: Path, header: str, reason: str) -> None:
    """The message says what the file has and where to map it."""
    with pytest.raises(SourceRefused, match=reason):
        read(tmp_path, f"{header}\n")


def test_columns_may_be_mapped(tmp_path: Path) -> None:
    """Where a tool names its columns otherwise, wend.toml says which is which."""
    columns = Columns(
        occurred_at="when", kind="=survey_answered", score_kind="=ces", score="effort",
        identifiers={"email": "who"},
    )  # fmt: skip

    (event,) = events(
        read(tmp_path, "when,effort,who\n2026-01-20T10:00:00Z,7,a@b.example\n", columns=columns)
    )

    assert (event.channel, event.score_kind, event.score) == ("survey", "ces", 7.0)
