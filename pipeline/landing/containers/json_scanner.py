"""A window over JSON text: the next value and where it ends, though it or its file be broken."""

import io
import json
import re
from typing import BinaryIO

from pipeline.landing.containers.unpacked import CHUNK, RECORD_LIMIT

BROKEN_OFF = "the document ends inside this record"
# A JSON string, whole or cut by the end of its line, or a mark of structure.
MARKS = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[\[\]{},]')


class Scanner:
    """A window over a JSON text, so that a large document is never held whole."""

    SCAN = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode

    def __init__(self, stream: BinaryIO) -> None:
        """Read UTF-8 from `stream`; bytes that are none become lone surrogates."""
        self.reader = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        self.text, self.at, self.ended = "", 0, False
        # The white space before a value that is the first of its line.
        self.indent: str | None = None

    def more(self) -> bool:
        """Lengthen the window; False at the end of the stream."""
        if self.ended:
            return False
        found = self.reader.read(max(CHUNK, len(self.text) - self.at))
        self.text, self.at, self.ended = self.text[self.at :] + found, 0, not found
        return not self.ended

    def peek(self) -> str:
        """The next character that is no white space, not taken; empty at the end."""
        self.indent = None
        while True:
            while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
                if self.text[self.at] == "\n":
                    self.indent = ""
                elif self.indent is not None:
                    self.indent += self.text[self.at]
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def value(self) -> tuple[str, str | None]:
        """The next value's text, taken, and whether the document broke off inside it."""
        problem = None
        while True:
            try:
                end = self.SCAN(self.text, self.at)[1]
            except (ValueError, RecursionError):
                if len(self.text) - self.at <= RECORD_LIMIT and self.more():
                    continue
                end = max(self.broken_end(), self.at + 1)
                if self.ended and end >= len(self.text):
                    problem = BROKEN_OFF
            else:
                # A number at the window's end may go on.
                if end == len(self.text) and self.more():
                    continue
            found, self.at = self.text[self.at : end], end
            return found, problem

    def broken_end(self) -> int:
        """Where a value that does not parse ends.

        One that began a line ends before the next line that begins likewise, since a JSON string
        holds no line break; any other where its brackets close.
        """
        if self.indent is not None:
            following = re.compile(rf"\n{self.indent}\{{").search(self.text, self.at)
            if following:
                return following.start()
        depth = 0
        for mark in MARKS.finditer(self.text, self.at):
            if mark[0] in "[{":
                depth += 1
            elif mark[0] in "]}":
                depth -= 1
                if depth <= 0:
                    return mark.end() if depth == 0 else mark.start()
            elif mark[0] == "," and depth == 0:
                return mark.start()
        return len(self.text)
