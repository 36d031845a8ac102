"""What people are told of a place that the office booked, moved or gave back (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_Words = Mapping[str, str]

_MOVED: _Words = {
    "de": "Ihr Termin ist verlegt; der bisherige gilt nicht mehr.",
    "en": "Your appointment has been moved; the earlier one is no longer valid.",
    "ar": "تم تغيير موعدك؛ الموعد السابق لم يعد ساريًا.",
    "uk": "Ваш термін перенесено; попередній більше не дійсний.",
    "tr": "Randevunuz değiştirildi; önceki randevu artık geçerli değil.",
    "fr": "Votre rendez-vous a été déplacé ; l’ancien n’est plus valable.",
    "ru": "Ваш термин перенесён; прежний больше не действует.",
    "fa": "نوبت شما جابه‌جا شد؛ نوبت پیشین دیگر معتبر نیست.",
}
_DESK: _Words = {
    "de": "Tag und Uhrzeit Ihres Termins bleiben, aber der Platz ist ein anderer.",
    "en": "Day and time of your appointment stay the same, but the place is a different one.",
    "ar": "يبقى يوم موعدك وساعته كما هما، لكن المكان تغيّر.",
    "uk": "День і час вашого терміну залишаються, але місце інше.",
    "tr": "Randevunuzun günü ve saati aynı kalıyor, ancak yeri değişti.",
    "fr": "Le jour et l’heure de votre rendez-vous restent les mêmes, mais le lieu change.",
    "ru": "День и время вашего термина остаются, но место другое.",
    "fa": "روز و ساعت نوبت شما همان است، اما محل آن تغییر کرده است.",
}
_CANCELLED: _Words = {
    "de": "Ihr Termin am {day} um {time} Uhr ist abgesagt. Sie müssen nicht kommen.",
    "en": "Your appointment on {day} at {time} is cancelled. You need not come.",
    "ar": "أُلغي موعدك في {day} الساعة {time}. لا داعي للحضور.",
    "uk": "Ваш термін {day} о {time} скасовано. Приходити не потрібно.",
    "tr": "{day} tarihinde saat {time} için olan randevunuz iptal edildi. Gelmeniz gerekmiyor.",
    "fr": "Votre rendez-vous du {day} à {time} est annulé. Vous n’avez pas besoin de venir.",
    "ru": "Ваш термин {day} в {time} отменён. Приходить не нужно.",
    "fa": "نوبت شما در {day} ساعت {time} لغو شد. لازم نیست بیایید.",
}
_OFFER: _Words = {
    "de": "Ein Platz ist frei geworden: {day}, {time} Uhr.\n\nEr ist bis {until} Uhr für Sie "
    "reserviert. Bitte bestätigen Sie ihn bis dahin über den Link; danach geht er an die nächste "
    "Person. Passt er nicht, geben Sie ihn bitte dort zurück.",
    "en": "A place has become free: {day}, {time}.\n\nIt is kept for you until {until}. Please "
    "confirm it by then with the link; after that it goes to the next person. If it does not "
    "suit you, please give it back there.",
    "ar": "أصبح موعد متاحًا: {day}، الساعة {time}.\n\nوهو محجوز لك حتى {until}. يُرجى تأكيده حتى "
    "ذلك الحين عبر الرابط؛ بعد ذلك ينتقل إلى الشخص التالي. إذا لم يناسبك فيُرجى إعادته هناك.",
    "uk": "Звільнилося місце: {day}, {time}.\n\nЙого збережено для вас до {until}. Підтвердьте "
    "його до цього часу за посиланням; потім воно перейде до наступної людини. Якщо воно вам не "
    "підходить, поверніть його там.",
    "tr": "Bir yer boşaldı: {day}, saat {time}.\n\n{until} tarihine kadar sizin için tutulur. "
    "Lütfen o zamana kadar bağlantıyla onaylayın; sonra sıradaki kişiye geçer. Uygun değilse "
    "lütfen oradan geri verin.",
    "fr": "Une place s’est libérée : {day}, {time}.\n\nElle est réservée pour vous jusqu’au "
    "{until}. Merci de la confirmer d’ici là par le lien ; ensuite elle passe à la personne "
    "suivante. Si elle ne convient pas, rendez-la au même endroit.",
    "ru": "Освободилось место: {day}, {time}.\n\nОно сохранено за вами до {until}. Подтвердите "
    "его до этого времени по ссылке; затем оно перейдёт к следующему человеку. Если оно вам не "
    "подходит, верните его там.",
    "fa": "یک نوبت خالی شده است: {day}، ساعت {time}.\n\nتا {until} برای شما نگه داشته می‌شود. لطفاً "
    "تا آن زمان با پیوند آن را تأیید کنید؛ پس از آن به نفر بعدی می‌رسد. اگر مناسب نیست، لطفاً همان‌جا "
    "آن را پس بدهید.",
}
_EVENT_CHANGED: _Words = {
    "de": "Es hat sich etwas geändert: {title}\nNeu: {day}, {time} Uhr, {place}\n\nHaben Sie "
    "schon geantwortet, gilt das weiter. Passt es nun nicht mehr, ändern Sie es bitte über "
    "den Link Ihrer Einladung oder rufen Sie uns an.",
    "en": "Something has changed: {title}\nNew: {day}, {time}, {place}\n\nIf you have "
    "answered already, that stays valid. If it no longer suits you, please change it with the "
    "link of your invitation or call us.",
    "ar": "طرأ تغيير على: {title}\nالجديد: {day}، الساعة {time}، {place}\n\nإذا كنت قد أجبت "
    "فردّك يبقى ساريًا. إذا لم يعد الموعد مناسبًا فيُرجى تغيير الرد عبر رابط دعوتك أو الاتصال "
    "بنا.",
    "uk": "Є зміни: {title}\nТепер: {day}, {time}, {place}\n\nЯкщо ви вже відповіли, "
    "відповідь чинна й далі. Якщо вам це більше не підходить, змініть її за посиланням із "
    "запрошення або зателефонуйте нам.",
    "tr": "Bir değişiklik var: {title}\nYeni: {day}, saat {time}, {place}\n\nYanıt "
    "verdiyseniz yanıtınız geçerli kalır. Artık uygun değilse lütfen davetinizdeki "
    "bağlantıyla değiştirin veya bizi arayın.",
    "fr": "Il y a un changement : {title}\nNouveau : {day}, {time}, {place}\n\nSi vous avez "
    "déjà répondu, votre réponse reste valable. Si cela ne vous convient plus, modifiez-la "
    "avec le lien de votre invitation ou appelez-nous.",
    "ru": "Есть изменения: {title}\nТеперь: {day}, {time}, {place}\n\nЕсли вы уже ответили, "
    "ответ остаётся в силе. Если это вам больше не подходит, измените его по ссылке из "
    "приглашения или позвоните нам.",
    "fa": "تغییری رخ داده است: {title}\nجدید: {day}، ساعت {time}، {place}\n\nاگر پاسخ "
    "داده‌اید، پاسخ شما معتبر می‌ماند. اگر دیگر مناسب نیست، لطفاً با پیوند دعوت خود آن را "
    "تغییر دهید یا با ما تماس بگیرید.",
}
_EVENT_WITHDRAWN: _Words = {
    "de": "Unsere Einladung gilt nicht mehr: {title}, {day}. Bitte kommen Sie nicht; bei Fragen "
    "rufen Sie uns an.",
    "en": "Our invitation is no longer valid: {title}, {day}. Please do not come; if you have "
    "questions, call us.",
    "ar": "دعوتنا لم تعد سارية: {title}، {day}. يُرجى عدم الحضور؛ وعند وجود أسئلة اتصل بنا.",
    "uk": "Наше запрошення більше не дійсне: {title}, {day}. Будь ласка, не приходьте; якщо є "
    "запитання, зателефонуйте нам.",
    "tr": "Davetimiz artık geçerli değil: {title}, {day}. Lütfen gelmeyin; sorunuz varsa bizi "
    "arayın.",
    "fr": "Notre invitation n’est plus valable : {title}, {day}. Merci de ne pas venir ; pour "
    "toute question, appelez-nous.",
    "ru": "Наше приглашение больше не действует: {title}, {day}. Пожалуйста, не приходите; если "
    "есть вопросы, позвоните нам.",
    "fa": "دعوت ما دیگر معتبر نیست: {title}، {day}. لطفاً نیایید؛ اگر پرسشی دارید با ما تماس "
    "بگیرید.",
}

PLACE_TEXTS: Final[Mapping[str, _Words]] = MappingProxyType(
    {
        "place.moved": _MOVED,
        "place.desk": _DESK,
        "place.cancelled": _CANCELLED,
        "offer.text": _OFFER,
        "event.changed": _EVENT_CHANGED,
        "event.withdrawn": _EVENT_WITHDRAWN,
    }
)
