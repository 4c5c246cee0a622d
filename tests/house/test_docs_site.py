"""The documentation site: it builds without a warning, is searched without a server, and asks for nothing elsewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from library_source import ROOT

DOCS = ROOT / "docs"

#: what a browser fetches by itself when it shows a page
FETCHED = re.compile(
    r"<(?:script|img|iframe|source|audio|video|embed|object)\b[^>]*?\b(?:src|data)\s*=\s*[\"']?(?P<asset>[^\"'\s>]+)"
    r"|<link\b[^>]*?\brel=\"(?:stylesheet|icon|preload|preconnect|dns-prefetch|prefetch|modulepreload)\"[^>]*?\bhref=\"(?P<link>[^\"]+)\""
    r"|(?:@import\s+|url\()\s*[\"']?(?P<style>[^\"')\s]+)",
    re.IGNORECASE,
)
ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


def fetched_elsewhere(site: Path) -> list[str]:
    """Every asset of a built site that would come from another place."""
    found = []
    for path in sorted(site.rglob("*")):
        if path.suffix in {".html", ".css"}:
            for hit in FETCHED.finditer(path.read_text(encoding="utf-8")):
                asset = next(value for value in hit.groupdict().values() if value is not None)
                if ELSEWHERE.match(asset):
                    found.append(f"{path.relative_to(site)}: {asset}")
    return found


def build(docs: Path, site: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", str(docs), str(site)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_theme_and_the_search_ask_for_nothing_elsewhere(tmp_path: Path) -> None:
    """Two pages with everything that a page may hold, by the site's own settings: the whole site is built nightly."""
    docs = tmp_path / "docs"
    docs.mkdir()
    settings = (DOCS / "conf.py").read_text(encoding="utf-8")
    (docs / "conf.py").write_text(
        re.sub(r"^ROOMS = \(.*?^\)", "ROOMS = ()", settings, flags=re.DOTALL | re.MULTILINE)
    )
    shutil.copy(DOCS / "headline.md", docs / "headline.md")
    (docs / "cli.md").write_text(
        "# The command line\n\n| a | b |\n| --- | --- |\n| `x` | [y](https://example.org) |\n"
    )
    (docs / "index.md").write_text(
        "# Home\n\n```{toctree}\ncli\nheadline\nreference/index\n```\n\n```python\nprint('code')\n```\n"
    )
    links = re.findall(r"\]\(([a-z-]+)\.md", (docs / "headline.md").read_text(encoding="utf-8"))
    for name in sorted(set(links) - {"cli", "headline", "index"}):
        (docs / f"{name}.md").write_text(f"---\norphan: true\n---\n# {name}\n")
    build(docs, tmp_path / "site")
    assert fetched_elsewhere(tmp_path / "site") == []
    index = (tmp_path / "site" / "searchindex.js").read_text(encoding="utf-8")
    assert index.startswith("Search.setIndex("), "the index is a script, so that it loads from a folder too"
    assert "headlin" in index, "words of the pages stand in it, as their stems"


def test_every_page_of_the_docs_can_be_reached_from_the_first() -> None:
    listed = set(
        re.findall(r"^[a-z][a-z/-]*$", (DOCS / "index.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert {path.stem for path in DOCS.glob("*.md")} - {"index"} <= listed


def test_an_asset_from_elsewhere_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<link rel="stylesheet" href="https://fonts.example.org/x.css"><script src="//cdn.example.org/y.js"></script>'
        '<a href="https://example.org">a link is no request</a><img src="_static/z.png">'
    )
    (tmp_path / "b.css").write_text("@font-face { src: url('https://fonts.example.org/f.woff2') }")
    assert len(fetched_elsewhere(tmp_path)) == 3


@pytest.mark.skipif(
    not os.environ.get("PROBAND_NIGHTLY"), reason="the whole site takes half a minute: make nightly"
)
def test_the_whole_site_builds_without_a_warning_and_asks_for_nothing_elsewhere(tmp_path: Path) -> None:
    build(DOCS, tmp_path / "site")
    assert fetched_elsewhere(tmp_path / "site") == []
    for page in DOCS.rglob("*.md"):
        assert (tmp_path / "site" / page.relative_to(DOCS).with_suffix(".html")).is_file()
