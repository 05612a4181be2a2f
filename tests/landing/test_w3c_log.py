"""W3C extended logs: what a line means is said by the last #Fields line above it."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.record import Event, Outcome, RawFile
from pipeline.landing.web import w3c_log
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

REAL = Path(__file__).parents[3] / "shared" / "data" / "web_access_formats"
IIS = (
    "#Software: Microsoft Internet Information Services 10.0\n"
    "#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username c-ip cs(User-Agent) "
    "cs(Cookie) cs(Referer) cs-host sc-status sc-bytes time-taken\n"
)
ROW = (
    "2026-01-05 09:00:00 GET /bills view=year&utm_source=news u1 10.0.0.7 "
    "Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+Chrome/126.0 "
    "a=1;+_ga=GA1.2.111.222 https://x.example/?q=ada larkspur.example 200 5123 42"
)
SHORT = "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"


SIMPLE = "2026-01-05 09:00:00 10.0.0.7 GET /bills 200"


def read(tmp_path: Path, text: str, **more: Any) -> list[Outcome]:
    """What the reader makes of a log."""
    return outcomes_of(w3c_log.read, text, tmp_path, feed("w3c_log", **more))


def one(tmp_path: Path, text: str, **more: Any) -> Event:
    """The one event of a log."""
    (event,) = events(read(tmp_path, text, **more))
    return event


def test_a_line_is_read_by_its_fields_line(tmp_path: Path) -> None:
    """Who, when and what; of the query only the campaign; milliseconds, as IIS writes them."""
    event = one(tmp_path, IIS + ROW)

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "GET 200", "/bills")
    assert (at(event), event.occurred.basis) == ("2026-01-05 09:00:00", "explicit")
    assert (event.device_kind, event.machine_reason) == ("desktop", None)
    assert people(event).keys() == {"actor user_id", "actor anonymous_id", "actor visitor"}
    assert people(event)["actor anonymous_id"] == "111.222"
    assert event.properties == {
        "status": 200,
        "bytes": 5123,
        "site": "larkspur.example",
        "referrer": "https://x.example/",
        "campaign": {"source": "news"},
        "seconds": 0.042,
    }


def test_fields_may_change_in_the_middle(tmp_path: Path) -> None:
    """Each line is read by the directive above it, and directives are counted."""
    text = (
        f"{SHORT}2026-01-05 09:00:00 10.0.0.7 GET /a 200\n"
        "#Fields: c-ip date cs-uri-stem sc-status cs-method time\n"
        "10.0.0.7 2026-01-05 /b 200 GET 10:00:00\n"
    )

    found = read(tmp_path, text)

    assert [(event.label, at(event)) for event in events(found)] == [
        ("/a", "2026-01-05 09:00:00"),
        ("/b", "2026-01-05 10:00:00"),
    ]
    assert ignored(found) == [(1, "directive"), (3, "directive")]


@pytest.mark.parametrize(
    "text",
    [
        SHORT.replace("#Fields: date ", "   #Fields:   date   ") + SIMPLE,
        SHORT.replace(": ", ":\0").replace(" ", "\t").replace("\0", " ")
        + SIMPLE.replace(" ", "\t"),
        SHORT.replace("cs-uri", "cs-u\u200bri") + SIMPLE,
        SHORT.replace("cs-uri-stem", "cs-uri") + SIMPLE.replace("bills", "bills?a=b"),
        SHORT + '2026-01-05 09:00:00 "10.0.0.7" "GET" "/bills" 200',
        SHORT + "\n \n2026-01-05 09:00:00 10.0.0.7 GET /bills 200\r\n",
    ],
)
def test_directives_and_values_have_many_forms(tmp_path: Path, text: str) -> None:
    """Indented, tabbed, quoted, with a space of no width in a name, with blank lines between."""
    event = one(tmp_path, text)

    assert (event.label, at(event)) == ("/bills", "2026-01-05 09:00:00")


def test_blank_lines_are_counted(tmp_path: Path) -> None:
    """Lines are numbered; one without a word is told as such."""
    found = read(tmp_path, SHORT + "\n  \n2026-01-05 09:00:00 10.0.0.7 GET /bills 200")

    assert ignored(found) == [(1, "directive"), (2, "blank"), (3, "blank")]


def test_local_stamps_lie_in_the_zone_of_the_source(tmp_path: Path) -> None:
    """`date-local` and `time-local` need a zone; `date` and `time` are UTC whatever it is."""
    local = SHORT.replace("date time", "date-local time-local")
    row = "2026-07-05 09:00:00.250 10.0.0.7 GET /bills 200"

    event = one(tmp_path, local + row.replace("2026-07", "2026-05"), zone="Europe/London")
    (reason,) = refused(read(tmp_path, local + row))

    assert (at(event), event.occurred.basis) == ("2026-05-05 08:00:00", "source_zone")
    assert reason == (2, "time without a zone: set time_zone for this source")
    utc = one(tmp_path, SHORT + row.replace("2026-07", "2026-05"), zone="Europe/London")
    assert (at(utc), utc.occurred.precision) == ("2026-05-05 09:00:00", "millisecond")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Mozilla/5.0+(Windows+NT+6.1)", "Mozilla/5.0 (Windows NT 6.1)"),
        ("Mozilla/5.0%20(Windows)", "Mozilla/5.0 (Windows)"),
        ("Mozilla/5.0%2520(C%252B%252B)", "Mozilla/5.0 (C++)"),
        ("Bot/2.1;++http://bot.example/", "Bot/2.1; +http://bot.example/"),
        ('"Mozilla/5.0 (a+b)"', "Mozilla/5.0 (a+b)"),
    ],
)
def test_agents_are_read_as_they_were_sent(tmp_path: Path, written: str, sent: str) -> None:
    """Plus signs, %20, and CloudFront's double encoding: the visitor is that of any other log."""
    header = SHORT.replace("c-ip", "c-ip cs(User-Agent)")
    rows = [f"2026-01-05 09:00:00 10.0.0.7 {text} GET / 200" for text in (written, f'"{sent}"')]

    first, second = events(read(tmp_path, header + "\n".join(rows)))

    assert people(first) == people(second)


def test_cloudfront_has_ids_of_its_own(tmp_path: Path) -> None:
    """The request id is the event's; the time taken is in seconds; 000 is a broken connection."""
    header = (
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) "
        "cs-uri-stem sc-status cs(User-Agent) x-edge-request-id x-host-header time-taken\n"
    )
    values = "2026-01-05 09:00:00 FRA2 182 192.0.2.10 GET d1.cloudfront.example /a 000 Mozilla/5.0"
    row = "\t".join([*values.split(), "MRVMF7==", "larkspur.example", "0.001"])

    event = one(tmp_path, header + row)

    assert (event.own_id, event.kind, event.kind_raw) == ("MRVMF7==", "page_failed", "GET 000")
    assert event.properties["site"] == "larkspur.example"
    assert event.properties["seconds"] == 0.001


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("hello", 1, "stands before any #Fields line"),
        (SHORT + "2026-01-05 09:00:00 GET /a 200", 2, "5 values under a #Fields line that names 6"),
        (SHORT + "2026-02-30 09:00:00 10.0.0.7 GET /a 200", 2, "impossible time"),
        (SHORT + "2026-01-05 09:00:00 10.0.0.7 GET /a OK", 2, "not an HTTP status: 'OK'"),
        ("#Fields: date time c-ip x-event\na b c d", 2, "#Fields names no cs-method, cs-uri-stem"),
        (SHORT.replace("date ", "") + "a b c d e", 2, "#Fields names no date and time"),
        (SHORT.replace("c-ip", "c-ip c-ip") + "a", 2, "#Fields names c-ip twice"),
        (IIS + ROW.replace(" 5123 ", " 5e3 "), 3, "sc-bytes is no whole number: '5e3'"),
        (IIS + ROW.replace(" 42", " soon"), 3, "time taken is no duration: 'soon'"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, text: str, number: int, reason: str
) -> None:
    """A line without a header, with too few values, or with a value that is none."""
    ((place, told),) = refused(read(tmp_path, f"{text}\n"))

    assert place == number
    assert told.startswith(reason)


def test_the_proxy_is_not_the_client(tmp_path: Path) -> None:
    """A private address with X-Forwarded-For is the company's own balancer."""
    header = SHORT.replace("c-ip", "c-ip X-Forwarded-For")
    rows = [
        f"2026-01-05 09:00:00 {text} GET / 200"
        for text in ("10.0.0.1 8.8.8.8,+10.0.0.9", "8.8.8.8 -", "8.8.8.8:4711 10.1.1.1")
    ]

    found = events(read(tmp_path, header + "\n".join(rows)))

    assert len({people(event)["actor visitor"] for event in found}) == 1


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("amazon_cloudfront_web.log", ["/view/my/file.html"]),
        ("iis.log", ["/foo/bar"]),
        ("iis_custom.log", ["/Products/theProduct", "/Topic/hw43061", "/hello/world/6,681965"]),
        ("netscaler.log", ["/Citrix/XenApp/Wan/auth/login.jsp"]),
    ],
)
def test_real_logs_are_accounted_for(name: str, labels: list[str]) -> None:
    """Every line is an event, a directive or blank."""
    source = feed("w3c_log", zone="Europe/London")

    found = list(w3c_log.read(RawFile(REAL / name, name, "source-1"), source))

    assert [event.label for event in events(found)] == labels
    assert refused(found) == []
    assert len({outcome.record_number for outcome in found}) == len(found)
    assert max(outcome.record_number for outcome in found) == len(found)
