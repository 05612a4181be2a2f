import pytest

from pipeline.landing.agents import UNKNOWN, agent, is_known_range

WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/126.0"
VERSION = f"{WEBKIT} Version/17.4"


@pytest.mark.parametrize(
    ("text", "device"),
    [
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", "desktop"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {VERSION} Safari/605", "desktop"),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/2010 Firefox/127.0", "desktop"),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {WEBKIT} Mobile/15E148",
            "mobile",
        ),
        (f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {CHROME} Mobile Safari/537.36", "mobile"),
        (f"Mozilla/5.0 (Linux; Android 10; CUBOT X18) {CHROME} Mobile Safari/537.36", "mobile"),
        (f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {VERSION} Mobile/15E148", "tablet"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-X710) {CHROME} Safari/537.36", "tablet"),
        (f"Mozilla/5.0 (Linux; Android 12; BRAVIA 4K VH2) {CHROME} Safari/537.36", "other"),
    ],
)
def test_a_browser_tells_its_device(text: str, device: str) -> None:
    """A person's browser is desktop, mobile, tablet or other, and no machine."""
    assert agent(text) == (device, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler"),
        ("UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/", "crawler"),
        ("Mozilla/5.0 (iPhone) Mobile/10A5376e (compatible; Googlebot/2.1)", "crawler"),
        ("curl/8.5.0", "script"),
        ("python-requests/2.32.3", "script"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} HeadlessChrome/126.0", "headless browser"),
    ],
)
def test_a_machine_is_told_with_its_reason(text: str, reason: str) -> None:
    """Crawlers, scripts and headless browsers are no customers, whatever device they claim."""
    assert agent(text) == ("other", reason)


@pytest.mark.parametrize("text", [None, "", " ", "-"])
def test_nothing_said_is_nothing_known(text: str | None) -> None:
    """Without an agent neither device nor machine is claimed."""
    assert agent(text) == UNKNOWN


def test_a_long_agent_is_no_trouble() -> None:
    """An agent of a megabyte is looked at no longer than any other."""
    assert agent("Mozilla/5.0 (" + "x" * 1_000_000).machine_reason is None


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("66.249.66.1", True),
        ("66.249.96.1", False),
        ("::ffff:66.249.66.1", True),
        ("2001:4860::7", True),
        ("crawl-66-249-66-1.googlebot.com", False),
        ("", False),
    ],
)
def test_an_address_is_held_to_the_known_ranges(host: str, is_known: bool) -> None:  # noqa: FBT001
    """IPv4 and IPv6; what is no address lies in no range."""
    assert is_known_range(host, ("66.249.64.0/19", "2001:4860::/32")) is is_known
