from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import orjson
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.landing.email.mail import read
from tests.landing.feeds import events, outcomes_of
from tests.landing.test_mail_threads import LARKSPUR
from tests.tables import table

Run = Callable[..., pl.DataFrame]


def threads(run_model: Run, mails: str) -> dict[str, str]:
    """The thread of each mail in a table of event_id, hour, object_id and properties."""
    frame = table(mails)
    landed = frame.with_columns(
        object_kind=pl.lit("thread"),
        kind=pl.lit("email_received"),
        occurred_at=pl.lit("2026-01-05 ") + pl.col("hour").cast(pl.String) + pl.lit(":00:00"),
    ).drop("hour")
    found = run_model("mail_threads", landed_events=landed)
    return dict(found.select("event_id", "thread").sort("event_id").iter_rows())


def test_an_answer_by_subject_is_in_the_first_mails_thread(run_model: Run) -> None:
    """The first mail's own id names the thread, for answers with and without references."""
    found = threads(
        run_model,
        """
        event_id | hour | object_id | properties
        first    | 10   | m1@x      | {"subject":"Slow","subject_thread":"subject/a"}
        referred | 11   | m1@x      | {"subject":"Re: Slow"}
        subject  | 12   | subject/a | {"subject":"Re: Slow"}
        other    | 12   | subject/b | {"subject":"Re: Slow"}
        """,
    )

    assert found == {
        "first": "m1@x",
        "referred": "m1@x",
        "subject": "m1@x",
        # Another customer's, on the same subject: its first mail is not here.
        "other": "subject/b",
    }


def test_the_first_mail_nearest_before_is_answered(run_model: Run) -> None:
    """Who writes of the bill every month has a thread every month."""
    found = threads(
        run_model,
        """
        event_id | hour | object_id | properties
        january  | 10   | m1@x      | {"subject_thread":"subject/a"}
        one      | 11   | subject/a |
        february | 12   | m2@x      | {"subject_thread":"subject/a"}
        two      | 12   | subject/a |
        three    | 13   | subject/a |
        early    | 09   | subject/a |
        """,
    )

    assert found == {
        **dict.fromkeys(("early", "january", "one"), "m1@x"),
        **dict.fromkeys(("february", "two", "three"), "m2@x"),
    }


def test_chains_of_answers_lead_to_their_beginning(run_model: Run) -> None:
    """Programs that name only the mail before, and quoted text that names one in the middle."""
    chain = [
        f'm{number} | {10 + number} | m{number - 1}@x | {{"message_id":"m{number}%40x"}}'
        for number in range(1, 13)
    ]
    found = threads(
        run_model,
        "\n".join(["event_id | hour | object_id | properties", "m0 | 10 | m0@x |", *chain]),
    )

    assert set(found.values()) == {"m0@x"}


def test_an_answer_to_an_answer_by_subject_is_in_its_thread(run_model: Run) -> None:
    """A reference to a mail that is itself known by its subject alone."""
    found = threads(
        run_model,
        """
        event_id | hour | object_id | properties
        first    | 10   | m1@x      | {"message_id":"m1%40x","subject_thread":"subject/a"}
        second   | 11   | subject/a | {"message_id":"m2%40x"}
        third    | 12   | m2@x      | {"message_id":"m3%40x"}
        """,
    )

    assert set(found.values()) == {"m1@x"}


@pytest.mark.parametrize("thread", ["m1@x", "m2@x"])
def test_a_mail_of_two_threads_binds_no_answer(run_model: Run, thread: str) -> None:
    """Sent to two customers it is in a thread of each: whose an answer is does not show."""
    found = threads(
        run_model,
        f"""
        event_id | hour | object_id | properties
        ada      | 10   | m1@x      | {{"message_id":"both%40x"}}
        bob      | 10   | m2@x      | {{"message_id":"both%40x"}}
        answer   | 11   | both@x    | {{"message_id":"m3%40x"}}
        more     | 12   | {thread}  | {{"message_id":"m4%40x"}}
        """,
    )

    assert found == {"ada": "m1@x", "bob": "m2@x", "answer": "both@x", "more": thread}


def test_mails_that_answer_each_other_in_a_circle_have_a_thread(run_model: Run) -> None:
    """Forged headers make no endless search, and the same each time."""
    circle = """
        event_id | hour | object_id | properties
        a        | 10   | m2@x      | {"message_id":"m1%40x"}
        b        | 11   | m1@x      | {"message_id":"m2%40x"}
    """

    assert threads(run_model, circle) == threads(run_model, circle)
    assert set(threads(run_model, circle)) == {"a", "b"}


MAILS = [
    f"From: {sender}\nTo: {to}\nDate: Mon, 05 Jan 2026 {hour}:20:00 +0000\n"
    f"Message-ID: <m{hour}@x.example>\nSubject: {subject}\n{more}\n{body}\n"
    for hour, sender, to, subject, more, body in [
        ("10", "ada@example.org", "help@larkspur.example", "No internet", "", "Still down."),
        (
            "11",
            "bob@larkspur.example",
            "ada@example.org",
            "Re: No internet",
            "References: <m10@x.example>\nIn-Reply-To: <m10@x.example>\n",
            "Is it?",
        ),
        ("12", "ada@example.org", "bob@larkspur.example", "AW: No internet", "", "> Is it?\nYes."),
        (
            "13",
            "ada@example.org",
            "help@larkspur.example",
            "Hello again",
            "",
            "In message <m10@x.example> Ada wrote:\n> Still down.\nAnd now?",
        ),
        ("14", "eve@example.org", "help@larkspur.example", "Re: No internet", "", "Mine too."),
    ]
]


def test_the_mails_of_a_conversation_are_one_thread_in_any_order(
    run_model: Run, tmp_path: Path
) -> None:
    """By reference, by subject and by quoted text; a stranger's on the same subject is another."""
    found = []
    for order in list(permutations(MAILS))[::7]:
        landed = [
            event for mail in order for event in events(outcomes_of(read, mail, tmp_path, LARKSPUR))
        ]
        frame = pl.DataFrame(
            {
                "event_id": [event.own_id for event in landed],
                "kind": [event.kind for event in landed],
                "occurred_at": pl.Series([event.occurred.us for event in landed]).cast(
                    pl.Datetime("us")
                ),
                "object_kind": [event.object_kind for event in landed],
                "object_id": [event.object_id for event in landed],
                "properties": [orjson.dumps(event.properties).decode() for event in landed],
            }
        )
        found.append(run_model("mail_threads", landed_events=frame).sort("event_id"))

    for each in found:
        assert_frame_equal(each, found[0])
    by_mail = dict(found[0].select("event_id", "thread").iter_rows())
    (stranger,) = [by_mail.pop("m14@x.example")]
    assert set(by_mail.values()) == {"m10@x.example"}
    assert stranger.startswith("subject/")
