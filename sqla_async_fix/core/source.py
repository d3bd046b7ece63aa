"""The text of one file and how it was stored, so that it can be written back byte for byte. No parsing here."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from dataclasses import dataclass, replace
from itertools import accumulate

_LINE_END = re.compile(r"\r\n|\r|\n")


class SourceError(Exception):
    """The bytes are not text in the encoding that they declare; the message is one line."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A Python file: `path` relative to the project root with `/`, decoded `text` with its own line endings."""

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bool = False

    @classmethod
    def decode(cls, path: str, data: bytes) -> SourceFile:
        """Read bytes as Python does: byte order mark, encoding cookie, else UTF-8. Raises SourceError."""
        bom = data.startswith(codecs.BOM_UTF8)
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data[len(codecs.BOM_UTF8) :].decode("utf-8") if bom else data.decode(encoding)
        except (SyntaxError, UnicodeDecodeError, LookupError) as error:
            raise SourceError(str(error).splitlines()[0]) from error
        return cls(path, text, "utf-8" if bom else encoding, bom)

    def encode(self) -> bytes:
        """The bytes of the text, in the encoding and with the byte order mark it was read with."""
        data = self.text.encode(self.encoding)
        return codecs.BOM_UTF8 + data if self.bom else data

    def with_text(self, text: str) -> SourceFile:
        """The same file with another text."""
        return replace(self, text=text)


def line_starts(text: str) -> list[int]:
    """Where each line of a text begins, in code points; a line ends with LF, CR or both."""
    if "\r" in text:
        return [0, *(match.end() for match in _LINE_END.finditer(text))]
    return list(accumulate((len(line) + 1 for line in text.split("\n")[:-1]), initial=0))
