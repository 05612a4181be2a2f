"""The invented company's project folder: wend.toml, and the telecom template's catalogue."""

import shutil

from pipeline.resources import templates_folder
from pipeline.simulate.identifiers import CALL_CENTRE_PHONES
from pipeline.simulate.raw.written import Company

CATALOGUE = ("stages.csv", "touchpoints.csv", "notes.csv")


def write(company: Company) -> None:
    """Write wend.toml for the sources that were written, and copy the catalogue."""
    text = f"""\
# Larkspur Broadband, an invented company; `truth/` holds what really happened to its customers.

[company]
name = "Larkspur Broadband"
time_zone = "Europe/London"
currency = "GBP"
founded_on = 2015-01-01
email_domains = ["larkspur.example"]
phones = ["{CALL_CENTRE_PHONES[0]}"]
phone_region = "GB"

[journeys]
dormancy_days = {company.plan.dormancy_days}

[churn]
horizon_days = 60

# Among events of one instant the lower rank comes first.

[sources.web]
format = "segment"
path = "raw/web/*.jsonl"
rank = 10
# The shop's developers add fields as they like; that is said, and stops nothing.
on_new_field = "warn"

[sources.chat]
format = "zendesk_chat"
path = "raw/chat/*.json"
rank = 20
max_age_hours = 240

[sources.mailbox]
format = "mail"
path = "raw/mailbox/*"
rank = 30
max_age_hours = 240

[sources.salesforce]
format = "salesforce"
path = "raw/salesforce/*/*.csv"
rank = 40
max_age_hours = 840

[sources.hubspot]
format = "hubspot"
path = "raw/hubspot/*/*.csv"
time_zone = "UTC"
rank = 50
max_age_hours = 840

[sources.campaigns]
format = "sendgrid"
path = "raw/campaigns/*.json"
rank = 60

[sources.portal]
format = "access_log"
path = "raw/portal/*.log"
rank = 70

# The messenger's clock runs ahead by this much.
[sources.messenger]
format = "intercom"
path = "raw/messenger/*.json"
clock_offset_seconds = {-company.plan.skew_seconds}
rank = 80
max_age_hours = 240

[sources.calls]
format = "generic"
path = "raw/calls/*.csv"
channel = "phone"
time_zone = "Europe/London"
time_format = "%d/%m/%Y %H:%M:%S"
rank = 90
max_age_hours = 240

[sources.calls.columns]
occurred_at = "started_local"
kind = "=call_answered"
own_id = "call_id"
label = "queue"
object_kind = "=call"
object_id = "call_id"
properties = ["duration_s"]
ignore = ["agent"]

[sources.calls.columns.identifiers]
phone = "caller"
user_id = "customer_number"

[sources.survey]
format = "survey"
path = "raw/survey/*.csv"
rank = 95
max_age_hours = 840

[sources.survey.columns]
occurred_at = "answered_at"
kind = "=survey_answered"
own_id = "response_id"
label = "survey"
text = "comment"
score_kind = "metric"
score = "score"

[sources.survey.columns.identifiers]
email = "email"
user_id = "customer_number"
"""
    (company.out / "wend.toml").write_text(text, encoding="utf-8")
    for name in CATALOGUE:
        source = templates_folder() / "telecom" / name
        if source.is_file():
            shutil.copyfile(source, company.out / name)
