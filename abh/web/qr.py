"""A QR code on a page, for the camera of a phone and the scanner in the waiting room."""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup

_MODULES = re.compile(r'<path d="([MhvzZ0-9 -]+)"')
_WIDTH = re.compile(r'<svg width="(\d+)"')


@lru_cache(maxsize=256)
def qr_code(text: str) -> Markup:
    """Return a QR code (ISO/IEC 18004) of ``text`` as SVG, which reads the same text beside it.

    Level M, dark on white in both themes, with the margin that readers want. Never the small kind
    that short texts would fit (Micro QR): telephones do not read it. Drawn by zxing-cpp, which
    weighs all masks in a fifth of the time.
    """
    import zxingcpp  # here: not every process shows pages

    kind = zxingcpp.BarcodeFormat.QRCode
    drawn = zxingcpp.create_barcode(text, kind, ec_level="M").to_svg()
    width, modules = _WIDTH.search(drawn), _MODULES.search(drawn)
    if width is None or modules is None:
        raise RuntimeError("zxing-cpp draws its codes in another way than this module knows")
    side = width[1]
    return Markup(  # nosec B704: two numbers and a path, both matched above
        f'<svg class="abh-qr" viewBox="0 0 {side} {side}" aria-hidden="true">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{modules[1]}"/></svg>'
    )
