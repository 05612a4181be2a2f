"""The fields of Intercom's conversations as the API has them, and as the tables of a warehouse."""

# All that version 2 of the API names; which of them come depends on the conversation.
CONVERSATION = frozenset(
    {
        *("type", "id", "title", "created_at", "updated_at", "waiting_since", "snoozed_until"),
        *("open", "state", "read", "priority", "admin_assignee_id", "team_assignee_id"),
        *("company_id", "tags", "conversation_rating", "source", "contacts", "teammates"),
        *("custom_attributes", "first_contact_reply", "sla_applied", "statistics"),
        *("conversation_parts", "linked_objects", "ai_agent", "ai_agent_participated", "topics"),
    }
)
# A bare list or an object that holds it, a flag or a word, by the version of the API.
VARIED = frozenset(
    {
        "contacts",
        "conversation_parts",
        "tags",
        "teammates",
        "topics",
        "linked_objects",
        "priority",
        "admin_assignee_id",
        "team_assignee_id",
        "company_id",
    }
)
# Columns of Fivetran's conversation_history: with what it makes of the objects within.
CONVERSATIONS = frozenset(
    {
        *("assignee_id", "assignee_type", "conversation_rating_created_at"),
        *("conversation_rating_remark", "conversation_rating_value"),
        *("conversation_rating_contact_id", "conversation_rating_teammate_id"),
        *("conversation_rating_teammate_type", "first_contact_reply_created_at"),
        *("first_contact_reply_type", "first_contact_reply_url", "sla_name", "sla_status"),
        *("source_author_id", "source_author_type", "source_author_email", "source_author_name"),
        *("source_delivered_as", "source_id", "source_type", "source_body", "source_subject"),
        *("source_url", "source_redacted", "ai_agent_rating", "ai_agent_rating_remark"),
        *("ai_agent_resolution_state", "ai_agent_last_answer_type", "ai_agent_source_title"),
        *("ai_agent_source_type", "statistics_type", "statistics_time_to_assignment"),
        *("statistics_time_to_admin_reply", "statistics_time_to_first_close"),
        *("statistics_time_to_last_close", "statistics_median_time_to_reply"),
        *("statistics_first_contact_reply_at", "statistics_first_assignment_at"),
        *("statistics_first_admin_reply_at", "statistics_first_close_at"),
        *("statistics_last_assignment_at", "statistics_last_assignment_admin_reply_at"),
        *("statistics_last_contact_reply_at", "statistics_last_admin_reply_at"),
        *("statistics_last_close_at", "statistics_last_closed_by_id", "statistics_count_reopens"),
        *("statistics_count_assignments", "statistics_count_conversation_parts"),
    }
)
PARTS = frozenset(
    {
        *("assigned_to_id", "assigned_to_type", "author_id", "author_type", "conversation_id"),
        *("conversation_updated_at", "notified_at", "part_type", "body", "app_package_code"),
        *("email_message_metadata_subject", "external_id", "redacted", "contact_id"),
    }
)
CONTACTS = frozenset(
    {
        *("admin_id", "android_app_name", "android_app_version", "android_device"),
        *("android_last_seen_at", "android_os_version", "android_sdk_version", "avatar"),
        *("browser", "browser_language", "browser_version", "email", "enabled_push_messaging"),
        *("external_id", "formatted_phone", "has_hard_bounced", "ios_app_name"),
        *("ios_app_version", "ios_device", "ios_last_seen_at", "ios_os_version"),
        *("ios_sdk_version", "language_override", "last_contacted_at", "last_email_clicked_at"),
        *("last_email_opened_at", "last_replied_at", "last_seen_at", "location_city"),
        *("location_country", "location_region", "marked_email_as_spam", "name", "os", "phone"),
        *("referrer", "role", "signed_up_at", "unsubscribed_from_emails", "utm_campaign"),
        *("utm_content", "utm_medium", "utm_source", "utm_term", "workspace_id"),
    }
)
MARKS = frozenset(
    {
        *("_fivetran_synced", "_fivetran_deleted", "_fivetran_active", "_fivetran_start"),
        *("_fivetran_end",),
    }
)
# Snowflake writes the names of columns in capitals.
TABLES = frozenset(
    name
    for column in CONVERSATION | CONVERSATIONS | PARTS | CONTACTS | MARKS
    for name in (column, column.upper())
)
