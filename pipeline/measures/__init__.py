"""What the map says beyond counts: touchpoints that decide, and what customers complain of."""
