"""A new project's wend.toml and catalogue, from a template.

Rule: nothing is ever overwritten; where one file is in the way, none is written.
"""

from pathlib import Path

from pipeline.errors import BadSettings
from pipeline.resources import templates_folder
from pipeline.settings import FILE_NAME

FILES = (FILE_NAME, "stages.csv", "touchpoints.csv", "notes.csv")


def init(folder: Path, template: str) -> tuple[Path, ...]:
    """Write a template's wend.toml and catalogue into `folder`; returns what was written.

    Raises:
        BadSettings: No such template, or a file is there already; then nothing is written.
    """
    home = templates_folder()
    names = sorted(place.name for place in home.iterdir() if (place / FILE_NAME).is_file())
    if template not in names:
        raise BadSettings(f"no template {template!r}; there are {', '.join(names)}")
    targets = tuple(folder / name for name in FILES)
    if there := [target.name for target in targets if target.exists()]:
        raise BadSettings(
            f"{folder}: {', '.join(there)} exists already and nothing was written; "
            "move it away or choose another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for target in targets:
        # Mode x: never over a file that appeared meanwhile.
        with target.open("x", encoding="utf-8", newline="") as file:
            file.write((home / template / target.name).read_text(encoding="utf-8"))
    return targets
