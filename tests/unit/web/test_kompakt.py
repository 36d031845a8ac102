"""Gzip: static texts once, applicants' pages with a length that says nothing, staff pages never."""

from __future__ import annotations

import gzip

import pytest

from abh.web.kompakt import padded_gzip


@pytest.mark.parametrize("padding", [0, 1, 100])
@pytest.mark.parametrize("data", [b"", b"a" * 5000, "Düsseldorf ".encode() * 300])
def test_padding_changes_the_length_and_not_the_content(data: bytes, padding: int) -> None:
    packed = padded_gzip(data, padding)
    assert gzip.decompress(packed) == data
    assert len(packed) == len(padded_gzip(data, 0)) + padding
