"""Sources that are asked for what is new: databases, mailboxes, object storage."""
