"""Where the files that travel with the package lie: sql/ and data/templates/."""

from pathlib import Path

HERE = Path(__file__).parent


def sql_folder() -> Path:
    """The folder of models: inside the wheel, or beside the package in a checkout."""
    packed = HERE / "_sql"
    return packed if packed.is_dir() else HERE.parent / "sql"


def templates_folder() -> Path:
    """The folder of project templates: inside the wheel, or data/templates in a checkout."""
    packed = HERE / "_templates"
    return packed if packed.is_dir() else HERE.parent / "data" / "templates"
