"""The door to WeasyPrint (its sole importer), with our fonts and nothing else to fetch.

Loading it takes a second of the processor: who needs it imports this module inside a function, so
that processes which make no letter, or make one later, start without it.
"""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Mapping

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from abh.documents.fonts import FontSet

__all__ = ["CSS", "HTML", "Fetcher", "Fonts"]


class Fonts(FontConfiguration):
    """Fonts as files in a folder of their own, which goes with them or at the end of the process.

    WeasyPrint leaves that to ``__del__``, which finds no ``rmtree`` any more when a process ends.
    """

    def __init__(self) -> None:
        super().__init__()
        _LIVING.add(self)

    def remove_folder(self) -> None:
        """Remove the folder; no letter can be laid out with these fonts afterwards."""
        self.__del__()
        self._folder = None


_LIVING: weakref.WeakSet[Fonts] = weakref.WeakSet()


@atexit.register
def _remove_folders() -> None:
    for fonts in list(_LIVING):
        fonts.remove_folder()


class Fetcher(URLFetcher):
    """Gives the renderer our fonts and ``data:``; the default would embed local files."""

    def __init__(self, fonts: FontSet) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self._fonts = {file.url: file for file in fonts.files}

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Return what ``url`` names; raises ``ValueError`` for all that is not to be fetched."""
        font = self._fonts.get(url)
        if font is not None:
            return URLFetcherResponse(url, font.content(), {"Content-Type": "font/ttf"})
        return super().fetch(url, headers)
