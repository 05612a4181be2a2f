"""The formats wend reads: name -> the reader's module, its channel and its fast path."""

from dataclasses import dataclass

from pipeline.catalogue.sheets import nearest_name
from pipeline.errors import BadSettings


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
