"""Whose logs these are."""

import ipaddress
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from pipeline.settings.section import Section, Zone


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(f"{error}; write a range such as '66.249.64.0/19'") from error


Network = Annotated[str, AfterValidator(_network)]


class Company(Section):
    """Whose logs these are.

    Attributes:
        time_zone: The business zone; days on pages are its days.
        founded_on: A stamp before this day is refused.
        email_domains: Addresses at these domains are staff, never customers.
        phones: The company's own numbers, never customers.
        handles: The company's own names on social networks, never customers.
        phone_region: How a national phone number is read, such as GB.
        machine_ranges: Addresses of the network from which no person comes, such as those of
            crawlers and of the company's own monitoring: 66.249.64.0/19.
    """

    name: str
    time_zone: Zone = "UTC"
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    founded_on: date = date(1995, 1, 1)
    email_domains: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    phone_region: str = Field(default="GB", pattern="^[A-Z]{2}$")
    machine_ranges: tuple[Network, ...] = ()
