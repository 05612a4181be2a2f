"""The samples of every format, with what wend.toml says of each."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.landing.record import Feed, RawFile
from tests.landing.feeds import feed

SAMPLES = Path(__file__).parents[1] / "fuzz" / "samples"


def samples_of(layout: str) -> Iterator[tuple[RawFile, Feed]]:
    """Each sample of a format with its source."""
    stated: dict[str, dict[str, Any]] = tomllib.loads((SAMPLES / "sources.toml").read_text())
    for path in sorted((SAMPLES / layout).glob("*")):
        said = dict(stated.get(f"{layout}/{path.name}", {}))
        source = feed(layout, zone=said.pop("time_zone", None), **said)
        yield RawFile(path, path.name, f"source-{path.name}"), source
