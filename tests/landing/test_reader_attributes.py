"""What each tool's records say of a person lands as attributes of their event."""

# ruff: noqa: E501 - a record is as wide as it is

from pathlib import Path

import pytest

from pipeline.landing import readers
from pipeline.landing.formats import format_named
from pipeline.landing.record import RawFile
from tests.landing.feeds import events, feed

GUID = "a1b2c3d4-0000-4000-8000-00000000000c"
RECORDS = {
    "segment": (
        "calls.jsonl",
        '{"type":"identify","userId":"u1","timestamp":"2026-01-05T09:20:00Z","traits":{"firstName":"Ada","company":{"name":"Acme"},"address":{"city":"Rome"},"plan":"gold"}}',
        {"given_name": "Ada", "company": "Acme", "city": "Rome"},
    ),
    "hubspot": (
        "contacts.csv",
        "Record ID,Email,First Name,Last Name,Job Title,Country/Region,Unsubscribed from all email,Create Date,Last Modified Date\n501,ada@example.org,Ada,Lovelace,Analyst,United Kingdom,true,2026-01-05 09:20,2026-02-05 09:20",
        {
            "given_name": "Ada",
            "family_name": "Lovelace",
            "full_name": "Ada Lovelace",
            "job_title": "Analyst",
            "country": "GB",
            "consent_email": "withdrawn",
        },
    ),
    "salesforce": (
        "Contact.csv",
        "Id,IsDeleted,MasterRecordId,FirstName,LastName,Email,MailingCity,DoNotCall,CreatedDate,LastModifiedDate\n0031G00000qAfq1QAC,false,,Ada,Lovelace,ada@example.org,London,false,2026-01-05T09:20:00.000+0000,2026-01-06T10:00:00.000+0000",
        {
            "given_name": "Ada",
            "family_name": "Lovelace",
            "full_name": "Ada Lovelace",
            "city": "London",
        },
    ),
    "dynamics": (
        "contact.csv",
        f"contactid,createdon,emailaddress1,fullname,birthdate,address1_country,donotphone,merged,masterid\n{GUID},2026-01-05T09:20:00Z,ada@mail.example,Ada Lovelace,1985-12-10,Deutschland,True,False,",
        {
            "full_name": "Ada Lovelace",
            "birth_on": "1985-12-10",
            "country": "DE",
            "consent_phone": "withdrawn",
        },
    ),
    "pipedrive": (
        "persons.csv",
        "id,name,email,phone,marketing_status,add_time\n31,Ada Lovelace,ada@mail.example,,subscribed,2026-01-05 09:20:00",
        {"full_name": "Ada Lovelace", "consent_email": "given"},
    ),
    "zendesk_support": (
        "users.jsonl",
        '{"id":7,"url":"https://x.zendesk.com/api/v2/users/7.json","name":"Ada Lovelace","email":"ada@mail.example","role":"end-user","locale":"en-GB","created_at":"2026-01-05T09:20:00Z","updated_at":"2026-01-06T09:20:00Z"}',
        {"full_name": "Ada Lovelace", "language": "en"},
    ),
    "intercom": (
        "conversations.jsonl",
        '{"id":"9","created_at":1767604800,"source":{"type":"conversation","body":"hello","author":{"type":"user","id":"c1","name":"Ada Lovelace"}},"contacts":{"contacts":[]},"conversation_parts":{"conversation_parts":[]}}',
        {"full_name": "Ada Lovelace"},
    ),
    "mailchimp": (
        "members.csv",
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,LAST_CHANGED\nada@mail.example,Ada,Lovelace,2,2026-01-05 09:20:00,2026-01-06 09:20:00",
        {"given_name": "Ada", "family_name": "Lovelace", "full_name": "Ada Lovelace"},
    ),
    "klaviyo": (
        "events.jsonl",
        '{"event_name":"Opened Email","datetime":"2026-01-05T09:20:00+00:00","uuid":"e1","profile":{"id":"p1","email":"ada@mail.example","first_name":"Ada","location":{"country":"France"}},"event_properties":{}}',
        {"given_name": "Ada", "country": "FR"},
    ),
    "delighted": (
        "responses.jsonl",
        '{"id":"1","person":{"id":"2","email":"ada@mail.example","name":"Ada Lovelace"},"survey_type":"nps","score":9,"comment":"","created_at":1767604800,"updated_at":1767604800,"person_properties":{},"tags":[]}',
        {"full_name": "Ada Lovelace"},
    ),
    "survey": (
        "answers.csv",
        "response_id,submitted_at,email,first_name,nps\n1,2026-01-05T09:20:00Z,ada@mail.example,Ada,9",
        {"given_name": "Ada"},
    ),
    "qualtrics": (
        "responses.csv",
        "ResponseId,RecordedDate,RecipientFirstName,RecipientEmail,UserLanguage,Q1,Q1_NPS_GROUP\nR_1,2026-01-05 09:20:00,Ada,ada@mail.example,DE,9,3",
        {"given_name": "Ada", "language": "de"},
    ),
    "telegram": (
        "updates.jsonl",
        '{"update_id":1,"message":{"message_id":5,"date":1767604800,"text":"hello","chat":{"id":7,"type":"private"},"from":{"id":7,"is_bot":false,"first_name":"Ada","language_code":"en"}}}',
        {"given_name": "Ada", "language": "en"},
    ),
    "mattermost": (
        "users.jsonl",
        '{"id":"u1","create_at":1767604800000,"username":"ada","email":"ada@mail.example","first_name":"Ada","last_name":"Lovelace","locale":"en"}',
        {
            "given_name": "Ada",
            "family_name": "Lovelace",
            "full_name": "Ada Lovelace",
            "language": "en",
        },
    ),
}


@pytest.mark.parametrize("layout", sorted(RECORDS))
def test_a_record_of_a_person_gives_attributes(layout: str, tmp_path: Path) -> None:
    """Names, places, languages and consents in one form; none of them among the properties."""
    name, content, expected = RECORDS[layout]
    (tmp_path / name).write_text(content + "\n")
    file = RawFile(tmp_path / name, name, "source-1")

    (event,) = events(list(readers.read(format_named(layout), file, feed(layout, zone="UTC"))))

    assert {one.name: one.value for one in event.attributes} == expected
    assert not {"Ada", "Lovelace"} & set(str(event.properties).replace("'", " ").split())


@pytest.mark.parametrize("layout", ["hubspot", "salesforce", "zendesk_support", "mailchimp"])
def test_a_contact_says_what_it_is_by_its_last_change(layout: str, tmp_path: Path) -> None:
    """The event is of the day the contact was created; its name may be younger."""
    name, content, _ = RECORDS[layout]
    (tmp_path / name).write_text(content + "\n")
    file = RawFile(tmp_path / name, name, "source-1")

    (event,) = events(list(readers.read(format_named(layout), file, feed(layout, zone="UTC"))))

    stated = {one.stated_us for one in event.attributes}
    assert len(stated) == 1
    assert all(us is not None and us > event.occurred.us for us in stated)
