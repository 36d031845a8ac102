"""What the Eingangsbestätigung says about the fiction, in any language, always conditional."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from abh.sprachen import SOURCE, say
from abh.workflows.definition import Words

_STAY: dict[str, Words] = {
    "CONTINUING": Words(
        "Nach Ihren Angaben war Ihr Aufenthaltstitel gültig, als Ihr Antrag bei uns einging. "
        "Stimmt das, dann gilt der Titel ab seinem Ablauf{until} weiter, bis wir entschieden "
        "haben.",
        "According to your information, your residence title was valid when we received your "
        "application. If this is correct, the title continues to apply after its expiry{until} "
        "until we have decided.",
        "وفقًا لبياناتك كانت إقامتك سارية عند وصول طلبك إلينا. إذا كان ذلك صحيحًا، فإن الإقامة تظل "
        "سارية بعد انتهائها{until} إلى أن نتخذ قرارًا.",
    ),
    "ORDERED": Words(
        "Nach Ihren Angaben kam Ihr Antrag erst nach dem Ende Ihres Aufenthaltstitels. Wir haben "
        "angeordnet, dass der Titel trotzdem weiter gilt, bis wir entschieden haben.",
        "According to your information, your application came after the end of your residence "
        "title. We have ordered that the title continues to apply until we have decided.",
        "وفقًا لبياناتك وصل طلبك بعد انتهاء إقامتك. وقد أمرنا بأن تظل الإقامة سارية رغم ذلك إلى أن "
        "نتخذ قرارًا.",
    ),
    "PROTECTED": Words(
        "Nach Ihren Angaben hat das Bundesamt Ihnen Schutz zuerkannt. Stimmt das, dann gilt Ihr "
        "Aufenthalt als erlaubt, bis Sie Ihren Aufenthaltstitel erhalten.",
        "According to your information, the Federal Office has granted you protection. If this is "
        "correct, your stay is deemed permitted until you receive your residence title.",
        "وفقًا لبياناتك منحك المكتب الاتحادي الحماية. إذا كان ذلك صحيحًا، فإن بقاءك يُعدّ مسموحًا به "
        "إلى أن تحصل على إقامتك.",
    ),
    "PERMITTED": Words(
        "Nach Ihren Angaben durften Sie sich ohne Aufenthaltstitel in Deutschland aufhalten, als "
        "Ihr Antrag bei uns einging. Stimmt das, dann gilt Ihr Aufenthalt als erlaubt, bis wir "
        "entschieden haben.",
        "According to your information, you were allowed to stay in Germany without a residence "
        "title when we received your application. If this is correct, your stay is deemed "
        "permitted until we have decided.",
        "وفقًا لبياناتك كان مسموحًا لك بالبقاء في ألمانيا دون إقامة عند وصول طلبك إلينا. إذا كان ذلك "
        "صحيحًا، فإن بقاءك يُعدّ مسموحًا به إلى أن نتخذ قرارًا.",
    ),
    "SUSPENDED": Words(
        "Nach Ihren Angaben kam Ihr Antrag nach dem Ende Ihres erlaubten Aufenthalts. Stimmt das, "
        "dann gilt Ihre Abschiebung als ausgesetzt, bis wir entschieden haben.",
        "According to your information, your application came after the end of your permitted "
        "stay. If this is correct, your deportation is deemed suspended until we have decided.",
        "وفقًا لبياناتك وصل طلبك بعد انتهاء مدة بقائك المسموح بها. إذا كان ذلك صحيحًا، فإن ترحيلك "
        "يُعدّ معلّقًا إلى أن نتخذ قرارًا.",
    ),
    "NONE": Words(
        "Nach Ihren Angaben ändert der Antrag allein nichts an Ihrem Aufenthaltsrecht. Bitte "
        "wenden Sie sich an uns, wenn Ihr Aufenthaltstitel abläuft oder abgelaufen ist.",
        "According to your information, the application alone does not change your right to "
        "stay. Please contact us if your residence title expires or has expired.",
        "وفقًا لبياناتك لا يغيّر الطلب وحده شيئًا في حقك في الإقامة. يُرجى التواصل معنا إذا "
        "كانت إقامتك ستنتهي أو انتهت.",
    ),
    "OPEN": Words(
        "Wir können noch nicht sagen, welche Wirkung Ihr Antrag auf Ihren Aufenthalt hat. Uns "
        "fehlen Angaben zu Ihrem bisherigen Aufenthaltstitel.",
        "We cannot say yet what effect your application has on your stay. Information about your "
        "present residence title is missing.",
        "لا يمكننا بعد تحديد أثر طلبك على إقامتك، إذ تنقصنا بيانات عن إقامتك الحالية.",
    ),
}
_UNTIL: Words = Words(" am {day}", " on {day}", " في {day}")

_NO_WORK = Words(
    "Der Antrag erlaubt Ihnen nicht zu arbeiten.",
    "The application does not allow you to work.",
    "الطلب لا يسمح لك بالعمل.",
)
_WORK: dict[str, Words] = {
    "CONTINUING": Words(
        "Stimmt das, dann dürfen Sie so weiterarbeiten, wie Ihr bisheriger Titel es erlaubt.",
        "If this is correct, you may go on working as your present title allows.",
        "إذا كان ذلك صحيحًا، يمكنك مواصلة العمل كما تسمح به إقامتك الحالية.",
    ),
    "ORDERED": Words(
        "Sie dürfen so weiterarbeiten, wie Ihr bisheriger Titel es erlaubt hat.",
        "You may go on working as your previous title allowed.",
        "يمكنك مواصلة العمل كما كانت تسمح به إقامتك السابقة.",
    ),
    "PROTECTED": Words(
        "Stimmt das, dann dürfen Sie arbeiten.",
        "If this is correct, you may work.",
        "إذا كان ذلك صحيحًا، يُسمح لك بالعمل.",
    ),
    "PERMITTED": _NO_WORK,
    "SUSPENDED": _NO_WORK,
    "NONE": Words(
        "Der Antrag gibt Ihnen kein neues Recht zu arbeiten.",
        "The application gives you no new right to work.",
        "الطلب لا يمنحك حقًا جديدًا في العمل.",
    ),
    "OPEN": Words(
        "Ob Sie arbeiten dürfen, steht in Ihrem bisherigen Titel.",
        "Your present title says whether you may work.",
        "إقامتك الحالية تحدد ما إذا كان يُسمح لك بالعمل.",
    ),
}


def words(kind: str, until: date | None, language: str = SOURCE) -> str:
    """Return the sentence on the stay; ``until`` is the end of the old title, if it is named."""
    day = f"{until.day:02d}.{until.month:02d}.{until.year}" if until is not None else ""
    shown = say(language, _UNTIL.de).format(day=day) if day else ""
    return say(language, _STAY[kind].de).format(until=shown)


def work_words(kind: str, language: str = SOURCE) -> str:
    """Return the sentence on work."""
    return say(language, _WORK[kind].de)


def told(row: Mapping[str, Any], language: str) -> tuple[str, ...]:
    """Return what the stored effect of an application says on stay and work, in ``language``.

    ``row`` is ``fiktion.words`` of the database: German texts, and the key they were made of.
    """
    if language == SOURCE or "key" not in row:
        return tuple(text for text in (row.get("de", ""), row.get("work_de", "")) if text)
    until = date.fromisoformat(row["until"]) if row.get("until") else None
    return (words(row["key"], until, language), work_words(row["key"], language))


def stored(kind: str, until: date | None) -> dict[str, str | None]:
    """Return the row that ``told`` reads."""
    return {
        "de": words(kind, until),
        "work_de": work_words(kind),
        "key": kind,
        "until": until.isoformat() if until is not None else None,
    }
