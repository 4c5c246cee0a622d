"""Write the pages of ``docs/`` that come from the code, and the texts for translators: ``make docs-write``.

``PAGES`` names each page with the function that gives its text; a test holds every page to what its function gives.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from proband.cli.documentation import cli_page
from proband.instruments import documentation as instruments
from proband.pages.catalogue import write_pot
from proband.pages.lint import LINTS as PAGE_LINTS
from proband.pages.messages import gathered
from proband.programme.documentation import fields_page
from proband.programme.lint import LINTS as BUNDLE_LINTS
from proband.programme.linting import lints_page
from proband.record.documentation import gates_page
from proband.terms.errors.documentation import errors_page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MESSAGES = ROOT / "src" / "proband" / "pages" / "locale" / "messages.pot"

PAGES: dict[str, Callable[[], str]] = {
    "bundle-fields.md": fields_page,
    "cli.md": cli_page,
    "errors.md": errors_page,
    "gates.md": gates_page,
    "lints.md": lambda: lints_page(BUNDLE_LINTS, PAGE_LINTS),
}


def main() -> None:
    """Write every page that is not as its function gives it."""
    texts = {name: page() for name, page in PAGES.items()}
    texts |= {f"instruments/{name}": text for name, text in instruments.pages().items()}
    for name, text in texts.items():
        path = DOCS / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"written: docs/{name}")
    texts_of_pages = write_pot(gathered())
    if not MESSAGES.is_file() or MESSAGES.read_text(encoding="utf-8") != texts_of_pages:
        MESSAGES.write_text(texts_of_pages, encoding="utf-8")
        print("written: messages.pot")


if __name__ == "__main__":
    main()
