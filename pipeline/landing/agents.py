"""User agents to the kind of device, and to the reason why no person was behind it."""

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

from ua_parser import parse_device, parse_os

# A crawler names itself or its page; CUBOT makes telephones.
CRAWLER = re.compile(
    r"(?<!cu)bot\b|bot[/-]|crawl|spider|slurp|archiver|feed|\brss|preview|validator|monitor"
    r"|uptime|pingdom|lighthouse|scanner|\+https?://",
    re.IGNORECASE,
)
SCRIPT = re.compile(
    r"^(curl|wget|python|go-http-client|java/|ruby|perl|libwww|php|axios|node|postman|apache-http"
    r"|httpie|scrapy|chef client)|python-requests|urllib",
    re.IGNORECASE,
)
HEADLESS = re.compile(
    r"headless|phantomjs|puppeteer|playwright|selenium|electron/.*test", re.IGNORECASE
)
DESKTOPS = ("Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD")
TABLET = re.compile(r"ipad|tablet|kindle|playbook|\bsilk\b", re.IGNORECASE)
TELEVISION = re.compile(r"\bTV\b|SMART-TV|BRAVIA|CrKey", re.IGNORECASE)
MOBILE = re.compile(
    r"iphone|ipod|mobile|windows phone|blackberry|symbian|opera mini|midp|wap browser",
    re.IGNORECASE,
)


class Agent(NamedTuple):
    """What sent a request.

    Attributes:
        device_kind: desktop, mobile, tablet or other; None when nothing was said.
        machine_reason: crawler, script or headless browser; None for a person's browser.
    """

    device_kind: str | None
    machine_reason: str | None


UNKNOWN = Agent(None, None)


@lru_cache(maxsize=100_000)
def is_known_range(host: str, ranges: tuple[str, ...]) -> bool:
    """Whether an address of the network lies in one of the ranges from which no person comes."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        # Some logs name hosts, and some mask the last part of an address.
        return False
    # An IPv4 address may be written as one of IPv6.
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ipaddress.ip_network(each) for each in ranges)


def known_range(address: object, ranges: tuple[str, ...]) -> str | None:
    """Why no person sits at an address: it lies in one of the ranges; None where it does not.

    What is no text is no address.
    """
    is_known = bool(ranges) and isinstance(address, str) and is_known_range(address.strip(), ranges)
    return "known range" if is_known else None


@lru_cache(maxsize=100_000)
def agent(text: str | None) -> Agent:
    """The agent behind a User-Agent text; computed once for each distinct text."""
    if text is None or text.strip() in {"", "-"}:
        return UNKNOWN
    # Past this length nothing but padding follows, and the parser's patterns are many.
    named, running = parse_device(text[:1000]), parse_os(text[:1000])
    device = named.family if named else ""
    system = running.family if running else ""
    if device == "Spider" or CRAWLER.search(text):
        return Agent("other", "crawler")
    if SCRIPT.search(text):
        return Agent("other", "script")
    if HEADLESS.search(text):
        return Agent("other", "headless browser")
    return Agent(_device(text, device, system, named.brand if named else None), None)


def _device(text: str, device: str, system: str, brand: str | None) -> str:
    """The kind of device of a person's agent."""
    if TELEVISION.search(text):
        return "other"
    if TABLET.search(text) or brand == "Generic_Android_Tablet":
        return "tablet"
    if MOBILE.search(text) or system == "iOS":
        return "mobile"
    # Android browsers on telephones say Mobile; those on tablets do not.
    if system == "Android":
        return "tablet"
    return "desktop" if system.startswith(DESKTOPS) or device == "Mac" else "other"
