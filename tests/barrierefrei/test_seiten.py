"""Every page of the house in the browser and as it was written: nobody is left outside."""

from __future__ import annotations

import gzip
import os
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from tinyhtml5.parser import HTMLParser

from abh.settings import ROOT
from abh.web.i18n import LANGUAGES
from tests.barrierefrei import browser
from tests.barrierefrei.browser import Auge
from tests.barrierefrei.sammlung import Sammler, Seite
from tests.sicherheit.test_seiten import faults_of

pytestmark = pytest.mark.browser

# Every mode on every page takes minutes: ``make access`` asks for it.
FULL = bool(os.environ.get("ZUGANG_VOLL"))
TEMPLATES = ROOT / "abh" / "web" / "templates"
MOST_BYTES = 100_000
# The pages on which people spend their days: looked at in all modes in every run.
MAIN = frozenset(
    {"desk/naechstes.html", "vorgang/seite.html", "schalter/besuch.html", "schalter/liste.html",
     "leitung/seite.html", "firma/firma.html", "post/person.html"}
)  # fmt: skip


def tree_of(seite: Seite) -> tuple[Element, list[object]]:
    parser = HTMLParser(namespace_html_elements=False)
    return parser.parse(seite.document), parser.errors


def test_every_template_is_seen_on_some_page(seiten: list[Seite]) -> None:
    """A new template without a page here: add its state to ``zustaende``."""
    known = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    seen = {name for seite in seiten for name in seite.templates}
    assert known - seen == set()


def test_no_page_falls_over(sammler: Sammler) -> None:
    assert sammler.broken == []


def test_every_page_is_valid(seiten: list[Seite]) -> None:
    found = []
    for seite in seiten:
        tree, errors = tree_of(seite)
        found += [f"{seite.name}: {fault}" for fault in faults_of(tree, errors)]
    assert found == []


def test_every_form_can_be_sent_without_a_script(seiten: list[Seite]) -> None:
    """A button that sends it, the token, and on applicants' pages nothing that only a script does."""
    found = []
    for seite in seiten:
        tree, _errors = tree_of(seite)
        for form in tree.iter("form"):
            sends = [*form.iter("button"), *form.iter("input")]
            kinds = {n.get("type", "submit" if n.tag == "button" else "text") for n in sends}
            names = {n.get("name") for n in form.iter()}
            search = (form.get("method") or "get") == "get" and len(names) == 2
            if "submit" not in kinds and not search:
                found.append(f"{seite.name}: no button: {form.attrib}")
            if form.get("method") == "post" and "csrf_token" not in names:
                found.append(f"{seite.name}: no token: {form.attrib}")
        if seite.public and "/_teile" not in seite.name:
            found += [
                f"{seite.name}: button of a script: {node.attrib}"
                for node in tree.iter("button")
                if node.get("type") == "button" and node.get("hidden") is None
            ]
    assert found == []


def test_nothing_comes_from_elsewhere(seiten: list[Seite]) -> None:
    found = set()
    for seite in seiten:
        tree, _errors = tree_of(seite)
        for node in tree.iter():
            wanted = [node.get("src"), node.get("srcset"), node.get("action"), node.get("data")]
            wanted += [node.get("href")] if node.tag in ("link", "base") else []
            found |= {
                (seite.name, goal)
                for goal in filter(None, wanted)
                if not goal.startswith(("/", "data:", "#", "?")) or goal.startswith("//")
            }
    assert found == set()


@cache
def _packed(name: str) -> int:
    return len(gzip.compress((browser.STATIC / name).read_bytes(), 9))


def weight(seite: Seite) -> int:
    """Return the bytes of a page with its styles, scripts and pictures, fonts left out."""
    tree, _errors = tree_of(seite)
    files = set()
    for node in tree.iter():
        goal = node.get("src") or (node.get("href") if node.get("rel") == "stylesheet" else "")
        if goal and goal.startswith("/static/"):
            files.add(goal.partition("?")[0].removeprefix("/static/"))
    return len(gzip.compress(seite.html.encode(), 6)) + 100 + sum(map(_packed, files))


def test_every_page_of_applicants_weighs_at_most_a_hundred_kilobytes(seiten: list[Seite]) -> None:
    public = [seite for seite in seiten if seite.public and not seite.is_part]
    heavy = {seite.name: weight(seite) for seite in public}
    assert len(heavy) > 40
    assert {name: size for name, size in heavy.items() if size > MOST_BYTES} == {}


_GERMAN = re.compile(
    r"\b(der|die|das|und|oder|nicht|Sie|Ihre?n?|für|mit|ist|wird|werden|zum|zur|bei|bis|dem|eine?n?|"
    r"im|vom|noch|schon|keine?|Bitte|bitte)\b"
)
_SILENT = frozenset({"script", "style", "textarea", "noscript"})


def german_of(node: Element, lang: str, page: str) -> Iterator[str]:
    """Yield German texts below ``node`` that say they are in the language of the page."""
    if node.tag in _SILENT or node.get("translate") == "no":
        return
    mine = node.get("lang") or lang
    said = [node.text or ""] if mine == page else []
    said += [node.get(name) or "" for name in ("title", "alt", "aria-label", "placeholder")]
    for child in node:
        yield from german_of(child, mine, page)
        said += [child.tail or ""] if mine == page else []
    yield from (" ".join(text.split()) for text in said if _GERMAN.search(text))


def test_no_german_stays_on_a_page_in_another_language(seiten: list[Seite]) -> None:
    """Texts that must be German (norms, words of the office) say so with ``lang``."""
    found = set()
    for seite in seiten:
        if seite.public and seite.lang != "de":
            tree, _errors = tree_of(seite)
            body = tree.find("body")
            assert body is not None
            found |= {(seite.main, text) for text in german_of(body, seite.lang, seite.lang)}
    assert found == set()


def test_a_german_text_would_be_seen() -> None:
    text = "<p>Bitte warten <b lang=de>nicht hier</b> مرحبا</p><p title='Sie'>x</p>"
    tree = HTMLParser(namespace_html_elements=False).parse(f"<html lang=ar><body>{text}")
    assert [*german_of(tree, "ar", "ar")] == ["Sie", "Bitte warten"][::-1]
