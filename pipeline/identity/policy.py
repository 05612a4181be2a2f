"""Which identifiers may be trusted to mean one person, and which values name nobody.

What is shipped here holds unless `wend.toml` says otherwise, key by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from pipeline.errors import BadSettings
from pipeline.landing import identifiers
from pipeline.settings import Company, Identity, Namespace

ROLE_ACCOUNTS = (
    r"(info|support|sales|admin|administrator|contact|hello|help|helpdesk|billing|accounts"
    r"|office|service|team|hr|jobs|careers|press|privacy|security|reception|enquiries"
    r"|inquiries|orders|invoices|marketing|newsletter|news|notifications?|feedback|abuse"
    r"|postmaster|webmaster|hostmaster|root|mailer-daemon|bounces?|unsubscribe"
    r"|no[-_.]?reply|do[-_.]?not[-_.]?reply)([+].*)?@.*"
)

# Lower priority is stronger. A strong namespace is one whose values count as "another person"
# when a cookie or a telephone meets several of them. Leads and chat contacts are neither strong
# nor unique: one person often leaves several behind. The caps are those of our measurements on
# kiosks, call centres and households: e-mail 2, telephone and cookie 3; accounts may meet more,
# because people change addresses. No browser keeps a cookie for longer than 400 days without
# seeing its site again (RFC 6265bis, section 5.5). Two years for telephone numbers, which
# companies give to others some months after they were given up, are our choice.
SHIPPED: Mapping[str, Namespace] = {
    "user_id": Namespace(priority=10, unique_per_customer=True, is_strong=True, max_strong=10),
    "hubspot_contact": Namespace(
        priority=20, unique_per_customer=True, is_strong=True, max_strong=10
    ),
    "salesforce_contact": Namespace(
        priority=21, unique_per_customer=True, is_strong=True, max_strong=10
    ),
    "zendesk_user": Namespace(priority=22, unique_per_customer=True, is_strong=True, max_strong=10),
    "dynamics_contact": Namespace(
        priority=23, unique_per_customer=True, is_strong=True, max_strong=10
    ),
    "pipedrive_person": Namespace(
        priority=24, unique_per_customer=True, is_strong=True, max_strong=10
    ),
    "salesforce_lead": Namespace(priority=25, max_strong=3),
    "dynamics_lead": Namespace(priority=26, max_strong=3),
    # Contacts of tools that make one of every address, form or visit.
    **dict.fromkeys(
        (
            *("intercom_contact", "klaviyo_profile", "mailjet_contact", "brevo_contact"),
            *("resend_contact", "mailchimp_subscriber", "delighted_person", "satismeter_user"),
        ),
        Namespace(priority=28, max_strong=3),
    ),
    # Accounts that people have with a messenger, a network or a site, sometimes several.
    **dict.fromkeys(
        (
            *("slack_user", "telegram_user", "mattermost_user", "rocketchat_user", "whatsapp_id"),
            *("whatsapp_user", "whatsapp_parent_user", "facebook_user", "twitter_user"),
            *("twilio_identity", "reviewer"),
        ),
        Namespace(priority=29, max_strong=3),
    ),
    "email": Namespace(
        priority=30,
        is_strong=True,
        max_strong=2,
        block=(ROLE_ACCOUNTS,),
    ),
    "phone": Namespace(
        priority=40,
        max_strong=3,
        expires_days=730,
        block=(r"\+\d{0,3}(0{6,}|1{6,}|2{6,}|3{6,}|4{6,}|5{6,}|6{6,}|7{6,}|8{6,}|9{6,})",),
    ),
    # Given up and taken again by others.
    "twitter_handle": Namespace(priority=45, max_strong=2),
    "device_id": Namespace(priority=50, max_strong=3, is_device=True),
    **dict.fromkeys(
        ("zendesk_visitor", "livechat_customer", "olark_visitor", "rocketchat_visitor"),
        Namespace(priority=60, max_strong=3, is_device=True, expires_days=400),
    ),
    "anonymous_id": Namespace(priority=61, max_strong=3, is_device=True, expires_days=400),
    # Amplitude's own opinion of who it was.
    "amplitude_user": Namespace(priority=62, max_strong=3),
    # Things a person is associated with: they carry history to a contact, never people together.
    "hubspot_deal": Namespace(priority=70, max_strong=2),
    "hubspot_ticket": Namespace(priority=71, max_strong=2),
    **dict.fromkeys(
        ("salesforce_opportunity", "dynamics_opportunity", "pipedrive_deal"),
        Namespace(priority=72, max_strong=2),
    ),
    **dict.fromkeys(("salesforce_case", "dynamics_case"), Namespace(priority=73, max_strong=2)),
    "hubspot_engagement": Namespace(priority=74, max_strong=2),
    **dict.fromkeys(
        ("zendesk_ticket", "zendesk_chat", "intercom_conversation"),
        Namespace(priority=75, max_strong=2),
    ),
    # Noted of a person, and not the person itself as with other CRMs.
    "pipedrive_lead": Namespace(priority=76, max_strong=2),
    "order": Namespace(priority=77, max_strong=2),
    "hubspot_company": Namespace(priority=78, max_strong=1),
    "salesforce_account": Namespace(priority=79, max_strong=1),
    # An address and a browser's name: a whole office behind one router looks like this.
    "visitor": Namespace(priority=80, max_strong=1, is_device=True),
    # The cookie of a collector that many sites may share.
    "snowplow_network": Namespace(priority=82, max_strong=1, is_device=True, expires_days=400),
    # Names that people give themselves, as others may.
    **dict.fromkeys(
        ("chat_nick", "whatsapp_name", "mattermost_name", "twilio_sender"),
        Namespace(priority=85, max_strong=1),
    ),
}
DAY_US = 86_400_000_000
UNKNOWN = Namespace()  # priority 50, neither strong nor unique, at most 3 strong identifiers

# In lower case. Source: the lists of Segment and PostHog, and what people type to get past a form.
NOBODY = (
    "-1|null|none|nil|nan|n/a|na|undefined|unknown|anonymous|anon|guest|visitor|user|default"
    "|empty|blank|missing|not set|(not set)|no response|not available|test|tester|testing|demo"
    "|example|true|false|[object object]|{}|[]|''|\"\"|?|.|_|x|xx|xxx"
    "|distinct_id|distinctid|id|not_authenticated|email|phone|user_id|userid"
    "|test@test.com|test@test.test|test@test.de|test@test.co.uk|test@example.com|test@gmail.com"
    "|a@a.com|a@b.com|aa@aa.com|abc@abc.com|asdf@asdf.com|qwerty@qwerty.com|x@x.com"
    "|none@none.com|no@no.com|noemail@noemail.com|noemail@email.com|no@email.com|email@email.com"
    "|user@example.com|email@example.com|me@me.com|mail@mail.com|nobody@nowhere.com"
)


@dataclass(frozen=True, slots=True)
class Policy:
    """How identifiers may be linked.

    Attributes:
        namespaces: What is known of each; any other is treated as `UNKNOWN`.
        values: Value in lower case -> why it names nobody, in whatever namespace.
        patterns: Namespace, regular expression of whole values, why they name nobody.
    """

    namespaces: Mapping[str, Namespace]
    values: Mapping[str, str]
    patterns: tuple[tuple[str, str, str], ...]


def of(identity: Identity, company: Company) -> Policy:
    """The shipped policy with a project's own on top; its own `block` adds to the shipped one.

    Raises:
        BadSettings: A `block` that is no regular expression, a company phone that is no number.
    """
    namespaces = dict(SHIPPED)
    patterns = [
        (namespace, pattern, "names a role, not a person" if namespace == "email" else "invalid")
        for namespace, shipped in SHIPPED.items()
        for pattern in shipped.block
    ]
    for namespace, own in identity.namespaces.items():
        said = {name: getattr(own, name) for name in own.model_fields_set}
        namespaces[namespace] = SHIPPED.get(namespace, UNKNOWN).model_copy(update=said)
        patterns += [
            (namespace, _expression(namespace, pattern), f"blocked by wend.toml: {pattern}")
            for pattern in own.block
        ]
    patterns += [
        ("email", rf"(?i).*@(.+\.)?{_literal(domain)}", "an address of the company itself")
        for domain in company.email_domains
    ]
    values = dict.fromkeys(NOBODY.split("|"), "names nobody")
    values |= {_own_phone(number, company): "a number of the company" for number in company.phones}
    return Policy(namespaces, values, tuple(patterns))


def namespace_policy(policy: Policy, present: list[str]) -> pl.DataFrame:
    """What holds for the namespaces that are present, numbered by name.

    Returns:
        One row per namespace: `namespace`, `namespace_number` from 0, `priority`, `is_unique`,
        `is_strong`, `max_strong`, `limit_count`, `limit_us`, `expires_us` (0 for none) and
        `name_rank`: how early it names a customer, which no setting changes.
    """
    names = sorted(present)
    shipped = {name: SHIPPED.get(name, UNKNOWN).priority for name in names}
    ranked = {name: rank for rank, name in enumerate(sorted(names, key=shipped.__getitem__))}
    rows = [
        (
            *(name, number, said.priority, said.unique_per_customer, said.is_strong),
            *(said.max_strong, said.limit_count, round(said.limit_days * DAY_US)),
            *(round(said.expires_days * DAY_US), ranked[name]),
        )
        for number, name in enumerate(names)
        for said in [policy.namespaces.get(name, UNKNOWN)]
    ]
    return pl.DataFrame(
        rows,
        schema={
            "namespace": pl.String,
            "namespace_number": pl.Int32,
            "priority": pl.Int32,
            "is_unique": pl.Boolean,
            "is_strong": pl.Boolean,
            "max_strong": pl.Int32,
            "limit_count": pl.Int32,
            "limit_us": pl.Int64,
            "expires_us": pl.Int64,
            "name_rank": pl.Int64,
        },
        orient="row",
    )


def device_namespaces(policy: Policy) -> pl.DataFrame:
    """The namespaces that name devices: one row each, `namespace`."""
    names = sorted(name for name, said in policy.namespaces.items() if said.is_device)
    return pl.DataFrame({"namespace": names}, schema={"namespace": pl.String})


def blocked_values(policy: Policy) -> pl.DataFrame:
    """One row per value that names nobody: `value` in lower case, `reason`."""
    return pl.DataFrame(
        list(policy.values.items()),
        schema={"value": pl.String, "reason": pl.String},
        orient="row",
    )


def _literal(text: str) -> str:
    return text.strip().lower().removeprefix("@").replace(".", r"\.")


def _own_phone(number: str, company: Company) -> str:
    found = identifiers.phone(number, company.phone_region)
    if found is None:
        raise BadSettings(
            f"company.phones: {number!r} is not a telephone number; write it as +442071838750"
        )
    return found


def _expression(namespace: str, pattern: str) -> str:
    """The pattern, once the engine that will use it has read it."""
    try:
        duckdb.connect().execute("select regexp_full_match('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        raise BadSettings(
            f"identity.namespaces.{namespace}.block: {pattern!r} is not a regular expression: "
            f"{error}"
        ) from error
    return pattern
