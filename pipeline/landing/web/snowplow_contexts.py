"""The contexts of a Snowplow event: what its tracker and its enrichments attached to it."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing.web.segment import kind_of
from pipeline.landing.web.snowplow_columns import KNOWN
from pipeline.landing.web.tracker_fields import embedded, is_true, parsed, text

Contexts = dict[str, list[Mapping[str, Any]]]

SCHEMA = re.compile(r"iglu:([\w.-]+)/([\w.-]+)/[\w.-]+/\d+(?:-\d+)*", re.ASCII)
VERSION = re.compile(r"(_\d+){1,3}$")
# Yauaa's classes of agents that no person sits at.
ROBOTS = ("Robot", "Robot Mobile", "Robot Imitator", "Spider", "Hacker")


def contexts_of(row: Mapping[str, Any]) -> Contexts:
    """Every context, by vendor and name in lower case with underscores.

    Raises:
        BadRecord: One is no JSON, or not in the form that enrich gives it.
    """
    found: Contexts = {}
    for column in ("contexts", "derived_contexts"):
        for each in listed(embedded(row, column).get("data"), column):
            schema = SCHEMA.fullmatch(str(each.get("schema")))
            if not schema:
                raise BadRecord(f"{column} without a schema: {str(each)[:40]!r}")
            name = f"{schema[1]}_{schema[2]}".replace(".", "_").replace("-", "_")
            found.setdefault(name, []).append(embedded(each, "data"))
    for column in sorted(row.keys() - KNOWN):
        value = row[column]
        if column.startswith("contexts_") and value not in (None, ""):
            name = VERSION.sub("", column.removeprefix("contexts_"))
            found.setdefault(name, []).extend(listed(parsed(value, column), column))
    return found


def listed(value: Any, column: str) -> list[Mapping[str, Any]]:
    """The objects of a list, or one object alone; some exports put a list into another.

    Raises:
        BadRecord: Something else stands there.
    """
    if isinstance(value, list):
        return [found for each in value for found in listed(each, column)]
    if value is not None and not isinstance(value, dict):
        raise BadRecord(f"{column} is no list of objects: {str(value)[:40]!r}")
    return [] if value is None else [value]


def first(contexts: Contexts, name: str) -> Mapping[str, Any]:
    """The first context of a name; empty without one."""
    return next(iter(contexts.get(name, [])), {})


def field_of(context: Mapping[str, Any], name: str) -> str | None:
    """A text of a context, which warehouses name with underscores."""
    return text(context, name) or text(context, kind_of(name))


def robot(row: Mapping[str, Any], contexts: Contexts) -> str | None:
    """Why no person was behind it, as Snowplow's enrichments say; None for a person."""
    spider = first(contexts, "com_iab_snowplow_spiders_and_robots")
    if is_true(spider.get("spiderOrRobot", spider.get("spider_or_robot"))):
        return "crawler"
    yauaa = first(contexts, "nl_basjes_yauaa_context")
    if field_of(yauaa, "agentClass") in ROBOTS:
        return "crawler"
    is_robot = "robot" in f"{row.get('br_family')} {row.get('br_type')}".lower()
    return "crawler" if is_robot else None
