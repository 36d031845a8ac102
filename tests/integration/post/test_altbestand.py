"""The old backlog: checked cell by cell, formulas never run, nothing twice, resumed when killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from abh.access.actor import SYSTEM
from abh.documents import stapel
from abh.kernel.errors import InvalidInput, NotAllowed, UploadRefused
from abh.post import altbestand, altbestand_stand, tabelle, texterkennung
from abh.settings import ROOT
from tests import factories
from tests.integration.post.conftest import PostRoom

HEAD = "Nr;Eingang;Art;Betreff;Sachgebiet;Absender;Geburtsdatum;Aktenzeichen;Datei;Frist"


def listed(tmp_path: Path, *rows: str, name: str = "liste.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_text("\n".join([HEAD, *rows]) + "\n", encoding)
    return path


def run(room: PostRoom, path: Path, folder: Path | None = None) -> altbestand.Imported:
    connection = room.session.connection()
    made = sessionmaker(
        connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
    )
    return altbestand.run(made, room.house, SYSTEM, path, folder or path.parent)


def rows_of(room: PostRoom, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in room.session.execute(text(sql))]


def xlsx(path: Path, rows: list[list[str]], *, head: str = HEAD) -> Path:
    """Write a list as Excel does: shared texts, a day as number with a style, a formula."""
    strings: list[str] = []

    def cell(row: int, column: int, value: str) -> str:
        at = f"{tabelle.column_letter(column)}{row}"
        if value.startswith("=="):
            return f'<c r="{at}"><f>{value[2:]}</f><v>99</v></c>'
        if value.startswith("#"):
            return f'<c r="{at}" s="1"><v>{value[1:]}</v></c>'
        if value == "":
            return ""
        strings.append(value)
        return f'<c r="{at}" t="s"><v>{len(strings) - 1}</v></c>'

    lines = "".join(
        f'<row r="{n}">{"".join(cell(n, c, v) for c, v in enumerate(row))}</row>'
        for n, row in enumerate([head.split(";"), *rows], 1)
    )
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    texts = "".join(f"<si><t>{one.replace('&', '&amp;')}</t></si>" for one in strings)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f"<worksheet {space}><sheetData>{lines}</sheetData></worksheet>",
        )
        archive.writestr("xl/sharedStrings.xml", f"<sst {space}>{texts}</sst>")
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet {space}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
            "</styleSheet>",
        )
    return path


def test_a_list_with_files_is_taken_in_and_bundled(room: PostRoom, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(factories.a_pdf("a"))
    path = listed(
        tmp_path,
        "1;03.02.2026;Anfrage zum Stand;Wo bleibt es?;SG1;Ada Beispiel;01.02.1990;;a.pdf;",
        "2;04.02.2026;Gericht;Eilantrag;SG1;VG Düsseldorf;;;;24.11.2026",
        "",
        "3;05.02.2026;;Übersetzung;sg3;Öztürk;;;;",
        encoding="cp1252",
    )
    found = run(room, path)
    assert (found.taken, found.known, found.faults) == (3, 0, ())
    assert rows_of(
        room,
        "SELECT subject, kind, unit_key, sha256 IS NOT NULL, received_on::text FROM post_item"
        " WHERE source = 'altbestand' ORDER BY id",
    ) == [
        ("Wo bleibt es?", "inquiry", "SG1", True, "2026-02-03"),
        ("Eilantrag", "court", "SG1", False, "2026-02-04"),
        ("Übersetzung", "other", "SG3", False, "2026-02-05"),
    ]
    again = run(room, path)
    assert (again.taken, again.rows) == (found.taken, found.rows)
    assert rows_of(room, "SELECT count(*) FROM post_item") == [(3,)]


def test_its_page_knows_how_far_a_list_is_and_when_its_run_died(
    room: PostRoom, tmp_path: Path
) -> None:
    path = listed(
        tmp_path, *(f"{n};03.02.2026;;Brief;SG1;Ada;;;;" for n in range(1, 4)),
        "4;31.02.2026;;;SG1;Bo;;;;",
    )  # fmt: skip
    boss = room.chief()
    with pytest.raises(NotAllowed):
        altbestand_stand.lists(room.session, room.lead(), clock=room.house)
    run(room, path)
    (done,) = altbestand_stand.lists(room.session, boss, clock=room.house)
    assert (done.rows_read, done.rows_total, done.taken, done.faults) == (4, 4, 3, 1)
    assert done.done_at is not None
    cells = [one.cell for one in altbestand_stand.faults_of(room.session, boss, done.id)]
    assert cells == ["B5", "D5"]
    room.session.execute(text("UPDATE post_import SET done_at = NULL, rows_read = 2"))
    room.session.expire_all()
    (running,) = altbestand_stand.lists(room.session, boss, clock=room.house)
    assert (running.still, running.rows_read, running.rows_total) == (False, 2, 4)
    room.clock.advance(altbestand_stand.STILL * 2)
    (dead,) = altbestand_stand.lists(room.session, boss, clock=room.house)
    assert dead.still


def test_a_corrected_list_adds_only_what_was_missing(room: PostRoom, tmp_path: Path) -> None:
    good = "1;03.02.2026;;Brief;SG1;Ada;;;;"
    first = run(room, listed(tmp_path, good, "2;31.02.2026;;Brief;SG1;Bo;;;;"))
    assert (first.taken, [one.cell for one in first.faults]) == (1, ["B3"])
    second = run(room, listed(tmp_path, good, "2;28.02.2026;;Brief;SG1;Bo;;;;"))
    assert (second.taken, second.known, second.faults) == (1, 1, ())


def test_what_a_list_leaves_open_its_words_and_files_tell(
    room: PostRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = room.case(person__family_name="Altmann", person__given_names="Ada")
    (tmp_path / "scan.pdf").write_bytes(factories.a_pdf("Scan"))
    (tmp_path / "mail.eml").write_bytes(
        b"From: Ada Altmann <ada@example.invalid>\r\nSubject: Stand\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n"
        b"\r\nIch frage nach " + case.number.encode() + b".\r\n--b\r\n"
        b'Content-Disposition: attachment; filename="lohn.zip"\r\n\r\nPK\r\n--b--\r\n'
    )
    path = tmp_path / "offen.csv"
    path.write_text(
        "Eingang;Betreff;Absender;Text;Datei\n"
        "03.02.2026;Beschluss;Verwaltungsgericht Düsseldorf;In der Sache 27 L 12/26;\n"
        "04.02.2026;Hochzeit;Bo;Mein Ehegattennachzug;\n"
        "05.02.2026;;;;scan.pdf\n"
        "06.02.2026;;;;mail.eml\n"
        "07.02.2026;;;;\n",
        "utf-8",
    )
    found = run(room, path)
    assert (found.taken, [one.message[:20] for one in found.faults]) == (
        4,
        ["Betreff, Text und Da"],
    )
    court, wedding, scanned, mail = rows_of(
        room,
        "SELECT kind, bell, subject, sorted_by, reading, channel, sender, vorgang_id,"
        " (SELECT count(*) FROM post_part p WHERE p.item_id = i.id) FROM post_item i"
        " WHERE source = 'altbestand' ORDER BY id",
    )
    assert court[:2] == ("court", True)
    assert "Ehegattennachzug" in str(wedding[3])
    assert scanned[2:6:2] == ("Datei „scan.pdf“", "offen")
    assert mail[2] == "Stand" and mail[5:7] == ("email", "Ada Altmann <ada@example.invalid>")
    assert mail[7:] == (case.vorgang_id, 1)
    # Without OCR what has no text layer waits, and holds up nothing behind it.
    monkeypatch.setattr(stapel, "can_read_writing", lambda: False)
    monkeypatch.setattr(texterkennung, "text_of_pdf", lambda data: "")
    read = (texterkennung.read_layers, texterkennung.sweep, texterkennung.read_layers)
    assert [one(room.session, room.house, 1) for one in read] == [1, 0, 0]
    assert rows_of(room, "SELECT reading FROM post_item WHERE reading <> ''") == [("bild",)]


def test_a_scan_with_text_layer_is_sorted_by_what_it_says(
    room: PostRoom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scan.pdf").write_bytes(factories.a_pdf("Scan"))
    path = tmp_path / "offen.csv"
    path.write_text("Eingang;Datei\n05.02.2026;scan.pdf\n", "utf-8")
    run(room, path)
    said = "Verwaltungsgericht Düsseldorf 27 L 12/26 wegen einstweiliger Anordnung"
    monkeypatch.setattr(texterkennung, "text_of_pdf", lambda data: said)
    assert texterkennung.read_layers(room.session, room.house, 1) == 1
    assert rows_of(room, "SELECT kind, bell, reading FROM post_item") == [
        ("court", True, "gelesen")
    ]


def test_every_faulty_cell_is_named_and_its_row_left_out(room: PostRoom, tmp_path: Path) -> None:
    (tmp_path / "innen").mkdir()
    (tmp_path / "geheim.txt").write_text("geheim")
    (tmp_path / "innen" / "link.txt").symlink_to(tmp_path / "geheim.txt")
    path = listed(
        tmp_path,
        "1;31.02.2026;Taube;;SG99;Ada;33.33.1990;;fehlt.pdf;morgen",
        "2;01.01.2030;;Brief;SG1;Bo;;;../geheim.txt;",
        "3;01.02.2026;;Brief;SG1;Cy;;;link.txt;",
        "4;01.02.2026;;Brief;SG1;Di;;;/etc/passwd;",
    )
    found = run(room, path, tmp_path / "innen")
    assert found.taken == 0
    assert [(one.cell, one.column) for one in found.faults] == [
        ("B2", "eingang"),
        ("C2", "art"),
        ("E2", "sachgebiet"),
        ("G2", "geburtsdatum"),
        ("I2", "datei"),
        ("J2", "frist"),
        ("B3", "eingang"),
        ("I3", "datei"),
        ("I4", "datei"),
        ("I5", "datei"),
    ]


def test_formulas_are_kept_as_text_and_refused_where_a_value_is_needed(
    room: PostRoom, tmp_path: Path
) -> None:
    run_it = '=HYPERLINK("http://example.invalid";"x")'
    path = xlsx(
        tmp_path / "liste.xlsx",
        [
            ["1", "#46052", "Unterlagen", "==1+1", "SG1", run_it, "", "", "", ""],
            ["2", "==TODAY()", "", "Brief", "SG1", "Ada", "", "", "", ""],
        ],
    )
    found = run(room, path)
    assert (found.taken, [one.cell for one in found.faults]) == (1, ["B3"])
    assert "=TODAY()" in found.faults[0].message
    assert rows_of(room, "SELECT subject, sender, received_on::text FROM post_item") == [
        ("=1+1", run_it, "2026-01-30")
    ]
    ((notes,),) = rows_of(room, "SELECT notes FROM post_item")
    assert "(D2, F2)" in str(notes) and "nicht ausgerechnet" in str(notes)


def test_what_is_no_list_is_refused_with_words(room: PostRoom, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="eingang"):
        run(room, _without(tmp_path, "Eingang"))
    broken = tmp_path / "kaputt.xlsx"
    broken.write_bytes(b"PK\x03\x04" + b"x" * 100)
    old = tmp_path / "alt.xls"
    old.write_bytes(b"\xd0\xcf\x11\xe0" + b"x" * 100)
    for path in (broken, old):
        with pytest.raises(UploadRefused):
            run(room, path)
    bomb = tmp_path / "bombe.xlsx"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(510):
            part.write(b"0" * (1 << 20))
    with pytest.raises(UploadRefused, match="übermäßig"):
        run(room, bomb)
    entity = tmp_path / "entity.xlsx"
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    with zipfile.ZipFile(entity, "w") as archive:
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><worksheet {space}>'
            '<sheetData><row r="1"><c t="inlineStr"><is><t>&e;</t></is></c></row></sheetData>'
            "</worksheet>",
        )
    with pytest.raises(InvalidInput):
        run(room, entity)


def _without(tmp_path: Path, column: str) -> Path:
    path = tmp_path / "kopf.csv"
    path.write_text(HEAD.replace(column, "Egal") + "\n1;x\n", "utf-8")
    return path


def test_only_the_machine_and_the_central_unit_take_old_lists_in(
    room: PostRoom, tmp_path: Path
) -> None:
    path = listed(tmp_path, "1;03.02.2026;;Brief;SG1;Ada;;;;")
    made = sessionmaker(room.session.connection(), join_transaction_mode="create_savepoint")
    with pytest.raises(NotAllowed):
        altbestand.run(made, room.house, room.clerk("SG3"), path, tmp_path)


@pytest.mark.slow
def test_a_killed_import_goes_on_where_it_was(fresh_office_url: str, tmp_path: Path) -> None:
    rows = 2_500
    for n in range(0, rows, 100):
        (tmp_path / f"{n}.txt").write_text(f"Brief {n}")
    path = listed(
        tmp_path,
        *(
            f"{n};03.02.2026;;Brief {n};SG1;Person {n // 3};;;{f'{n}.txt' if n % 100 == 0 else ''};"
            for n in range(rows)
        ),
    )
    environment = {
        **os.environ,
        "ABH_MODE": "test",
        "ABH_VAR_DIR": str(tmp_path / "var"),
        "ABH_DATABASE_URL": fresh_office_url,
    }
    command = [sys.executable, "-m", "abh.cli", "post", "import", str(path)]
    first = subprocess.Popen(command, cwd=ROOT, env=environment)
    engine = create_engine(fresh_office_url)

    def count(table: str) -> int:
        with engine.connect() as connection:
            return int(connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)

    deadline = time.monotonic() + 90
    while count("post_item") == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    assert 0 < count("post_item") < rows
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert count("post_item") == rows
    assert count("(SELECT DISTINCT source_ref FROM post_item) refs") == rows
    assert f"{rows} Eingänge neu, 0 schon bekannt" in done.stdout
    engine.dispose()
