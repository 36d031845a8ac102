"""What people are told outside of any page, in their own language (pure): reminders, invitations.

Mails and short messages leave from the scheduler, where no page has chosen a language. Legal terms
keep their German name. Dates and digits are written as on German letters, in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from abh.appointments.worte_platz import PLACE_TEXTS

_Words = Mapping[str, str]


def say(key: str, language: str, **values: object) -> str:
    """Return the text ``key`` in ``language`` (German where there is none) with ``values`` put in.

    Raises ``KeyError`` for an unknown text or a value that is missing.
    """
    words = TEXTS[key]
    return words.get(language, words["de"]).format(**values)


_REMINDER_SUBJECT: _Words = {
    "de": "Ihr Termin am {day}",
    "en": "Your appointment on {day}",
    "ar": "موعدك في {day}",
    "uk": "Ваш термін {day}",
    "tr": "{day} tarihli randevunuz",
    "fr": "Votre rendez-vous du {day}",
    "ru": "Ваш термин {day}",
    "fa": "نوبت شما در {day}",
}
_REMINDER: _Words = {
    "de": "Sie haben einen Termin am {day} um {time} Uhr.\nOrt: {place}\nIhre Nummer: {ticket}\n\n"
    "Bitte bringen Sie Ihren Pass mit. Können Sie nicht kommen, sagen Sie bitte ab: Dann bekommt "
    "jemand anderes den Platz.",
    "en": "You have an appointment on {day} at {time}.\nPlace: {place}\nYour number: {ticket}\n\n"
    "Please bring your passport. If you cannot come, please cancel: somebody else will then get "
    "the place.",
    "ar": "لديك موعد في {day} الساعة {time}.\nالمكان: {place}\nرقمك: {ticket}\n\n"
    "يُرجى إحضار جواز سفرك. إذا لم تتمكن من الحضور فيُرجى إلغاء الموعد ليحصل عليه شخص آخر.",
    "uk": "У вас термін {day} о {time}.\nМісце: {place}\nВаш номер: {ticket}\n\n"
    "Візьміть із собою паспорт. Якщо не зможете прийти, скасуйте термін: тоді місце дістанеться "
    "комусь іншому.",
    "tr": "{day} tarihinde saat {time} için randevunuz var.\nYer: {place}\nNumaranız: {ticket}\n\n"
    "Lütfen pasaportunuzu getirin. Gelemeyecekseniz lütfen iptal edin: Böylece yerinizi başka biri "
    "alabilir.",
    "fr": "Vous avez un rendez-vous le {day} à {time}.\nLieu : {place}\nVotre numéro : {ticket}\n\n"
    "Merci d’apporter votre passeport. Si vous ne pouvez pas venir, annulez s’il vous plaît : une "
    "autre personne aura alors la place.",
    "ru": "У вас термин {day} в {time}.\nМесто: {place}\nВаш номер: {ticket}\n\n"
    "Возьмите с собой паспорт. Если не сможете прийти, отмените термин: тогда место получит кто-то "
    "другой.",
    "fa": "شما در {day} ساعت {time} نوبت دارید.\nمکان: {place}\nشمارهٔ شما: {ticket}\n\n"
    "لطفاً گذرنامهٔ خود را همراه بیاورید. اگر نمی‌توانید بیایید، لطفاً نوبت را لغو کنید تا به شخص "
    "دیگری برسد.",
}
_CHANGE: _Words = {
    "de": "Verlegen oder absagen können Sie hier:",
    "en": "You can move or cancel it here:",
    "ar": "يمكنك تغيير الموعد أو إلغاؤه هنا:",
    "uk": "Перенести або скасувати термін можна тут:",
    "tr": "Randevuyu buradan değiştirebilir veya iptal edebilirsiniz:",
    "fr": "Vous pouvez le déplacer ou l’annuler ici :",
    "ru": "Перенести или отменить термин можно здесь:",
    "fa": "از اینجا می‌توانید نوبت را جابه‌جا یا لغو کنید:",
}
_CHANGE_BY_CONFIRMATION: _Words = {
    "de": "Absagen können Sie mit dem Link oder dem Code, mit dem Sie bestätigt haben.",
    "en": "You can cancel with the link or the code with which you confirmed.",
    "ar": "يمكنك الإلغاء باستخدام الرابط أو الرمز الذي أكدت به الموعد.",
    "uk": "Скасувати термін можна за посиланням або кодом, яким ви його підтвердили.",
    "tr": "Onaylarken kullandığınız bağlantı veya kodla iptal edebilirsiniz.",
    "fr": "Vous pouvez annuler avec le lien ou le code qui vous a servi à confirmer.",
    "ru": "Отменить термин можно по ссылке или коду, которыми вы его подтвердили.",
    "fa": "با همان پیوند یا کدی که نوبت را تأیید کردید می‌توانید آن را لغو کنید.",
}
_SMS: _Words = {
    "de": "Ihr Termin: {day}, {time} Uhr, {place}, Nummer {ticket}, Code {code}.",
    "en": "Your appointment: {day}, {time}, {place}, number {ticket}, code {code}.",
    "ar": "موعدك: {day}، الساعة {time}، {place}، الرقم {ticket}، الرمز {code}.",
    "uk": "Ваш термін: {day}, {time}, {place}, номер {ticket}, код {code}.",
    "tr": "Randevunuz: {day}, {time}, {place}, numara {ticket}, kod {code}.",
    "fr": "Votre rendez-vous : {day}, {time}, {place}, numéro {ticket}, code {code}.",
    "ru": "Ваш термин: {day}, {time}, {place}, номер {ticket}, код {code}.",
    "fa": "نوبت شما: {day}، ساعت {time}، {place}، شمارهٔ {ticket}، کد {code}.",
}
_ARRIVAL: _Words = {
    "de": "Melden Sie sich im Warteraum mit diesem Code an: {code}",
    "en": "Report in the waiting room with this code: {code}",
    "ar": "سجّل حضورك في قاعة الانتظار بهذا الرمز: {code}",
    "uk": "Відмітьтеся в залі очікування за цим кодом: {code}",
    "tr": "Bekleme salonunda bu kodla geldiğinizi bildirin: {code}",
    "fr": "Signalez votre arrivée dans la salle d’attente avec ce code : {code}",
    "ru": "Отметьтесь в зале ожидания с этим кодом: {code}",
    "fa": "در سالن انتظار با این کد حضور خود را اعلام کنید: {code}",
}
_SUMMARY: _Words = {
    "de": "Zusammenfassung",
    "en": "Summary in English",
    "ar": "ملخص باللغة العربية",
    "uk": "Коротко українською",
    "tr": "Türkçe özet",
    "fr": "Résumé en français",
    "ru": "Кратко по-русски",
    "fa": "خلاصه به فارسی",
}
_CODE: _Words = {
    "de": "Ihr Termin ist am {day} um {time} Uhr. Er ist bis zum {last} für Sie reserviert. "
    "Bitte bestätigen Sie ihn bis dahin mit dem Code {code} unter {page} oder am Telefon.",
    "en": "Your appointment is on {day} at {time}. It is kept for you until {last}. Please confirm "
    "it by then with the code {code} at {page} or by telephone.",
    "ar": "موعدك في {day} الساعة {time}. وهو محجوز لك حتى {last}. يُرجى تأكيده حتى ذلك الحين "
    "بالرمز {code} على {page} أو عبر الهاتف.",
    "uk": "Ваш термін: {day} о {time}. Його збережено для вас до {last}. Підтвердьте його до цього "
    "дня кодом {code} на {page} або телефоном.",
    "tr": "Randevunuz {day} tarihinde saat {time}. {last} tarihine kadar sizin için tutulur. "
    "Lütfen o güne kadar {code} koduyla {page} adresinde veya telefonla onaylayın.",
    "fr": "Votre rendez-vous est le {day} à {time}. Il est réservé pour vous jusqu’au {last}. "
    "Merci de le confirmer d’ici là avec le code {code} sur {page} ou par téléphone.",
    "ru": "Ваш термин: {day} в {time}. Он сохранён за вами до {last}. Подтвердите его до этого "
    "дня кодом {code} на {page} или по телефону.",
    "fa": "نوبت شما در {day} ساعت {time} است و تا {last} برای شما نگه داشته می‌شود. لطفاً تا آن روز "
    "با کد {code} در {page} یا تلفنی آن را تأیید کنید.",
}
_EVENT_SUBJECT: _Words = {
    "de": "Einladung: {title}",
    "en": "Invitation: {title}",
    "ar": "دعوة: {title}",
    "uk": "Запрошення: {title}",
    "tr": "Davet: {title}",
    "fr": "Invitation : {title}",
    "ru": "Приглашение: {title}",
    "fa": "دعوت: {title}",
}
_EVENT: _Words = {
    "de": "Wir laden Sie ein: {title}\n{day}, {time} Uhr, {place}\n\nSie können bis zu {guests} "
    "Gäste mitbringen. Bitte antworten Sie bis zum {until}:",
    "en": "We invite you: {title}\n{day}, {time}, {place}\n\nYou may bring up to {guests} guests. "
    "Please answer by {until}:",
    "ar": "ندعوك إلى: {title}\n{day}، الساعة {time}، {place}\n\nيمكنك إحضار ما يصل إلى {guests} من "
    "الضيوف. يُرجى الرد حتى {until}:",
    "uk": "Запрошуємо вас: {title}\n{day}, {time}, {place}\n\nКількість гостей, яких можна "
    "привести: до {guests}. Будь ласка, дайте відповідь до {until}:",
    "tr": "Sizi davet ediyoruz: {title}\n{day}, {time}, {place}\n\nEn fazla {guests} konuk "
    "getirebilirsiniz. Lütfen {until} tarihine kadar yanıtlayın:",
    "fr": "Nous vous invitons : {title}\n{day}, {time}, {place}\n\nNombre de personnes qui peuvent "
    "vous accompagner : {guests} au plus. Merci de répondre d’ici le {until} :",
    "ru": "Приглашаем вас: {title}\n{day}, {time}, {place}\n\nКоличество гостей, которых можно "
    "привести: до {guests}. Пожалуйста, ответьте до {until}:",
    "fa": "شما را دعوت می‌کنیم: {title}\n{day}، ساعت {time}، {place}\n\nمی‌توانید تا {guests} مهمان "
    "همراه بیاورید. لطفاً تا {until} پاسخ دهید:",
}
_EVENT_CANCELLED: _Words = {
    "de": "Leider fällt aus: {title}, {day}. Wir laden Sie neu ein.",
    "en": "Unfortunately this is cancelled: {title}, {day}. We will invite you again.",
    "ar": "للأسف أُلغيت المناسبة: {title}، {day}. سندعوك مرة أخرى.",
    "uk": "На жаль, скасовано: {title}, {day}. Ми запросимо вас знову.",
    "tr": "Maalesef iptal edildi: {title}, {day}. Sizi yeniden davet edeceğiz.",
    "fr": "Malheureusement annulé : {title}, {day}. Nous vous inviterons de nouveau.",
    "ru": "К сожалению, отменено: {title}, {day}. Мы пригласим вас снова.",
    "fa": "متأسفانه لغو شد: {title}، {day}. دوباره از شما دعوت می‌کنیم.",
}
_CANCELLED_SUBJECT: _Words = {
    "de": "Ihr Termin am {day} entfällt",
    "en": "Your appointment on {day} is cancelled",
    "ar": "أُلغي موعدك في {day}",
    "uk": "Ваш термін {day} скасовано",
    "tr": "{day} tarihli randevunuz iptal edildi",
    "fr": "Votre rendez-vous du {day} est annulé",
    "ru": "Ваш термин {day} отменён",
    "fa": "نوبت شما در {day} لغو شد",
}
_CANCELLED: _Words = {
    "de": "Sie müssen nicht kommen. Warum, steht auf Ihrer Statusseite:",
    "en": "You need not come. Your status page says why:",
    "ar": "لا داعي للحضور. ستجد السبب في صفحة حالة طلبك:",
    "uk": "Приходити не потрібно. Причину вказано на вашій сторінці стану справи:",
    "tr": "Gelmeniz gerekmiyor. Nedeni durum sayfanızda yazıyor:",
    "fr": "Vous n’avez pas besoin de venir. La raison figure sur votre page de suivi :",
    "ru": "Приходить не нужно. Причина указана на вашей странице статуса:",
    "fa": "لازم نیست بیایید. دلیل آن در صفحهٔ وضعیت شما آمده است:",
}
_DISPLAY_CALL: _Words = {
    "de": "Aufruf",
    "en": "Now calling",
    "ar": "النداء",
    "uk": "Виклик",
    "tr": "Çağrılanlar",
    "fr": "Appel",
    "ru": "Вызов",
    "fa": "فراخوان",
}
_DISPLAY_ROOM: _Words = {
    "de": "Raum",
    "en": "Room",
    "ar": "الغرفة",
    "uk": "Кабінет",
    "tr": "Oda",
    "fr": "Salle",
    "ru": "Кабинет №",
    "fa": "اتاق",
}
_DISPLAY_WAIT: _Words = {
    "de": "Bitte warten Sie, bis Ihre Nummer erscheint.",
    "en": "Please wait until your number appears.",
    "ar": "يُرجى الانتظار حتى يظهر رقمك.",
    "uk": "Зачекайте, доки з’явиться ваш номер.",
    "tr": "Lütfen numaranız görünene kadar bekleyin.",
    "fr": "Veuillez attendre que votre numéro s’affiche.",
    "ru": "Подождите, пока появится ваш номер.",
    "fa": "لطفاً صبر کنید تا شمارهٔ شما نمایش داده شود.",
}
_DISPLAY_EXPECTED: _Words = {
    "de": "Wartezeit ohne Termin, in Minuten:",
    "en": "Waiting time without an appointment, in minutes:",
    "ar": "مدة الانتظار بدون موعد، بالدقائق:",
    "uk": "Час очікування без запису, у хвилинах:",
    "tr": "Randevusuz bekleme süresi (dakika):",
    "fr": "Attente sans rendez-vous, en minutes :",
    "ru": "Время ожидания без записи, в минутах:",
    "fa": "زمان انتظار بدون نوبت، به دقیقه:",
}
_DISPLAY_SOUND: _Words = {
    "de": "Ton einschalten",
    "en": "Switch sound on",
    "ar": "تشغيل الصوت",
    "uk": "Увімкнути звук",
    "tr": "Sesi aç",
    "fr": "Activer le son",
    "ru": "Включить звук",
    "fa": "روشن کردن صدا",
}

TEXTS: Mapping[str, _Words] = MappingProxyType(
    {
        "reminder.subject": _REMINDER_SUBJECT,
        "reminder.text": _REMINDER,
        "reminder.change": _CHANGE,
        "reminder.confirmed": _CHANGE_BY_CONFIRMATION,
        "reminder.sms": _SMS,
        "reminder.arrival": _ARRIVAL,
        "cancelled.subject": _CANCELLED_SUBJECT,
        "cancelled.text": _CANCELLED,
        "letter.summary": _SUMMARY,
        "letter.code": _CODE,
        "display.call": _DISPLAY_CALL,
        "display.room": _DISPLAY_ROOM,
        "display.wait": _DISPLAY_WAIT,
        "display.expected": _DISPLAY_EXPECTED,
        "display.sound": _DISPLAY_SOUND,
        "event.subject": _EVENT_SUBJECT,
        "event.text": _EVENT,
        "event.cancelled": _EVENT_CANCELLED,
        **PLACE_TEXTS,
    }
)
