from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors import BadRecord
from pipeline.landing import json_fields as fields

TAKEN = {
    "a text": (fields.text_of, "x", "x"),
    "no text": (fields.text_of, "", None),
    "an id": (fields.id_of, " 5f01 ", "5f01"),
    "a number as id": (fields.id_of, 17850, "17850"),
    "an object": (fields.object_of, {"a": 1}, {"a": 1}),
    "no object": (fields.object_of, None, {}),
    "a list": (fields.list_of, [1], [1]),
    "objects": (fields.objects_of, [{}], [{}]),
    "a flag": (fields.flag_of, True, True),
    "no flag": (fields.flag_of, None, False),
}
REFUSED = {
    "a number for a text": (fields.text_of, 7, "name is no text: '7'"),
    "a float for an id": (fields.id_of, 5.7e17, "name is no id: '5.7e+17'"),
    "a flag for an id": (fields.id_of, True, "name is no id: 'True'"),
    "a rounded id": (fields.id_of, "5.7E+17", "name is no usable id: '5.7E+17'"),
    "a text for an object": (fields.object_of, "x", "name is no JSON object: 'x'"),
    "a text for a list": (fields.list_of, "", "name is no list: ''"),
    "a text among objects": (fields.objects_of, ["x"], "name holds what is no JSON object: 'x'"),
    "a text for a flag": (fields.flag_of, "no", "name is neither true nor false: 'no'"),
}


@pytest.mark.parametrize(("take", "value", "expected"), TAKEN.values(), ids=TAKEN.keys())
def test_a_value_of_the_right_type_is_taken(
    take: Callable[[dict[str, Any], str], Any], value: object, expected: object
) -> None:
    """Null and an empty text are nothing."""
    assert take({"name": value}, "name") == expected


@pytest.mark.parametrize(("take", "value", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_value_of_another_type_is_never_taken_for_nothing(
    take: Callable[[dict[str, Any], str], Any], value: object, reason: str
) -> None:
    """The record is refused with what stood there."""
    with pytest.raises(BadRecord) as refusal:
        take({"name": value}, "name")

    assert str(refusal.value) == reason


def test_a_needed_id_that_is_absent_refuses_the_record() -> None:
    """It says of what the id would be."""
    with pytest.raises(BadRecord, match="a chat without id"):
        fields.needed_id({}, "id", "a chat")
