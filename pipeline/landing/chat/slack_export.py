"""A Slack export as records: the elements of its JSON lists, with the entry that holds them."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing.chat.parties import Staff, is_staff
from pipeline.landing.chat.parts import look
from pipeline.landing.containers.json_records import document_records
from pipeline.landing.containers.json_scanner import Scanner
from pipeline.landing.containers.unpacked import members
from pipeline.landing.fields import note
from pipeline.landing.json_fields import Fields, flag_of, id_of, list_of, object_of, text_of
from pipeline.landing.record import Raw, RawFile

CHANNEL_LISTS = {"channels", "groups", "dms", "mpims"}


class Found(NamedTuple):
    """One element of one of the export's lists.

    Attributes:
        what: message, user or channel; or else the list's name, such as integration_logs.
        folder: The channel's folder; empty where the file does not say.
    """

    what: str
    folder: str
    value: Fields


class Member(NamedTuple):
    """Somebody in the workspace, or in one that shares a channel with it.

    Attributes:
        actor: agent, bot or customer.
    """

    actor: str
    email: str | None
    phone: str | None


class Channel(NamedTuple):
    """A channel.

    Attributes:
        members: The ids of who is in it.
    """

    channel_id: str
    members: tuple[str, ...]


class Workspace(NamedTuple):
    """What users.json, channels.json, groups.json, dms.json and mpims.json say.

    Attributes:
        channels: By the folder that holds their days.
    """

    staff: Staff
    members: dict[str, Member]
    channels: dict[str, Channel]


def records(file: RawFile) -> Iterator[Raw]:
    """Every element of every list, numbered through the file; `value` is a Found.

    The fields of messages and users are noted on the file.

    Raises:
        SourceRefused: As for `containers.members`.
    """
    number = 0
    for name, stream in members(file):
        # Of a .zip, the entry; of a file by itself, the file.
        path = PurePosixPath(name.removeprefix(f"{file.name}:"))
        scanner = Scanner(stream)
        while mark := scanner.peek():
            for raw in document_records(scanner, mark, ("messages",), number):
                number = raw.number
                if raw.problem is not None:
                    yield raw
                    continue
                found = _placed(path, raw.value)
                # A channel's topic is an object and a message's a text: they are no one field.
                if found.what in {"message", "user"}:
                    note(file.profile, found.value)
                yield raw._replace(value=found)


def _placed(path: PurePosixPath, value: Fields) -> Found:
    """What an element is, by the name of its entry or, in an answer of Slack's API, by itself."""
    if path.stem == "users" or "profile" in value:
        return Found("user", "", value)
    if isinstance(value.get("user"), dict):
        return Found("user", "", value["user"])
    if path.stem in CHANNEL_LISTS:
        return Found("channel", "", value)
    if "ts" in value:
        # A day's file stands in its channel's folder.
        is_day = len(path.stem) == 10 and path.stem[4] == path.stem[7] == "-"
        return Found("message", path.parent.name if is_day else "", value)
    return Found(path.stem, "", value)


def workspace_of(found: Iterable[Raw], staff: Staff) -> Workspace:
    """The members and channels among an export's records; damaged ones tell nothing."""
    users: list[Fields] = []
    channels: dict[str, Channel] = {}

    def learn(record: Found) -> None:
        if record.what == "user":
            users.append(record.value)
        elif record.what == "channel":
            channels.update(_channel(record.value))

    look(found, learn)
    return Workspace(staff, _members(users, staff), channels)


def _channel(value: Fields) -> dict[str, Channel]:
    """A channel by the folder of its days: its name, or its id for a direct message."""
    channel_id = id_of(value, "id")
    if channel_id is None:
        return {}
    people = tuple(map(str, list_of(value, "members")))
    return {text_of(value, "name") or channel_id: Channel(channel_id, people)}


def _members(users: list[Fields], staff: Staff) -> dict[str, Member]:
    """Who each user is.

    Staff have an address at the company or are listed. A full member of a workspace in which
    staff are at home, of whom no address is shown, is staff as well.
    """
    homes = {str(user.get("team_id")) for user in users if _is_listed(user, staff)} - {"None"}
    found: dict[str, Member] = {}
    for user in users:
        try:
            user_id = id_of(user, "id")
            if user_id is not None:
                found[user_id] = _member(user, staff, homes)
        except BadRecord:
            continue
    return found


def _is_listed(user: Fields, staff: Staff) -> bool:
    """Whether a user is staff by address, id or name."""
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    given = (profile.get("email"), user.get("id"), user.get("name"), user.get("real_name"))
    return is_staff(staff, *(each for each in given if isinstance(each, str)))


def _member(user: Fields, staff: Staff, homes: set[str]) -> Member:
    """Who one user is."""
    profile = object_of(user, "profile")
    email, phone = text_of(profile, "email"), text_of(profile, "phone")
    is_guest = flag_of(user, "is_restricted") or flag_of(user, "is_ultra_restricted")
    is_home = str(user.get("team_id")) in homes and not is_guest
    if flag_of(user, "is_bot") or user.get("id") == "USLACKBOT":
        return Member("bot", email, phone)
    if _is_listed(user, staff) or (email is None and is_home):
        return Member("agent", email, phone)
    return Member("customer", email, phone)
