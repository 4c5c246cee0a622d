"""Write the pages of ``docs/`` that come from the code: ``make docs-write``.

``PAGES`` names each page with the function that gives its text; a test holds every page to what its function gives.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from proband.cli.documentation import cli_page
from proband.instruments import documentation as instruments
from proband.pages.lint import LINTS as PAGE_LINTS
from proband.programme.documentation import fields_page
from proband.programme.lint import LINTS as BUNDLE_LINTS
from proband.programme.linting import lints_page
from proband.record.documentation import gates_page
from proband.terms.errors.documentation import errors_page

DOCS = Path(__file__).resolve().parent.parent / "docs"

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


if __name__ == "__main__":
    main()
