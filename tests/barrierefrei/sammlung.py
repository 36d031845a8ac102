"""Every page of the house as it leaves the application: by every address, and by every form sent
empty; with the templates it was made of and the statements it cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask, template_rendered
from lxml.html import document_fromstring
from sqlalchemy import Engine, event
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule
from werkzeug.test import TestResponse

from tests.sicherheit import tafel
from tests.sicherheit.test_matrix import address
from tests.sicherheit.test_seiten import NOT_PAGES, TEXTS, Form, forms_of
from tests.sicherheit.welt import Welt

# Whose pages: the first of them to whom an address opens is asked.
ROLES = ("anonymous", "lead:SG1", "clerk:SG1", "admin", "firm:admin", "firm:agency", "lead:all")
LIVING = ("/_teile/", "/_teile/oeffentlich", "/_teile/fortschritt", "/_teile/fehler/schritt",
          "/_teile/fehler/konflikt?frame=staff", "/_teile/fehler/sonst")  # fmt: skip
OURS = {"Sec-Fetch-Site": "same-origin"}
_KEPT = ("hidden",)
# Their addresses do not say that they are files.
_FILES = frozenset({"vorlagen.pdf", "briefe.preview", "briefe.sheet"})


@dataclass(frozen=True)
class Seite:
    """A page as it left the house."""

    name: str
    main: str
    html: str
    status: int
    templates: frozenset[str]
    public: bool
    lang: str
    statements: tuple[str, ...]

    @property
    def kind(self) -> tuple[str, int, str]:
        """What it has in common with pages that look the same to a browser."""
        return self.main, self.status, self.lang

    @property
    def is_part(self) -> bool:
        """Whether a script puts it into a page."""
        return "<html" not in self.html[:500].lower()

    @property
    def document(self) -> str:
        """The page, or the document that a part would stand in."""
        if not self.is_part:
            return self.html
        return (
            f'<!doctype html><html lang="{self.lang}"><head><title>Teil</title></head>'
            f'<body class="abh abh-staff"><main><h1>Teil</h1>{self.html}</main></body></html>'
        )


@dataclass
class Sammler:
    """Asks the application and keeps each page it answers with."""

    welt: Welt
    seiten: dict[str, Seite] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    _used: list[str] = field(default_factory=list)
    _rendered: list[str] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)

    def ask(
        self,
        role: str,
        url: str,
        data: Mapping[str, Any] | None = None,
        *,
        lang: str = "de",
        note: str = "",
        headers: Mapping[str, str] | None = None,
        client: Any = None,
    ) -> TestResponse:
        """Send a request and keep the page it is answered with."""
        client = client or self.welt.client(role)
        client.set_cookie("abh_lang", lang)
        for seen in (self._used, self._rendered, self._said):
            seen.clear()
        given = {**OURS, **(headers or {})}
        if data is None:
            answer = client.get(url, headers=given)
        else:
            kind = "multipart/form-data"
            answer = client.post(url, data=data, headers=given, content_type=kind)
        method = "GET" if data is None else "POST"
        if answer.status_code >= 500 and "/_teile/" not in url and not note.startswith("Fehler"):
            self.broken.append(f"{role}: {method} {url} -> {answer.status_code}")
        if answer.mimetype == "text/html" and answer.text and not 300 <= answer.status_code < 400:
            name = " ".join(filter(None, (role, lang, method, url, str(answer.status_code), note)))
            main = self._rendered[-1] if self._rendered else ""
            self.seiten[name] = Seite(
                name, main, answer.text, answer.status_code, frozenset(self._used),
                self.is_public(url, method, client.application), lang, tuple(self._said),
            )  # fmt: skip
        return answer

    def is_public(self, url: str, method: str = "GET", app: Flask | None = None) -> bool:
        """Return whether an address is one of applicants, in all their languages."""
        try:
            endpoint = self.match(url, method, app)
        except HTTPException:
            return True
        blueprint = (app or self.welt.app).blueprints.get(endpoint.partition(".")[0])
        return getattr(blueprint, "abh_audience", "public") == "public"

    def match(self, url: str, method: str, app: Flask | None = None) -> str:
        """Return the endpoint of an address; raises as the application answers."""
        adapter = (app or self.welt.app).url_map.bind("localhost")
        try:
            endpoint, _values = adapter.match(urlsplit(url).path, method=method)
        except RequestRedirect as elsewhere:
            endpoint, _values = adapter.match(urlsplit(elsewhere.new_url).path, method=method)
        return str(endpoint)

    @contextmanager
    def hearing(self, app: Flask) -> Iterator[None]:
        """Note which templates ``app`` uses."""
        environment = app.jinja_env
        load = environment._load_template

        def noted(name: str, *args: Any) -> Any:
            self._used.append(name)
            return load(name, *args)

        def rendered(_app: Any, template: Any, **_more: Any) -> None:
            self._rendered.append(template.name)

        environment._load_template = noted  # type: ignore[method-assign]
        try:
            with template_rendered.connected_to(rendered, app):
                yield
        finally:
            environment._load_template = load  # type: ignore[method-assign]


@contextmanager
def listening(welt: Welt, engine: Engine) -> Iterator[Sammler]:
    """Yield a collector that knows which templates are used and which statements are sent."""
    found = Sammler(welt)

    def said(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            found._said.append(statement)

    event.listen(engine, "before_cursor_execute", said)
    try:
        with found.hearing(welt.app):
            yield found
    finally:
        event.remove(engine, "before_cursor_execute", said)


def _pages(welt: Welt) -> Iterator[tuple[Rule, str]]:
    for rule, method in tafel.routes(welt.app):
        is_file = rule.rule.endswith(NOT_PAGES) or rule.endpoint in _FILES
        if method == "GET" and not rule.rule.startswith("/api/") and not is_file:
            yield rule, address(welt.app, rule, welt.ids)


def by_address(found: Sammler) -> None:
    """Keep the page of each address, asked by the first role to whom it shows one."""
    welt = found.welt
    for rule, url in _pages(welt):
        for role in ROLES:
            if tafel.expected(welt.app, rule, "GET", tafel.ROLES[role]) == tafel.OPEN:
                answer = found.ask(role, url)
                if answer.status_code == 200:
                    if found.is_public(url):
                        found.ask(role, url, lang="ar")
                    break
    for url in LIVING:
        found.ask("anonymous", url)
    found.ask("anonymous", "/_teile/oeffentlich", lang="ar")


def blank(form: Form) -> dict[str, Any]:
    """Return what a browser sends when nothing is typed and nothing chosen."""
    data: dict[str, Any] = {}
    for name, kind, value in form.fields:
        if kind in TEXTS or kind == "select":
            data[name] = ""
        elif kind in _KEPT and name != "csrf_token":
            data[name] = value
    return data


def by_empty_form(found: Sammler) -> None:
    """Keep what each form is answered with when it is sent empty; whatever it did is undone."""
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    for seite in [*found.seiten.values()]:
        role, lang, method, url = seite.name.split(" ")[:4]
        if lang != "de" or method != "GET" or url.startswith("/_teile"):
            continue
        tree = document_fromstring(seite.document)
        for form in forms_of(role, url, tree):
            if form.method != "POST":
                continue
            try:
                endpoint = found.match(form.action, "POST")
            except HTTPException:
                continue  # a dead form is the matter of tests/sicherheit/test_seiten.py
            names = tuple(sorted({name.rstrip("0123456789") for name, _, _ in form.fields}))
            key = (endpoint, urlsplit(form.action).path.rpartition("/")[2], names)
            if key not in seen:
                seen.add(key)
                with found.welt.undone():
                    found.ask(role, urljoin(url, form.action), blank(form), note="leer")
