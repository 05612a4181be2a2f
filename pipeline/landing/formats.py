"""The formats wend reads: name -> the reader's module, its channel and its fast path.

Modules are imported when they are first used, so that a command loads only what it reads.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import PurePosixPath
from typing import cast

from pipeline.catalogue.sheets import nearest_name
from pipeline.errors import BadSettings, SourceRefused
from pipeline.landing.fields import Documented
from pipeline.landing.plain import Plain
from pipeline.landing.record import Feed, Outcome, RawFile
from pipeline.settings import Source


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one format become events.

    Attributes:
        module: Holds `read(file, feed)`.
        default_channel: The channel unless wend.toml names one; None: wend.toml must.
        plain_module: Holds `read(file, feed, plain)`, which gives what `read` gives, but writes
            the plain events itself.
        reads_many: Whether it holds `read_many(files, feed, plain)` in place of that, which takes
            files together: no record has more than one outcome, no field a name.
        is_stateful: What a file says depends on those before it. Each is a batch of its own, in
            the order that the module's `in_order(files, feed)` gives.
        says_encoding: Whether each record says what its own text is in.
    """

    module: str
    default_channel: str | None
    plain_module: str | None = None
    reads_many: bool = False
    is_stateful: bool = False
    says_encoding: bool = False

    def read(self, file: RawFile, feed: Feed) -> Iterator[Outcome]:
        """What the file's records became, one by one."""
        return cast("Iterator[Outcome]", import_module(self.module).read(file, feed))

    def documented_fields(self) -> Documented:
        """The fields of a record by the vendor's documents, where the module lists them.

        The module's RECORD_FIELDS, needed where records of one source differ in their fields, and
        its VARIED_FIELDS, whose values are of several kinds.
        """
        module = import_module(self.module)
        return Documented(
            names=getattr(module, "RECORD_FIELDS", frozenset()),
            varied=getattr(module, "VARIED_FIELDS", frozenset()),
        )

    def one_by_one(self, files: Sequence[RawFile], feed: Feed) -> list[list[RawFile]]:
        """The files of a stateful format, each alone, in the order in which they speak."""
        ordered = import_module(self.module).in_order(files, feed)
        return [[file] for file in ordered]

    def identity(self, name: str, source: Source) -> Callable[[str, str], str]:
        """What gives a file of the source called `name` its id, from path and content hash."""
        is_dated = source.snapshot is not None and source.snapshot.file_date is not None
        return partial(by_name_and_content if is_dated else by_content, name)

    def read_plain(self, file: RawFile, feed: Feed, plain: Plain) -> Iterator[Outcome]:
        """Write the plain events of a file; what its other records became, one by one.

        Only where there is a `plain_module`.
        """
        assert self.plain_module is not None
        module = import_module(self.plain_module)
        return cast("Iterator[Outcome]", module.read(file, feed, plain))

    def read_many(
        self, files: Sequence[RawFile], feed: Feed, plain: Plain
    ) -> Iterator[tuple[RawFile, Outcome | SourceRefused]]:
        """The same for many files; a refusal is the last that is said of its file.

        Only where the `plain_module` reads many.
        """
        assert self.plain_module is not None
        found = import_module(self.plain_module).read_many(files, feed, plain)
        return cast("Iterator[tuple[RawFile, Outcome | SourceRefused]]", found)


def by_content(source: str, _path: str, sha: str) -> str:
    """The id of a file that is what it holds, whatever it is called."""
    return f"{source}-{sha[:20]}"


def by_name_and_content(source: str, path: str, sha: str) -> str:
    """The id of a file whose name says when it was taken: the same rows, but of another day."""
    named = hashlib.sha256(f"{PurePosixPath(path).name}/{sha}".encode()).hexdigest()
    return f"{source}-{named[:20]}"


FORMATS = {
    "segment": Format(
        "pipeline.landing.web.segment", "web", plain_module="pipeline.landing.web.segment_fast"
    ),
    "snowplow": Format("pipeline.landing.web.snowplow", "web"),
    "ga4": Format("pipeline.landing.web.ga4", "web"),
    "matomo": Format("pipeline.landing.web.matomo", "web"),
    "posthog": Format("pipeline.landing.web.posthog", "web"),
    "amplitude": Format("pipeline.landing.web.amplitude", "web"),
    "mixpanel": Format("pipeline.landing.web.mixpanel", "web"),
    "access_log": Format(
        "pipeline.landing.web.access_log",
        "web",
        plain_module="pipeline.landing.web.access_log_fast",
        reads_many=True,
    ),
    "json_log": Format("pipeline.landing.web.json_log", "web"),
    "w3c_log": Format("pipeline.landing.web.w3c_log", "web"),
    "s3_log": Format("pipeline.landing.web.s3_log", "web"),
    "elb_log": Format("pipeline.landing.web.elb_log", "web"),
    "haproxy_log": Format("pipeline.landing.web.haproxy_log", "web"),
    "zendesk_chat": Format("pipeline.landing.chat.zendesk_chat", "chat"),
    "zendesk_support": Format("pipeline.landing.chat.zendesk_support", "crm"),
    "intercom": Format("pipeline.landing.chat.intercom", "chat"),
    "slack": Format("pipeline.landing.chat.slack", "chat"),
    "livechat": Format("pipeline.landing.chat.livechat", "chat"),
    "olark": Format("pipeline.landing.chat.olark", "chat"),
    "twilio": Format("pipeline.landing.chat.twilio", "chat"),
    "whatsapp_cloud": Format("pipeline.landing.chat.whatsapp_cloud", "chat"),
    "whatsapp_export": Format("pipeline.landing.chat.whatsapp_export", "chat"),
    "rocketchat": Format("pipeline.landing.chat.rocketchat", "chat"),
    "mattermost": Format("pipeline.landing.chat.mattermost", "chat"),
    "telegram": Format("pipeline.landing.chat.telegram", "chat"),
    "transcript": Format("pipeline.landing.chat.transcript", "chat"),
    "sendgrid": Format("pipeline.landing.email.sendgrid", "email"),
    "mailgun": Format("pipeline.landing.email.mailgun", "email"),
    "postmark": Format("pipeline.landing.email.postmark", "email"),
    "amazon_ses": Format("pipeline.landing.email.amazon_ses", "email"),
    "mailjet": Format("pipeline.landing.email.mailjet", "email"),
    "brevo": Format("pipeline.landing.email.brevo", "email"),
    "sparkpost": Format("pipeline.landing.email.sparkpost", "email"),
    "mandrill": Format("pipeline.landing.email.mandrill", "email"),
    "resend": Format("pipeline.landing.email.resend", "email"),
    "mailchimp": Format("pipeline.landing.email.mailchimp", "email"),
    "klaviyo": Format("pipeline.landing.email.klaviyo", "email"),
    "iterable": Format("pipeline.landing.email.iterable", "email"),
    "mail": Format("pipeline.landing.email.mail", "email", says_encoding=True),
    "hubspot": Format("pipeline.landing.crm.hubspot", "crm"),
    "salesforce": Format("pipeline.landing.crm.salesforce", "crm"),
    "dynamics": Format("pipeline.landing.crm.dynamics", "crm"),
    "pipedrive": Format("pipeline.landing.crm.pipedrive", "crm"),
    "survey": Format("pipeline.landing.survey.scores", "survey"),
    "qualtrics": Format("pipeline.landing.survey.qualtrics", "survey"),
    "surveymonkey": Format("pipeline.landing.survey.surveymonkey", "survey"),
    "delighted": Format("pipeline.landing.survey.delighted", "survey"),
    "satismeter": Format("pipeline.landing.survey.satismeter", "survey"),
    "front_line_notes": Format("pipeline.landing.survey.front_line_notes", "crm"),
    "reviews": Format("pipeline.landing.social.reviews", "social"),
    "tweets": Format("pipeline.landing.social.tweets", "social"),
    "snapshot": Format("pipeline.landing.snapshots.reader", "crm", is_stateful=True),
    "generic": Format("pipeline.landing.generic", None),
}


def format_named(name: str) -> Format:
    """The format that wend.toml calls `name`.

    Raises:
        BadSettings: There is none; names the nearest, or those there are.
    """
    if name not in FORMATS:
        raise BadSettings(f"no format {name!r}; {nearest_name(name, list(FORMATS))}")
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


def encoding_of(feed: Feed) -> str | None:
    """What wend.toml says that the text of a source's files is in, if anything.

    Raises:
        BadSettings: The records say so themselves, each for its own parts.
    """
    encoding = feed.source.encoding
    if encoding is not None and format_named(feed.source.format).says_encoding:
        raise BadSettings(
            f"sources.{feed.name}: take encoding out: in the format {feed.source.format} every "
            "record says what it is in"
        )
    return encoding
