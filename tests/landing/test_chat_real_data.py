import zipfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing import readers
from pipeline.landing.formats import format_named
from pipeline.landing.record import Event, Ignored, Outcome, RawFile, Refused
from tests.landing.feeds import events, feed
from tests.test_real_data import SEEDS, SHARED

FIXTURES = SHARED / "chat_and_list_fixtures"
EXPORTS = SHARED / "chat_whatsapp_exports"


def read(layout: str, path: Path, **source: Any) -> list[Outcome]:
    """What a format's reader makes of a real file; skips, saying so, where there is none."""
    if not path.is_file():
        pytest.skip(f"the real data is not here: {path}")
    file = RawFile(path, path.name, "source-1")
    return list(readers.read(format_named(layout), file, feed(layout, **source)))


def account(found: list[Outcome]) -> tuple[int, int, int, int]:
    """Records read, landed, refused and ignored; each has one fate."""
    fates = {(outcome.record_number, type(outcome)) for outcome in found}
    counts = Counter(fate for _, fate in fates)
    read_count = len({number for number, _ in fates})
    assert read_count == sum(counts.values())
    return read_count, counts[Event], counts[Refused], counts[Ignored]


# format, file -> read, landed, refused, ignored
FILES = {
    ("slack", "slack/slack_history.json"): (7, 6, 0, 1),
    ("slack", "slack/slack_history_20150323.json"): (5, 4, 0, 1),
    ("slack", "slack/slack_history_next.json"): (2, 2, 0, 0),
    ("slack", "slack/slack_history_empty.json"): (0, 0, 0, 0),
    ("slack", "slack/slack_error.json"): (1, 0, 1, 0),
    ("slack", "slack/slack_info.json"): (1, 0, 0, 1),
    ("slack", "slack/slack_user_U0001.json"): (1, 0, 1, 0),
    ("rocketchat", "rocketchat/message_page_1.json"): (2, 1, 0, 1),
    ("rocketchat", "rocketchat/message_page_2.json"): (2, 2, 0, 0),
    ("rocketchat", "rocketchat/message_page_2020_05_03.json"): (1, 1, 0, 0),
    ("rocketchat", "rocketchat/message_empty_2020_05_10.json"): (0, 0, 0, 0),
    ("mattermost", "mattermost/mattermost_posts.json"): (5, 5, 0, 0),
    ("mattermost", "mattermost/mattermost_posts_next.json"): (4, 2, 0, 2),
    ("mattermost", "mattermost/mattermost_user_sduenas.json"): (1, 1, 0, 0),
    ("mattermost", "mattermost/mattermost_erros.json"): (1, 0, 1, 0),
    ("telegram", "telegram/telegram_messages.json"): (3, 3, 0, 0),
    ("telegram", "telegram/telegram_messages_next.json"): (3, 3, 0, 0),
    ("telegram", "telegram/telegram_messages_empty.json"): (0, 0, 0, 0),
    ("transcript", "supybot/supybot_2012_10_17.log"): (12, 6, 0, 6),
    ("transcript", "supybot/supybot_2012_10_18.log"): (8, 4, 0, 4),
    ("transcript", "supybot/supybot_invalid_date.log"): (9, 5, 1, 3),
    ("transcript", "supybot/supybot_invalid_msg.log"): (9, 4, 1, 4),
    ("transcript", "supybot/supybot_valid.log"): (99, 50, 1, 48),
}


@pytest.mark.parametrize(("layout", "name"), FILES, ids=[name for _, name in FILES])
def test_every_record_of_the_fixtures_has_one_fate(layout: str, name: str) -> None:
    """Counted by hand or by `wc`."""
    assert account(read(layout, FIXTURES / name)) == FILES[layout, name]


@pytest.mark.parametrize(
    ("name", "count", "landed"),
    [
        ("lorem-2000.txt", 2000, 2000),
        ("lorem-merge-part1.txt", 300, 300),
        ("lorem-merge-part2.txt", 300, 300),
        ("lorem.txt", 500, 500),
        ("pokemon.txt", 20, 18),
    ],
)
def test_whatsapp_exports_are_read_whole(name: str, count: int, landed: int) -> None:
    """Their dates are decided by the dates themselves."""
    found = read("whatsapp_export", EXPORTS / name, zone="Europe/Madrid")

    assert account(found) == (count, landed, 0, count - landed)


def test_exports_that_overlap_hold_each_message_once(tmp_path: Path) -> None:
    """Two exports of one chat, 400 messages of which stand in both."""
    path = EXPORTS / "lorem-2000.txt"
    whole = {event.own_id for event in events(read("whatsapp_export", path, zone="UTC"))}
    lines = path.read_text(encoding="utf-8").splitlines()
    ids = []
    for name, part in (("a.txt", lines[:1200]), ("b.txt", lines[800:])):
        (tmp_path / name).write_text("\n".join(part), encoding="utf-8")
        found = events(read("whatsapp_export", tmp_path / name, zone="UTC"))
        ids.append({event.own_id for event in found})

    assert [len(each) for each in ids] == [1200, 1200]
    assert len(whole) == 2000
    assert ids[0] | ids[1] == whole


@pytest.mark.parametrize("path", sorted((SHARED / "chat_irc" / "dev").glob("*.raw.txt")), ids=str)
def test_irc_logs_keep_their_order_from_day_to_day(path: Path) -> None:
    """All lines are accounted for, and no time goes back by more than a changed clock."""
    found = read("transcript", path, zone="UTC")

    assert account(found)[0] == sum(1 for line in path.read_text().splitlines() if line.strip())
    assert account(found)[2] == 0
    times = [event.occurred.us for event in events(found)]
    assert min(later - sooner for sooner, later in pairwise(times)) >= -3600e6
    day = datetime.strptime(path.name[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    last = datetime.fromtimestamp(times[-1] / 1e6, UTC)
    assert timedelta() <= last - day < timedelta(days=3)


def zipped(folder: Path, vendor: str, *names: str) -> Path:
    """Some of a warehouse's real tables in one .zip; skips, saying so, where there are none."""
    seeds = SEEDS / vendor / "integration_tests" / "seeds"
    if not seeds.is_dir():
        pytest.skip(f"the real data is not here: {seeds}")
    path = folder / f"{vendor}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for table in sorted(seeds.glob("*.csv")):
            if not names or table.stem.removesuffix("_data") in names:
                archive.write(table, table.name)
    return path


def test_a_warehouse_s_tables_of_zendesk_in_one_zip_know_their_people(tmp_path: Path) -> None:
    """The comments' authors are in the users, though these come last."""
    path = zipped(tmp_path, "zendesk", "ticket", "ticket_comment", "ticket_field_history", "user")

    found = read("zendesk_support", path, agents=("1111",))

    assert account(found) == (78, 69, 0, 9)
    assert Counter(event.kind for event in events(found)) == {
        "ticket_opened": 10,
        "ticket_closed": 27,
        "ticket_commented": 20,
        "ticket_status_changed": 30,
        "contact_created": 9,
    }


def test_a_warehouse_s_chats_of_zendesk_are_read(tmp_path: Path) -> None:
    """Zendesk's bot speaks in all of them, under whatever name."""
    found = read("zendesk_support", zipped(tmp_path, "zendesk", "ticket_chat", "ticket_chat_event"))

    assert account(found) == (22, 19, 0, 3)
    assert Counter((event.kind, event.actor) for event in events(found)) == {
        ("association_recorded", "system"): 10,
        ("chat_message_sent", "bot"): 8,
        ("chat_message_sent", "system"): 1,
    }


def test_a_warehouse_s_tables_of_intercom_are_read(tmp_path: Path) -> None:
    """All 17: two conversations have nine versions, and most tables are of the workspace."""
    found = read("intercom", zipped(tmp_path, "intercom"))

    assert account(found) == (132, 36, 0, 96)
    assert len({event.own_id for event in events(found)}) == 29
    assert Counter(event.kind for event in events(found)) == {
        "conversation_started": 9,
        "conversation_closed": 8,
        "conversation_noted": 1,
        "contact_created": 9,
        "association_recorded": 9,
    }
