"""The documentation site: ``make docs`` builds it from these pages; it asks for nothing outside itself."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version as installed
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from pygments.lexers.special import TextLexer

project = "Proband"
author = "The Proband maintainers"
copyright = "The Proband maintainers, Apache-2.0"
version = release = installed("proband")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]

# headings are linked as they are on a code host, so that the same pages read well in both places
myst_heading_anchors = 4

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"Proband {release}"
html_copy_source = False
# the fonts of the reader's own machine: nothing is fetched
_FONTS = {"font-stack": "system-ui, sans-serif", "font-stack--monospace": "ui-monospace, monospace"}
html_theme_options = {"light_css_variables": _FONTS}

#: rooms of the house whose public names are a library user's; doors have their own pages
ROOMS = (
    "terms",
    "facts",
    "programme",
    "analysis",
    "instruments",
    "natural_history",
    "screening",
    "trial.headline",
    "record",
    "exchange",
    "pages",
)


def write_reference(folder: Path) -> None:
    """A page for each room: what its package offers, or else what each of its modules does."""
    folder.mkdir(exist_ok=True)
    titles = []
    for room in ROOMS:
        package = import_module(f"proband.{room}")
        lines = [room, "=" * len(room), "", f".. automodule:: {package.__name__}", "   :members:", ""]
        if not hasattr(package, "__all__"):
            for module in sorted(
                found.name for found in iter_modules(package.__path__, f"{package.__name__}.")
            ):
                lines += [module, "-" * len(module), "", f".. automodule:: {module}", "   :members:", ""]
        (folder / f"{room}.rst").write_text("\n".join(lines), encoding="utf-8")
        titles.append(f"   {room}")
    head = [
        "Reference",
        "=========",
        "",
        "The public names of the library, room by room, from the lowest floor up.",
        "",
    ]
    (folder / "index.rst").write_text("\n".join([*head, ".. toctree::", "", *titles, ""]), encoding="utf-8")


def setup(app: Any) -> None:
    """Write the pages of the reference before Sphinx looks for pages; show tables of comma-separated values as they are."""
    app.add_lexer("csv", TextLexer)
    write_reference(Path(app.srcdir) / "reference")
