"""Short messages: to a gateway by HTTPS, or as files into a folder; off unless a setting names one.

What a gateway must speak (most German ones do, directly or by a small bridge): ``POST`` of JSON
``{"to": "+49…", "text": "…", "reference": "…"}`` with a bearer token; 2xx with ``{"id": "…"}`` is
taken over. The header ``Idempotency-Key`` is the same for every attempt of a message, so that a
gateway that took it and died before it answered sends it once. ``abh sms simulator`` is one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from abh.outbox.handler import DeliveryFailed, HandlerContext

TIMEOUT: Final = 15.0
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
# Three parts of 67 signs each, as with any script but Latin; longer ones a gateway may cut.
LONGEST: Final = 201


def send(session: Session, payload: dict[str, Any], ctx: HandlerContext) -> dict[str, Any]:
    """Send ``{"to", "text"}``: the handler of outbox kind ``sms``. Raises ``DeliveryFailed``."""
    number = re.sub(r"[\s()/-]", "", str(payload["to"]))
    if not _NUMBER.fullmatch(number):
        raise DeliveryFailed("Die Telefonnummer ist nicht international.", permanent=True)
    text = str(payload["text"])
    if len(text) > LONGEST:
        raise DeliveryFailed("Die Nachricht ist zu lang für eine SMS.", permanent=True)
    url = ctx.settings.sms_url
    if not url:
        raise DeliveryFailed("SMS sind ausgeschaltet (sms_url).", permanent=True)
    message = {"to": number, "text": text, "reference": reference(ctx.dedup_key)}
    if url.startswith("folder:"):
        return _keep(message, ctx.settings.var_dir / url.removeprefix("folder:"))
    return _post(message, url, ctx.settings.sms_token)


def reference(dedup_key: str) -> str:
    """Return what names a message to the gateway for ever; it tells nothing of the message."""
    return hashlib.sha256(dedup_key.encode()).hexdigest()[:32]


def _keep(message: dict[str, str], folder: Path) -> dict[str, Any]:
    """Put the message into the folder: whole or not at all, and only the first time."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{message['reference']}.json"
    draft = folder / f".{target.name}.{os.getpid()}.new"
    draft.write_text(json.dumps(message, ensure_ascii=False, indent=1), "utf-8")
    try:
        os.link(draft, target)
    except FileExistsError:
        return {"file": target.name}
    finally:
        draft.unlink()
    return {"file": target.name}


def _post(message: dict[str, str], url: str, token: str) -> dict[str, Any]:
    request = urllib.request.Request(
        url,
        data=json.dumps(message, ensure_ascii=False).encode("utf-8"),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": message["reference"],
        },
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # nosec B310
            said = json.loads(answer.read(65_536))
    except urllib.error.HTTPError as error:
        # A gateway that is busy says so with 429; every other 4xx would be the same tomorrow.
        again = error.code >= 500 or error.code == HTTPStatus.TOO_MANY_REQUESTS
        raise DeliveryFailed(
            f"Das SMS-Gateway lehnt ab (HTTP {error.code}).", permanent=not again
        ) from None
    except (OSError, ValueError) as error:
        raise DeliveryFailed(
            f"Das SMS-Gateway ist nicht erreichbar ({type(error).__name__})."
        ) from None
    return {"id": str(said.get("id", "")) if isinstance(said, dict) else ""}
