"""Which column of a table is what: a proposed mapping, and what of it is unsure."""

from collections.abc import Sequence

from pipeline.sniff import columns
from pipeline.sniff.columns import Column, masked
from pipeline.sniff.draft import Mapping, noun_of
from pipeline.sniff.people import describe_people, name_people, vendor_of
from pipeline.sniff.sample import Sample
from pipeline.sniff.vocabulary import (
    AMOUNTS,
    CHANNELS,
    ID_WORDS,
    KINDS,
    LABELS,
    OCCURRED,
    OTHER_TIMES,
    PERSONAL,
    STAFF,
    TEXTS,
    WRITTEN,
)


def mapping(found: Sample, *, region: str, zone: str) -> Mapping:
    """The mapping of a table's columns.

    Args:
        found: The table.
        region: How national telephone numbers are read, such as GB.
        zone: Put in where stamps name none and nothing else tells.
    """
    table = [columns.column(name, [row.get(name) for row in found.rows]) for name in found.header]
    noun = noun_of(found.file.name)
    said = Mapping()
    is_versions = "history" in noun or "_fivetran_active" in found.header
    noun = "_".join(word for word in noun.split("_") if word not in {"history", "data", "export"})
    occurred = _occurred(said, table, noun, zone, is_versions=is_versions)
    vendor = vendor_of(found)
    name_people(said, table, noun, vendor, region)
    if occurred is None and said.identifiers:
        said.lacks.append(
            "whether its rows are people as they stand: of two such exports the format 'snapshot' "
            "tells what changed; `wend formats snapshot` says how"
        )
    if occurred is None or said.lacks:
        return said
    _event(said, table, noun, occurred, is_versions=is_versions)
    _channel(said, table, noun, vendor)
    describe_people(said, table, noun)
    _rest(said, table)
    return said


def _occurred(
    said: Mapping, table: Sequence[Column], noun: str, zone: str, *, is_versions: bool
) -> Column | None:
    """The column that says when; its layout and zone are noted."""
    times = [column for column in table if column.layout and not OTHER_TIMES & set(column.words)]

    def rank(column: Column) -> tuple[int, float, int]:
        words = set(column.words)
        place = next((n for n, known in enumerate(OCCURRED) if known & words), len(OCCURRED))
        if is_versions and "updated" in words:
            place = -1
        # Of another object: `contact_updated_at` in a table that is not of contacts.
        foreign = len(words - set(noun.split("_")) - {"at", "on", "utc", "local", "time", "date"})
        return place, -column.share, foreign

    if not times:
        said.lacks.append("when something happened: no column holds times of events")
        return None
    best, *others = sorted(times, key=rank)
    said.fields["occurred_at"] = best.name
    said.time_format = best.layout or "iso"
    if others:
        said.doubts.append(
            f"time: {best.name} is taken for when it happened; other times are "
            + ", ".join(other.name for other in others[:4])
        )
    if best.share < 1:
        said.doubts.append(f"time: {best.name} is empty in {1 - best.share:.0%} of the records")
    if best.layout == "epoch":
        said.doubts.append(f"time: {best.name} holds Unix times of several units")
    if not best.has_zone:
        by_fivetran = any("fivetran_synced" in column.name for column in table)
        is_utc = by_fivetran or "utc" in best.words
        said.time_zone = "UTC" if is_utc else zone
        why = "Fivetran writes UTC" if by_fivetran else "so its name says" if is_utc else "a guess"
        said.doubts.append(
            f"time zone: {best.name} ({masked(best.values[0])}) names none; {said.time_zone} is "
            f"put in: {why}; set the zone of the clock that wrote it"
        )
    return best


def _event(
    said: Mapping, table: Sequence[Column], noun: str, occurred: Column, *, is_versions: bool
) -> None:
    """What the event is, its own id and what else of it has a place."""
    said.fields["kind"] = _kind(said, table, noun, occurred, is_versions=is_versions)
    people = set(said.identifiers.values())
    own = [
        column
        for column in table
        if column.is_own
        and column.layout is None
        and (ID_WORDS & set(column.words[-1:]) or column.words == (noun, "id"))
        and not STAFF & set(column.words)
        and (column.name not in people or column.words == ("id",))
    ]
    if own and not is_versions:
        ranked = sorted(own, key=lambda column: (column.words != ("id",), len(column.words)))
        said.fields["own_id"] = ranked[0].name
    if is_versions:
        said.doubts.append(
            "rows: they seem to be versions of the same objects, told by their time of change"
        )
    free = [c for c in table if c.name not in {*said.fields.values(), *people} and c.values]
    texts = (*TEXTS, "description") if WRITTEN & set(noun.split("_")) else TEXTS
    for name, wanted, test in (
        ("text", texts, _is_said),
        ("amount", AMOUNTS, columns.are_numbers),
        ("currency", ("currency",), columns.are_currencies),
        ("device_kind", ("platform", "device", "category", "type"), columns.are_devices),
        ("label", LABELS, columns.are_words),
    ):
        hits = [c for c in free if set(wanted) & set(c.words) and c.layout is None and test(c)]
        hits = [c for c in hits if not {"id", "count"} & set(c.words)]
        hits.sort(key=lambda c: min(wanted.index(w) for w in c.words if w in wanted))
        if hits:
            said.fields[name] = hits[0].name
            free.remove(hits[0])
    if "text" in said.fields:
        said.doubts.append(f"text: {said.fields['text']} is taken for what the customer wrote")
    if "currency" in said.fields and "amount" not in said.fields:
        del said.fields["currency"]
    if "amount" in said.fields and "currency" not in said.fields:
        said.doubts.append(f"amount: {said.fields['amount']} is in the company's currency")
    if "unit" in columns.words_of(said.fields.get("amount", "")):
        said.doubts.append(f"amount: {said.fields['amount']} is of one unit, not of the whole row")


def _is_said(column: Column) -> bool:
    """Whether the values are what people said: phrases, or each another."""
    return (
        any(" " in value for value in column.values)
        or len(set(column.values)) > len(column.values) / 2
    ) and not columns.are_numbers(column)


def _kind(
    said: Mapping, table: Sequence[Column], noun: str, occurred: Column, *, is_versions: bool
) -> str:
    """The column that says what happened, or a constant."""
    for wanted in (("event", "name"), ("event", "type"), ("event",), ("action",), ("activity",)):
        for column in table:
            if column.words == wanted and column.share == 1 and columns.are_words(column):
                return column.name
    words = set(occurred.words)
    if is_versions or words & {"updated", "changed", "modified"}:
        kind = f"{noun}_updated"
    elif noun in KINDS:
        kind = KINDS[noun]
    else:
        kind = f"{noun}_{'created' if words & {'created', 'create', 'added'} else 'recorded'}"
    said.doubts.append(f"kind: no column says what happened; {kind} is put in by the file's name")
    return f"={kind}"


def _channel(said: Mapping, table: Sequence[Column], noun: str, vendor: str | None) -> None:
    """The channel, by the words of the file's name and then of its columns."""
    near = {*noun.split("_"), vendor or ""} - {"event"}
    far = {word for column in table for word in column.words}
    by_name = next((name for name, words in CHANNELS if words & near), None)
    by_columns = next((name for name, words in CHANNELS if words & far), None)
    said.channel = by_name or by_columns or "crm"
    if by_name is None:
        said.doubts.append(f"channel: {said.channel} is a guess by the columns' names")


def _rest(said: Mapping, table: Sequence[Column]) -> None:
    """What becomes of the other columns: kept as properties, or ignored."""
    used = {*said.fields.values(), *said.identifiers.values(), *said.attributes.values()}
    personal = []
    for column in table:
        if column.name in used:
            continue
        words = set(column.words)
        is_personal = bool(PERSONAL & words or columns.are_emails(column))
        if is_personal and column.values:
            personal.append(column.name)
        if is_personal or not column.values or "fivetran" in words or STAFF & words:
            said.ignore.append(column.name)
        else:
            said.properties.append(column.name)
    if personal:
        said.doubts.append(
            f"ignored as personal: {', '.join(personal[:8])}{' ...' if personal[8:] else ''}"
        )
