"""The test printer really prints: what is sent by IPP appears in its folder."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from pyipp import IPP
from pyipp.enums import IppOperation

from tests.conftest import IppPrinter

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def test_a_document_sent_by_ipp_arrives_unchanged(ipp_printer: IppPrinter) -> None:
    address = urlsplit(ipp_printer.uri)

    async def send() -> int:
        async with IPP(host="localhost", port=address.port or 631, base_path=address.path) as ipp:
            message = {
                "operation-attributes-tag": {
                    "requesting-user-name": "abh",
                    "job-name": "Bescheid",
                    "document-format": "application/pdf",
                },
                "data": PDF,
            }
            answer = await ipp.execute(IppOperation.PRINT_JOB, message)
            return int(answer["status-code"])

    assert asyncio.run(send()) == 0
    assert [file.read_bytes() for file in ipp_printer.folder.rglob("*.pdf")] == [PDF]
