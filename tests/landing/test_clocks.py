from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadRecord, BadSettings
from pipeline.landing import clocks
from pipeline.landing.clocks import Clock, Instant

LONDON = ZoneInfo("Europe/London")


def clock(zone: ZoneInfo | None = None, offset_us: int = 0) -> Clock:
    """Stamps from 1995 to the end of 2030 are taken."""
    bounds = (datetime(1995, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))
    return Clock(zone, *(clocks.microseconds(bound) for bound in bounds), offset_us)


def said(instant: Instant) -> tuple[str, str, str]:
    """The instant in UTC, with its precision and basis."""
    moment = clocks.EPOCH + timedelta(microseconds=instant.us)
    return moment.replace(tzinfo=None).isoformat(sep=" "), instant.precision, instant.basis


@pytest.mark.parametrize(
    ("text", "moment", "precision"),
    [
        ("2016-04-27T16:28:50.3963933-04:00", "2016-04-27 20:28:50.396393", "microsecond"),
        ("2026-01-31T13:05:07.000+0000", "2026-01-31 13:05:07", "millisecond"),
        ("2026-01-31 13:05:07.5Z", "2026-01-31 13:05:07.500000", "millisecond"),
        ("2026-01-31 13:05:07,123456 UTC", "2026-01-31 13:05:07.123456", "microsecond"),
        ("2026-01-31 13:05:07.123456789Z", "2026-01-31 13:05:07.123456", "microsecond"),
        ("2026-01-31 13:05:07+00", "2026-01-31 13:05:07", "second"),
        ("2026-01-31T13:05+05:45", "2026-01-31 07:20:00", "minute"),
        ("2026-01-01T00:30:00-01:00", "2026-01-01 01:30:00", "second"),
        ("2016-12-31T23:59:60Z", "2017-01-01 00:00:00", "second"),
        (" 2026-01-31T13:05:07Z ", "2026-01-31 13:05:07", "second"),
    ],
)
def test_an_iso_stamp_with_a_zone_is_explicit(text: str, moment: str, precision: str) -> None:
    """Offsets are applied, digits past the microsecond are cut, a leap second is the next one."""
    assert said(clocks.iso(text, clock(LONDON))) == (moment, precision, "explicit")


@pytest.mark.parametrize(
    "text",
    [
        "01-03-17",
        "24-02-2015 11:35",
        "10/20/2016",
        "20260131",
        "2026-1-31",
        "1767225600",
        "2026-01-31T13",
        "2026-01-31T13:05:07 EST",
        "2026-01-31T13:05:07.1234567890Z",
        "\u0662\u0660\u0662\u0666-01-31T13:05:07Z",
        "",
    ],
)
def test_another_form_is_refused(text: str) -> None:
    """Nothing but year-first ISO is read as such: days and months are not guessed at."""
    with pytest.raises(BadRecord, match="not an ISO 8601 time"):
        clocks.iso(text, clock(LONDON))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-29T00:00:00Z", "impossible time"),
        ("0000-00-00T00:00:00Z", "impossible time"),
        ("2026-01-01T24:00:00Z", "impossible time"),
        ("2026-01-01T00:00:61Z", "impossible time"),
        ("9999-12-31T23:59:60Z", "impossible time"),
        ("0001-01-01T00:00:00+01:00", "impossible time"),
        ("9999-12-31T23:59:59Z", "time in the future: 9999-12-31 23:59"),
        ("2026-01-01T00:00:00+15:00", "impossible zone"),
        ("2026-01-01T00:00:00+01:75", "impossible zone"),
        ("2031-01-01T00:00:00.000001Z", "time in the future: 2031-01-01 00:00"),
        ("1994-12-31T23:59:59Z", "time before the company existed"),
    ],
)
def test_a_time_that_cannot_be_is_refused(text: str, reason: str) -> None:
    """Neither the calendar nor the company's life is stretched."""
    with pytest.raises(BadRecord, match=reason):
        clocks.iso(text, clock())


def test_the_limits_themselves_are_taken() -> None:
    """The first and the last instant of a company are its own."""
    first = clocks.iso("1995-01-01T00:00:00Z", clock())
    last = clocks.iso("2031-01-01T00:00:00Z", clock())

    assert (first.us, last.us) == (clock().earliest_us, clock().latest_us)


@pytest.mark.parametrize(
    ("text", "moment", "basis"),
    [
        ("2026-03-29 00:59:59", "2026-03-29 00:59:59", "source_zone"),
        ("2026-03-29 01:00:00", "2026-03-29 01:00:00", "gap"),
        ("2026-03-29 01:30:00", "2026-03-29 01:30:00", "gap"),
        ("2026-03-29 02:00:00", "2026-03-29 01:00:00", "source_zone"),
        ("2026-10-25 00:59:59", "2026-10-24 23:59:59", "source_zone"),
        ("2026-10-25 01:00:00", "2026-10-25 00:00:00", "fold"),
        ("2026-10-25 01:59:59", "2026-10-25 00:59:59", "fold"),
        ("2026-10-25 02:00:00", "2026-10-25 02:00:00", "source_zone"),
    ],
)
def test_a_clock_change_is_marked(text: str, moment: str, basis: str) -> None:
    """The repeated hour is read as its first pass, the skipped hour is moved on; both say so."""
    assert said(clocks.iso(text, clock(LONDON))) == (moment, "second", basis)


def test_a_day_begins_at_midnight_of_the_source() -> None:
    """A date is the local midnight, known to the day."""
    assert said(clocks.iso("2026-07-01", clock(LONDON))) == (
        "2026-06-30 23:00:00",
        "day",
        "source_zone",
    )


def test_a_stamp_without_a_zone_needs_one() -> None:
    """Where wend.toml names no zone, none is assumed."""
    with pytest.raises(BadRecord, match="time without a zone: set time_zone"):
        clocks.iso("2026-01-01 12:00:00", clock())


def test_a_clock_known_to_be_off_is_put_right() -> None:
    """The offset is added before the limits are looked at."""
    late = clock(offset_us=-3_600_000_000)

    assert said(clocks.iso("2031-01-01T01:00:00Z", late))[0] == "2031-01-01 00:00:00"


@pytest.mark.parametrize(
    ("value", "unit", "moment", "precision"),
    [
        (1767225600, "s", "2026-01-01 00:00:00", "second"),
        ("1767225600", "s", "2026-01-01 00:00:00", "second"),
        ("1767225600.000136", "s", "2026-01-01 00:00:00.000136", "microsecond"),
        (1767225600.5, "s", "2026-01-01 00:00:00.500000", "millisecond"),
        (1767225600123, "ms", "2026-01-01 00:00:00.123000", "millisecond"),
        ("1767225600123.456", "ms", "2026-01-01 00:00:00.123456", "microsecond"),
        (1767225600123456, "us", "2026-01-01 00:00:00.123456", "microsecond"),
        (1767225600123456999, "ns", "2026-01-01 00:00:00.123456", "microsecond"),
        ("1767225600.1234569", "s", "2026-01-01 00:00:00.123456", "microsecond"),
    ],
)
def test_a_unix_time_is_read_in_its_unit(
    value: object, unit: str, moment: str, precision: str
) -> None:
    """Texts, integers and fractions give the exact microsecond."""
    assert said(clocks.epoch(value, unit, clock())) == (moment, precision, "explicit")


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (1767225600, "ms"),
        (1767225600, "us"),
        (1767225600123, "s"),
        (1767225600123, "us"),
        (1767225600123456, "ms"),
        (0, "s"),
        (-1767225600, "s"),
    ],
)
def test_a_unix_time_of_another_magnitude_is_refused(value: int, unit: str) -> None:
    """Seconds are never taken for milliseconds."""
    with pytest.raises(BadRecord, match="Unix time of another unit"):
        clocks.epoch(value, unit, clock())


@pytest.mark.parametrize("value", [True, None, "", "1e9", "1.767e9", "2026", "\u0661767225600"])
def test_what_is_no_unix_time_is_refused(value: object) -> None:
    """A truth value, a damaged number and a year are none."""
    with pytest.raises(BadRecord, match="Unix time"):
        clocks.epoch(value, "s", clock())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("17/May/2015:10:05:03 +0000", "2015-05-17 10:05:03"),
        ("17/May/2015:10:05:03 -0730", "2015-05-17 17:35:03"),
        ("01/Jan/2016:00:05:03 +0100", "2015-12-31 23:05:03"),
    ],
)
def test_an_access_log_stamp_is_read_with_its_offset(text: str, moment: str) -> None:
    """Month names are English whatever the machine speaks."""
    assert said(clocks.common_log(text, clock())) == (moment, "second", "explicit")


@pytest.mark.parametrize(
    "text",
    [
        "17/Mai/2015:10:05:03 +0000",
        "31/Feb/2015:10:05:03 +0000",
        "17/May/2015:10:05:03",
        "17/May/2015:10:05:60 +0000",
        "17/May/2015:10:05:03 +9900",
    ],
)
def test_a_damaged_access_log_stamp_is_refused(text: str) -> None:
    """An unknown month, an impossible day and a missing zone are no time."""
    with pytest.raises(BadRecord):
        clocks.common_log(text, clock())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("22 Aug 2002 13:51:00 -0000", "2002-08-22 13:51:00"),
        ("Thu, 22 Aug 2002 13:51:00 +0700", "2002-08-22 06:51:00"),
        ("Thu, 22 Aug 2002 13:51:00 -0700 (PDT)", "2002-08-22 20:51:00"),
        ("Wed Oct 11 06:55:44 +0000 2017", "2017-10-11 06:55:44"),
        ("Thu, 22 Aug 2002 13:51:00 EST", "2002-08-22 18:51:00"),
    ],
)
def test_a_mail_date_is_read_as_the_standard_says(text: str, moment: str) -> None:
    """`-0000` is UTC; comments and old zone names are understood."""
    assert said(clocks.mail_date(text, clock(LONDON))) == (moment, "second", "explicit")


@pytest.mark.parametrize("text", ["", "yesterday", "Thu, 31 Feb 2002 13:51:00 +0000"])
def test_what_is_no_mail_date_is_refused(text: str) -> None:
    """A header without a readable date is no time."""
    with pytest.raises(BadRecord, match="not a mail date"):
        clocks.mail_date(text, clock())


@pytest.mark.parametrize(
    ("text", "layout", "expected"),
    [
        (
            "29/03/2026 02:14:07",
            "%d/%m/%Y %H:%M:%S",
            ("2026-03-29 01:14:07", "second", "source_zone"),
        ),
        ("02/03/2026 09:05", "%d/%m/%Y %H:%M", ("2026-03-02 09:05:00", "minute", "source_zone")),
        ("02/03/2026", "%m/%d/%Y", ("2026-02-03 00:00:00", "day", "source_zone")),
        (
            "02.03.2026 09:05:01 +0200",
            "%d.%m.%Y %H:%M:%S %z",
            ("2026-03-02 07:05:01", "second", "explicit"),
        ),
        (
            "2026-07-02 09:05:01 UTC",
            "%Y-%m-%d %H:%M:%S %Z",
            ("2026-07-02 09:05:01", "second", "explicit"),
        ),
        ("2.3.2026 9:05", "day-first", ("2026-03-02 09:05:00", "minute", "source_zone")),
        ("3/2/2026, 9:05 PM", "month-first", ("2026-03-02 21:05:00", "minute", "source_zone")),
        ("2026/03/02 12:05:01 am", "day-first", ("2026-03-02 00:05:01", "second", "source_zone")),
        ("02-03-2026T09:05:01+0100", "day-first", ("2026-03-02 08:05:01", "second", "explicit")),
        (
            "Mar 2, 2026 09:05 pm",
            "%b %d, %Y %I:%M %p",
            ("2026-03-02 21:05:00", "minute", "source_zone"),
        ),
        ("2 march 2026", "%d %B %Y", ("2026-03-02 00:00:00", "day", "source_zone")),
        ("02/03/26", "%d/%m/%y", ("2026-03-02 00:00:00", "day", "source_zone")),
        ("2026-061", "%Y-%j", ("2026-03-02 00:00:00", "day", "source_zone")),
        ("20260302090501", "%Y%m%d%H%M%S", ("2026-03-02 09:05:01", "second", "source_zone")),
    ],
)
def test_a_declared_layout_is_followed(
    text: str, layout: str, expected: tuple[str, str, str]
) -> None:
    """Day and month stand where the layout says, and the zone is the source's or the stamp's."""
    assert said(clocks.declared(text, layout, clock(LONDON))) == expected


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("13/31/2026", "%d/%m/%Y"),
        ("02/03/26", "%d/%m/%Y"),
        ("2026-07-02 09:05:01 EST", "%Y-%m-%d %H:%M:%S %Z"),
        ("31/02/2026", "%d/%m/%Y"),
        ("2026-366", "%Y-%j"),
        ("31/02/2026", "day-first"),
        ("02/13/2026", "day-first"),
        ("02/03/26", "day-first"),
        ("02/03/2026 13:00 pm", "day-first"),
        ("1767225600", "day-first"),
        ("02/03/2026", "numeric"),
        (1767225600, "epoch"),
    ],
)
def test_a_stamp_off_its_layout_is_refused(text: str, layout: str) -> None:
    """A stamp that does not fit is told, never read another way."""
    with pytest.raises(BadRecord):
        clocks.declared(text, layout, clock(LONDON))


def test_a_moment_of_a_parquet_file_needs_no_layout() -> None:
    """With a zone it is explicit, without one it is read in the source's."""
    summer = datetime(2026, 7, 1, 12)  # noqa: DTZ001
    assert said(clocks.declared(summer, "iso", clock(LONDON)))[0] == "2026-07-01 11:00:00"
    assert said(clocks.declared(summer.replace(tzinfo=UTC), "s", clock(LONDON)))[2] == "explicit"


@given(
    moment=st.datetimes(datetime(1996, 1, 1), datetime(2030, 12, 30)),  # noqa: DTZ001
    east=st.integers(-14 * 60, 14 * 60),
)
def test_any_offset_stamp_reads_back(moment: datetime, east: int) -> None:
    """Writing an instant in any zone and reading it gives the instant, to the microsecond."""
    written = moment.replace(tzinfo=timezone(timedelta(minutes=east)))

    assert clocks.iso(written.isoformat(), clock()).us == clocks.microseconds(written)


@given(st.datetimes(datetime(1996, 1, 1), datetime(2030, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_any_local_stamp_reads_back_unless_marked(moment: datetime) -> None:
    """A wall-clock stamp gives its instant, or else its first pass and the mark fold."""
    wall = moment.astimezone(LONDON).replace(tzinfo=None)

    found = clocks.iso(wall.isoformat(), clock(LONDON))

    assert found.basis in {"source_zone", "fold"}
    late = clocks.microseconds(moment) - found.us
    assert late == 0 or (found.basis == "fold" and late == 3_600_000_000)


LAYOUTS = (
    ("iso", "%Y-%m-%d %H:%M:%S"),
    ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S"),
    ("day-first", "%d.%m.%Y %H:%M:%S"),
    ("month-first", "%m/%d/%Y %I:%M:%S %p"),
)


@pytest.mark.parametrize(("layout", "written"), LAYOUTS)
@pytest.mark.parametrize(
    ("moment", "found"),
    [
        (datetime(2026, 3, 29, 1, 30), ("2026-03-29 01:30:00", "second", "gap")),  # noqa: DTZ001
        (datetime(2026, 10, 25, 1, 30), ("2026-10-25 00:30:00", "second", "fold")),  # noqa: DTZ001
        (datetime(2026, 7, 1, 1, 30), ("2026-07-01 00:30:00", "second", "source_zone")),  # noqa: DTZ001
    ],
)
def test_a_clock_change_is_marked_in_every_layout(
    layout: str, written: str, moment: datetime, found: tuple[str, str, str]
) -> None:
    """Gap and fold do not depend on how a stamp is written."""
    assert said(clocks.declared(moment.strftime(written), layout, clock(LONDON))) == found


@pytest.mark.parametrize(("layout", "written"), LAYOUTS)
@pytest.mark.parametrize(
    ("year", "reason"), [(1994, "before the company existed"), (2031, "in the future")]
)
def test_the_companys_life_bounds_every_layout(
    layout: str, written: str, year: int, reason: str
) -> None:
    """A stamp outside is refused however it is written."""
    with pytest.raises(BadRecord, match=reason):
        clocks.declared(datetime(year, 6, 1).strftime(written), layout, clock(LONDON))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("2016-12-31T23:59:60Z", "iso"),
        ("31/12/2016 23:59:60 +0000", "%d/%m/%Y %H:%M:%S %z"),
        ("31/12/2016 23:59:60Z", "day-first"),
    ],
)
def test_a_leap_second_is_the_next_in_every_layout(text: str, layout: str) -> None:
    """No clock here has a sixtieth second, and none is lost."""
    assert said(clocks.declared(text, layout, clock()))[0] == "2017-01-01 00:00:00"


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("2026-01-31 13:05:07.1234569Z", "iso"),
        ("31.01.2026 13:05:07.123456999Z", "%d.%m.%Y %H:%M:%S.%f%z"),
        ("31.01.2026 13:05:07.12345699Z", "day-first"),
    ],
)
def test_digits_past_the_microsecond_are_cut(text: str, layout: str) -> None:
    """Rounding would move an event past what followed it."""
    found = said(clocks.declared(text, layout, clock()))
    assert found == ("2026-01-31 13:05:07.123456", "microsecond", "explicit")


@pytest.mark.parametrize(
    ("fraction", "precision"), [("", "second"), (".5", "millisecond"), (".5000", "microsecond")]
)
def test_a_layouts_precision_is_what_was_written(fraction: str, precision: str) -> None:
    """`%f` may be three digits, and a moment of a typed file shows its own."""
    layout = "%d.%m.%Y %H:%M:%S" + (".%f" if fraction else "")
    found = clocks.declared(f"31.01.2026 13:05:07{fraction}", layout, clock(LONDON))
    assert found.precision == precision


@pytest.mark.parametrize(
    ("value", "precision"),
    [
        (date(2026, 7, 1), "day"),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), "second"),
        (datetime(2026, 7, 1, 12, microsecond=500_000, tzinfo=UTC), "millisecond"),
        (datetime(2026, 7, 1, 12, microsecond=500_001, tzinfo=UTC), "microsecond"),
    ],
)
def test_a_typed_moment_is_as_exact_as_its_digits(value: date, precision: str) -> None:
    """A spreadsheet's date is a day whatever the layout of texts beside it."""
    assert clocks.declared(value, "%d/%m/%Y", clock(LONDON)).precision == precision


@pytest.mark.parametrize("layout", ["%x", "%H:%M", "%d/%m", "%Y-%m-%d %Y", "rfc"])
def test_a_layout_that_names_no_day_is_a_fault_of_the_configuration(layout: str) -> None:
    """It is told before a record is lost to it."""
    with pytest.raises(BadSettings, match="time_format"):
        clocks.declared("02/03/2026", layout, clock(LONDON))


@given(moment=st.datetimes(datetime(1996, 1, 1), datetime(2030, 12, 30)))  # noqa: DTZ001
def test_the_layouts_agree(moment: datetime) -> None:
    """One wall clock is one instant however it was written, zone changes and all."""
    found = {
        clocks.declared(moment.strftime(written), layout, clock(LONDON))
        for layout, written in LAYOUTS
    }
    assert len(found) == 1
