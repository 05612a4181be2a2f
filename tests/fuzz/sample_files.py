"""One or more small valid raw files of every format, taken apart into their records.

`samples/FORMAT/FILE` is a file as its vendor writes it, one record a line where the format
allows it; `samples/sources.toml` says what wend.toml would say of it.
"""

import csv
import email.parser
import io
import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.landing.clocks import Clock, microseconds
from pipeline.landing.formats import FORMATS
from pipeline.landing.record import Feed
from pipeline.settings import Company, Source

SAMPLES = Path(__file__).parent / "samples"
COMPANY = Company(
    name="Larkspur Broadband", email_domains=("larkspur.example",), handles=("@larkspur",)
)
EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
FAMILIES = {
    "web trackers": "segment snowplow ga4 matomo posthog amplitude mixpanel",
    "access logs": "access_log json_log w3c_log s3_log elb_log haproxy_log",
    "chat": "zendesk_chat zendesk_support intercom slack livechat olark twilio whatsapp_cloud "
    "whatsapp_export rocketchat mattermost telegram transcript",
    "email exports": "sendgrid mailgun postmark amazon_ses mailjet brevo sparkpost mandrill "
    "resend mailchimp klaviyo iterable",
    "raw mail": "mail",
    "crm": "hubspot salesforce dynamics pipedrive snapshot",
    "surveys and social": "survey qualtrics surveymonkey delighted satismeter front_line_notes "
    "reviews tweets",
    "generic": "generic",
}
FAMILY_OF = {layout: family for family, names in FAMILIES.items() for layout in names.split()}
JSON, CSV, WORDS, TABS, MAIL = "json", "csv", "words", "tabs", "mail"
# A space that stands in no quotes.
GAP = re.compile(r' (?=(?:[^"]*"[^"]*")*[^"]*$)')
MBOX = re.compile(r"(?m)^(?=From \S+ \w{3} )")


@dataclass(frozen=True)
class Sample:
    """A raw file, taken apart.

    Attributes:
        path: `FORMAT/FILE`.
        shape: How a record is written: JSON, CSV, WORDS, TABS or MAIL.
        head, tail, between: What stands before, after and between the records.
        texts: Each record as it is written.
        records: Each record's value: JSON, or name -> text.
    """

    path: str
    layout: str
    shape: str
    head: str
    tail: str
    between: str
    texts: tuple[str, ...]
    records: tuple[Any, ...]
    source: Source

    @property
    def file_name(self) -> str:
        """The file's own name."""
        return self.path.partition("/")[2]

    @property
    def first_number(self) -> int:
        """The number of the first record."""
        return 1 + (self.head.count("\n") if self.shape in {WORDS, TABS} else 0)

    def file(self, texts: Sequence[str]) -> bytes:
        """A file with these records."""
        return (self.head + self.between.join(texts) + self.tail).encode("utf-8", "surrogatepass")

    def text(self, record: Any) -> str:
        """A record as it is written."""
        return WRITERS[self.shape](record)

    def feed(self, folder: Path | None = None) -> Feed:
        """The source that the file is of."""
        zone = self.source.time_zone
        clock = Clock(
            ZoneInfo(zone) if zone else None, microseconds(EARLIEST), microseconds(LATEST)
        )
        return Feed("source", self.source, COMPANY, clock, folder)


def _json_text(record: Any) -> str:
    """A JSON record as one line."""
    return json.dumps(record)


def _csv_text(record: Mapping[str, str]) -> str:
    """A row, quoted where it must be."""
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerow(record.values())
    return held.getvalue().removesuffix("\n")


def _words_text(record: Mapping[str, str]) -> str:
    """Words between single spaces."""
    return " ".join(_on_one_line(record.values()))


def _tabs_text(record: Mapping[str, str]) -> str:
    """Fields between tabs."""
    return "\t".join(value.replace("\t", " ") for value in _on_one_line(record.values()))


def _on_one_line(values: Any) -> list[str]:
    """The texts without line ends."""
    return [re.sub(r"[\r\n]", " ", value) for value in values]


def _mail_text(record: Mapping[str, str]) -> str:
    """A mail from its headers and body, with the line that opens it in an mbox."""
    opening = [record[""]] if record.get("") else []
    headers = [f"{name}: {value}" for name, value in record.items() if name not in {"", "body"}]
    return "\n".join([*opening, *_on_one_line(headers)]) + "\n\n" + record["body"] + "\n"


WRITERS: Mapping[str, Callable[[Any], str]] = {
    JSON: _json_text,
    CSV: _csv_text,
    WORDS: _words_text,
    TABS: _tabs_text,
    MAIL: _mail_text,
}


def _of_json(content: str) -> tuple[str, str, str, list[str], list[Any]]:
    """The parts of a file of JSON records, one a line."""
    lines = content.strip().split("\n")
    if lines[0].endswith("[") and lines[-1].startswith("]"):
        texts = [line.removesuffix(",") for line in lines[1:-1]]
        head, tail, between = lines[0] + "\n", "\n" + lines[-1] + "\n", ",\n"
    else:
        texts, head, tail, between = lines, "", "\n", "\n"
    return head, tail, between, texts, [json.loads(text) for text in texts]


def _of_csv(content: str, skipped: int = 0) -> tuple[str, str, str, list[str], list[Any]]:
    """The parts of a CSV; `skipped` rows after the first belong to the header."""
    rows = list(csv.reader(io.StringIO(content)))
    head = io.StringIO()
    csv.writer(head, lineterminator="\n").writerows(rows[: 1 + skipped])
    records = [dict(zip(rows[0], row, strict=True)) for row in rows[1 + skipped :]]
    return head.getvalue(), "\n", "\n", [_csv_text(record) for record in records], records


def _of_words(content: str, shape: str) -> tuple[str, str, str, list[str], list[Any]]:
    """The parts of a log."""
    lines = content.rstrip("\n").split("\n")
    head = [line for line in lines if line.startswith("#")]
    texts = [line for line in lines if line not in head]
    parted = [text.split("\t") if shape == TABS else GAP.split(text) for text in texts]
    records = [{str(place): word for place, word in enumerate(words)} for words in parted]
    return "".join(f"{line}\n" for line in head), "\n", "\n", texts, records


def _of_mail(content: str) -> tuple[str, str, str, list[str], list[Any]]:
    """The parts of an mbox, or of one mail."""
    texts = [text.rstrip("\n") for text in MBOX.split(content) if text]
    records = []
    for text in texts:
        opening = text.split("\n", 1)[0] if text.startswith("From ") else ""
        bare = text[len(opening) + 1 :] if opening else text
        head = email.parser.HeaderParser().parsestr(bare)
        body = bare.partition("\n\n")[2]
        records.append({"": opening, **dict(head.items()), "body": body})
    return "", "", "\n", [_mail_text(record) for record in records], records


def _taken_apart(path: str, content: str) -> tuple[str, tuple[str, str, str, list[str], list[Any]]]:
    """The shape of a file and its parts."""
    ending = Path(path).suffix
    if ending in {".json", ".jsonl"}:
        return JSON, _of_json(content)
    if path.startswith("mail/"):
        return MAIL, _of_mail(content)
    if ending == ".csv":
        return CSV, _of_csv(content, 2 if '"{""ImportId""' in content else 0)
    shape = TABS if "\t" in content else WORDS
    return shape, _of_words(content, shape)


def samples() -> list[Sample]:
    """Every sample, in the order of the formats."""
    told = tomllib.loads((SAMPLES / "sources.toml").read_text(encoding="utf-8"))
    found = []
    for file in sorted(SAMPLES.glob("*/*")):
        path = file.relative_to(SAMPLES).as_posix()
        layout = file.parent.name
        shape, (head, tail, between, texts, records) = _taken_apart(
            path, file.read_text(encoding="utf-8")
        )
        source = Source(format=layout, path="raw/*", **told.get(path, {}))
        found.append(
            Sample(path, layout, shape, head, tail, between, tuple(texts), tuple(records), source)
        )
    order = list(FORMATS)
    return sorted(found, key=lambda sample: (order.index(sample.layout), sample.path))
