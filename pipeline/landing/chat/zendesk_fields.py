"""The fields that Zendesk documents, of the records of Zendesk Chat and of Zendesk Support."""

CHAT = frozenset(
    {
        *("id", "type", "timestamp", "end_timestamp", "update_timestamp", "duration", "started_by"),
        *("session", "visitor", "message", "comment", "rating", "missed", "dropped", "deleted"),
        *("triggered", "triggered_response", "unread", "tags", "webpath", "history", "conversions"),
        *("count", "response_time", "abandon_time", "skills_requested", "skills_fulfilled"),
        *("agent_ids", "agent_names", "department_id", "department_name", "zendesk_ticket_id"),
        *("external_id", "referrer_search_terms", "referrer_search_engine"),
    }
)
# Also with what may be loaded beside it, and as Zendesk's own JSON export has it.
TICKET = frozenset(
    {
        *("id", "url", "external_id", "type", "subject", "raw_subject", "description", "priority"),
        *("status", "recipient", "requester_id", "submitter_id", "assignee_id", "organization_id"),
        *("group_id", "collaborator_ids", "follower_ids", "email_cc_ids", "forum_topic_id"),
        *("problem_id", "has_incidents", "is_public", "due_at", "tags", "custom_fields", "fields"),
        *("satisfaction_rating", "satisfaction_probability", "sharing_agreement_ids"),
        *("custom_status_id", "encoded_id", "followup_ids", "ticket_form_id"),
        *("deleted_ticket_form_id", "brand_id", "allow_channelback", "allow_attachments"),
        *("from_messaging_channel", "support_type", "attribute_value_ids", "generated_timestamp"),
        *("result_type", "created_at", "updated_at", "via", "via_followup_source_id", "requester"),
        *("submitter", "assignee", "group", "organization", "comments", "comment_count"),
        *("collaborators", "metric_set", "metric_events", "dates", "slas", "incident_counts"),
        *("sharing_agreements", "tde_workspace"),
    }
)
AUDIT = frozenset(
    {
        *("id", "ticket_id", "created_at", "author_id", "metadata", "via", "events"),
    }
)
COMMENT = frozenset(
    {
        *("id", "type", "ticket_id", "author_id", "body", "html_body", "plain_body", "public"),
        *("attachments", "audit_id", "uploads", "via", "metadata", "created_at"),
    }
)
USER = frozenset(
    {
        *("id", "url", "name", "alias", "email", "phone", "shared_phone_number", "role"),
        *("role_type", "custom_role_id", "default_group_id", "external_id", "details", "notes"),
        *("signature", "organization_id", "tags", "user_fields", "photo", "remote_photo_url"),
        *("time_zone", "iana_time_zone", "locale", "locale_id", "verified", "active", "suspended"),
        *("permanently_deleted", "shared", "shared_agent", "moderator", "chat_only"),
        *("only_private_comments", "restricted_agent", "ticket_restriction"),
        *("two_factor_auth_enabled", "report_csv", "last_login_at", "created_at", "updated_at"),
        *("identities", "organizations", "groups", "abilities", "result_type"),
    }
)
# What an answer of the API puts around a record, or around none.
AROUND = frozenset(
    {
        *("ticket", "audit", "comment", "user", "tickets", "audits", "ticket_audits", "comments"),
        *("users", "count", "next_page", "previous_page", "end_time", "end_of_stream", "after_url"),
        *("after_cursor", "before_url", "before_cursor", "meta", "links"),
    }
)
# Columns that Fivetran's tables have and the API's records do not.
TABLES = frozenset(
    {
        *("_fivetran_synced", "_fivetran_deleted", "authenticity_token", "created"),
        *("facebook_comment", "field_name", "merged_ticket_ids", "system_client", "ticket_id"),
        *("tweet", "updated", "user_id", "value", "via_channel", "via_source_from_address"),
        *("via_source_from_id", "via_source_from_title", "via_source_rel", "via_source_to_address"),
        *("via_source_to_name", "voice_comment"),
        # Of chats.
        *("chat_id", "authenticated", "backend", "channel", "conversation_id", "initiator"),
        *("integration_id", "visitor_id", "webpath", "actor_id", "chat_index"),
        *("external_message_id", "filename", "is_history_context", "message", "message_id"),
        *("message_source", "mime_type", "original_message", "original_message_type"),
        *("parent_message_id", "reason", "size", "status_updated_at"),
    }
)
