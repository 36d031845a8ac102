"""Things that tests need, made through the real services wherever there is one."""

from __future__ import annotations

import os
import pickle
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pikepdf
from lxml.html import document_fromstring
from sqlalchemy import select
from sqlalchemy.orm import Session

from abh.access.actor import SYSTEM, Actor
from abh.access.policy import ROLE_POWERS
from abh.access.tables import AppUser
from abh.documents import service as letters
from abh.documents.akte import Blobs
from abh.documents.fonts import FontSet, font_paths
from abh.documents.house import STATIC, House, full_profile, office_of
from abh.documents.letter_model import LetterInput
from abh.documents.render import RenderedLetter, Renderer
from abh.documents.store import BlobStore
from abh.documents.zeichnung_config import load_zeichnung
from abh.documents.zeichnung_types import Zeichnungsordnung
from abh.fastlane.tables_zugang import CompanyAccess
from abh.kernel.clock import BERLIN, Clock
from abh.kernel.ids import content_hash
from abh.kernel.rechtsstand import Rechtsstand
from abh.office import service as office
from abh.office.file import load_office
from abh.settings import ROOT, load_yaml_dir
from abh.workflows.intake import Filed, file_application
from abh.workflows.schemas import load_antrag
from abh.workflows.service import Upload
from tests.runfolder import run_folder

EVIDENCE = ("pass", "krankenversicherung", "hochschulabschluss", "anabin", "arbeitsvertrag", "ezb")


def a_pdf(text: str = "Nachweis") -> bytes:
    """Return a small real PDF; different texts give different bytes."""
    import io

    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(595, 842))
    pdf.docinfo["/Title"] = text
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True)
    return out.getvalue()


class RememberingRenderer(Renderer):
    """Lays a letter out once; the same letter again is the same bytes, as test_render proves.

    Tests that roll back write the same first letters of the same first case over and over. What
    one worker drew, the other finds in the folder of the run.
    """

    def __init__(self, fonts: FontSet) -> None:
        super().__init__(fonts)
        self._made: dict[tuple[str, str, str], RenderedLetter] = {}

    def render(self, letter: LetterInput) -> RenderedLetter:
        """Return the letter, drawn now or before."""
        key = (letter.letter_key, letter.outcome, self.html(letter))
        if key not in self._made:
            self._made[key] = self._shared(letter, key)
        return self._made[key]

    def _shared(self, letter: LetterInput, key: tuple[str, str, str]) -> RenderedLetter:
        run = run_folder()
        kept = run / "letters" / content_hash("\0".join(key).encode("utf-8"))
        with suppress(FileNotFoundError):
            return pickle.loads(kept.read_bytes())
        drawn = super().render(letter)
        if run.is_dir():  # otherwise nobody would remove what is put there
            kept.parent.mkdir(exist_ok=True)
            being_written = kept.with_suffix(f".{os.getpid()}")
            being_written.write_bytes(pickle.dumps(drawn))
            being_written.replace(kept)
        return drawn


_WORDS = re.compile(r">[^<]+<|(?<= )(?:src|alt|content|href)=\"[^\"]*\"")
_CODE = re.compile(r"<img[^>]*>")


class SparingRenderer(RememberingRenderer):
    """Lays out whole the first letter of each shape in a run; of the others the codes alone.

    Most tests write letters and never look at the paper; laying one out takes 0.4 s, its codes
    alone a tenth of that. A shape is a letter's marks without its words: each template, outcome and
    branch of it that any test reaches still comes whole through the gates once. A thin letter is a
    real PDF with title, language, fonts, codes and number of pages: no gate has to look away.
    """

    def __init__(self, fonts: FontSet) -> None:
        super().__init__(fonts)
        self._thin = threading.local()

    def html(self, letter: LetterInput) -> str:
        """Return the letter; while a thin one is laid out, its codes on otherwise empty pages."""
        thin: str = getattr(self._thin, "source", "")
        return thin or super().html(letter)

    def _shared(self, letter: LetterInput, key: tuple[str, str, str]) -> RenderedLetter:
        run, source = run_folder(), key[2]
        shape = "\0".join((*key[:2], _WORDS.sub("", source)))
        known = run / "shapes" / content_hash(shape.encode("utf-8"))
        with suppress(FileNotFoundError):
            return self._codes_alone(letter, source, len(known.read_bytes()))
        drawn = super()._shared(letter, key)
        if run.is_dir():
            known.parent.mkdir(exist_ok=True)
            being_written = known.with_suffix(f".{os.getpid()}")
            being_written.write_bytes(b"." * drawn.pages)  # never read half
            being_written.replace(known)
        return drawn

    def _codes_alone(self, letter: LetterInput, source: str, pages: int) -> RenderedLetter:
        head, _, body = source.partition("<body")
        more = '<p style="break-before: page">Seite</p>' * (pages - 1)
        self._thin.source = f"{head}<body><p>{''.join(_CODE.findall(body))} Brief</p>{more}</body>"
        try:
            made = Renderer.render(self, letter)
        finally:
            self._thin.source = ""
        said = " ".join(str(document_fromstring(source).xpath("string()")).split())
        return replace(made, text=said)


# Both are slow to make and safe to share.
@cache
def renderer() -> Renderer:
    """Return the renderer of this test process that lays out every letter whole."""
    return RememberingRenderer(_fonts())


@cache
def sparing_renderer() -> SparingRenderer:
    """Return the one for tests that write letters and do not look at the paper."""
    return SparingRenderer(_fonts())


@cache
def _fonts() -> FontSet:
    return font_paths(STATIC, also=(ROOT / "node_modules",))


def make_office(session: Session, clock: Clock) -> Mapping[str, Any]:
    """Import the Düsseldorf office with all its staff; everybody trained may sign."""
    data = load_office(ROOT / "config" / "office" / "duesseldorf.yaml")
    office.import_office(session, SYSTEM, data, now=clock.now())
    for user in session.query(AppUser).all():
        letters.grant_mandate(session, user.id, valid_from=date(2020, 1, 1))
    return office.profile(session)


@cache
def _law() -> Rechtsstand:
    return Rechtsstand(load_yaml_dir(ROOT / "config" / "rechtsstand"))


@cache
def _zeichnung() -> tuple[Zeichnungsordnung, ...]:
    return load_zeichnung(ROOT / "config" / "zeichnung.yaml")


def make_house(session: Session, clock: Clock, blobs: Blobs | Any, *, whole: bool = False) -> House:
    """Return a furnished house over the imported office; ``blobs`` may be a folder.

    ``whole`` where the paper itself is the matter: see ``SparingRenderer``.
    """
    profile = full_profile(session)
    store = blobs if hasattr(blobs, "put") else BlobStore(blobs)
    return House(
        clock=clock,
        law=_law(),
        zeichnung=_zeichnung(),
        blobs=store,
        renderer=renderer() if whole else sparing_renderer(),
        office=office_of(profile),
        base_url="https://abh.example.org",
        secret=b"x" * 32,
        profile=profile,
    )


def actor_of(session: Session, login: str) -> Actor:
    """Return the actor of an imported member of staff."""
    user = session.query(AppUser).filter(AppUser.login == login).one()
    return Actor(
        kind="staff",
        user_id=user.id,
        name=user.display_name,
        login=user.login,
        role=user.role,
        rank=user.rank,
        in_training=user.in_training,
        powers=frozenset(user.powers) or ROLE_POWERS[user.role],
        unit_key=user.unit_key,
    )


def staff(session: Session, unit: str, *, rank: str, nth: int = 0) -> Actor:
    """Return somebody of a unit with this rank."""
    users = (
        session.query(AppUser)
        .filter(AppUser.unit_key == unit, AppUser.rank == rank)
        .order_by(AppUser.login)
        .all()
    )
    return actor_of(session, users[nth].login)


ANTRAG: Mapping[str, Any] = {
    "person": {
        "family_name": "Nguyễn",
        "given_names": "Thị Ánh Tuyết",
        "birth_date": "00.05.1996",
        "birth_place": "Huế",
        "sex": "f",
        "nationalities": ["VNM"],
        "street": "Graf-Adolf-Straße 12",
        "postcode": "40212",
        "city": "Düsseldorf",
        "email": "tuyet@example.org",
        "phone": "",
        "language": "en",
    },
    "title_kind": "NATIONALES_VISUM",
    "title_until": "20.12.2026",
    "entry_on": "25.09.2026",
    "passport_until": "01.06.2031",
    "employer": "Beispiel Systems GmbH",
    "job_title": "Buchhalterin",
    "isco": "2411",
    "salary_year": "48.000",
    "job_start": "15.01.2027",
    "job_permanent": True,
    "degree_name": "Bachelor of Science",
    "degree_on": "30.06.2025",
}


def antrag(**changes: Any) -> dict[str, Any]:
    """Return a checked application; ``person__x`` changes a field of the person."""
    raw = deepcopy(dict(ANTRAG))
    for key, value in changes.items():
        if key.startswith("person__"):
            raw["person"][key.removeprefix("person__")] = value
        else:
            raw[key] = value
    return load_antrag(raw)


def uploads(kinds: Sequence[str] = EVIDENCE) -> list[Upload]:
    """Return one small PDF of each kind of evidence."""
    return [Upload(kind, f"{kind}.pdf", "application/pdf", a_pdf(kind), 1) for kind in kinds]


def file_case(
    session: Session,
    house: House,
    actor: Actor,
    *,
    evidence: Sequence[str] = EVIDENCE,
    channel: str = "portal",
    received_on: date | None = None,
    **changes: Any,
) -> Filed:
    """File an application through the real intake."""
    return file_application(
        session,
        house,
        actor,
        antrag(**changes),
        uploads(evidence),
        channel=channel,
        received_on=received_on,
    )


__all__ = ["BERLIN", "a_pdf", "actor_of", "antrag", "file_case", "make_house", "make_office"]


def admit(session: Session, company_id: int, clock: Clock) -> None:
    """Let a company in as a clerk does; without that its logins act for nobody."""
    lead = session.scalars(select(AppUser.id).where(AppUser.role == "lead").limit(1)).one()
    session.add(CompanyAccess(company_id=company_id, approved_at=clock.now(), approved_by=lead))
    session.flush()
