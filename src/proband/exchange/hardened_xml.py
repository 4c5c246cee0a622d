"""XML read as events, in bounded memory: nothing is declared, fetched or resolved, and nothing may be endless.

expat is told to stop at the first document type (and with it at every entity, inner or outer), at a nesting deeper than any record needs, and at
a start tag or a text that grows without an end. Where a file is refused, the error names line and column.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from proband.exchange.report import Declined, declined
from proband.terms.errors import ErrorCode

#: nesting, and bytes of one tag or of a whole document; a Bundle is deep by twenty
DEEPEST, LONGEST_TAG, LARGEST_XML = 250, 16 << 20, 1 << 30
_BLOCK = 1 << 20  # expat goes over an unfinished tag anew with each block

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Words = Callable[[str], None]


class XmlEvents:
    """The elements and texts of one stream, given to three functions in the order in which they stand.

    Names of elements and attributes are ``namespace name`` where they have a namespace, else the name alone.
    """

    def __init__(self, start: Start, end: End, words: Words) -> None:
        self._start, self._end = start, end
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = words
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.EntityDeclHandler = self._refuse_doctype
        self._depth = 0

    @property
    def line(self) -> int:
        """The line of what is being given."""
        return self._parser.CurrentLineNumber

    def read(self, stream: BinaryIO) -> None:
        """Go through the stream to its end.

        Raises
        ------
        Declined
            ``xml.malformed``, ``xml.doctype``, ``xml.too-deep``, ``xml.too-large`` with line and column; ``exchange.damaged`` for a broken archive.
        """
        for _ in self.steps(stream):
            pass

    def steps(self, stream: BinaryIO) -> Iterator[None]:
        """As :meth:`read`, a piece at a time: after each the functions have been given what stands in it."""
        fed = 0
        try:
            while block := stream.read(_BLOCK):
                fed += len(block)
                self._parser.Parse(block, False)
                if fed - self._parser.CurrentByteIndex > LONGEST_TAG or fed > LARGEST_XML:
                    raise self._refusal(
                        "xml.too-large", size=(LARGEST_XML if fed > LARGEST_XML else LONGEST_TAG) >> 20
                    )
                yield
            self._parser.Parse(b"", True)
            yield
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
            raise declined(
                "xml.malformed", line=error.lineno, column=error.offset + 1, problem=problem
            ) from error
        except (
            LookupError,
            ValueError,
        ) as error:  # an encoding that Python does not know, or of more than one byte
            raise self._refusal("xml.malformed", problem=str(error)[:100]) from error
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise declined("exchange.damaged", error=str(error)) from error

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refusal("xml.too-deep")
        self._start(name, attributes)

    def _close(self, name: str) -> None:
        self._depth -= 1
        self._end(name)

    def _refuse_doctype(self, *_: object) -> None:
        raise self._refusal("xml.doctype")

    def _refusal(self, code: ErrorCode, **parameters: Any) -> Declined:
        return declined(
            code,
            line=self._parser.CurrentLineNumber,
            column=self._parser.CurrentColumnNumber + 1,
            **parameters,
        )
