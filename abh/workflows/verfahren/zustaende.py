"""The states of the generic machine and how each is told to the applicant."""

from __future__ import annotations

from abh.workflows.definition import State, Turn, Words

_REVIEW = Words("Ihr Antrag wird geprüft.", "We are checking your application.", "نقوم بفحص طلبك.")

GEN_STATES: tuple[State, ...] = (
    State(
        "draft",
        "Entwurf",
        Words("Noch nicht abgeschickt.", "Not sent yet.", "لم يُرسل بعد."),
        Turn.APPLICANT,
    ),
    State(
        "received",
        "eingegangen",
        Words(
            "Ihr Antrag ist eingegangen.",
            "We have received your application.",
            "لقد استلمنا طلبك.",
        ),
        Turn.OFFICE,
    ),
    State(
        "jurisdiction_check",
        "Zuständigkeit in Prüfung",
        Words(
            "Ihr Antrag ist eingegangen.",
            "We have received your application.",
            "لقد استلمنا طلبك.",
        ),
        Turn.OFFICE,
    ),
    State(
        "completeness_check",
        "Vollständigkeit in Prüfung",
        Words(
            "Ihr Antrag ist eingegangen. Wir prüfen, ob alles vorliegt.",
            "We have received your application and check whether it is complete.",
            "لقد استلمنا طلبك ونتحقق من اكتماله.",
        ),
        Turn.OFFICE,
    ),
    State(
        "awaiting_applicant",
        "wartet auf Unterlagen",
        Words(
            "Es fehlt noch etwas. Bitte reichen Sie es bis zum genannten Tag nach.",
            "Something is missing. Please send it by the date given.",
            "هناك مستندات ناقصة. يُرجى إرسالها قبل الموعد المحدد.",
        ),
        Turn.APPLICANT,
    ),
    State("in_review", "in Prüfung", _REVIEW, Turn.OFFICE),
    State("awaiting_third_party", "wartet auf andere Stelle", _REVIEW, Turn.THIRD_PARTY),
    State("suspended", "ausgesetzt", _REVIEW, Turn.THIRD_PARTY),
    State(
        "appointment_pending",
        "Termin ausstehend",
        Words(
            "Bitte kommen Sie zu einem Termin.",
            "Please come to an appointment.",
            "يُرجى الحضور إلى موعد.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "hearing",
        "Anhörung",
        Words(
            "Wir haben Ihnen geschrieben. Bitte nehmen Sie Stellung.",
            "We have written to you. Please send us your comments.",
            "لقد راسلناك. يُرجى إرسال ردّك.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "decision_ready",
        "entscheidungsreif",
        Words(
            "Die Prüfung ist abgeschlossen. Die Entscheidung folgt.",
            "The check is finished. The decision follows.",
            "انتهى الفحص. سيصدر القرار لاحقًا.",
        ),
        Turn.OFFICE,
    ),
    State(
        "granted",
        "bewilligt",
        Words(
            "Ihr Antrag ist bewilligt. Den Titel erhalten Sie mit der Karte.",
            "Your application is approved. You receive the title with the card.",
            "تمت الموافقة على طلبك. تحصل على الإقامة مع البطاقة.",
        ),
        Turn.OFFICE,
    ),
    State(
        "card_in_production",
        "Karte in Herstellung",
        Words(
            "Ihre Karte wird hergestellt.",
            "Your card is being produced.",
            "يجري إصدار بطاقتك.",
        ),
        Turn.THIRD_PARTY,
    ),
    State(
        "card_ready",
        "Karte liegt bereit",
        Words(
            "Ihre Karte liegt bereit.",
            "Your card is ready.",
            "بطاقتك جاهزة.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "issued",
        "ausgegeben",
        Words(
            "Ihre Karte ist ausgegeben.",
            "Your card has been handed over.",
            "تم تسليم بطاقتك.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "refused",
        "abgelehnt",
        Words(
            "Ihr Antrag ist abgelehnt. Im Bescheid steht, was Sie dagegen tun können.",
            "Your application is refused. The notice says what you can do about it.",
            "تم رفض طلبك. يوضح القرار ما يمكنك فعله حيال ذلك.",
        ),
        Turn.APPLICANT,
    ),
    State(
        "appeal_pending",
        "Klage anhängig",
        Words(
            "Über Ihren Antrag entscheidet ein Gericht.",
            "A court is deciding on your application.",
            "المحكمة تنظر في طلبك.",
        ),
        Turn.COURT,
    ),
    State(
        "refused_final",
        "bestandskräftig abgelehnt",
        Words(
            "Die Ablehnung ist endgültig.",
            "The refusal is final.",
            "الرفض نهائي.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "withdrawn",
        "zurückgenommen",
        Words(
            "Sie haben Ihren Antrag zurückgenommen.",
            "You have withdrawn your application.",
            "لقد سحبت طلبك.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "discontinued",
        "eingestellt",
        Words(
            "Das Verfahren ist beendet.",
            "The procedure has ended.",
            "انتهت الإجراءات.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
    State(
        "transferred",
        "abgegeben",
        Words(
            "Eine andere Behörde ist jetzt zuständig.",
            "Another authority is now responsible.",
            "أصبحت جهة أخرى هي المختصة.",
        ),
        Turn.NOBODY,
        terminal=True,
    ),
)

BEFORE_DECISION = (
    "received",
    "jurisdiction_check",
    "completeness_check",
    "awaiting_applicant",
    "in_review",
    "awaiting_third_party",
    "suspended",
    "appointment_pending",
    "hearing",
    "decision_ready",
)
# The authority has said what it had to say; a court may send the case back before the decision.
DECIDED_STATES = frozenset(
    (
        "granted",
        "card_in_production",
        "card_ready",
        "issued",
        "refused",
        "appeal_pending",
        "refused_final",
    )
)
OPEN_STATES = tuple(s.key for s in GEN_STATES if not s.terminal and s.key != "draft")
