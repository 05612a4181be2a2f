"""The shared mailboxes quotes@ and complaints@: one mbox a week, some mails as single .eml files.

Headers: From, To, Date, Message-ID, In-Reply-To and References in replies, Subject,
MIME-Version, Content-Type, Content-Transfer-Encoding; Auto-Submitted or List-Id in mail that no
person wrote. Quotes go out, complaints come in; answers go both ways.
"""

from email.utils import format_datetime
from quopri import encodestring
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way, words
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SOURCE = "mailbox"
QUOTE, COMPLAINT = way.NUMBER["Quote sent"], way.NUMBER["Complaint"]
QUOTES, COMPLAINTS = "quotes@larkspur.example", "complaints@larkspur.example"


class Mail(NamedTuple):
    """One mail before it is written.

    Attributes:
        headers: Further header lines, in order.
    """

    at: int
    mail_id: str
    sender: str
    to: str
    subject: str
    body: str
    headers: tuple[str, ...] = ()


def _rows(company: Company) -> pl.DataFrame:
    """One row per quote and complaint, and per copy of one."""
    met = written.met(company, [QUOTE, COMPLAINT])
    person, step = met["person_id"].to_numpy(), met["step"].to_numpy()
    keys = chance.keyed(chance.root(company.seed, SOURCE), person, step)
    persons = company.persons
    email = identifiers.emails(persons, person, met["order_number"].to_numpy())
    frame = met.select("person_id", "step", "at", "mood", "touchpoint").with_columns(
        id=identifiers.own_ids(SOURCE, person, step, company.seed),
        name=persons["first_name"].gather(person) + " " + persons["last_name"].gather(person),
        true_email=email,
        email=identifiers.respelled_emails(email, keys, company.plan).str.strip_chars(),
        draw=pl.Series(chance.picks(keys, "words", 1 << 20)),
        is_answered=pl.Series(chance.shares(keys, "answered") < 0.3),
        is_away=pl.Series(chance.shares(keys, "away") < 0.03),
        is_single=pl.Series(chance.shares(keys, "single") < 0.02),
        file_day=(pl.col("at") // stamps.DAY).cast(pl.Int32),
    )
    heavier = dirt.heavier(company.plan)
    return written.weekly(dirt.with_copies(frame, keys, heavier, (dirt.NO_SENDER,)))


def _reply(mail: Mail, after: int, mark: str, body: str, extra: tuple[str, ...] = ()) -> Mail:
    """An answer to a mail, `after` minutes later."""
    threads = (f"In-Reply-To: {mail.mail_id}", f"References: {mail.mail_id}")
    quoted = "\n".join("> " + line for line in mail.body.splitlines())
    return Mail(
        mail.at + after * stamps.MINUTE,
        mail.mail_id.replace("<", f"<{mark}", 1),
        mail.to,
        mail.sender,
        "Re: " + mail.subject,
        f"{body}\n\nOn an earlier day you wrote:\n{quoted}",
        (*threads, *extra),
    )


def _quote(row: dict[str, Any]) -> list[Mail]:
    """A quote, and what came back."""
    customer = f'"{row["name"]}" <{row["email"]}>'
    body = (
        f"Dear {row['name']},\n\nhere is the quote you asked for: fibre, 24 months, router "
        "included.\nIt holds for 14 days.\n\nFrom Larkspur Broadband, kind regards"
    )
    mail = Mail(row["at"], row["id"], f"Larkspur Quotes <{QUOTES}>", customer, "Your quote", body)
    mails = [mail]
    if row["is_away"]:
        away = ("Auto-Submitted: auto-replied",)
        mails.append(_reply(mail, 1, "a", "I am away until Monday.", away))
    if row["is_answered"]:
        text = words.said(words.QUOTE_REPLIES, row["mood"], row["draw"])
        mails.append(_reply(mail, 9, "r", text))
    return mails


def _complaint(row: dict[str, Any]) -> list[Mail]:
    """A complaint, and the company's answer."""
    customer = f"{row['name']} <{row['email']}>"
    text = words.COMPLAINTS[row["draw"] % len(words.COMPLAINTS)]
    body = f"Hello,\n\n{text}\n\n{row['name']}\n-- \nSent from my phone"
    mail = Mail(row["at"], row["id"], customer, COMPLAINTS, "Complaint about my line", body)
    answer = words.COMPLAINT_ANSWERS[row["draw"] % len(words.COMPLAINT_ANSWERS)]
    return [mail, _reply(mail, 45, "r", answer)] if row["is_answered"] else [mail]


def _date(at: int, draw: int) -> str:
    """The Date header: most in UTC, some without a known zone, some an hour east."""
    moment: datetime = stamps.moment(at // stamps.SECOND * stamps.SECOND)
    if draw % 10 == 0:
        return format_datetime(moment).replace("+0000", "-0000")
    if draw % 10 == 1:
        east = stamps.moment(at // stamps.SECOND * stamps.SECOND + stamps.HOUR)
        return format_datetime(east).replace("+0000", "+0100")
    return format_datetime(moment)


def _text(mail: Mail, draw: int) -> str:
    """The mail as it travels, line ends plain."""
    body, encoding = mail.body, "8bit"
    if draw % 3 == 0:
        body, encoding = encodestring(body.encode()).decode(), "quoted-printable"
    kind = 'text/plain; charset="utf-8"'
    if draw % 5 == 0 and encoding == "8bit":
        html = "<p>" + body.replace("\n", "<br>") + "</p>"
        body = (
            f'--b0\nContent-Type: text/plain; charset="utf-8"\n\n{body}\n'
            f'--b0\nContent-Type: text/html; charset="utf-8"\n\n{html}\n--b0--'
        )
        kind = 'multipart/alternative; boundary="b0"'
    lines = (
        f"From: {mail.sender}",
        f"To: {mail.to}",
        f"Date: {_date(mail.at, draw)}",
        f"Message-ID: {mail.mail_id}",
        *mail.headers,
        f"Subject: {mail.subject}",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        f"Content-Transfer-Encoding: {encoding}",
    )
    return "\n".join(lines) + "\n\n" + body + "\n"


def _broken(mail: Mail) -> str:
    """A mail that has lost its sender and its time."""
    return f"To: {QUOTES}\nDate: not a date\nMessage-ID: {mail.mail_id}\n\n{mail.body}\n"


def _news(day: int) -> Mail:
    """The weekly letter of a mailing list that somebody put the mailbox on."""
    return Mail(
        day * stamps.DAY + 7 * stamps.HOUR,
        f"<news{day}@trade.example>",
        "Trade News <news@trade.example>",
        QUOTES,
        "Fibre news of the week",
        "All about cables.",
        ("List-Id: Trade News <news.trade.example>", "Precedence: list"),
    )


def _envelope(text: str, at: int) -> str:
    """The mail inside an mbox: a From line before it, others in the body quoted."""
    stamp = f"{stamps.moment(at):%a %b %d %H:%M:%S %Y}"
    head, _, body = text.partition("\n\n")
    quoted = "\n".join(
        ">" + line if line.lstrip(">").startswith("From ") else line for line in body.split("\n")
    )
    return f"From mail@larkspur.example {stamp}\n{head}\n\n{quoted}\n"


def _mails(row: dict[str, Any], last: int) -> list[tuple[Mail, str, str | None]]:
    """A row's mails, their texts, and the reason one is bad."""
    written_by: Callable[[dict[str, Any]], list[Mail]]
    written_by = _quote if row["touchpoint"] == QUOTE else _complaint
    mails = [mail for mail in written_by(row) if mail.at < last]
    if row["copy"] == dirt.NO_SENDER:
        return [(mails[0], _broken(mails[0]), dirt.BAD_REASONS[dirt.NO_SENDER])]
    if row["copy"] != dirt.ORIGINAL:
        mails = mails[:1]
    return [(mail, _text(mail, row["draw"]), None) for mail in mails]


def write(company: Company) -> Written:
    """Write all weeks of the mailboxes."""
    rows = _rows(company)
    files: list[tuple[str, str, int, int]] = []
    bad: list[tuple[str, str, int, str, str]] = []
    for (day,), part in rows.group_by("file_day", maintain_order=True):
        week = stamps.day_of(int(day))
        box, texts = f"raw/{SOURCE}/{week}.mbox", []
        if int(day) * stamps.DAY + 7 * stamps.HOUR >= stamps.midnight(company.plan.starts_on):
            news = _news(int(day))
            texts.append(_envelope(_text(news, 2), news.at))
        for row in part.iter_rows(named=True):
            is_single = row["is_single"] and row["copy"] == dirt.ORIGINAL
            for mail, text, reason in _mails(row, company.last):
                if is_single:
                    file = f"raw/{SOURCE}/{week}-{mail.mail_id[1:17]}.eml"
                    written.write_text(company.out / file, text.replace("\n", "\r\n"))
                    files.append((SOURCE, file, int(day) + 6, 1))
                    continue
                texts.append(_envelope(text, mail.at))
                if reason:
                    bad.append((SOURCE, box, len(texts), reason, text))
        written.write_text(company.out / box, "".join(texts))
        files.append((SOURCE, box, int(day) + 6, len(texts)))
    found = rows.select("person_id", email="true_email")
    counts = dirt.counted(SOURCE, rows["copy"])
    frame = pl.DataFrame(bad, schema=written.BAD_RECORDS, orient="row")
    return written.account(files, [frame], counts, written.evidence(found))
