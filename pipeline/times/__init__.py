"""How long things take where not everything is over yet: stays in stages, and silences."""
