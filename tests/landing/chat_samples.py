"""One small sample for each chat format, in the vendor's shape: what tests mutate and read."""

from typing import Any

NINE = 1_767_603_600  # 2026-01-05 09:00:00 UTC

ZENDESK_TICKET: dict[str, Any] = {
    "id": 35436,
    "requester_id": 20978392,
    "submitter_id": 20978392,
    "assignee_id": 801,
    "status": "solved",
    "type": "problem",
    "priority": "high",
    "description": "No internet since the storm",
    "tags": ["router"],
    "follower_ids": [901],
    "via": {"channel": "email", "source": {"from": {"address": "Ada@Example.org"}, "rel": None}},
    "satisfaction_rating": {"score": "bad", "comment": "Too slow"},
    "created_at": "2026-01-05T09:00:00Z",
    "updated_at": "2026-01-06T10:00:00Z",
}
ZENDESK_FIRST_AUDIT: dict[str, Any] = {
    "id": 1,
    "ticket_id": 35436,
    "author_id": 20978392,
    "created_at": "2026-01-05T09:00:00Z",
    "via": {"channel": "email", "source": {"from": {"address": "Ada@Example.org"}}},
    "events": [
        {"id": 11, "type": "Comment", "public": True, "body": "No internet since the storm"},
        {"id": 12, "type": "Create", "field_name": "requester_id", "value": "20978392"},
        {"id": 13, "type": "Create", "field_name": "status", "value": "new"},
        {"id": 14, "type": "Create", "field_name": "type", "value": "problem"},
    ],
}
ZENDESK_AUDIT: dict[str, Any] = {
    "id": 2,
    "ticket_id": 35436,
    "author_id": 801,
    "created_at": "2026-01-05T11:00:00Z",
    "via": {"channel": "web", "source": {"rel": None}},
    "events": [
        {"id": 21, "type": "Comment", "public": True, "author_id": 801, "body": "Restart it"},
        {
            "id": 22,
            "type": "Change",
            "field_name": "status",
            "value": "solved",
            "previous_value": "open",
        },
        {"id": 23, "type": "Notification", "body": "Your request was updated"},
    ],
}
ZENDESK_COMMENT: dict[str, Any] = {
    "id": 31,
    "ticket_id": 35436,
    "type": "Comment",
    "author_id": 20978392,
    "body": "It works again",
    "public": True,
    "created_at": "2026-01-05T12:00:00Z",
    "via": {"channel": "web", "source": {}},
}
ZENDESK_USER: dict[str, Any] = {
    "id": 20978392,
    "role": "end-user",
    "name": "Ada",
    "email": "Ada@Example.org",
    "phone": "+44 20 7183 8750",
    "external_id": "LB1000042",
    "created_at": "2026-01-05T08:59:00Z",
    "updated_at": "2026-01-05T08:59:00Z",
}
SLACK_MESSAGE: dict[str, Any] = {
    "type": "message",
    "user": "U02ADA",
    "text": "The router blinks &amp; <@U01ROB|robin> knows, see <https://example.org/a|this>",
    "ts": "1767603600.000136",
    "thread_ts": "1767603600.000136",
}
SLACK_USERS: list[dict[str, Any]] = [
    {
        "id": "U02ADA",
        "team_id": "T2",
        "name": "ada",
        "updated": NINE,
        "profile": {"email": "ada@example.org", "phone": ""},
    },
    {
        "id": "U01ROB",
        "team_id": "T1",
        "name": "robin",
        "updated": NINE,
        "profile": {"email": "robin@larkspur.example"},
    },
    {"id": "U03SAM", "team_id": "T1", "name": "sam", "updated": NINE, "profile": {}},
    {"id": "USLACKBOT", "team_id": "T1", "name": "slackbot", "updated": NINE, "profile": {}},
]
WHATSAPP_METADATA = {"display_phone_number": "442071838750", "phone_number_id": "106540"}
WHATSAPP_TEXT: dict[str, Any] = {
    "from": "447700900123",
    "id": "wamid.A1",
    "timestamp": str(NINE),
    "type": "text",
    "text": {"body": "No internet"},
}
WHATSAPP_STATUS: dict[str, Any] = {
    "id": "wamid.B1",
    "status": "delivered",
    "timestamp": str(NINE + 60),
    "recipient_id": "447700900123",
    "conversation": {"id": "c1", "origin": {"type": "service"}},
    "pricing": {"billable": True, "category": "utility"},
}


def whatsapp_body(**value: Any) -> dict[str, Any]:
    """A webhook body with one change of the messages."""
    change = {
        "field": "messages",
        "value": {"messaging_product": "whatsapp", "metadata": WHATSAPP_METADATA, **value},
    }
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}


TWILIO_SMS: dict[str, Any] = {
    "sid": "SM01",
    "from": "+447700900123",
    "to": "+442071838750",
    "body": "Is it fixed?",
    "direction": "inbound",
    "status": "received",
    "num_media": "0",
    "date_created": "Mon, 05 Jan 2026 09:00:00 +0000",
    "date_sent": "Mon, 05 Jan 2026 09:00:00 +0000",
    "date_updated": "Mon, 05 Jan 2026 09:00:05 +0000",
}
TWILIO_REMARK: dict[str, Any] = {
    "sid": "IM01",
    "conversation_sid": "CH01",
    "author": "whatsapp:+447700900123",
    "participant_sid": "MB01",
    "body": "Hello?",
    "index": 4,
    "media": None,
    "date_created": "2026-01-05T09:00:00Z",
    "date_updated": "2026-01-05T09:00:00Z",
}
LIVECHAT: dict[str, Any] = {
    "id": "PJ0MRSHTDG",
    "users": [
        {"id": "b7eff798", "type": "customer", "email": "ada@example.org", "session_fields": []},
        {"id": "robin@larkspur.example", "type": "agent"},
    ],
    "thread": {
        "id": "K600PKZON8",
        "created_at": "2026-01-05T09:00:00.000000Z",
        "properties": {"rating": {"score": {"value": 1}}},
        "tags": ["billing"],
        "events": [
            {
                "id": "K600PKZON8_1",
                "type": "message",
                "text": "Hi",
                "author_id": "b7eff798",
                "created_at": "2026-01-05T09:00:01.500000Z",
            },
            {
                "id": "K600PKZON8_2",
                "type": "message",
                "text": "Angry one",
                "author_id": "robin@larkspur.example",
                "visibility": "agents",
                "created_at": "2026-01-05T09:01:00.000000Z",
            },
            {
                "id": "K600PKZON8_3",
                "type": "system_message",
                "system_message_type": "rating.chat_rated",
                "text": "Ada rated the chat as good",
                "text_vars": {"score": "good"},
                "created_at": "2026-01-05T09:02:00.000000Z",
            },
            {
                "id": "K600PKZON8_4",
                "type": "system_message",
                "system_message_type": "manual_archived_customer",
                "text": "Ada closed the chat",
                "created_at": "2026-01-05T09:03:00.000000Z",
            },
        ],
    },
}
OLARK: dict[str, Any] = {
    "kind": "Conversation",
    "id": "EV695BI2930A6XMO",
    "items": [
        {
            "kind": "MessageToOperator",
            "timestamp": "1767603600.5",
            "body": "Hi",
            "nickname": "Ada",
        },
        {
            "kind": "MessageToVisitor",
            "timestamp": "1767603660.25",
            "body": "Hello",
            "operatorId": "6476",
        },
    ],
    "visitor": {
        "id": "9QRF9YWM5XW3ZSU7",
        "emailAddress": "ada@example.org",
        "phoneNumber": "+44 20 7183 8750",
        "conversationBeginPage": "https://larkspur.example/pricing?x=1",
        "chat_feedback": {"overall_chat": 4, "comments": "Fine"},
    },
}
ROCKETCHAT: dict[str, Any] = {
    "_id": "m1",
    "rid": "room1",
    "msg": "No internet",
    "ts": "2026-01-05T09:00:00.250Z",
    "u": {"_id": "v1", "username": "guest-1"},
    "token": "t1",
}
MATTERMOST: dict[str, Any] = {
    "id": "p1",
    "create_at": NINE * 1000 + 250,
    "edit_at": 0,
    "delete_at": 0,
    "user_id": "u1",
    "channel_id": "c1",
    "root_id": "",
    "message": "No internet",
    "type": "",
    "props": {},
}
TELEGRAM_UPDATE: dict[str, Any] = {
    "update_id": 5,
    "message": {
        "message_id": 31,
        "date": NINE,
        "chat": {"id": 8, "type": "private"},
        "from": {"id": 8, "first_name": "Ada", "username": "ada"},
        "text": "No internet",
    },
}
TELEGRAM_EXPORTED: dict[str, Any] = {
    "id": 31,
    "type": "message",
    "date": "2026-01-05T10:00:00",
    "date_unixtime": str(NINE),
    "from": "Ada",
    "from_id": "user8",
    "text": ["See ", {"type": "link", "text": "https://example.org"}, "!"],
}
