# ruff: noqa: E501 - a table as text is as wide as it is

from collections.abc import Callable

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.tables import table

RunModel = Callable[..., pl.DataFrame]
IDENTIFIERS = table("""
    namespace    | value  | status | customer_id | is_strong | priority
    user_id      | u1     | active | ada         | true      | 10
    user_id      | u2     | active | bob         | true      | 10
    anonymous_id | kiosk  | shared |             | false     | 60
    visitor      | office | shared |             | false     | 80
    anonymous_id | phone  | active | ada         | false     | 60
    anonymous_id | tablet | active | ada         | false     | 60
    email        | family | shared |             | false     | 30
""")
LINKS = table("""
    left_identifier | right_identifier    | status
    user_id:u1      | anonymous_id:kiosk  | shared
    user_id:u2      | anonymous_id:kiosk  | shared
    user_id:u1      | anonymous_id:phone  | used
    user_id:u1      | anonymous_id:tablet | used
    user_id:u2      | anonymous_id:tablet | rejected
""")
STAND_INS = table("""
    identifier          | customer_id
    anonymous_id:kiosk  | a-kiosk
    visitor:office      | a-office
""")


def attributed(run_model: RunModel, text: str, *, name: str = "event_customers") -> pl.DataFrame:
    """The rows of a model over events written as a table: `event_id`, `at`, `device`, `user`."""
    events = table(text).with_columns(
        pl.concat_str(pl.lit("2026-01-05 "), "at").str.to_datetime().alias("occurred_at"),
        pl.lit("web").alias("channel"),
    )
    devices = events.with_columns(pl.col("device").str.split("+")).explode("device")
    parts = pl.col("device").str.splitn(":", 2).struct
    handles = [
        devices.select("event_id", namespace=parts[0], value=parts[1]),
        events.drop_nulls("user").select(
            "event_id", namespace=pl.lit("user_id"), value=pl.col("user")
        ),
    ]
    return run_model(
        name,
        identifiers=IDENTIFIERS,
        customer_links=LINKS,
        ambiguous_customers=STAND_INS,
        landed_events=events.select("event_id", "occurred_at", "channel"),
        landed_identifiers=pl.concat(handles).with_columns(role=pl.lit("actor")),
    ).sort("event_id")


def test_an_anonymous_event_on_a_kiosk_is_of_the_login_nearest_in_time(
    run_model: RunModel,
) -> None:
    """Ada had logged in ten minutes before, bob did five minutes after: it is bob's."""
    owners = attributed(
        run_model,
        """
        event_id | at       | device             | user
        ada-in   | 09:00:00 | anonymous_id:kiosk | u1
        near-ada | 09:02:00 | anonymous_id:kiosk |
        near-bob | 09:10:00 | anonymous_id:kiosk |
        bob-in   | 09:15:00 | anonymous_id:kiosk | u2
        """,
    )

    expected = table("""
        event_id | customer_id | identifier         | attribution   | is_uncertain
        ada-in   | ada         | user_id:u1         | identifier    | false
        bob-in   | bob         | user_id:u2         | identifier    | false
        near-ada | ada         | anonymous_id:kiosk | nearest_login | true
        near-bob | bob         | anonymous_id:kiosk | nearest_login | true
    """)
    assert_frame_equal(owners.select(expected.columns), expected)


def test_of_two_logins_equally_near_the_one_before_counts(run_model: RunModel) -> None:
    """Five minutes after ada and five before bob, the event is ada's."""
    owners = attributed(
        run_model,
        """
        event_id | at       | device             | user
        ada-in   | 09:00:00 | anonymous_id:kiosk | u1
        between  | 09:05:00 | anonymous_id:kiosk |
        bob-in   | 09:10:00 | anonymous_id:kiosk | u2
        """,
    )

    assert owners.filter(event_id="between")["customer_id"].item() == "ada"


def test_a_login_counts_up_to_the_session_gap_and_not_beyond(run_model: RunModel) -> None:
    """Thirty minutes after ada's login are hers, a second more is nobody's; before it likewise."""
    owners = attributed(
        run_model,
        """
        event_id  | at       | device             | user
        too-early | 08:29:59 | anonymous_id:kiosk |
        early     | 08:30:00 | anonymous_id:kiosk |
        ada-in    | 09:00:00 | anonymous_id:kiosk | u1
        late      | 09:30:00 | anonymous_id:kiosk |
        too-late  | 09:30:01 | anonymous_id:kiosk |
        """,
    )

    assert owners["event_id"].to_list() == ["ada-in", "early", "late"]
    assert owners["customer_id"].unique().to_list() == ["ada"]


def test_backfill_may_be_shorter_than_the_gap(run_model: RunModel) -> None:
    """With five minutes of backfill an event six minutes before a login is nobody's."""
    sightings = table("""
        identifier | event_id | customer_id | occurred_us | gap_us     | backfill_us
        kiosk      | early    |             | 0           | 1800000000 | 300000000
        kiosk      | just     |             | 60000000    | 1800000000 | 300000000
        kiosk      | ada-in   | ada         | 360000000   | 1800000000 | 300000000
    """)

    found = run_model("nearest_logins", device_sightings=sightings).sort("event_id")

    assert found.select("event_id", "customer_id").rows() == [("early", None), ("just", "ada")]


def test_two_people_at_one_instant_leave_an_event_ambiguous(run_model: RunModel) -> None:
    """Both logged in at nine: what follows is neither's; nearer logins decide again."""
    text = """
        event_id | at       | device             | user
        ada-in   | 09:00:00 | anonymous_id:kiosk | u1
        bob-in   | 09:00:00 | anonymous_id:kiosk | u2
        whose    | 09:05:00 | anonymous_id:kiosk |
        bobs     | 09:19:00 | anonymous_id:kiosk |
        bob-back | 09:20:00 | anonymous_id:kiosk | u2
    """

    owners = attributed(run_model, text)
    ambiguous = attributed(run_model, text, name="ambiguous_events")

    assert owners.filter(event_id="bobs")["customer_id"].item() == "bob"
    assert ambiguous.select("event_id", "customer_id", "is_contested").rows() == [
        ("whose", "a-kiosk", True)
    ]


def test_without_a_login_near_the_device_keeps_the_event(run_model: RunModel) -> None:
    """Nobody logged in all morning: the event goes to the kiosk's own stand-in."""
    ambiguous = attributed(
        run_model,
        """
        event_id | at       | device             | user
        walk-in  | 07:00:00 | anonymous_id:kiosk |
        ada-in   | 09:00:00 | anonymous_id:kiosk | u1
        """,
        name="ambiguous_events",
    )

    assert ambiguous.select("event_id", "customer_id", "is_contested").rows() == [
        ("walk-in", "a-kiosk", False)
    ]


def test_a_device_of_one_person_keeps_what_came_before_the_login(run_model: RunModel) -> None:
    """Ada's own phone is hers hours before she first logs in there."""
    owners = attributed(
        run_model,
        """
        event_id | at       | device             | user
        before   | 01:00:00 | anonymous_id:phone |
        ada-in   | 09:00:00 | anonymous_id:phone | u1
        """,
    )

    assert owners.select("event_id", "customer_id", "attribution").rows() == [
        ("ada-in", "ada", "identifier"),
        ("before", "ada", "device"),
    ]


def test_a_device_that_two_people_used_is_split_by_their_logins(run_model: RunModel) -> None:
    """Near bob's login ada's tablet is bob's; far from any login it stays hers."""
    owners = attributed(
        run_model,
        """
        event_id | at       | device              | user
        far      | 01:00:00 | anonymous_id:tablet |
        near-bob | 09:05:00 | anonymous_id:tablet |
        bob-in   | 09:00:00 | anonymous_id:tablet | u2
        """,
    )

    assert owners.select("event_id", "customer_id", "attribution").rows() == [
        ("bob-in", "bob", "identifier"),
        ("far", "ada", "device"),
        ("near-bob", "bob", "nearest_login"),
    ]


def test_of_two_shared_devices_the_nearer_login_counts(run_model: RunModel) -> None:
    """In the office ada was seen a minute ago, at the kiosk bob ten minutes ago."""
    owners = attributed(
        run_model,
        """
        event_id | at       | device                            | user
        bob-in   | 09:00:00 | anonymous_id:kiosk                | u2
        ada-in   | 09:09:00 | visitor:office                    | u1
        whose    | 09:10:00 | anonymous_id:kiosk+visitor:office |
        """,
    )

    assert owners.filter(event_id="whose")["customer_id"].item() == "ada"


def test_a_shared_address_is_no_device(run_model: RunModel) -> None:
    """A family's e-mail says nothing of who sat where: its events stay nobody's."""
    owners = attributed(
        run_model,
        """
        event_id | at       | device             | user
        ada-in   | 09:00:00 | anonymous_id:kiosk | u1
        mailed   | 09:01:00 | email:family       |
        """,
    )

    assert owners["event_id"].to_list() == ["ada-in"]


MINUTES = st.lists(
    st.tuples(st.integers(0, 90), st.sampled_from([None, "ada", "bob"])), min_size=1, max_size=12
)


def nearest(minute: int, logins: list[tuple[int, str]]) -> str | None:
    """Who was there, told one by one: the rule in its own words."""
    near = [(abs(minute - at), at > minute, who) for at, who in logins if abs(minute - at) <= 30]
    if not near:
        return None
    best = min(near)[:2]
    owners = {who for *closeness, who in near if tuple(closeness) == best}
    return owners.pop() if len(owners) == 1 else None


@settings(max_examples=60)
@given(rows=MINUTES, order=st.randoms(use_true_random=False))
def test_the_rule_holds_for_any_log_in_any_order(
    run_model: RunModel, rows: list[tuple[int, str | None]], order: object
) -> None:
    """Whatever happened on the kiosk and however its rows lie, each event is the nearest login's."""
    sightings = pl.DataFrame(
        {
            "identifier": "kiosk",
            "event_id": [f"e{number:02}" for number in range(len(rows))],
            "strength": 1,
            "customer_id": pl.Series([who for _, who in rows], dtype=pl.String),
            "occurred_us": [minute * 60_000_000 for minute, _ in rows],
            "gap_us": 30 * 60_000_000,
            "backfill_us": 30 * 60_000_000,
        }
    )
    logins = [(minute, who) for minute, who in rows if who is not None]
    expected = {
        f"e{number:02}": nearest(minute, logins)
        for number, (minute, who) in enumerate(rows)
        if who is None
    }
    places = list(range(len(rows)))
    order.shuffle(places)  # type: ignore[attr-defined]

    found = run_model("nearest_logins", device_sightings=sightings[places])

    assert dict(found.select("event_id", "customer_id").iter_rows()) == expected
