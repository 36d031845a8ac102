"""The gates: a sound letter passes, each fault is named, all at once."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pikepdf
import pytest

from abh.documents.codes import letter_code, read_codes
from abh.documents.gates import Release, check_release, is_iban
from abh.documents.letter_model import LetterInput, SignatureBlock
from abh.documents.zeichnung import Mark, Permission, Remedy
from abh.kernel.errors import RenderRefused
from tests.factories import sparing_renderer
from tests.unit.documents.factories import OFFICE, fonts, letter, permission, renderer


def _release(made: LetterInput, granted: Permission, **changes: Any) -> Release:
    rendered = renderer().render(made)
    return replace(Release(made, rendered, granted, fonts()), **changes)


def _refused(release: Release) -> set[str]:
    with pytest.raises(RenderRefused) as error:
        check_release(release)
    return {reason.key for reason in error.value.reasons}


@pytest.mark.parametrize(
    ("key", "outcome"),
    [("N01", ""), ("N02", ""), ("N08", "blaue_karte"), ("N12", ""), ("N06", "erscheinen")],
)
def test_a_sound_letter_passes(key: str, outcome: str) -> None:
    check_release(_release(letter(key, outcome), permission(key, outcome)))


@pytest.mark.parametrize(
    ("key", "outcome"), [("N02", ""), ("N11", "gebuehrenbescheid"), ("N12", "")]
)
def test_the_thin_letters_of_other_tests_pass_the_same_gates(key: str, outcome: str) -> None:
    """They say and carry what the whole letter does; a wrong code is found on them, too."""
    made = letter(key, outcome, code=letter_code(4711, b"s" * 32))
    whole, sparing = renderer().render(made), sparing_renderer()
    thin = sparing._codes_alone(made, sparing.html(made), whole.pages)
    assert (thin.text, thin.pages, thin.subject) == (whole.text, whole.pages, whole.subject)
    assert read_codes(thin.pdf) == read_codes(whole.pdf)
    granted = permission(key, outcome, made.amount or Decimal(100))
    release = Release(made, thin, granted, fonts())
    check_release(release)
    other = replace(made, code=letter_code(4712, b"s" * 32))
    assert _refused(replace(release, letter=other)) == {"kennung"}


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"draft": True}, "entwurf"),
        ({"recipient": ("1", "2", "3", "4", "5", "6", "7")}, "anschrift_zu_lang"),
        ({"recipient": ("Wolfeschlegelsteinhausenbergerdorff " * 2, "Ort")}, "anschrift_zu_breit"),
        ({"recipient": ()}, "anschrift_leer"),
        ({"recipient": ("Name", " ", "Ort")}, "anschrift_leer"),
        ({"addressee": "Priya ☃"}, "zeichen_fehlt"),
        ({"remedy": "keine"}, "belehrung_fehlt"),
        ({"remedy": "einspruch_2_wochen"}, "belehrung_fehlt"),
        ({"office": replace(OFFICE, iban="DE97300501101234567890")}, "iban"),
        ({"office": replace(OFFICE, name="")}, "behoerde_nicht_erkennbar"),
        ({"signature": SignatureBlock(Mark.HAND, "In Vertretung", "L. B.")}, "unterschriftsblock"),
        ({"signature": SignatureBlock(Mark.NAME, "Im Auftrag", "L. B.")}, "unterschriftsblock"),
        ({"signature": SignatureBlock(Mark.HAND, "Im Auftrag", "")}, "name_fehlt"),
    ],
)
def test_each_fault_of_a_refusal_is_found(changes: dict[str, Any], key: str) -> None:
    found = _refused(_release(letter("N12", **changes), permission("N12")))
    assert key in found
    # A snowman also makes the renderer reach for a font that is not pinned.
    assert found <= {key, "warnung", "schrift"}


def test_a_remedy_in_a_letter_that_has_none_is_found() -> None:
    made = letter("N08", "blaue_karte", remedy="klage_1_monat")
    assert _refused(_release(made, permission("N08", "blaue_karte"))) == {"belehrung_zu_viel"}


def test_a_remedy_with_a_changed_word_is_found() -> None:
    release = _release(letter("N12"), permission("N12"))
    text = release.rendered.text.replace("eines Monats", "von zwei Wochen")
    assert _refused(replace(release, rendered=replace(release.rendered, text=text))) == {
        "belehrung_fehlt"
    }


def test_an_automatic_letter_that_a_person_signs_and_its_opposite_are_found() -> None:
    granted = permission("N02")
    automatic = letter("N02", signature=SignatureBlock(Mark.NONE))
    assert _refused(_release(automatic, granted)) == {"unterschriftsblock", "automatik_hinweis"}
    signed = letter("N01", signature=SignatureBlock(Mark.NAME, "Im Auftrag", "Lena Brandt"))
    assert _refused(_release(signed, permission("N01"))) == {
        "unterschriftsblock",
        "automatik_hinweis",
    }


def test_a_prescribed_form_never_passes() -> None:
    form = replace(permission("N02"), mark=Mark.FORM)
    assert "vordruck_als_pdf" in _refused(_release(letter("N02"), form))


def test_a_warning_of_the_renderer_stops_the_letter() -> None:
    release = _release(letter("N02"), permission("N02"))
    warned = replace(release.rendered, warnings=("Failed to load image",))
    assert _refused(replace(release, rendered=warned)) == {"warnung"}


def test_a_wrong_number_of_pages_is_found() -> None:
    release = _release(letter("N08", "blaue_karte"), permission("N08", "blaue_karte"))
    check_release(replace(release, expected_pages=release.rendered.pages))
    assert _refused(replace(release, expected_pages=9)) == {"seitenzahl"}


def test_a_file_without_archive_and_accessibility_claims_is_found() -> None:
    release = _release(letter("N02"), permission("N02"))
    with pikepdf.open(io.BytesIO(release.rendered.pdf)) as pdf:
        del pdf.Root.Metadata
        out = io.BytesIO()
        pdf.save(out)
    bare = replace(release.rendered, pdf=out.getvalue())
    assert _refused(replace(release, rendered=bare)) == {"pdf_angaben"}
    broken = replace(release.rendered, pdf=b"%PDF-1.7 nichts")
    assert _refused(replace(release, rendered=broken)) == {"pdf_unlesbar"}


def test_all_faults_are_named_at_once() -> None:
    made = letter("N12", draft=True, remedy="keine", recipient=())
    assert _refused(_release(made, permission("N12"))) == {
        "entwurf",
        "belehrung_fehlt",
        "anschrift_leer",
    }


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("DE98 3005 0110 1234 5678 90", True),
        ("DE89 3704 0044 0532 0130 00", True),
        ("DE89370400440532013001", False),
        ("", False),
        ("keine", False),
    ],
)
def test_ibans_are_checked_by_their_check_digits(text: str, valid: bool) -> None:
    assert is_iban(text) is valid


def test_the_remedy_kind_is_that_of_the_table() -> None:
    assert permission("N12").remedy == Remedy.KLAGE
