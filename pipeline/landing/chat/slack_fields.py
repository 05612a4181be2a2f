"""The fields that Slack documents, of messages of every subtype and of users."""

MESSAGE = frozenset(
    {
        *("type", "subtype", "user", "text", "ts", "client_msg_id", "team", "user_team"),
        *("source_team", "user_profile", "blocks", "attachments", "edited", "thread_ts"),
        *("parent_user_id", "reply_count", "reply_users", "reply_users_count", "latest_reply"),
        *("replies", "is_locked", "subscribed", "last_read", "unread_count", "reactions", "files"),
        *("x_files", "file", "comment", "upload", "display_as_bot", "upload_reply_to", "bot_id"),
        *("bot_profile", "bot_link", "app_id", "username", "icons", "is_starred", "pinned_to"),
        *("pinned_info", "item", "item_type", "inviter", "topic", "purpose", "name", "old_name"),
        *("members", "channel", "channel_type", "event_ts", "deleted_ts", "hidden", "message"),
        *("previous_message", "root", "permalink", "room", "no_notifications", "is_intro"),
        *("is_delayed_message", "mrkdwn", "metadata", "assistant_app_thread"),
        *("posting_permissions",),
    }
)
USER = frozenset(
    {
        *("id", "team_id", "name", "deleted", "color", "real_name", "tz", "tz_label", "tz_offset"),
        *("profile", "is_admin", "is_owner", "is_primary_owner", "is_restricted"),
        *("is_ultra_restricted", "is_bot", "is_app_user", "is_stranger", "is_invited_user"),
        *("is_email_confirmed", "is_forgotten", "is_connector_bot", "is_workflow_bot", "updated"),
        *("has_2fa", "two_factor_type", "enterprise_user", "locale", "presence", "teams"),
        *("who_can_share_contact_card", "always_active"),
    }
)
