"""Printing against a real IPP printer."""

from __future__ import annotations

import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from abh.documents.printing import (
    DUPLEX,
    PrintFailed,
    PrintResult,
    find_job,
    job_name,
    print_pdf,
)
from tests.integration.documents.conftest import IppPrinter

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
NAME = job_name("ABH-2026-0001234", "N08", 7)


def test_a_letter_is_printed_byte_for_byte_and_reported_completed(ipp_printer: IppPrinter) -> None:
    result = print_pdf(ipp_printer.uri, PDF, NAME, sides=DUPLEX)
    assert result.state == "completed"
    assert result.job_id > 0
    spooled = [p for p in ipp_printer.spool.rglob("*.pdf") if p.stat().st_size]
    assert [p.read_bytes() for p in spooled] == [PDF]
    assert "0001234" in spooled[0].name


def test_a_worker_that_died_after_sending_finds_its_job_again(ipp_printer: IppPrinter) -> None:
    assert find_job(ipp_printer.uri, NAME) is None
    sent = print_pdf(ipp_printer.uri, PDF, NAME)
    assert find_job(ipp_printer.uri, NAME) == PrintResult(sent.job_id, "completed")
    assert find_job(ipp_printer.uri, job_name("ABH-2026-0001234", "N12")) is None


def test_paper_that_the_printer_lacks_is_refused_and_not_retried(ipp_printer: IppPrinter) -> None:
    with pytest.raises(PrintFailed) as failed:
        print_pdf(ipp_printer.uri, PDF, NAME, media="iso_a0_841x1189mm")
    assert (failed.value.key, failed.value.retry) == ("papier", False)
    assert list(ipp_printer.spool.rglob("*.pdf")) == []


def test_a_job_that_the_printer_aborts_is_no_printed_letter(
    start_printer: Callable[..., IppPrinter], tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    printer = start_printer(str(broken))
    with pytest.raises(PrintFailed) as failed:
        print_pdf(printer.uri, PDF, NAME)
    assert failed.value.key == "aborted"
    assert failed.value.job_id


def test_a_job_that_takes_too_long_is_not_called_printed_and_not_sent_again(
    start_printer: Callable[..., IppPrinter], tmp_path: Path
) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 3\n")
    slow.chmod(slow.stat().st_mode | stat.S_IXUSR)
    printer = start_printer(str(slow))
    with pytest.raises(PrintFailed) as failed:
        print_pdf(printer.uri, PDF, NAME, timeout=0.6)
    assert (failed.value.key, failed.value.retry) == ("zeit_abgelaufen", False)
    with pytest.raises(PrintFailed) as busy:
        print_pdf(printer.uri, PDF, job_name("ABH-2026-0001235", "N08"))
    assert (busy.value.key, busy.value.retry) == ("beschaeftigt", True)


def test_a_printer_that_is_off_is_tried_again() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(PrintFailed) as failed:
        print_pdf(f"ipp://127.0.0.1:{port}/ipp/print", PDF, NAME, timeout=2)
    assert (failed.value.key, failed.value.retry) == ("nicht_erreichbar", True)


def test_a_folder_printer_puts_out_the_pdf(tmp_path: Path) -> None:
    uri = f"file://{tmp_path}/Drucker%201"
    assert find_job(uri, NAME) is None
    assert print_pdf(uri, PDF, NAME) == PrintResult(0, "completed")
    written = tmp_path / "Drucker 1" / "ABH-2026-0001234_N08_7.pdf"
    assert written.read_bytes() == PDF
    assert find_job(uri, NAME) == PrintResult(0, "completed")
    assert print_pdf(uri, PDF, NAME).state == "completed"
    assert [p.name for p in written.parent.iterdir()] == [written.name]


@pytest.mark.parametrize(
    "name", ["", "Priya Beispiel", "ABH-2026-0001234 Priya Beispiel", "ABH-2026-0001234 ../x"]
)
def test_a_queue_never_shows_the_name_of_a_person(name: str, tmp_path: Path) -> None:
    with pytest.raises(PrintFailed) as failed:
        print_pdf(f"file://{tmp_path}", PDF, name)
    assert failed.value.key == "auftragsname"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uri", ["http://printer/", "ipp:///x", "printer"])
def test_an_address_that_is_no_printer_is_refused(uri: str) -> None:
    with pytest.raises(PrintFailed) as failed:
        print_pdf(uri, PDF, NAME)
    assert failed.value.key == "adresse"
