"""Every page of the house in the browser and as it was written: nobody is left outside."""

from __future__ import annotations

import gzip
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from xml.etree.ElementTree import Element

import pytest
from lxml.html import document_fromstring
from tinyhtml5.parser import HTMLParser

from abh.office.file import load_office
from abh.settings import ROOT
from tests.barrierefrei import bilder, browser
from tests.barrierefrei.bilder import Bild
from tests.barrierefrei.browser import Auge, Mode
from tests.barrierefrei.sammlung import Sammler, Seite
from tests.sicherheit.test_seiten import faults_of

pytestmark = pytest.mark.browser

# Every mode on every page takes minutes: ``make access`` asks for it.
FULL = bool(os.environ.get("ZUGANG_VOLL"))
TEMPLATES = ROOT / "abh" / "web" / "templates"
OFFICE = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
MOST_BYTES = 100_000
WALKED = re.compile(r"(anonymous|lead:SG1) de GET /(?!_teile)\S* 200")
# The pages on which people spend their days: looked at in all modes in every run.
MAIN = frozenset(
    {"desk/naechstes.html", "vorgang/seite.html", "schalter/besuch.html", "schalter/liste.html",
     "leitung/seite.html", "firma/firma.html", "post/person.html"}
)  # fmt: skip


def tree_of(seite: Seite) -> Element:
    """Return a page as a browser would read it, read fast."""
    found: Element = document_fromstring(seite.document)
    return found


def test_every_template_is_seen_on_some_page(seiten: list[Seite]) -> None:
    """A new template without a page here: add its state to ``zustaende``."""
    known = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
    seen = {name for seite in seiten for name in seite.templates}
    assert known - seen == set()


def test_no_page_falls_over(sammler: Sammler) -> None:
    assert sammler.broken == []


def test_every_page_is_valid(seiten: list[Seite]) -> None:
    """What tests/sicherheit does not meet on its walk: states, refusals, other languages."""
    kinds = {seite.kind: seite for seite in seiten if not WALKED.fullmatch(seite.name)}
    assert len(kinds) > 100
    found = []
    for seite in kinds.values():
        parser = HTMLParser(namespace_html_elements=False)
        faults = faults_of(parser.parse(seite.document), parser.errors)
        found += [f"{seite.name}: {fault}" for fault in faults]
    assert found == []


def test_every_form_can_be_sent_without_a_script(seiten: list[Seite]) -> None:
    """A button that sends it, the token; for applicants no button that only a script hears."""
    found = []
    for seite in seiten:
        tree = tree_of(seite)
        for form in tree.iter("form"):
            sends = [*form.iter("button"), *form.iter("input")]
            kinds = {n.get("type", "submit" if n.tag == "button" else "text") for n in sends}
            names = {n.get("name") for n in form.iter()}
            search = (form.get("method") or "get") == "get" and len(names) == 2
            # Shown before it can be sent, as the opening of an office: nothing to type, no button.
            nothing = names <= {None, "csrf_token"}
            if "submit" not in kinds and not search and not nothing:
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


MOST_STATEMENTS, MOST_TIMES = 25, 3


def test_every_page_costs_a_bounded_number_of_statements(seiten: list[Seite]) -> None:
    """A statement that comes again and again on one page stands in a loop."""
    costs = {seite.name: len(seite.statements) for seite in seiten}
    assert sum(count > 0 for count in costs.values()) > 200
    assert {name: count for name, count in costs.items() if count > MOST_STATEMENTS} == {}
    loops = {
        seite.name: again
        for seite in seiten
        for _sql, again in Counter(seite.statements).most_common(1)
        if again > MOST_TIMES
    }
    assert loops == {}


def test_nothing_comes_from_elsewhere(seiten: list[Seite]) -> None:
    found = set()
    for seite in seiten:
        tree = tree_of(seite)
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
    tree = tree_of(seite)
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
# Names of Sachgebiete are names (WCAG 3.1.2 leaves proper names out).
PROPER = re.compile("|".join(re.escape(each["name"]) for each in OFFICE["units"]))
_SILENT = frozenset({"script", "style", "textarea", "noscript"})


def german_of(node: Element, lang: str, page: str) -> Iterator[str]:
    """Yield German texts below ``node`` that say they are in the language of the page."""
    if not isinstance(node.tag, str) or node.tag in _SILENT or node.get("translate") == "no":
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
            tree = tree_of(seite)
            body = tree.find("body")
            assert body is not None
            found |= {
                (seite.main, said)
                for said in german_of(body, seite.lang, seite.lang)
                if _GERMAN.search(PROPER.sub("", said))
            }
    assert found == set()


def test_a_german_text_would_be_seen() -> None:
    text = "<p>Bitte warten <b lang=de>nicht hier</b> مرحبا</p><p title='Sie'>x</p>"
    tree = HTMLParser(namespace_html_elements=False).parse(f"<html lang=ar><body>{text}")
    assert [*german_of(tree, "ar", "ar")] == ["Sie", "Bitte warten"][::-1]


def looked_at(seiten: list[Seite]) -> list[tuple[Seite, tuple[Mode, ...]]]:
    """Return which pages are looked at, and how.

    With ``make access`` every page that differs, in all modes. In the suite, which has its time:
    those on which people spend their days in all modes; applicants' pages and errors once for each
    template, in a mode that the name decides.
    """
    chosen: dict[object, Seite] = {}
    for seite in seiten:
        if FULL:
            chosen.setdefault(seite.kind, seite)
        elif seite.main in MAIN and seite.status == 200:
            chosen.setdefault((seite.main, seite.public), seite)
        elif (seite.public and seite.status == 200) or seite.main.startswith("errors/"):
            chosen.setdefault(seite.main, seite)
    if FULL:
        return [(seite, (*browser.ALL, browser.PHONE_DARK)) for seite in chosen.values()]
    return [
        (seite, browser.ALL if seite.main in MAIN else (browser.mode_of(seite.name),))
        for seite in chosen.values()
    ]


def test_every_page_is_open_to_everybody(seiten: list[Seite], auge: Auge) -> None:
    """No fault that axe finds, nothing sticks out or is cut at 320 px and at 200 percent."""
    found, seen = [], set()
    for seite, modes in looked_at(seiten):
        auge.open(seite, width=modes[0].width, scheme=modes[0].scheme)
        for mode in modes:
            found += auge.axe(seite, mode)
        found += auge.narrow(seite)
        seen.add(seite.main)
    assert found == []
    if FULL:
        assert {seite.main for seite in seiten if seite.status < 400} - seen == set()
    assert seen >= MAIN
    assert (auge.complaints, auge.strangers) == ([], [])


def test_faults_would_be_seen(seiten: list[Seite], auge: Auge) -> None:
    page = next(seite for seite in seiten if seite.main == "status/zugang.html")
    auge.open(page)
    auge.page.evaluate(
        """() => { document.querySelector('label').remove();
            document.querySelector('h1').style.color = '#ccc';
            const wide = document.createElement('p'); wide.textContent = 'x'.repeat(400);
            wide.style.overflowWrap = 'normal'; document.querySelector('main').append(wide);
            const cut = document.createElement('p'); cut.textContent = 'Ein langer Satz, der endet';
            cut.style.cssText = 'inline-size: 3rem; block-size: 1rem; overflow: hidden';
            document.querySelector('main').append(cut);
            document.querySelector('form button').tabIndex = -1; }"""
    )
    rules = " ".join(auge.axe(page, browser.LIGHT))
    assert "label:" in rules and "color-contrast:" in rules
    sticking = " ".join(auge.narrow(page))
    assert "320 px" in sticking and "Ein langer Satz" in sticking
    assert all(word in sticking for word in ("200 %", "Schrift 200 %"))


# Where people type and press: every template of these in German, by keyboard alone.
BY_KEYBOARD = MAIN | {
    "antrag/antrag.html", "status/status.html", "termine/auswahl.html", "termin/auswahl.html",
    "notfall/antrag.html", "login/login.html", "dienstplan/woche.html",
}  # fmt: skip


def test_everything_is_reached_by_tab_and_one_sees_where_one_is(
    seiten: list[Seite], auge: Auge
) -> None:
    found, gone = [], set()
    for seite in seiten:
        if seite.main in BY_KEYBOARD - gone and seite.status == 200:
            gone.add(seite.main)
            auge.open(seite)
            found += auge.by_keyboard(seite)
    assert found == []
    assert gone == BY_KEYBOARD


def test_a_trap_and_a_stop_without_a_ring_would_be_seen(seiten: list[Seite], auge: Auge) -> None:
    page = next(seite for seite in seiten if seite.main == "login/login.html")
    auge.open(page)
    auge.page.add_style_tag(
        content=".abh [name]:focus-visible:focus-visible { outline: 0 !important }"
    )
    auge.page.evaluate(
        """() => document.querySelector('[name=password]').addEventListener('keydown',
            event => event.preventDefault())"""
    )
    said = auge.by_keyboard(page)
    assert [one for one in said if "no ring" in one and "password" in one]
    assert [one for one in said if "unreached" in one and "Anmelden" in one]


@pytest.mark.parametrize("bild", bilder.BILDER, ids=lambda one: one.name)
def test_pages_look_as_they_did(seiten: list[Seite], auge: Auge, bild: Bild) -> None:
    """Meant to look otherwise? ``BILDER_NEU=1`` keeps what there is now; look at it first."""
    seite = next(seite for seite in seiten if bild.shows(seite))
    taken = auge.picture(seite, bild)
    if os.environ.get("BILDER_NEU"):
        bilder.keep(bild, taken)
    assert bilder.percent_off(bilder.kept(bild), taken) <= bilder.MOST_PERCENT


def test_a_page_without_its_styles_or_from_the_wrong_side_would_be_seen(
    seiten: list[Seite], auge: Auge
) -> None:
    bild = next(one for one in bilder.BILDER if one.name == "oeffentlich-arabisch")
    seite = next(seite for seite in seiten if bild.shows(seite))
    for broken in (
        seite.html.replace("/static/abh.css", "/static/fehlt.css"),
        seite.html.replace('dir="rtl"', 'dir="ltr"'),
    ):
        other = replace(seite, html=broken)
        auge.pages.append(other)
        off = bilder.percent_off(bilder.kept(bild), auge.picture(other, bild))
        auge.pages.remove(other)
        assert off > bilder.MOST_PERCENT


WITHOUT_SCRIPT = ("antrag/antrag.html", "status/status.html", "termine/auswahl.html")


@pytest.mark.parametrize("main", WITHOUT_SCRIPT)
def test_applicants_pages_are_the_same_without_a_script(
    seiten: list[Seite], auge: Auge, main: str
) -> None:
    seite = next(seite for seite in seiten if seite.main == main)
    bild = Bild(main, seite.name, 390)
    with_script, without = (auge.picture(seite, bild, script=each) for each in (True, False))
    assert bilder.percent_off(with_script, without) <= 1
