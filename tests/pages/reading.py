"""What a page says, read back from its HTML with nothing but the standard library."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The tables and the tags of a page.

    Attributes:
        tables: Each table as rows of cells' texts, the head included.
        tags: Each start tag with its attributes.
        words: All text outside style and script.
    """

    def __init__(self, html: str) -> None:
        """Read `html` whole."""
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._skips = False
        self._in_cell = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row or cell."""
        self.tags.append((tag, dict(attrs)))
        if tag in {"style", "script"}:
            self._skips = True
        elif tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        """Close a cell."""
        if tag in {"style", "script"}:
            self._skips = False
        elif tag in {"td", "th"}:
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        """Keep words."""
        if self._skips:
            return
        self.words += f" {' '.join(data.split())}"
        if self._in_cell:
            cells = self.tables[-1][-1]
            cells[-1] = f"{cells[-1]} {' '.join(data.split())}".strip()

    def table(self, first_head: str) -> list[list[str]]:
        """The rows below the head of the table whose first head is `first_head`."""
        return next(rows[1:] for rows in self.tables if rows[0][0].startswith(first_head))
