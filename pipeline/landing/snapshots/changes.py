"""What became of one object between two snapshots, as events."""

from datetime import timedelta
from typing import Any, NamedTuple

from pipeline.landing.clocks import EPOCH, Instant
from pipeline.landing.record import Event, Identifier
from pipeline.landing.snapshots.rows import Row
from pipeline.landing.snapshots.state import Content
from pipeline.settings import Snapshot


class Scene(NamedTuple):
    """What every event of one snapshot shares."""

    said: Snapshot
    channel: str
    taken: Instant
    before_us: int | None


def _event(scene: Scene, number: int, key: str, verb: str, **rest: Any) -> Event:
    """An event of one object, at the snapshot's instant unless `rest` says otherwise."""
    kind = f"{scene.said.object_kind}_{verb}"
    occurred = rest.pop("occurred", scene.taken)
    return Event(
        record_number=number,
        own_id=f"{scene.said.object_kind}/{key}/{verb}/{scene.taken.us}",
        channel=scene.channel,
        kind=kind,
        kind_raw="snapshot",
        occurred=occurred,
        actor="system",
        direction="internal",
        object_kind=scene.said.object_kind,
        object_id=key,
        **rest,
    )


def new(scene: Scene, number: int, row: Row) -> list[Event]:
    """That an object was created, or was there when the first snapshot was taken."""
    present = {
        "label": row.label,
        "identifiers": row.who,
        "amount_cents": row.amount_cents,
        "currency": row.currency,
        "properties": _properties(scene, row, {"values": dict(row.content.values)}),
    }
    if row.created is None:
        verb = "listed" if scene.before_us is None else "created"
        return [_event(scene, number, row.key, verb, **present)]
    if scene.before_us is not None and row.created.us > scene.before_us:
        return [_event(scene, number, row.key, "created", occurred=row.created, **present)]
    # What it is now it need not have been when it was created.
    born = _event(
        scene,
        number,
        row.key,
        "created",
        occurred=row.created,
        identifiers=row.who,
        properties=_properties(scene, row, {}),
    )
    return [born, _event(scene, number, row.key, "listed", **present)]


def changed_since(scene: Scene, number: int, row: Row, *, old: Content) -> list[Event]:
    """What of an object has changed since the last snapshot; nothing if only its spelling has."""
    now, label = row.content.values, scene.said.label
    changed = {
        name: [old.values.get(name), now.get(name)]
        for name in sorted({*old.values, *now})
        if old.values.get(name) != now.get(name)
    }
    told: dict[str, Any] = {"changed": changed}
    if names := sorted({name for name, _ in {*old.handles} ^ {*row.content.handles}}):
        told["changed_identifiers"] = names
    if not changed and not names:
        return []
    assert scene.before_us is not None
    is_dated = row.changed is not None and row.changed.us > scene.before_us
    return [
        _event(
            scene,
            number,
            row.key,
            "changed",
            occurred=row.changed if is_dated else scene.taken,
            label=row.label if label in changed else None,
            identifiers=row.who,
            amount_cents=row.amount_cents,
            currency=row.currency,
            properties=_properties(scene, row, told),
        )
    ]


def removed(scene: Scene, number: int, key: str, old: Content) -> Event:
    """That an object is no longer there."""
    return _event(
        scene,
        number,
        key,
        "removed",
        label=old.values.get(scene.said.label or ""),
        identifiers=tuple(Identifier(*handle, "subject") for handle in old.handles),
        properties={"previous_snapshot": said_day(scene.before_us)},
    )


def _properties(scene: Scene, row: Row, told: dict[str, Any]) -> dict[str, Any]:
    """What an event says besides: since when it may have been so, and what was unreadable."""
    if scene.before_us is not None:
        told["previous_snapshot"] = said_day(scene.before_us)
    if row.unreadable:
        told["unreadable"] = list(row.unreadable)
    return told


def said_day(us: int | None) -> str:
    """An instant for people: its day, and its minute where it has one."""
    moment = EPOCH + timedelta(microseconds=us or 0)
    return moment.strftime("%Y-%m-%d" if moment.hour == moment.minute == 0 else "%Y-%m-%d %H:%M")
