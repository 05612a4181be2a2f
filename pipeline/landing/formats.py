"""The formats wend reads: name -> the reader's module, its channel and its fast path.

Modules are imported when they are first used, so that a command loads only what it reads.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import cast

import duckdb

from pipeline.errors import BadSettings
from pipeline.landing.record import Feed, Outcome, RawFile


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one format become events.

    Attributes:
        module: Holds `read(file, feed)`.
        default_channel: The channel unless wend.toml names one; None: wend.toml must.
        fast_module: Holds `stage(con, file, feed)`, which gives what `read` gives, but in SQL.
    """

    module: str
    default_channel: str | None
    fast_module: str | None = None

    def read(self, file: RawFile, feed: Feed) -> Iterator[Outcome]:
        """What the file's records became, one by one."""
        return cast("Iterator[Outcome]", import_module(self.module).read(file, feed))

    def stage(self, con: duckdb.DuckDBPyConnection, file: RawFile, feed: Feed) -> Iterator[Outcome]:
        """Stage the records that leave no doubt in SQL; what the reader makes of the others.

        Only where there is a `fast_module`. The rows go to `staged_events` and
        `staged_identifiers`, with negative ordinals.
        """
        assert self.fast_module is not None
        module = import_module(self.fast_module)
        return cast("Iterator[Outcome]", module.stage(con, file, feed))


FORMATS = {
    "segment": Format("pipeline.landing.web.segment", "web", "pipeline.landing.web.segment_fast"),
    "access_log": Format("pipeline.landing.web.access_log", "web"),
    "zendesk_chat": Format("pipeline.landing.chat.zendesk_chat", "chat"),
    "intercom": Format("pipeline.landing.chat.intercom", "chat"),
    "sendgrid": Format("pipeline.landing.email.sendgrid", "email"),
    "mail": Format("pipeline.landing.email.mail", "email"),
    "hubspot": Format("pipeline.landing.crm.hubspot", "crm"),
    "salesforce": Format("pipeline.landing.crm.salesforce", "crm"),
    "survey": Format("pipeline.landing.survey.scores", "survey"),
    "generic": Format("pipeline.landing.generic", None),
}


def format_named(name: str) -> Format:
    """The format that wend.toml calls `name`.

    Raises:
        BadSettings: There is none; lists those there are.
    """
    if name not in FORMATS:
        raise BadSettings(f"no format {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]


def channel_of(feed: Feed) -> str:
    """The channel of a source's events: wend.toml's, or else its format's.

    Raises:
        BadSettings: Neither names one.
    """
    channel = feed.source.channel or format_named(feed.source.format).default_channel
    if channel is None:
        raise BadSettings(f"sources.{feed.name}: set channel: this format has none of its own")
    return channel
