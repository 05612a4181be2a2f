"""Ways of journeys: codes for names, and patterns of touchpoints and stages."""
