from itertools import permutations
from pathlib import Path

import orjson
import pytest

from pipeline.landing.email.mail import read
from pipeline.landing.email.threads import base_subject, is_answer, quoted, subject_thread
from pipeline.landing.record import Event, Feed
from pipeline.landing.text import kept_properties
from tests.landing.feeds import events, feed, outcomes_of

LARKSPUR = feed("mail", domains=("larkspur.example",))
NOBODY = feed("mail")


def mail(number: int, subject: str, body: str, *who: str, more: str = "") -> str:
    """A mail with an id of its own by the first to the second, with `more` headers."""
    return (
        f"From: {who[0]}\nTo: {who[1]}\nDate: Mon, 05 Jan 2026 09:20:00 +0000\n"
        f"Message-ID: <m{number}@x.example>\nSubject: {subject}\n{more}\n{body}\n"
    )


def one(content: str, folder: Path, source: Feed = LARKSPUR) -> Event:
    """The one event of a one-mail file."""
    (event,) = events(outcomes_of(read, content, folder, source))
    return event


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("No internet", "no internet"),
        ("Re: No  internet", "no internet"),
        ("RE: AW: Re[2]: no Internet ", "no internet"),
        ("Antw: SV: No internet", "no internet"),
        ("[Users] Re: [Users] No internet", "no internet"),
        ("Fwd: Re: No internet (fwd)", "no internet"),
        ("Re: 回复: No internet", "no internet"),
        ("Re:", "re:"),
        ("[Users]", "[users]"),
        ("Regarding Re: it", "regarding re: it"),
        ("", ""),
    ],
)
def test_a_subject_without_the_marks_of_answers(subject: str, base: str) -> None:
    """Marks in several languages, with counts, and tags of lists; never all of a subject."""
    assert base_subject(subject) == base


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: No internet", None),
        ("[Users] AW: No internet", ""),
        ("No internet", "> Still down.\nNow?"),
        ("No internet", "Now?\n\nOn 5 Jan 2026, Ada wrote:\nStill down."),
        ("No internet", "Now?\n-----Original Message-----\nFrom: Ada"),
    ],
)
def test_a_mail_says_that_it_answers(subject: str, text: str | None) -> None:
    """By its subject, or by text that it quotes."""
    assert is_answer(subject, text)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("No internet", "Still down."),
        ("Fwd: Re: No internet", "> Still down."),
        ("Request: a router", ""),
        ("", None),
    ],
)
def test_a_first_or_forwarded_mail_answers_nothing(subject: str, text: str | None) -> None:
    """Who passes a mail on begins another conversation."""
    assert not is_answer(subject, text)


def test_old_programs_name_the_mail_they_quote() -> None:
    """Its Message-ID stands in the text."""
    assert quoted("In message <m1@x.example> Ada wrote:\n> Still down.") == "m1@x.example"
    assert quoted("In article <m1@x.example>, Ada writes:") == "m1@x.example"
    assert quoted("Write to <ada@x.example>.") is None
    assert quoted(None) is None


FIRST = mail(1, "No internet", "Still down.", "ada@example.org", "help@larkspur.example")
ANSWERS = [
    mail(2, "Re: No internet", "Is it?", "bob@larkspur.example", "ada@example.org"),
    mail(3, "AW: Re: No internet", "It is.", "ada@example.org", "bob@larkspur.example"),
    mail(4, "No internet", "> Is it?\nYes.", "ada@example.org", "help@larkspur.example"),
]


def test_answers_that_name_no_mail_are_one_thread_by_their_subject(tmp_path: Path) -> None:
    """Both sides' answers, from whatever mailbox; the first mail carries the thread's name."""
    answers = [one(content, tmp_path) for content in ANSWERS]
    first = one(FIRST, tmp_path)

    (thread,) = {event.object_id for event in answers}
    assert thread == subject_thread("No internet", ["ada@example.org"])
    assert (first.object_id, first.properties["subject_thread"]) == ("m1@x.example", thread)


def test_a_thread_does_not_depend_on_the_order_of_arrival(tmp_path: Path) -> None:
    """Each mail of a mailbox gets the same thread in any order of the mailbox."""
    opening = "From ada@example.org Mon Jan  5 09:20:00 2026\n"
    found = []
    for order in permutations([FIRST, *ANSWERS]):
        box = "\n".join(opening + content for content in order)
        landed = events(outcomes_of(read, box, tmp_path, LARKSPUR))
        found.append({event.own_id: event.object_id for event in landed})

    assert len(found) == 24
    assert all(each == found[0] for each in found)


def test_one_subject_of_two_customers_is_two_threads(tmp_path: Path) -> None:
    """Everybody writes of an invoice; a mail to two customers is in the thread of each."""
    ada = one(mail(1, "Re: Invoice", "?", "ada@example.org", "help@larkspur.example"), tmp_path)
    bob = one(mail(2, "Re: Invoice", "?", "bob@example.org", "help@larkspur.example"), tmp_path)
    both = mail(3, "Re: Invoice", "!", "help@larkspur.example", "ada@example.org, bob@example.org")

    found = events(outcomes_of(read, both, tmp_path, LARKSPUR))

    assert ada.object_id != bob.object_id
    assert [event.object_id for event in found] == [ada.object_id, bob.object_id]


def test_without_a_company_both_correspondents_tell_the_thread(tmp_path: Path) -> None:
    """In an archive of nobody's it does not matter which of the two wrote."""
    there = mail(1, "Re: Tea", "?", "ada@example.org", "bob@example.org")
    back = mail(2, "Re: Tea", "!", "bob@example.org", "ada@example.org")

    found = [one(content, tmp_path, NOBODY).object_id for content in (there, back)]

    assert found == [subject_thread("Tea", ["ada@example.org", "bob@example.org"])] * 2


def test_a_reference_goes_before_a_quoted_id_and_that_before_the_subject(tmp_path: Path) -> None:
    """What the mail program says is surer than what stands in the text."""
    body = "In message <m7@x.example> Ada wrote:\n> Still down."
    at_x = ("ada@example.org", "help@larkspur.example")

    referred = one(
        mail(2, "Re: No internet", body, *at_x, more="References: <m1@x.example>\n"), tmp_path
    )
    said = one(mail(3, "Re: No internet", body, *at_x), tmp_path)

    assert (referred.object_id, said.object_id) == ("m1@x.example", "m7@x.example")
    assert "subject_thread" not in referred.properties


def test_an_answer_without_a_subject_stands_alone(tmp_path: Path) -> None:
    """Nothing tells what it answers."""
    event = one(mail(1, "", "> What?\nYes.", "ada@example.org", "help@larkspur.example"), tmp_path)

    assert event.object_id == "m1@x.example"


def test_a_mail_in_a_thread_says_its_own_id(tmp_path: Path) -> None:
    """What answers it may name it and no other; no redaction takes the id for an address."""
    at_x = ("ada@example.org", "help@larkspur.example")
    more = "References: <m1@x.example>\n"

    event = one(mail(2, "Re: No internet", "Yes.", *at_x, more=more), tmp_path)

    assert (event.object_id, event.properties["message_id"]) == ("m1@x.example", "m2%40x.example")
    said = orjson.dumps(event.properties).decode()
    assert kept_properties(said) == said


def test_a_mail_without_an_id_says_none(tmp_path: Path) -> None:
    """Its content tells it from others."""
    content = FIRST.replace("Message-ID: <m1@x.example>\n", "")

    assert "message_id" not in one(content, tmp_path).properties
