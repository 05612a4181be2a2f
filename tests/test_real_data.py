"""Real logs in the formats that users have: every record is accounted for, end to end."""

import shutil
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import polars as pl
import pytest

from pipeline.landing import gate
from pipeline.landing.ledger import Night
from pipeline.settings import load

SHARED = Path(__file__).parents[2] / "shared" / "data"
SEEDS = SHARED / "crm_and_support_seeds"

WEND_TOML = """
[company]
name = "A patchwork of public logs"
founded_on = 1995-01-01

[sources.shop]
format = "access_log"
path = "raw/shop/*"

[sources.tracker]
format = "generic"
path = "raw/tracker/*.csv"
channel = "web"
time_zone = "UTC"
[sources.tracker.columns]
own_id = "event_fingerprint"
occurred_at = "derived_tstamp"
received_at = "collector_tstamp"
kind = "event_name"
label = "page_urlpath"
user_agent = "useragent"
identifiers = { anonymous_id = "domain_userid", user_id = "user_id", network_id = "network_userid" }
properties = ["*"]

[sources.mailbox]
format = "mail"
path = "raw/mailbox/*/*"

[sources.hubspot]
format = "hubspot"
path = "raw/hubspot/*.csv"
time_zone = "UTC"

[sources.salesforce]
format = "salesforce"
path = "raw/salesforce/*.csv"
time_zone = "UTC"

[sources.tickets]
format = "generic"
path = "raw/zendesk/ticket_data.csv"
channel = "chat"
time_zone = "UTC"
[sources.tickets.columns]
own_id = "id"
occurred_at = "created_at"
kind = "=ticket_opened"
label = "type"
text = "description"
identifiers = { zendesk_user = "requester_id" }
properties = ["*"]

[sources.ticket_comments]
format = "generic"
path = "raw/zendesk/ticket_comment_data.csv"
channel = "chat"
time_zone = "UTC"
[sources.ticket_comments.columns]
own_id = "id"
occurred_at = "created"
kind = "=ticket_comment_added"
text = "body"
identifiers = { zendesk_user = "user_id" }
properties = ["*"]

[sources.ticket_users]
format = "generic"
path = "raw/zendesk/user_data.csv"
channel = "chat"
time_zone = "UTC"
[sources.ticket_users.columns]
own_id = "id"
occurred_at = "created_at"
kind = "=contact_created"
identifiers = { zendesk_user = "id", email = "email", phone = "phone" }
properties = ["*"]

[sources.messenger_contacts]
format = "generic"
path = "raw/intercom/contact_history_data.csv"
channel = "chat"
time_zone = "UTC"
[sources.messenger_contacts.columns]
occurred_at = "updated_at"
kind = "=contact_updated"
identifiers = { intercom_contact = "id", user_id = "external_id" }
properties = ["*"]

[sources.messenger_parts]
format = "generic"
path = "raw/intercom/conversation_part_history_data.csv"
channel = "chat"
time_zone = "UTC"
[sources.messenger_parts.columns]
occurred_at = "created_at"
kind = "=conversation_message_sent"
label = "part_type"
identifiers = { intercom_contact = "author_id" }
properties = ["*"]

[sources.orders]
format = "generic"
path = "raw/orders/*.csv"
channel = "store"
time_zone = "Europe/London"
[sources.orders.columns]
occurred_at = "InvoiceDate"
kind = "=order_line_sold"
label = "StockCode"
amount = "UnitPrice"
currency = "=GBP"
object_kind = "=order"
object_id = "InvoiceNo"
identifiers = { shop_customer = "CustomerID" }
properties = ["*"]
"""

# Rows that a reader of the files can count by hand or by `wc`: the equation is held to them.
RECORDS = {
    "shop": 10_000,
    "tracker": 160,
    "mailbox": 2_500,
    "tickets": 10,
    "ticket_comments": 20,
    "ticket_users": 10,
    "messenger_contacts": 9,
    "messenger_parts": 9,
}


@pytest.fixture(scope="module")
def patchwork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project over all the real folders; skipped, saying so, where they are absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the real data is not here: {SHARED}")
    folder = tmp_path_factory.mktemp("patchwork")
    raw = folder / "raw"
    for name in ("shop", "tracker", "hubspot", "salesforce", "zendesk", "intercom"):
        (raw / name).mkdir(parents=True)
    shutil.copy(SHARED / "web_access_apache" / "apache_logs", raw / "shop")
    shutil.copy(SHARED / "web_snowplow_web/source/snowplow_web_events.csv", raw / "tracker")
    for name in ("hubspot", "salesforce", "zendesk", "intercom"):
        for path in (SEEDS / name / "integration_tests" / "seeds").glob("*.csv"):
            shutil.copy(path, raw / name)
    for source, archive in (
        ("mailbox", SHARED / "email_spamassassin_easy" / "easy-ham-1.tar.gz"),
        ("orders", next((SHARED / "crm_online_retail").glob("*.tar.gz"))),
    ):
        with tarfile.open(archive) as packed:
            packed.extractall(raw / source, filter="data")
    (folder / "wend.toml").write_text(WEND_TOML)
    return folder


Wend = Callable[..., CompletedProcess[str]]


@pytest.mark.long
def test_every_real_record_is_accounted_for(patchwork: Path, wend: Wend) -> None:
    """Read = landed + duplicates + quarantined + ignored, the shop day by day."""
    wend("init", patchwork / "catalogue", "--template", "retail")
    for name in ("stages.csv", "touchpoints.csv", "notes.csv"):
        shutil.copy(patchwork / "catalogue" / name, patchwork)
    days = sorted((patchwork / "raw" / "orders").glob("*.csv"))
    waiting = patchwork / "waiting"
    waiting.mkdir()
    for path in days[1:]:
        path.rename(waiting / path.name)
    done = wend("run", "--project", patchwork)
    assert done.returncode in {0, 3}, done.stderr

    for number, path in enumerate(days[1:], start=2):
        (waiting / path.name).rename(path)
        company = load(patchwork)
        night = Night(number, frozenset(company.sources), datetime(2026, 10, 1, tzinfo=UTC))
        landing = gate.land(company, company.lake, night, tell=lambda *_: None)
        assert landing.files["path"].to_list() == [f"raw/orders/{path.name}"]
    done = wend("run", "--project", patchwork)
    assert done.returncode in {0, 3}, done.stderr

    with duckdb.connect(
        str(patchwork / "data/published/current/wend.duckdb"), read_only=True
    ) as con:
        files = con.sql("from files").pl()
        quarantine = con.sql("from quarantine").pl()
    by_source = files.group_by("source").agg(pl.col("^.*_count$").sum())
    for row in by_source.iter_rows(named=True):
        assert row["record_count"] == (
            row["landed_count"]
            + row["duplicate_count"]
            + row["quarantined_count"]
            + row["ignored_count"]
        )
        assert row["record_count"] == RECORDS.get(row["source"], row["record_count"])
    assert quarantine.height == by_source["quarantined_count"].sum()
    assert files.filter(pl.col("source") == "orders").height == len(days)
