"""The fields that Telegram's records may have: updates of the Bot API and exports of Desktop."""

# Each update has one of these beside its id; with the fields of an error's answer.
UPDATE = frozenset(
    {
        *("update_id", "message", "edited_message", "channel_post", "edited_channel_post"),
        *("business_connection", "business_message", "edited_business_message"),
        *("deleted_business_messages", "message_reaction", "message_reaction_count"),
        *("inline_query", "chosen_inline_result", "callback_query", "shipping_query"),
        *("pre_checkout_query", "purchased_paid_media", "poll", "poll_answer", "my_chat_member"),
        *("chat_member", "chat_join_request", "chat_boost", "removed_chat_boost", "managed_bot"),
        *("ok", "result", "error_code", "description", "parameters"),
    }
)
# An exported message's own fields, then those of media.
MESSAGE = frozenset(
    {
        *("id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id"),
        *("author", "forwarded_from", "forwarded_from_id", "saved_from", "reply_to_message_id"),
        *("reply_to_peer_id", "via_bot", "text", "text_entities", "reactions"),
        *("inline_bot_buttons", "photo", "photo_file_size", "file", "file_name", "file_size"),
        *("thumbnail", "thumbnail_file_size", "media_type", "media_spoiler", "sticker_emoji"),
        *("performer", "title", "mime_type", "duration_seconds", "width", "height"),
        *("self_destruct_period_seconds", "contact_information", "contact_vcard"),
        *("contact_vcard_file_size", "location_information", "live_location_period_seconds"),
        *("place_name", "address", "game_title", "game_description", "game_link"),
        *("invoice_information", "poll", "giveaway_information", "giveaway_results"),
        *("paid_stars_amount",),
    }
)
# What a message tells of the chat itself, by its action.
SERVICE = frozenset(
    {
        *("actor", "actor_id", "action", "members", "message_id", "inviter", "game_message_id"),
        *("score", "amount", "currency", "invoice_message_id", "recurring", "discard_reason"),
        *("information_text", "reason_app_id", "reason_app_name", "reason_domain", "values", "to"),
        *("to_id", "distance", "duration", "period", "schedule_date", "emoticon", "cost", "months"),
        *("new_title", "new_icon_emoji_id", "button_id", "peer_id", "boosts"),
    }
)
# The parts of an export of a whole account, which is one record, and of a single chat.
ACCOUNT = frozenset(
    {
        *("about", "personal_information", "profile_pictures", "stories", "contacts"),
        *("frequent_contacts", "sessions", "web_sessions", "other_data", "chats", "left_chats"),
        *("name", "messages"),
    }
)
