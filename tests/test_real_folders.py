"""Every real folder that fits a format lands, and each of its records is accounted for."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from pipeline.landing import gate, ledger
from pipeline.landing.gate import Landing
from pipeline.landing.ledger import Night
from pipeline.settings import Settings

SHARED = Path(__file__).parents[2] / "shared" / "data"
FIXTURES = "chat_and_list_fixtures"
SEEDS = "crm_and_support_seeds"


class Folder(NamedTuple):
    """Real files of one format.

    Attributes:
        files: A glob below the folder of real data.
        left: Files that the format refuses whole, each for the reason that is said.
        more: Further keys of the source's section in wend.toml.
    """

    layout: str
    files: str
    left: int = 0
    more: dict[str, Any] = {}  # noqa: RUF012 - a tuple's default, never changed


FOLDERS = {
    "apache": Folder("access_log", "web_access_apache/apache_logs"),
    "logs_common": Folder("access_log", "web_access_formats/common*"),
    "logs_combined": Folder("access_log", "web_access_formats/{gandi,ncsa_extended}.log"),
    "logs_w3c": Folder(
        "w3c_log", "web_access_formats/{iis,iis_custom,netscaler,amazon_cloudfront_web}.log"
    ),
    "logs_json": Folder("json_log", "web_access_formats/*_json.log"),
    "logs_s3": Folder("s3_log", "web_access_formats/s3.log"),
    "snowplow_tsv": Folder("snowplow", "web_snowplow_tsv/enriched_event.tsv"),
    "snowplow_web": Folder("snowplow", "web_snowplow_web/source/snowplow_web_events.csv"),
    "amplitude": Folder("amplitude", f"{SEEDS}/amplitude/*/seeds/*_data.csv"),
    "mailchimp": Folder("mailchimp", f"{SEEDS}/mailchimp/*/seeds/*.csv"),
    "hubspot": Folder("hubspot", f"{SEEDS}/hubspot/*/seeds/*.csv"),
    "salesforce": Folder("salesforce", f"{SEEDS}/salesforce/*/seeds/*.csv"),
    "irc": Folder("transcript", "chat_irc/dev/*.raw.txt"),
    "supybot": Folder("transcript", f"{FIXTURES}/supybot/*.log"),
    "whatsapp": Folder("whatsapp_export", "chat_whatsapp_exports/*.txt"),
    "slack": Folder("slack", f"{FIXTURES}/slack/*.json"),
    "rocketchat": Folder("rocketchat", f"{FIXTURES}/rocketchat/*.json"),
    "mattermost": Folder("mattermost", f"{FIXTURES}/mattermost/*.json"),
    "telegram": Folder("telegram", f"{FIXTURES}/telegram/*.json"),
    "tweets": Folder("tweets", f"{FIXTURES}/twitter/*.json"),
    "sendgrid": Folder("sendgrid", "email_webhooks/sendgrid.jsonl"),
    "mailgun": Folder("mailgun", "email_webhooks/mailgun.jsonl"),
    "postmark": Folder("postmark", "email_webhooks/postmark.jsonl"),
    "amazon_ses": Folder("amazon_ses", "email_webhooks/amazon_ses.jsonl"),
    "pipermail": Folder("mail", f"{FIXTURES}/pipermail/*.mbox"),
    "hyperkitty": Folder("mail", f"{FIXTURES}/hyperkitty/*.mbox"),
    "groupsio": Folder("mail", f"{FIXTURES}/groupsio/*.zip", left=1),
    "nntp": Folder("mail", f"{FIXTURES}/nntp/*.txt"),
    "mbox": Folder("mail", f"{FIXTURES}/mbox/*.mbox"),
    "mikel": Folder("mail", "email_edgecases_mikel/spec/**/*.eml"),
    "edge_mail": Folder("mail", "email_edgecases_spamassassin/t/**/*.eml"),
    "shop_paths": Folder(
        "generic",
        "web_retentioneering_ecom/ecom.csv.gz",
        more={
            "channel": "web",
            "columns": {
                "occurred_at": "timestamp",
                "kind": "event",
                "identifiers": {"user_id": "user_id"},
                "properties": ["*"],
            },
        },
    ),
    "permits": Folder(
        "generic",
        "journey_logs/receipt.csv",
        more={
            "channel": "crm",
            "columns": {
                "occurred_at": "time:timestamp",
                "kind": "concept:name",
                "own_id": "concept:instance",
                "identifiers": {"permit": "case:concept:name"},
                "properties": ["*"],
            },
        },
    ),
    "ham": Folder("mail", "email_spamassassin_easy/*.tar.gz"),
    "zendesk": Folder("zendesk_support", f"{SEEDS}/zendesk/*/seeds/*_data*.csv"),
    "intercom": Folder("intercom", f"{SEEDS}/intercom/*/seeds/*_data*.csv"),
    "replies": Folder("mail", "email_replies/**/*.eml"),
}


def matching(pattern: str) -> list[Path]:
    """The real files of a glob that may hold {one,or another} word."""
    before, brace, rest = pattern.partition("{")
    if not brace:
        return sorted(path for path in SHARED.glob(pattern) if path.is_file())
    words, _, after = rest.partition("}")
    return [path for word in words.split(",") for path in matching(f"{before}{word}{after}")]


def bodies(path: Path) -> list[str]:
    """The webhook bodies in a file of test cases, one a line."""
    given = [json.loads(line)["payload"] for line in path.read_text().splitlines()]
    return [f"{body if isinstance(body, str) else json.dumps(body)}\n" for body in given]


class Landed(NamedTuple):
    """All folders in one project, landed."""

    settings: Settings
    landing: Landing


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """Every folder as a source; skipped, saying so, where the real data is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the real data is not here: {SHARED}")
    folder = tmp_path_factory.mktemp("folders")
    for name, real in FOLDERS.items():
        for path in matching(real.files):
            target = folder / "raw" / name / path.relative_to(SHARED)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.name == "email_webhooks":
                target.write_text("".join(bodies(path)))
            else:
                shutil.copy(path, target)
    settings = Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "A patchwork of public logs", "founded_on": "1995-01-01"},
            "sources": {
                name: {
                    "format": real.layout,
                    "path": f"raw/{name}/**/*",
                    "time_zone": "UTC",
                    **real.more,
                }
                for name, real in FOLDERS.items()
            },
        }
    )
    night = Night(1, frozenset(), datetime(2026, 11, 1, tzinfo=UTC))
    return Landed(settings, gate.land(settings, settings.lake, night, tell=lambda *_: None))


@pytest.mark.long
@pytest.mark.parametrize("name", FOLDERS)
def test_every_record_of_a_real_folder_is_accounted_for(name: str, landed: Landed) -> None:
    """Read = landed + duplicate + refused + ignored, and every file is landed or named."""
    files = landed.landing.files.filter(pl.col("source") == name)
    mine = [problem for problem in landed.landing.problems if problem.source == name]
    # A copy of another file is told, and landed with it.
    problems = [problem for problem in mine if not problem.is_taken]
    counts = {
        part: int(files[f"{part}_count"].sum())
        for part in ("record", "landed", "duplicate", "quarantined", "ignored")
    }
    reasons = (
        ledger.landed_table(landed.settings.lake, "quarantine")
        .filter(pl.col("source") == name)
        .group_by("reasons")
        .len()
        .sort("len", "reasons", descending=[True, False])
        .collect()
    )

    print(
        f"\n| {name} | {FOLDERS[name].layout} | {files.height} | "
        + " | ".join(map(str, counts.values())),
        end=" | ",
    )
    print("; ".join(f"{count} {reason[:60]}" for reason, count in reasons.iter_rows()), "|")
    for problem in problems:
        print(f"    {problem.path}: {problem.reason}")
    assert counts.pop("record") == sum(counts.values())
    assert len(problems) == FOLDERS[name].left
    distinct = {path.read_bytes() for path in matching(FOLDERS[name].files)}
    assert files.height + len(problems) == len(distinct)
    assert counts["landed"] > 0
