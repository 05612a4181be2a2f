"""A mailbox as long as a benchmark wants it: the simulator's mails, and longer ones."""

import re
from email.message import EmailMessage
from pathlib import Path
from random import Random

from pipeline.simulate import words
from tests.benchmarks.long_files import repeated

# What the simulator writes before each mail of an mbox.
MARK = re.compile(rb"(?m)^(?=From mail@larkspur\.example )")
OWN_IDS = re.compile(rb"(?m)(?<=: <)(?=[0-9a-z]+@\S+>$)")
# One in so many is a longer mail.
LONGER = 3
SENTENCES = (
    *(
        sentence
        for table in (words.SALES_QUESTIONS, words.SUPPORT_QUESTIONS, words.QUOTE_REPLIES)
        for mood in sorted(table)
        for sentence in table[mood]
    ),
    *words.COMPLAINTS,
    *words.COMPLAINT_ANSWERS,
    *words.AGENT_REPLIES,
)
NAMED = (
    "It was order {} of last week.",
    "The {} things in the parcel were not what I asked for.",
    "My neighbour paid {} pounds for the very same.",
    "Please look at page {} of the contract again.",
)


def mails(folder: Path, target: Path, count: int) -> None:
    """Write an mbox of so many mails: the company's own, each round under new ids.

    Every third is longer: about 200 words that no other mail has, as plain text with the mail it
    answers quoted, in two parts, as HTML alone, or with a file of 30 kB.
    """
    given = [
        mail
        for path in sorted(folder.glob("*.mbox"))
        for mail in MARK.split(path.read_bytes())
        if mail
    ]
    with target.open("wb") as file:
        for number, mail in enumerate(repeated(given, _renamed, count)):
            file.write(_longer(number) if number % LONGER == LONGER - 1 else mail)


def _renamed(mail: bytes, turn: int) -> bytes:
    """A mail that is not the same, and answers none of those."""
    head, blank, body = mail.partition(b"\n\n")
    return OWN_IDS.sub(b"r%d-" % turn, head) + blank + body


def _longer(number: int) -> bytes:
    """A customer's mail of some paragraphs, with the `From ` line before it."""
    chance = Random(number)
    text = _paragraphs(chance, 4)
    mail = EmailMessage()
    mail["From"] = f"Ada Roy <ada.roy.{number % 5000}@mail.example>"
    mail["To"] = "Larkspur <complaints@larkspur.example>"
    mail["Date"] = f"Thu, {number % 28 + 1:02} Jan 2026 {number % 24:02}:{number % 60:02}:00 +0100"
    mail["Message-ID"] = f"<longer{number}@mail.example>"
    mail["Subject"] = f"Re: what about order {number}"
    markup = f"<html><body><p>{text.replace(chr(10) * 2, '</p><p>')}</p></body></html>"
    match number // LONGER % 4:
        case 0:
            asked = _paragraphs(chance, 3).replace("\n", "\n> ")
            mail.set_content(f"{text}\n\nOn an earlier day you wrote:\n> {asked}\n-- \nAda Roy\n")
        case 1:
            mail.set_content(text)
            mail.add_alternative(markup, subtype="html")
        case 2:
            mail.set_content(markup, subtype="html")
        case _:
            mail.set_content(text)
            picture = chance.randbytes(30_000)
            mail.add_attachment(picture, "image", "jpeg", filename="modem.jpg")
    written = mail.as_bytes().replace(b"\nFrom ", b"\n>From ")
    return b"From mail@larkspur.example Thu Jan 01 07:00:00 2026\n" + written + b"\n"


def _paragraphs(chance: Random, count: int) -> str:
    """So many paragraphs of what people write, with figures of its own."""
    told = (
        " ".join(
            [*chance.choices(SENTENCES, k=4), chance.choice(NAMED).format(chance.randrange(9999))]
        )
        for _ in range(count)
    )
    return "\n\n".join(told)
