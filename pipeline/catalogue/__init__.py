"""The catalogue: what a company says of its stages and touchpoints."""
