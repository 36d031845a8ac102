"""Every page of every role, drawn: valid HTML, no dead link, and hostile words stay words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import pytest
from tinyhtml5.parser import HTMLParser
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from abh.web import csrf
from tests.sicherheit import tafel
from tests.sicherheit.test_matrix import address
from tests.sicherheit.welt import FULL, FULL_ONLY, Welt, without_paper

ROLES = ("anonymous", "lead:SG1", "admin", "firm:admin") if FULL else ("anonymous", "lead:SG1")
# Put into a page by a script: checked in a document that is nothing else.
PARTS_OF_PAGES = ("/desk/liste", "/desk/blick/")
AROUND = '<!doctype html><html lang="de"><head><title>-</title></head><body>{}</body></html>'
# Files of another kind than a page.
NOT_PAGES = (".pdf", ".ics", ".png", ".xlsx", ".csv", ".json")
MOST_PAGES = 250 if FULL else 80


@dataclass(frozen=True)
class Form:
    """A form as it stands on a page."""

    role: str
    page: str
    action: str
    method: str
    fields: tuple[tuple[str, str, str], ...]


@dataclass
class Walk:
    """What a role met on its way through the house."""

    pages: dict[str, int] = field(default_factory=dict)
    invalid: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    forms: dict[tuple[str, ...], Form] = field(default_factory=dict)


def faults_of(tree: Element, errors: list[Any]) -> list[str]:
    """Return what a validator refuses: nesting, ids twice, references to nothing."""
    found = [f"{code} {where}" for where, code, _more in errors]
    ids = Counter(node.get("id") for node in tree.iter() if node.get("id"))
    found += [f"id twice: {name}" for name, count in ids.items() if count > 1]
    for node in tree.iter():
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls", "headers"):
            for name in (node.get(attribute) or "").split():
                if name not in ids:
                    found.append(f"{attribute} names nothing: {name}")
        if node.tag == "img" and node.get("alt") is None:
            found.append("img without alt")
        if node.tag in ("input", "select", "textarea") and not _named(node, tree):
            found.append(f"field without name: {node.get('name')}")
    html = tree if tree.tag == "html" else tree.find("html")
    if html is None or not html.get("lang"):
        found.append("html without lang")
    return found


def _named(node: Element, tree: Element) -> bool:
    if node.get("hidden") is not None:
        return True
    if node.get("type") in ("hidden", "submit", "button", "image", "reset"):
        return True
    if node.get("aria-label") or node.get("aria-labelledby") or node.get("title"):
        return True
    labels = list(tree.iter("label"))
    return any(
        (node.get("id") and each.get("for") == node.get("id"))
        or any(inner is node for inner in each.iter())
        for each in labels
    )


def forms_of(role: str, page: str, tree: Element) -> Iterator[Form]:
    for form in tree.iter("form"):
        fields = []
        for node in form.iter():
            name = node.get("name")
            if name and node.tag in ("input", "textarea", "select"):
                kind = node.get("type", "text") if node.tag == "input" else node.tag
                value = node.get("value") or ""
                if node.tag == "select":
                    value = next((o.get("value") or "" for o in node.iter("option")), "")
                fields.append((name, kind, value))
        action = urljoin(page, form.get("action") or page)
        yield Form(role, page, action, (form.get("method") or "get").upper(), tuple(fields))


def walk(welt: Welt, role: str) -> Walk:
    """Visit all pages that the role can reach by link from those that the table opens."""
    app, client, found = welt.app, welt.client(role), Walk()
    adapter = app.url_map.bind("localhost")
    waiting = [
        (address(app, rule, welt.ids), "")
        for rule, method in tafel.routes(app)
        if method == "GET"
        and not rule.rule.startswith("/api/")
        and tafel.expected(app, rule, method, tafel.ROLES[role]) == tafel.OPEN
    ]
    if role == "anonymous":
        waiting.append((f"/status/{welt.ids['status']}", ""))
    starts = {url for url, _ in waiting}
    shapes: Counter[str] = Counter()
    while waiting and len(found.pages) < MOST_PAGES:
        url, seen_on = waiting.pop(0)
        bare = url.partition("#")[0]
        if bare in found.pages or bare.startswith("/static"):
            continue
        try:
            endpoint, _values = adapter.match(urlsplit(bare).path)
        except RequestRedirect:
            continue
        except HTTPException:
            found.dead.append(f"{role}: {bare} on {seen_on}")
            continue
        # Of a kind of page that is reached by many links, three tell all.
        shapes[endpoint] += 1
        if shapes[endpoint] > 3 or (urlsplit(bare).path.endswith(NOT_PAGES) and not seen_on):
            continue
        answer = client.get(bare)
        found.pages[bare] = answer.status_code
        if seen_on and answer.status_code in (404, 405):
            found.dead.append(f"{role}: {bare} -> {answer.status_code} on {seen_on}")
        if answer.status_code >= 500:
            found.dead.append(f"{role}: {bare} -> {answer.status_code}")
        if answer.mimetype != "text/html" or (answer.status_code == 404 and bare in starts):
            continue
        parser = HTMLParser(namespace_html_elements=False)
        is_part = urlsplit(bare).path.startswith(PARTS_OF_PAGES)
        tree = parser.parse(AROUND.format(answer.text) if is_part else answer.text)
        found.invalid += [f"{role} {bare}: {x}" for x in faults_of(tree, parser.errors)]
        for form in forms_of(role, bare, tree):
            if form.method == "DIALOG":
                continue
            names = tuple(name for name, _kind, _value in form.fields)
            shape = tuple(sorted({name.rstrip("0123456789") for name in names}))
            path = urlsplit(form.action).path
            try:
                target, _values = adapter.match(path, method=form.method)
            except RequestRedirect:
                continue
            except HTTPException:
                found.dead.append(f"{role}: {form.method} {path} on {bare}")
                continue
            found.forms.setdefault((role, target, path.rpartition("/")[2], *shape), form)
        for node in tree.iter():
            link = node.get("href") or node.get("src")
            if link and node.tag in ("a", "link", "img", "iframe", "embed", "script", "area"):
                goal = urlsplit(urljoin(bare, link))
                if not goal.netloc and goal.scheme in ("", "http"):
                    waiting.append((goal.path + (f"?{goal.query}" if goal.query else ""), bare))
    return found


@pytest.fixture(scope="module")
def walks(whole_world: Welt) -> Iterator[dict[str, Walk]]:
    """The way of each role, gone once."""
    more = whole_world.app.extensions["abh"].more
    more["house"] = without_paper(whole_world.house)
    with whole_world.undone():
        yield {role: walk(whole_world, role) for role in ROLES}
    more["house"] = whole_world.house


def test_the_walk_sees_the_house(walks: dict[str, Walk]) -> None:
    seen = {
        role: sum(status == 200 for status in one.pages.values()) for role, one in walks.items()
    }
    assert {role: count for role, count in seen.items() if count < 8} == {}
    assert seen["lead:SG1"] > 40


def test_no_link_and_no_form_leads_nowhere(walks: dict[str, Walk]) -> None:
    assert [dead for one in walks.values() for dead in one.dead] == []


def test_every_page_is_valid(walks: dict[str, Walk]) -> None:
    assert [fault for one in walks.values() for fault in one.invalid] == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<p><div></div></p>", "unexpected-end-tag"),
        ("<b id=a></b><b id=a></b>", "id twice"),
        ("<label for=x></label>", "names nothing"),
        ("<input name=x>", "field without name"),
        ("<img src=x>", "img without alt"),
        ("<table><div></div></table>", "table-voodoo"),
    ],
)
def test_a_fault_would_be_seen(page: str, fault: str) -> None:
    parser = HTMLParser(namespace_html_elements=False)
    tree = parser.parse(f"<!doctype html><html lang=de><body>{page}</body></html>")
    assert any(fault in each for each in faults_of(tree, parser.errors))


HOSTILE = (
    "\"'><script>evil(1)</script><img src=x onerror=evil(2)>{{7*7}}${7*7}{% set x=1 %}</textarea>"
    "</title></style><style>*{color:red}</style>\u202egpj.exe\u200b"
)
STRINGS = {
    "markup": HOSTILE,
    "lines": '=HYPERLINK("http://evil.example")\r\nBcc: evil@example.org\r\n\r\n%s%n{0}',
    "nul": "An\0na \x1b[2J \ufffe",
    "long": "=@+-" + "x" * 10_000,
    "path": "../../../../etc/cron.d/x'; DROP TABLE person; --",
}
TEXTS = ("text", "textarea", "search", "email", "tel", "url", "password")


def filled(form: Form, words: str) -> dict[str, Any]:
    """Return the form with the words in every field that a person types into."""
    data: dict[str, Any] = {}
    for name, kind, value in form.fields:
        if kind in TEXTS:
            data[name] = words
        elif kind == "file":
            data[name] = (BytesIO(b"%PDF-1.4 " + words.encode()), f"{words[:80]}.pdf")
        elif kind == "select":
            data[name] = value
        elif kind in ("checkbox", "radio"):
            data.setdefault(name, value or "1")
        elif name != "csrf_token":
            data[name] = value
    return data


@pytest.fixture
def open_forms(welt: Welt, walks: dict[str, Walk], monkeypatch: pytest.MonkeyPatch) -> list[Form]:
    monkeypatch.setitem(welt.app.config, "WTF_CSRF_ENABLED", False)
    assert csrf.csrf
    return [form for one in walks.values() for form in one.forms.values()]


@FULL_ONLY
@pytest.mark.parametrize("kind", STRINGS)
def test_hostile_words_stay_words_in_every_field(
    welt: Welt, open_forms: list[Form], kind: str
) -> None:
    assert len(open_forms) > 60
    broken = []
    for number, form in enumerate(open_forms):
        # Each form meets the markup; of the other words each meets one.
        others = [each for each in STRINGS if each != "markup"]
        if kind != "markup" and others[number % len(others)] != kind:
            continue
        data = filled(form, STRINGS[kind])
        client = welt.client(form.role)
        with welt.undone():
            if form.method == "GET":
                answer = client.get(urlsplit(form.action).path, query_string=data)
            else:
                answer = client.post(
                    form.action, data=data, content_type="multipart/form-data",
                    follow_redirects=kind == "markup",
                )  # fmt: skip
        text, head = answer.text, str(answer.headers)
        if answer.status_code >= 500:
            broken.append((form.action, answer.status_code))
        for raw in ("<script>evil", "onerror=evil(2)>", "<style>*{", "49${", "</textarea></title>"):
            if raw in text:
                broken.append((form.action, raw))
        if "Bcc: evil" in head or "evil.example" in answer.headers.get("Location", ""):
            broken.append((form.action, "header"))
    assert broken == []
