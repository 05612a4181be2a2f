"""Why journeys stop where they do: what differs on entry, and what it may be worth."""
