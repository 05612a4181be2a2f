"""What is planted and how often: the one page of numbers an invented company follows."""

from dataclasses import dataclass, fields
from datetime import date, timedelta

import polars as pl

# A run of 270 days or less begins here; a longer one ends on the same last day, so that no
# event lies in the future of the machine that lands it.
USUAL_START = date(2026, 1, 5)
LAST_DAY = USUAL_START + timedelta(days=270)


@dataclass(frozen=True, slots=True)
class Incident:
    """Days on which orders fail for one kind of device: those customers leave one step before.

    Attributes:
        starts_on: The first day.
        days: For how long.
    """

    starts_on: date
    days: int = 10
    touchpoint: str = "Order placed"
    channel: str = "web"
    device_kind: str = "mobile"


@dataclass(frozen=True, slots=True)
class Plan:
    """The rates of one invented company.

    Every `..._share` is of the records, persons or touchpoints its name speaks of.

    Attributes:
        customers: How many persons ever come.
        days: How long the logs run.
        starts_on: Their first day.
        incident: None: nothing breaks.
        return_share: Of prospects who left, how many come back after the dormancy limit.
        pause_share: Of subscribers who fell silent, how many come back; the others churned.
        new_cookie_share: Of returning prospects, how many come with a new cookie.
        lost_cookie_share: Of first visits to Evaluate, on a cookie that nothing ever links.
        walk_in_share: Of the pages that users of a shop's tablet browse, how many they look at
            again there, without logging in.
        unlinked_form_share: Of forms with an e-mail, those whose tracking call is blocked.
        small_source_dirt: How many times as dirty the sources with few records are.
        skew_seconds: How far the messenger's clock runs ahead.
    """

    customers: int
    days: int
    starts_on: date
    incident: Incident | None
    # the way
    return_share: float = 0.25
    pause_share: float = 0.25
    dormancy_days: int = 30
    # identities
    new_cookie_share: float = 0.3
    lost_cookie_share: float = 0.002
    unlinked_form_share: float = 0.003
    second_device_share: float = 0.35
    second_email_share: float = 0.04
    household_share: float = 0.006
    kiosk_share: float = 0.01
    walk_in_share: float = 0.15
    call_centre_phone_share: float = 0.01
    recycled_cookie_share: float = 0.003
    placeholder_email_share: float = 0.003
    respelled_share: float = 0.3
    # dirt, of the records of a file unless said otherwise
    duplicate_share: float = 0.004
    redelivered_share: float = 0.002
    late_share: float = 0.002
    unknown_field_share: float = 0.002
    bad_share: float = 0.0005
    tied_share: float = 0.01
    bot_share: float = 0.02
    asset_share: float = 0.08
    machine_open_share: float = 0.15
    small_source_dirt: int = 8
    skew_seconds: int = 1140

    @property
    def ends_on(self) -> date:
        """The first day after the logs."""
        return self.starts_on + timedelta(days=self.days)


def usual(customers: int, days: int) -> Plan:
    """The plan of an ordinary demo: a broken mobile order step for ten days, mid-way."""
    starts_on = min(USUAL_START, LAST_DAY - timedelta(days=days))
    # Half of the way in there is a baseline before and after, and the tail is not censored.
    incident = Incident(starts_on + timedelta(days=days // 2)) if days >= 60 else None
    return Plan(customers, days, starts_on, incident)


def without_incident(customers: int, days: int) -> Plan:
    """The same company on a day-to-day without trouble."""
    return Plan(customers, days, min(USUAL_START, LAST_DAY - timedelta(days=days)), None)


def rates(plan: Plan) -> pl.DataFrame:
    """Every number of the plan by name: columns `name`, `value` (text)."""
    names = [field.name for field in fields(plan)]
    return pl.DataFrame({"name": names, "value": [str(getattr(plan, name)) for name in names]})
