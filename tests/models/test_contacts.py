# ruff: noqa: E501 - the rows of a table stay whole

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline.proportions import wilson
from tests.conftest import RunModel
from tests.tables import table

TOUCHPOINTS = table("""
    touchpoint      | stage    | position | stage_position | initiator | outcome   | is_value
    Visit site      | Discover | 1        | 1              | customer  |           | false
    Support chat    | Get help | 2        | 2              | customer  |           | false
    Phone call      | Get help | 3        | 2              | customer  |           | false
    Ticket resolved | Get help | 4        | 2              | company   |           | false
    Use service     | Use      | 5        | 3              | customer  |           | true
    Renewed         | Renew    | 6        | 4              | customer  | completes | false
    Survey answered |          | 7        |                | customer  |           | false
""")
STAGES = table("""
    stage    | position
    Discover | 1
    Get help | 2
    Use      | 3
    Renew    | 4
""")


def way(text: str) -> pl.DataFrame:
    """Events with what the catalogue says of their touchpoints."""
    return table(text).join(
        TOUCHPOINTS.select("touchpoint", "stage", "stage_position", "initiator", "outcome", "is_value"),
        on="touchpoint",
        how="left",
    )  # fmt: skip


def built(run_model: RunModel, name: str, events: pl.DataFrame) -> pl.DataFrame:
    """A model over events; it is 1 March, and silence lasts 30 days."""
    stages = {} if name == "contacts" else {"stages": STAGES}
    return run_model(name, ordered_events=events, touchpoints=TOUCHPOINTS, **stages)


def cases(run_model: RunModel, text: str) -> list[tuple[object, ...]]:
    """Contacts, status, whether it was told, and hours of each case."""
    found = run_model("contact_cases", ordered_events=way(text), touchpoints=TOUCHPOINTS)
    columns = ("contact_count", "status", "is_told", "resolution_hours")
    return found.sort("customer_id", "position").select(columns).rows()


def test_who_begins_a_contact_is_told_by_its_first_event(run_model: RunModel) -> None:
    """An agent who writes first began the chat; in a CRM the catalogue tells."""
    events = way("""
        customer_id | position | occurred_at         | channel | actor    | kind         | touchpoint
        ada         | 1        | 2026-01-01 10:00:00 | chat    | agent    | message_sent |
        ada         | 2        | 2026-01-01 10:01:00 | chat    | customer | chat_started | Support chat
        ada         | 3        | 2026-01-02 10:00:00 | chat    | customer | chat_started | Support chat
        ada         | 4        | 2026-01-03 10:00:00 | crm     | agent    | deal_changed | Renewed
        ada         | 5        | 2026-01-04 10:00:00 | phone   |          | call         | Phone call
        ada         | 6        | 2026-01-05 10:00:00 | survey  | customer | answered     | Survey answered
    """)

    found = built(run_model, "contacts", events).sort("position")

    expected = table("""
        position | channel | begun_by | intent       | is_effort
        1        | chat    | company  | Support chat | false
        3        | chat    | customer | Support chat | true
        4        | crm     | customer |              | false
        5        | phone   | customer | Phone call   | true
    """)
    assert_frame_equal(found.select(expected.columns), expected)


def test_pages_purchases_and_decisions_are_no_effort(run_model: RunModel) -> None:
    """Nor is a use of the service, by whichever channel."""
    events = way("""
        customer_id | position | occurred_at         | channel | actor    | touchpoint
        ada         | 1        | 2026-01-01 10:00:00 | web     | customer | Visit site
        ada         | 2        | 2026-01-02 10:00:00 | store   | customer | Use service
        ada         | 3        | 2026-01-03 10:00:00 | phone   | customer | Renewed
    """)

    assert built(run_model, "contacts", events)["is_effort"].to_list() == [False, False, False]


def test_a_contact_counts_once_at_each_stage_and_touchpoint_it_meets(run_model: RunModel) -> None:
    """Three contacts at the chat, one of them begun by the company: a third."""
    events = way("""
        customer_id | position | occurred_at         | channel | actor    | touchpoint
        ada         | 1        | 2026-01-01 10:00:00 | chat    | agent    |
        ada         | 2        | 2026-01-01 10:01:00 | chat    | customer | Support chat
        ada         | 3        | 2026-01-01 10:02:00 | chat    | customer | Support chat
        ada         | 4        | 2026-01-02 10:00:00 | chat    | customer | Support chat
        bob         | 1        | 2026-01-02 10:00:00 | chat    | customer | Support chat
    """)

    found = built(run_model, "contact_starts", events)

    chat = found.row(by_predicate=pl.col("name") == "Support chat", named=True)
    bounds = wilson([1], [3])
    assert (chat["contact_count"], chat["company_started_count"], chat["initiator"]) == (
        3,
        1,
        "customer",
    )
    assert chat["company_started_share"] == pytest.approx(1 / 3)
    assert chat["company_started_low"] == pytest.approx(bounds.low.item())
    assert chat["company_started_high"] == pytest.approx(bounds.high.item())
    nobody = found.row(by_predicate=pl.col("name") == "Visit site", named=True)
    assert (nobody["contact_count"], nobody["company_started_share"]) == (0, None)


def test_seven_days_between_contacts_are_one_case_and_a_second_more_are_two(
    run_model: RunModel,
) -> None:
    """Whatever the channel: a chat and a call about help are one case."""
    later = """
        ada | 3 | 2026-01-20 00:00:00 | web | customer | Visit site
    """
    one, two = (
        cases(
            run_model,
            f"""
            customer_id | position | occurred_at   | channel | actor    | touchpoint
            ada | 1 | 2026-01-01 00:00:00 | chat  | customer | Support chat
            ada | 2 | {again} | phone | customer | Phone call
            {later}
            """,
        )
        for again in ("2026-01-08 00:00:00", "2026-01-08 00:00:01")
    )

    assert one == [(2, "resolved", False, 168.0)]
    assert two == [(1, "resolved", False, 0.0), (1, "resolved", False, 0.0)]


def test_a_resolution_that_was_told_ends_the_hours(run_model: RunModel) -> None:
    """A ticket solved two days later; one that did not hold is contacted again."""
    held = cases(
        run_model,
        """
        customer_id | position | occurred_at         | channel | actor    | kind          | touchpoint
        ada         | 1        | 2026-01-01 00:00:00 | chat    | customer | chat_started  | Support chat
        ada         | 2        | 2026-01-03 00:00:00 | crm     | agent    | ticket_solved | Ticket resolved
        """,
    )
    broken = cases(
        run_model,
        """
        customer_id | position | occurred_at         | channel | actor    | kind          | touchpoint
        ada         | 1        | 2026-01-01 00:00:00 | chat    | customer | chat_started  | Support chat
        ada         | 2        | 2026-01-03 00:00:00 | crm     | agent    | ticket_solved | Ticket resolved
        ada         | 3        | 2026-01-04 00:00:00 | chat    | customer | chat_started  | Support chat
        ada         | 4        | 2026-01-05 12:00:00 | crm     | agent    | ticket_closed | Ticket resolved
        """,
    )

    assert held == [(1, "resolved", True, 48.0)]
    assert broken == [(2, "resolved", True, 108.0)]


def test_an_open_case_is_never_resolved(run_model: RunModel) -> None:
    """Seven days or less after the last contact it may go on, even if it was said to be over."""
    open_, over = (
        cases(
            run_model,
            f"""
            customer_id | position | occurred_at | channel | actor    | kind          | touchpoint
            ada         | 1        | {contact}   | chat    | customer | chat_started  | Support chat
            ada         | 2        | 2026-02-28 00:00:00 | crm | agent | ticket_solved | Ticket resolved
            """,
        )
        for contact in ("2026-02-22 00:00:00", "2026-02-21 23:59:59")
    )

    assert [row[1] for row in open_] == ["open"]
    assert [row[1] for row in over] == ["resolved"]


def test_silence_resolves_only_where_the_customer_went_on(run_model: RunModel) -> None:
    """Ada used the service later, Bob fell silent for good, and of Cyd nobody can tell yet."""
    found = cases(
        run_model,
        """
        customer_id | position | occurred_at         | channel | actor    | touchpoint
        ada         | 1        | 2026-01-01 00:00:00 | chat    | customer | Support chat
        ada         | 2        | 2026-01-08 00:00:01 | web     | customer | Use service
        bob         | 1        | 2026-01-01 00:00:00 | chat    | customer | Support chat
        bob         | 2        | 2026-01-08 00:00:00 | web     | customer | Use service
        cyd         | 1        | 2026-02-10 00:00:00 | chat    | customer | Support chat
        """,
    )

    assert [row[1] for row in found] == ["resolved", "left", "open"]


def test_effort_is_of_resolved_cases_and_says_what_is_open(run_model: RunModel) -> None:
    """Two resolved cases of three and one contacts: two a case; an open one is in no mean."""
    events = way("""
        customer_id | position | occurred_at         | channel | actor    | touchpoint
        ada         | 1        | 2026-01-01 00:00:00 | chat    | customer | Support chat
        ada         | 2        | 2026-01-02 00:00:00 | chat    | customer | Support chat
        ada         | 3        | 2026-01-03 00:00:00 | phone   | customer | Phone call
        ada         | 4        | 2026-01-20 00:00:00 | web     | customer | Use service
        bob         | 1        | 2026-01-01 00:00:00 | chat    | customer | Support chat
        bob         | 2        | 2026-01-20 00:00:00 | web     | customer | Use service
        cyd         | 1        | 2026-02-26 00:00:00 | chat    | customer | Support chat
    """)

    found = built(run_model, "effort", events)

    stage = found.row(by_predicate=pl.col("grain") == "stage", named=True)
    assert (stage["case_count"], stage["resolved_count"], stage["open_case_count"]) == (3, 2, 1)
    assert (stage["contacts_per_resolution"], stage["contacts_p50"]) == (2.0, 2.0)
    assert (stage["single_contact_share"], stage["resolution_hours_p50"]) == (0.5, 24.0)
    # Two standard errors of two cases reach below one contact, which nobody can have.
    assert stage["contacts_low"] == 1.0
    assert stage["contacts_high"] == pytest.approx(2 + 1.959964)
    # What began as a chat is the chat's case, call and all.
    chat, call = found.filter(grain="touchpoint").rows(named=True)
    assert (chat["name"], chat["case_count"], chat["contacts_per_resolution"]) == (
        "Support chat",
        3,
        2.0,
    )
    assert (call["name"], call["case_count"], call["contacts_per_resolution"]) == (
        "Phone call",
        0,
        None,
    )


def test_a_repeat_is_the_same_intent_within_seven_days_of_settled_contacts(
    run_model: RunModel,
) -> None:
    """Of four settled chats one is repeated in seven days exactly; the newest may yet be."""
    events = way("""
        customer_id | position | occurred_at         | channel | actor    | touchpoint
        ada         | 1        | 2026-01-01 00:00:00 | chat    | customer | Support chat
        ada         | 2        | 2026-01-08 00:00:00 | chat    | customer | Support chat
        ada         | 3        | 2026-01-15 00:00:01 | chat    | customer | Support chat
        bob         | 1        | 2026-01-01 00:00:00 | chat    | customer | Support chat
        bob         | 2        | 2026-01-02 00:00:00 | phone   | customer | Phone call
        cyd         | 1        | 2026-02-22 00:00:00 | chat    | customer | Support chat
    """)

    found = built(run_model, "effort", events)

    chat = found.row(by_predicate=pl.col("name") == "Support chat", named=True)
    bounds = wilson([1], [4])
    assert (chat["contact_count"], chat["settled_contact_count"], chat["repeated_count"]) == (
        5,
        4,
        1,
    )
    assert chat["repeated_share"] == 0.25
    assert chat["repeated_low"] == pytest.approx(bounds.low.item())
    assert chat["repeated_high"] == pytest.approx(bounds.high.item())
