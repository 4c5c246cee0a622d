"""The two parsers: libyaml through PyYAML, and PyYAML's own, which explains faults and stands in where libyaml is absent.

Each gives its events one by one (``get_event``), and says which characters it takes for structure where YAML 1.2 does not
(``mistaken``).
"""

from __future__ import annotations

import re
from typing import Any

from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError

#: line breaks of YAML 1.1, which are ordinary characters in YAML 1.2
_OLD_BREAKS = "\x85\u2028\u2029"


class SlowParser(Reader, Scanner, Parser):
    """PyYAML's own parser, made to agree with libyaml and YAML 1.2 on tabs."""

    mistaken = re.compile(rf"[{_OLD_BREAKS}]|(?<=[^\s,\[\]{{}}])\?")

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def scan_to_next_token(self) -> None:
        """Skip blanks and comments; a tab is a blank wherever it cannot be taken for indentation."""
        if self.index == 0 and self.peek() == "\ufeff":
            self.forward()
        while True:
            while self.peek() == " " or (
                self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)
            ):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0\r\n":
                    self.forward()
            if not self.scan_line_break():  # type: ignore[no-untyped-call]
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def scan_flow_scalar_non_spaces(self, double: bool, start_mark: Any) -> list[str]:
        """Scan within quotes; an escape that names no character is refused, as libyaml does."""
        try:
            chunks: list[str] = super().scan_flow_scalar_non_spaces(double, start_mark)
        except (ValueError, OverflowError):
            chunks = []
            reason = "found an escape beyond the last character, U+10FFFF"
        else:
            reason = "found an escape of half a character; write the character itself"
            if not any("\ud800" <= character <= "\udfff" for chunk in chunks for character in chunk):
                return chunks
        raise ScannerError("while scanning a double-quoted scalar", start_mark, reason, self.get_mark())


#: libyaml's parser; ``None`` where PyYAML was built without it
FastParser: Any = None

try:
    from yaml._yaml import CParser
except ImportError:
    pass
else:

    class _LibYaml(CParser):
        mistaken = re.compile(f"[{_OLD_BREAKS}]")

    FastParser = _LibYaml
