"""Made-up post by templates: what the text model knows before clerks have corrected anything.

Every text is invented; none is of a person. Each template has a number, so that the check can hold
whole templates out: a model is only good on texts it has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from abh.post.sorten import Words

SEED = 20261122
# Every fourth template is held out by the check.
HELD_OUT = 4


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with its kind; ``template`` names the sentence it was made from."""

    words: Words
    kind: str
    template: int


_OPEN = (
    "Sehr geehrte Damen und Herren,", "Guten Tag,", "Hallo,", "Sehr geehrtes Team,", "",
    "Dear Sir or Madam,", "Dear team,", "Good morning,",
)  # fmt: skip
_CLOSE = (
    "Mit freundlichen Grüßen", "Vielen Dank im Voraus", "Viele Grüße", "Kind regards", "",
    "Besten Dank und freundliche Grüße", "Thank you very much", "Saygılarımla", "З повагою",
)  # fmt: skip
_FILL = (
    "Mein Aktenzeichen finden Sie oben.", "Ich wohne in Düsseldorf.", "Ich bin Ingenieurin.",
    "Meine Telefonnummer steht unten.", "Ich bin mit meiner Familie hier.", "I live in Düsseldorf.",
    "Ich bin telefonisch gut erreichbar.", "My passport number is on file.", "",
    "Ich habe eine Aufenthaltserlaubnis.", "Es geht um meinen Aufenthaltstitel.", "",
)  # fmt: skip
_SUBJECTS = (
    "Mein Aufenthaltstitel", "Aufenthaltserlaubnis", "Ausländerbehörde", "Residence permit",
    "Blaue Karte", "Schreiben", "", "Wichtig", "Niederlassungserlaubnis", "Bitte lesen",
)  # fmt: skip

# Subject and sentences of each kind, one template a line: "Betreff | Sätze".
TEMPLATES: Mapping[str, Sequence[str]] = {
    "application": (
        "Antrag auf Verlängerung | hiermit beantrage ich die Verlängerung meiner "
        "Aufenthaltserlaubnis.",
        "Antrag Blaue Karte EU | ich möchte eine Blaue Karte EU beantragen. Den ausgefüllten "
        "Antrag füge ich bei.",
        "Antrag auf Erteilung | ich stelle den Antrag auf Erteilung einer Aufenthaltserlaubnis zum "
        "Zweck der Beschäftigung.",
        "Formloser Antrag | ich beantrage formlos die Verlängerung meines Titels, der "
        "bald abläuft.",
        "Application for extension | I hereby apply for the extension of my residence permit.",
        "Application Blue Card | I would like to apply for the EU Blue Card. The application form "
        "is attached.",
        "Niederlassungserlaubnis beantragen | hiermit stelle ich einen Antrag auf "
        "Niederlassungserlaubnis.",
        "Neuer Antrag | ich beantrage die Änderung meiner Nebenbestimmung, damit ich die Stelle "
        "wechseln darf.",
        "Antrag Familiennachzug | wir beantragen den Nachzug meiner Ehefrau und unserer Kinder.",
        "Oturma izni başvurusu | oturma iznimin uzatılması için başvuruda bulunuyorum.",
        "Заява | прошу продовжити мій дозвіл на проживання, подаю заяву.",
        "Demande | je demande la prolongation de mon titre de séjour.",
        "Antrag auf Reiseausweis | ich beantrage die Ausstellung eines Reiseausweises für "
        "Flüchtlinge.",
    ),
    "documents": (
        "Unterlagen | anbei sende ich Ihnen die angeforderten Unterlagen.",
        "Nachreichung | hiermit reiche ich die fehlenden Nachweise nach: Arbeitsvertrag und "
        "Gehaltsabrechnungen.",
        "Gehaltsnachweise | im Anhang finden Sie meine letzten drei Gehaltsabrechnungen.",
        "Neuer Arbeitsvertrag | als Anlage erhalten Sie meinen neuen Arbeitsvertrag und die "
        "Stellenbeschreibung.",
        "Passkopie | ich übersende die Kopie meines neuen Reisepasses.",
        "Documents | please find attached the missing documents you asked for.",
        "Missing documents | attached are my payslips and my rental contract.",
        "Mietvertrag | wie gewünscht schicke ich Ihnen den Mietvertrag und die Meldebescheinigung.",
        "Krankenversicherung | beigefügt ist die Bescheinigung meiner Krankenkasse.",
        "Eksik belgeler | istediğiniz belgeleri ekte gönderiyorum.",
        "Документи | надсилаю документи, які ви просили, у вкладенні.",
        "Documents | vous trouverez ci-joint les documents demandés.",
        "Studienbescheinigung | die Immatrikulationsbescheinigung liegt diesem Schreiben bei.",
    ),
    "inquiry": (
        "Stand meines Antrags | ich möchte wissen, wie der Stand meines Antrags ist.",
        "Sachstand | bitte teilen Sie mir den aktuellen Sachstand mit. Ich habe vor Wochen den "
        "Antrag gestellt.",
        "Nachfrage | wann kann ich mit einer Antwort rechnen? Ich warte noch auf eine "
        "Entscheidung.",
        "Status | could you please tell me the current status of my application?",
        "Follow up | I am writing to ask about the status of my application. When will it be "
        "decided?",
        "Frage | ist mein Aufenthaltstitel schon fertig und kann ich ihn abholen?",
        "Wie lange dauert es | wie lange dauert die Bearbeitung noch? Ich habe bisher "
        "nichts gehört.",
        "Erneute Nachfrage | leider habe ich auf meine E-Mail keine Antwort bekommen und frage "
        "daher noch einmal nach.",
        "Bearbeitungsstand | können Sie mir bitte sagen, ob mein Antrag angekommen ist und "
        "bearbeitet wird?",
        "Başvurumun durumu | başvurumun durumu nedir, ne zaman cevap alabilirim?",
        "Стан заяви | який стан моєї заяви і коли буде рішення?",
        "État de ma demande | où en est ma demande, quand aurai-je une réponse?",
        "ما هو وضع طلبي | أود أن أعرف ما هو وضع طلبي ومتى أحصل على جواب.",
    ),
    "complaint": (
        "Beschwerde | ich beschwere mich über die lange Bearbeitungszeit. Das ist unzumutbar.",
        "Dienstaufsichtsbeschwerde | hiermit erhebe ich Dienstaufsichtsbeschwerde gegen Ihre "
        "Mitarbeiterin.",
        "Untragbarer Zustand | seit Monaten reagiert niemand, das ist ein Skandal. Ich werde mich "
        "an die Presse wenden.",
        "Beschwerde über Termin | trotz Termin wurde ich am Schalter weggeschickt und unfreundlich "
        "behandelt. Ich bin sehr verärgert.",
        "Complaint | I want to complain about how your office treats people. This is unacceptable.",
        "Formal complaint | nobody answers the phone for months. I am disappointed and file a "
        "complaint.",
        "Untätigkeit | Sie sind untätig. Wenn ich nichts höre, erhebe ich Untätigkeitsklage, das "
        "Verhalten ist nicht hinnehmbar.",
        "Unzufrieden | ich bin mit Ihrer Arbeit äußerst unzufrieden und verlange eine "
        "Entschuldigung.",
        "Şikayet | aylardır cevap verilmiyor, şikayetçiyim, bu kabul edilemez.",
        "Скарга | скаржуся на роботу вашого відомства, це неприйнятно.",
        "Réclamation | je me plains du délai, c'est inacceptable.",
        "Beschwerde an die Leitung | ich wende mich mit einer Beschwerde an die Amtsleitung, weil "
        "mein Anliegen ignoriert wird.",
    ),
    "statement": (
        "Stellungnahme | zu Ihrer Anhörung nehme ich wie folgt Stellung.",
        "Anhörung | auf Ihr Anhörungsschreiben antworte ich fristgerecht: die Vorwürfe treffen "
        "nicht zu.",
        "Äußerung zur Anhörung | ich möchte mich zu der beabsichtigten Ablehnung äußern.",
        "Meine Stellungnahme | ich widerspreche der geplanten Entscheidung aus folgenden Gründen.",
        "Statement | this is my statement in response to your hearing letter.",
        "Response to hearing | regarding the intended refusal I would like to state the following.",
        "Erklärung | hiermit erkläre ich zu dem Sachverhalt, den Sie mir vorgehalten haben, "
        "folgendes.",
        "Stellungnahme zur beabsichtigten Rücknahme | zu den Gründen Ihrer "
        "beabsichtigten Rücknahme ",
        "nehme ich Stellung.",
        "Görüş | ön dinleme yazınıza karşı görüşümü bildiriyorum.",
        "Пояснення | надаю пояснення щодо вашого листа про заслуховування.",
    ),
    "employer": (
        "Mitteilung Beschäftigungsende | wir teilen Ihnen mit, dass das Arbeitsverhältnis unseres "
        "Mitarbeiters endet.",
        "Arbeitgeberbescheinigung | als Arbeitgeber bestätigen wir die Beschäftigung und "
        "das Gehalt ",
        "unserer Mitarbeiterin.",
        "Arbeitgeberwechsel | unsere Firma stellt den Bewerber zum nächsten Monat ein "
        "und bittet um ",
        "Zustimmung.",
        "Employer notice | our company informs you that the employment of our employee has ended.",
        "Anzeige nach Aufenthaltsgesetz | die Personalabteilung zeigt die Beendigung der "
        "Beschäftigung unseres Angestellten an.",
        "Employment confirmation | as the employer we confirm the employment contract and salary "
        "of our employee.",
        "Kurzarbeit | unser Unternehmen meldet eine Änderung der Arbeitszeit unserer "
        "Beschäftigten.",
        "Erklärung zum Beschäftigungsverhältnis | anbei die Erklärung zum "
        "Beschäftigungsverhältnis, von unserer Personalabteilung ausgefüllt.",
    ),
    "lawyer": (
        "Akteneinsicht | ich vertrete die Interessen des Antragstellers und beantrage "
        "Akteneinsicht. Eine Vollmacht liegt bei.",
        "Mandat | in vorbezeichneter Angelegenheit zeige ich die Vertretung an, "
        "ordnungsgemäße Bevollmächtigung wird anwaltlich versichert.",
        "Vollmacht | unter Vorlage der Vollmacht bitten wir namens unserer Mandantin um "
        "Entscheidung.",
        "In Sachen | unser Zeichen wie oben, wir vertreten den Betroffenen anwaltlich und setzen "
        "eine Frist.",
        "Vertretungsanzeige | hiermit zeigen wir die anwaltliche Vertretung an und bitten um "
        "Übersendung der Verwaltungsakte.",
        "Power of attorney | we act on behalf of our client and request access to the file.",
    ),
    "court": (
        "Verwaltungsstreitverfahren | in dem verwaltungsgerichtlichen Verfahren wird um "
        "Stellungnahme und Vorlage der Verwaltungsvorgänge gebeten.",
        "Klage | anliegende Klageschrift wird zugestellt. Die Beklagte wird aufgefordert, sich zu "
        "äußern.",
        "Beschluss | in dem Verfahren hat die Kammer beschlossen, die aufschiebende Wirkung "
        "anzuordnen.",
        "Ladung | Sie werden zur mündlichen Verhandlung vor der Kammer geladen.",
        "Eingangsverfügung | die Klage ist hier eingegangen, die Antragsgegnerin erhält "
        "Gelegenheit ",
        "zur Erwiderung.",
        "Urteil | im Namen des Volkes. Der Bescheid der Beklagten wird aufgehoben.",
    ),
    "ba_answer": (
        "Zustimmungsanfrage | die Zustimmung zur Ausübung der Beschäftigung wird erteilt.",
        "Arbeitsmarktprüfung | die Agentur für Arbeit versagt die Zustimmung zur Beschäftigung.",
        "Ihre Anfrage zur Zustimmung | zur Prüfung der Arbeitsbedingungen benötigt die Agentur für "
        "Arbeit weitere Angaben des Arbeitgebers.",
        "Vorabprüfung | der Vorabzustimmung zur Beschäftigung wird durch die Agentur entsprochen.",
        "Zustimmung | gegen die Beschäftigung bestehen aus Sicht der Arbeitsverwaltung keine "
        "Bedenken.",
    ),
    "returned": (
        "Sendung zurück | die Sendung konnte nicht zugestellt werden, Empfänger "
        "unbekannt verzogen.",
        "Postrücklauf | Annahme verweigert, Sendung zurück an Absender.",
        "Undelivered | your message could not be delivered to the recipient.",
        "Rücksendung | Anschrift ungenügend, der Brief geht an den Absender zurück.",
        "Delivery failure | delivery to the following recipient failed permanently.",
    ),
    "other": (
        "Newsletter | Besuchen Sie unser Seminar zum Zuwanderungsrecht, jetzt anmelden.",
        "Rechnung | unsere Rechnung für die Wartung der Kopierer liegt bei, zahlbar in 14 Tagen.",
        "Einladung | wir laden herzlich zum Tag der offenen Tür ein.",
        "Werbung | sparen Sie jetzt bei Büromaterial, Angebot nur diese Woche.",
        "Adressänderung | meine neue Anschrift lautet ab sofort anders, bitte ändern Sie meine "
        "Adresse.",
        "Termin absagen | ich kann den Termin leider nicht wahrnehmen und sage ihn ab.",
        "Dank | ich bedanke mich herzlich für die freundliche Hilfe Ihrer Kollegin.",
        "Öffnungszeiten | welche Öffnungszeiten haben Sie und wo kann man parken?",
        "Win a prize | congratulations, you have won, click here to claim your prize.",
        "Fundsache | ich habe bei Ihnen meinen Regenschirm vergessen.",
    ),
}


def samples(*, each: int = 12, held_out: bool | None = None) -> list[Sample]:
    """Return ``each`` texts a template; the same call gives the same texts.

    ``held_out`` False: what the check learns from, True: what it is asked about, None: all.
    """
    rng = Random(f"{SEED}:{held_out}")  # nosec B311
    found = []
    number = 0
    for kind, templates in TEMPLATES.items():
        for index, template in enumerate(templates):
            number += 1
            if held_out is not None and (index % HELD_OUT == HELD_OUT - 1) != held_out:
                continue
            found += [Sample(_words(rng, template), kind, number) for _ in range(each)]
    return found


def _words(rng: Random, template: str) -> Words:
    subject, _, core = template.partition(" | ")
    if rng.random() < 0.5:
        subject = rng.choice(_SUBJECTS)
    said = [rng.choice(_FILL), core, rng.choice(_FILL)]
    # People write in any order.
    rng.shuffle(said)
    body = "\n".join(part for part in (rng.choice(_OPEN), *said, rng.choice(_CLOSE)) if part)
    return Words(subject=subject, body=body)
