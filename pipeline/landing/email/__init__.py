"""Raw mail and the event webhooks of mail senders."""
