"""Records of persons that share no identifier, matched by what they say of themselves.

`match` takes any table of persons; the rest does the same each night for customers. Needs the
extra `match` (Splink); nothing here is imported unless matching is asked for.
"""

from pipeline.identity.matching.door import Matched, match

__all__ = ["Matched", "match"]
