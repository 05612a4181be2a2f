"""Logs of S3, of AWS load balancers and of HAProxy: fields in a fixed order."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.landing.record import Event, Feed, Outcome, RawFile
from pipeline.landing.web import elb_log, haproxy_log, s3_log
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

REAL = Path(__file__).parents[3] / "shared" / "data" / "web_access_formats" / "s3.log"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
S3 = (
    "79a59df9 larkspur-site [05/Jan/2026:09:00:00 +0000] 8.8.8.8 - 3E57427F3EXAMPLE "
    'WEBSITE.GET.OBJECT bills "GET /bills?X-Amz-Signature=abc HTTP/1.1" 200 - 5123 5123 42 9 '
    f'"https://x.example/?q=ada" "{AGENT}" - host+id SigV2 ECDHE-RSA AuthHeader '
    "larkspur-site.s3.example TLSV1.2 - -"
)
CLASSIC = (
    "2026-01-05T09:00:00.250000Z front 8.8.8.8:2817 10.0.0.1:80 0.000073 0.042000 0.000057 "
    f'200 200 0 5123 "GET https://larkspur.example:443/bills?a=b HTTP/1.1" "{AGENT}" '
    "ECDHE-RSA TLSv1.2"
)
APPLICATION = (
    "https 2026-01-05T09:00:01.250000Z app/front/50dc 8.8.8.8:2817 10.0.0.1:80 0.000 0.042 0.000 "
    f'200 200 34 5123 "GET https://larkspur.example:443/bills?a=b HTTP/2.0" "{AGENT}" ECDHE-RSA '
    'TLSv1.2 arn:aws:x "Root=1-58" "larkspur.example" "arn:aws:y" 1 2026-01-05T09:00:00.250000Z '
    '"forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1'
)
HAPROXY = (
    "Jan  5 09:00:00 lb haproxy[14389]: 8.8.8.8:33317 [05/Jan/2026:10:00:00.250] www~ static/srv1 "
    f"10/0/30/69/42 200 5123 - - ---- 1/1/1/1/0 0/0 {{larkspur.example|{AGENT}|sid=7}} {{}} "
    '"GET /bills?a=b HTTP/1.1"'
)
ASKED = "GET https://larkspur.example:443/bills?a=b HTTP/1.1"
Read = Callable[[RawFile, Feed], Iterator[Outcome]]
LINES: list[tuple[Read, str]] = [
    (s3_log.read, S3),
    (elb_log.read, CLASSIC),
    (elb_log.read, APPLICATION),
    (haproxy_log.read, HAPROXY),
]


def read(tmp_path: Path, reader: Read, *lines: str) -> list[Outcome]:
    """What a reader makes of some lines; stamps without a zone are Berlin's."""
    return outcomes_of(reader, "\n".join(lines), tmp_path, feed("s3_log", zone="Europe/Berlin"))


def one(tmp_path: Path, reader: Read, line: str) -> Event:
    """The event of one line."""
    (event,) = events(read(tmp_path, reader, line))
    return event


@pytest.fixture(autouse=True)
def _any_format_has_the_web_as_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The readers are tested side by side, under one name of a format."""
    for module in (s3_log, elb_log, haproxy_log):
        monkeypatch.setattr(module, "channel_of", lambda _: "web")


@pytest.mark.parametrize(("reader", "line"), LINES)
def test_each_log_tells_the_same(tmp_path: Path, reader: Read, line: str) -> None:
    """What, when, how and by whom; nothing of the query."""
    event = one(tmp_path, reader, line)

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "GET 200", "/bills")
    assert (at(event), event.device_kind) == ("2026-01-05 09:00:00", "desktop")
    assert event.properties["bytes"] == 5123
    assert event.properties["seconds"] == pytest.approx(0.042, abs=0.001)
    assert set(people(event)) == {"actor visitor"}


def test_the_visitor_is_the_same_in_each(tmp_path: Path) -> None:
    """Address and agent make the handle, so the logs along one request's way agree."""
    found = [people(one(tmp_path, reader, line))["actor visitor"] for reader, line in LINES]

    assert len(set(found)) == 1


@pytest.mark.parametrize(("reader", "line"), LINES)
def test_a_broken_line_is_refused(tmp_path: Path, reader: Read, line: str) -> None:
    """A line cut off is told with its place; its neighbours land."""
    found = read(tmp_path, reader, line, line[:60], line)

    ((number, reason),) = refused(found)
    assert number == 2
    assert reason.startswith("not a line of a")
    assert len(events(found)) == 2


@pytest.mark.parametrize(
    ("reader", "line", "rule"),
    [
        (s3_log.read, S3.replace("GET.OBJECT", "PUT.OBJECT").replace('"GET', '"PUT'), "method"),
        (s3_log.read, S3.replace("WEBSITE.GET.OBJECT", "REST.POST.UPLOADS"), "method"),
        (s3_log.read, S3.replace("/bills?", "/logo.png?"), "asset"),
        (s3_log.read, S3.replace('"GET /bills?X-Amz-Signature=abc HTTP/1.1"', "-"), "no request"),
        (elb_log.read, CLASSIC.replace(ASKED, "- - - "), "no request"),
        (haproxy_log.read, HAPROXY.replace("GET /bills?a=b HTTP/1.1", "<BADREQ>"), "no request"),
        (
            haproxy_log.read,
            "Jan  5 09:00:00 lb haproxy[1]: Server static/srv1 is DOWN, reason: Layer4 timeout",
            "notice",
        ),
    ],
)
def test_what_is_no_page_is_ignored_by_rule(
    tmp_path: Path, reader: Read, line: str, rule: str
) -> None:
    """Uploads, parts of pages, connections without a request, and what a proxy says of itself."""
    # The first request for an asset tells of a browser.
    assert ignored(read(tmp_path, reader, line, line))[-1] == (2, rule)


def test_s3_may_deliver_a_line_twice(tmp_path: Path) -> None:
    """The request's id is the event's own; who signed the link is not the customer."""
    signed = S3.replace(" - 3E57", " arn:aws:iam::1:user/ada 3E57")

    event = one(tmp_path, s3_log.read, signed)

    assert event.own_id == "3E57427F3EXAMPLE"
    assert set(people(event)) == {"actor visitor"}


def test_an_agent_may_hold_quotes(tmp_path: Path) -> None:
    """S3 writes agents as they were sent."""
    assert one(tmp_path, s3_log.read, S3.replace(AGENT, 'a "b" c')).device_kind == "other"


@pytest.mark.parametrize(
    ("reader", "line"),
    [
        (elb_log.read, CLASSIC.replace(" 200 200 ", " - - ").replace("0.042000", "-1")),
        (haproxy_log.read, HAPROXY.replace(" 200 5123", " -1 5123").replace("/42 ", "/-1 ")),
    ],
)
def test_a_broken_connection_is_a_page_that_failed(tmp_path: Path, reader: Read, line: str) -> None:
    """The customer asked and got nothing: there is no status and no time."""
    event = one(tmp_path, reader, line)

    assert (event.kind, event.kind_raw) == ("page_failed", "GET 000")
    assert "seconds" not in event.properties


def test_old_classic_lines_name_no_agent(tmp_path: Path) -> None:
    """Before 2014 a line ended with the request: nothing is known of the device."""
    event = one(tmp_path, elb_log.read, CLASSIC.partition(f' "{AGENT}"')[0])

    assert (event.machine_reason, event.device_kind) == (None, None)


def test_haproxy_needs_a_zone(tmp_path: Path) -> None:
    """Its stamps are the machine's own time."""
    found = outcomes_of(haproxy_log.read, HAPROXY, tmp_path, feed("s3_log"))

    assert refused(found) == [(1, "time without a zone: set time_zone for this source")]


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
def test_a_real_s3_log_is_read() -> None:
    """One line of a public fixture."""
    (event,) = s3_log.read(RawFile(REAL, "s3.log", "source-1"), feed("s3_log"))

    assert isinstance(event, Event)
    assert (event.label, event.properties["site"]) == ("/index", "www.example.com")
