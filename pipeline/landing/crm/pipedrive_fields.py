"""The fields that Pipedrive documents, of versions 1 and 2 of its API."""

DEAL = frozenset(
    {
        *("id", "creator_user_id", "user_id", "owner_id", "person_id", "org_id", "stage_id"),
        *("pipeline_id", "title", "value", "currency", "add_time", "update_time"),
        *("stage_change_time", "active", "deleted", "is_deleted", "is_archived", "archive_time"),
        *("status", "probability", "next_activity_date", "next_activity_time", "next_activity_id"),
        *("next_activity_subject", "next_activity_type", "next_activity_duration"),
        *("next_activity_note", "last_activity_id", "last_activity_date", "lost_reason"),
        *("visible_to", "close_time", "won_time", "first_won_time", "lost_time", "local_won_date"),
        *("local_lost_date", "local_close_date", "products_count", "files_count", "notes_count"),
        *("followers_count", "email_messages_count", "activities_count", "done_activities_count"),
        *("undone_activities_count", "reference_activities_count", "participants_count"),
        *("expected_close_date", "last_incoming_mail_time", "last_outgoing_mail_time", "label"),
        *("label_ids", "origin", "origin_id", "channel", "channel_id", "acv", "arr", "mrr"),
        *("acv_currency", "arr_currency", "mrr_currency", "renewal_type", "stage_order_nr"),
        *("person_name", "org_name", "formatted_value", "rotten_time", "weighted_value"),
        *("weighted_value_currency", "formatted_weighted_value", "owner_name", "cc_email"),
        *("smart_bcc_email", "org_hidden", "person_hidden", "group_id", "group_name"),
        *("custom_fields", "merge_what_id", "lead_id"),
    }
)
# An entry of a deal's flow, with its envelope or without.
CHANGE = frozenset(
    {
        *("object", "timestamp", "data", "id", "item_id", "user_id", "field_key", "old_value"),
        *("new_value", "additional_data", "old_value_formatted", "new_value_formatted"),
        *("is_bulk_update_flag", "log_time", "change_source", "change_source_user_agent", "origin"),
        *("origin_id",),
    }
)
PERSON = frozenset(
    {
        *("id", "company_id", "owner_id", "org_id", "name", "first_name", "last_name"),
        *("first_char", "active_flag", "is_deleted", "email", "emails", "phone", "phones", "im"),
        *("primary_email", "add_time", "update_time", "delete_time", "visible_to", "picture_id"),
        *("label", "label_ids", "birthday", "job_title", "notes", "postal_address"),
        *("open_deals_count", "related_open_deals_count", "closed_deals_count"),
        *("related_closed_deals_count", "participant_open_deals_count"),
        *("participant_closed_deals_count", "email_messages_count", "activities_count"),
        *("done_activities_count", "undone_activities_count", "reference_activities_count"),
        *("files_count", "notes_count", "followers_count", "won_deals_count"),
        *("related_won_deals_count", "lost_deals_count", "related_lost_deals_count"),
        *("next_activity_date", "next_activity_time", "next_activity_id", "last_activity_id"),
        *("last_activity_date", "last_incoming_mail_time", "last_outgoing_mail_time", "org_name"),
        *("owner_name", "cc_email", "smart_bcc_email", "custom_fields", "merge_what_id"),
        *("marketing_status", "doi_status"),
    }
)
ACTIVITY = frozenset(
    {
        *("id", "company_id", "user_id", "owner_id", "creator_user_id", "done", "type", "subject"),
        *("reference_type", "reference_id", "due_date", "due_time", "duration", "add_time"),
        *("update_time", "update_user_id", "marked_as_done_time", "deal_id", "deal_title"),
        *("org_id", "org_name", "person_id", "person_name", "lead_id", "lead_title", "project_id"),
        *("project_title", "owner_name", "active_flag", "is_deleted", "note", "public_description"),
        *("location", "participants", "attendees", "busy", "busy_flag", "priority"),
        *("assigned_to_user_id", "created_by_user_id", "person_dropbox_bcc", "deal_dropbox_bcc"),
        *("gcal_event_id", "google_calendar_id", "google_calendar_etag"),
        *("calendar_sync_include_context", "conference_meeting_client", "conference_meeting_url"),
        *("conference_meeting_id", "original_start_time", "last_notification_time"),
        *("last_notification_user_id", "notification_language_id", "rec_rule"),
        *("rec_rule_extension", "rec_master_activity_id", "series", "source_timezone", "type_name"),
        *("file", "lead", "private", "location_subpremise", "location_street_number"),
        *("location_route", "location_sublocality", "location_locality"),
        *("location_admin_area_level_1", "location_admin_area_level_2", "location_country"),
        *("location_postal_code", "location_formatted_address"),
    }
)
NOTE = frozenset(
    {
        *("id", "user_id", "deal_id", "person_id", "org_id", "lead_id", "project_id", "task_id"),
        *("content", "add_time", "update_time", "active_flag", "last_update_user_id"),
        *("pinned_to_deal_flag", "pinned_to_person_flag", "pinned_to_organization_flag"),
        *("pinned_to_lead_flag", "pinned_to_project_flag", "pinned_to_task_flag", "user", "deal"),
        *("person", "organization", "lead", "project", "task"),
    }
)
LEAD = frozenset(
    {
        *("id", "title", "owner_id", "creator_id", "label_ids", "person_id", "organization_id"),
        *("source_name", "origin", "origin_id", "channel", "channel_id", "source_deal_id"),
        *("was_seen", "expected_close_date", "next_activity_id", "add_time", "update_time"),
        *("archive_time", "visible_to", "cc_email", "is_archived", "value", "lead_value_amount"),
        *("lead_value_currency", "custom_fields"),
    }
)
STAGE = frozenset(
    {
        *("id", "order_nr", "name", "active_flag", "is_deleted", "deal_probability"),
        *("is_deal_rot_enabled", "days_to_rotten", "pipeline_id", "pipeline_name"),
        *("pipeline_deal_probability", "rotten_flag", "rotten_days", "add_time", "update_time"),
    }
)
# Of organizations, products, pipelines and users, which tell of no customer.
OTHER = frozenset(
    {
        *("id", "name", "people_count", "address", "country_code", "cc_email", "company_id"),
        *("category_id", "picture_id", "website", "linkedin", "industry", "annual_revenue"),
        *("employee_count", "code", "description", "unit", "tax", "category", "selectable"),
        *("prices", "billing_frequency", "billing_frequency_cycles", "product_variations"),
        *("is_linkable", "url_title", "order_nr", "active", "deal_probability"),
        *("is_deal_probability_enabled", "is_selected", "default_currency", "locale", "lang"),
        *("email", "phone", "activated", "last_login", "created", "modified"),
        *("signup_flow_variation", "has_created_company", "is_admin", "timezone_name"),
        *("timezone_offset", "active_flag", "role_id", "icon_url", "is_you", "access", "role_flag"),
    }
)
# What an answer puts around a record, or around none.
AROUND = frozenset(
    {
        *("success", "data", "additional_data", "related_objects", "error", "error_info"),
    }
)
# Version 1 writes a linked record as an object in a list's answer and as its id elsewhere, one
# address or number of a person as text, flags as 0 and 1; a lead's id is a text and its value has a
# currency beside it; what a deal's change was from and to is of the changed field's own kind.
VARIED = frozenset(
    {
        *("id", "data", "person_id", "org_id", "user_id", "owner_id", "creator_user_id"),
        *("creator_id", "organization_id", "deal_id", "lead_id", "participants", "email", "emails"),
        *("phone", "phones", "im", "picture_id", "label", "label_ids", "value", "old_value"),
        *("new_value", "change_source", "done", "busy", "busy_flag", "active_flag", "address"),
        *("postal_address", "location", "priority", "lead", "file", "rec_rule_extension"),
    }
)
