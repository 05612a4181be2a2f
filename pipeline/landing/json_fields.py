"""What stands under a name in a JSON object: a text, an id, an object, a list, or nothing.

Null and an empty text are nothing. A value of another type than its name promises is never
taken for nothing: the record is refused.
"""

from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import identifiers

Fields = dict[str, Any]


def said(value: object) -> str:
    """The beginning of a value, for a reason."""
    return repr(str(value)[:40])


def text_of(holder: Fields, name: str) -> str | None:
    """The text under a name.

    Raises:
        BadRecord: Something else than a text.
    """
    found = holder.get(name)
    if found is not None and not isinstance(found, str):
        raise BadRecord(f"{name} is no text: {said(found)}")
    return found or None


def id_of(holder: Fields, name: str) -> str | None:
    """The id under a name, whether it was written as text or as a whole number.

    Raises:
        BadRecord: Something else, or an id that a spreadsheet or a float has rounded.
    """
    found = holder.get(name)
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise BadRecord(f"{name} is no id: {said(found)}")
    code = identifiers.code(found)
    if code is None:
        raise BadRecord(f"{name} is no usable id: {said(found)}")
    return code


def needed_id(holder: Fields, name: str, what: str) -> str:
    """The id under a name, of a record (`what`: a chat, a ticket) that is nothing without it.

    Raises:
        BadRecord: There is none, or as for `id_of`.
    """
    found = id_of(holder, name)
    if found is None:
        raise BadRecord(f"{what} without {name}")
    return found


def object_of(holder: Fields, name: str) -> Fields:
    """The object under a name; empty without one.

    Raises:
        BadRecord: Something else than an object.
    """
    found = holder.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadRecord(f"{name} is no JSON object: {said(found)}")
    return found


def list_of(holder: Fields, name: str) -> list[Any]:
    """The list under a name; empty without one.

    Raises:
        BadRecord: Something else than a list.
    """
    found = holder.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadRecord(f"{name} is no list: {said(found)}")
    return found


def objects_of(holder: Fields, name: str) -> list[Fields]:
    """The objects in the list under a name; empty without one.

    Raises:
        BadRecord: Something else than a list of objects.
    """
    found = list_of(holder, name)
    for each in found:
        if not isinstance(each, dict):
            raise BadRecord(f"{name} holds what is no JSON object: {said(each)}")
    return found


def flag_of(holder: Fields, name: str) -> bool:
    """Whether the flag under a name is set.

    Raises:
        BadRecord: Neither true, false nor nothing.
    """
    found = holder.get(name)
    if found is not None and not isinstance(found, bool):
        raise BadRecord(f"{name} is neither true nor false: {said(found)}")
    return bool(found)


def filled(given: Fields) -> Fields:
    """The entries that say something."""
    return {name: value for name, value in given.items() if value not in (None, "", [], {}, False)}
