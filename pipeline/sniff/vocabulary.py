"""Words by which columns, files and folders tell what they are."""

# Words of a time's name, the surest that it is when the event occurred first.
OCCURRED = (
    {"occurred", "happened", "timestamp", "ts", "answered", "submitted", "responded", "started"},
    {"event", "sent", "invoice", "order", "ordered", "placed", "purchased", "called", "begun"},
    {"created", "create", "added", "opened", "signup", "begin", "start"},
    {"date", "time", "datetime", "at", "on", "day", "when", "updated", "changed", "modified"},
)
# Times of something else than the event.
OTHER_TIMES = {
    *("synced", "fivetran", "end", "ended", "closed", "due", "expires", "expiry", "last", "next"),
    *("deleted", "birth", "dob", "filters", "remote", "signed", "notified", "waiting", "snoozed"),
}
PERSON = {
    *("customer", "user", "contact", "member", "visitor", "subscriber", "lead", "requester"),
    *("person", "profile", "guest", "client", "patient", "anonymous", "device", "caller"),
}
STAFF = {
    *("agent", "owner", "admin", "assignee", "assigned", "staff", "operator", "employee"),
    *("manager", "author", "actor", "submitter", "teammate", "team", "by", "rep", "creator"),
}
OTHERS = {"from", "reply", "bcc", "cc", "via", "source", "to", "default", "beamer", "company"}
ID_WORDS = {"id", "uuid", "guid", "number", "no", "key", "reference", "ref", "fingerprint", "login"}
OWN_USERS = {("login",), ("external", "id"), ("username",)}
TYPES = {("role",), ("type",)}
PERSONAL = {
    *("name", "firstname", "lastname", "fname", "lname", "nickname", "alias", "address", "street"),
    *(
        "ip",
        "birth",
        "dob",
        "zip",
        "postal",
        "postcode",
        "latitude",
        "longitude",
        "photo",
        "avatar",
    ),
    *(
        "signature",
        "token",
        "password",
        "email",
        "mail",
        "phone",
        "mobile",
        "fax",
        "notes",
        "details",
    ),
}
# Attributes whose usual names may as well be those of a thing: a product has a name, too.
OF_THINGS = {"full_name", "company", "country", "city", "region", "language", "job_title"}
# Folders and files that are called after nothing in particular.
CONTAINERS = {
    *("raw", "data", "logs", "log", "export", "exports", "files", "csv", "json", "late"),
    *("snowflake", "postgres", "databricks", "bigquery"),
}
VENDORS = (
    *("zendesk", "intercom", "hubspot", "salesforce", "mailchimp", "pipedrive", "freshdesk"),
    *("shopify", "stripe", "gorgias", "drift", "front", "klaviyo", "segment", "amplitude"),
)
TEXTS = ("comment", "comments", "message", "body", "text", "feedback", "verbatim")
# Rows whose description is what a customer wrote, and not what a thing is.
WRITTEN = {"ticket", "case", "issue", "complaint", "request", "conversation", "inquiry"}
AMOUNTS = ("amount", "price", "revenue", "paid")
LABELS = ("queue", "subject", "category", "topic", "reason", "type", "status", "page", "label")
# Kinds of event that Wend has a name for, by what the rows are.
KINDS = {
    "ticket": "ticket_opened",
    "ticket_comment": "ticket_commented",
    "call": "call_answered",
    "order": "order_placed",
    "invoice": "order_placed",
    "conversation_part": "conversation_message_sent",
    "conversation": "conversation_started",
    "contact": "contact_created",
    "customer": "contact_created",
    "user": "contact_created",
    "member": "contact_created",
    "lead": "lead_created",
    "survey": "survey_answered",
    "response": "survey_answered",
    "review": "review_written",
}
CHANNELS = (
    ("phone", {"call", "calls", "phone", "caller", "telephony", "voice"}),
    ("survey", {"survey", "surveys", "nps", "csat", "ces", "response", "responses"}),
    ("chat", {"chat", "conversation", "message", "messages", "ticket", "tickets", "intercom"}),
    ("store", {"order", "orders", "invoice", "sale", "sales", "purchase", "stock", "receipt"}),
    ("web", {"page", "url", "visit", "session", "referrer", "browser", "click", "event", "events"}),
    ("email", {"campaign", "newsletter", "mailing", "mailings"}),
    ("social", {"tweet", "post", "posts", "review", "reviews", "mention"}),
)
