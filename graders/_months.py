"""Month names in many languages, with inflected and short forms. Pure."""

from __future__ import annotations

import re
from functools import cache

ENGLISH = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_SHORT = "jan feb mar apr may|mai jun jul aug sep|sept oct nov dec"
# One language per line, January to December; alternatives are separated by |.
_OTHERS = (
    (
        "januar|jänner|jaenner|jän|jän februar|feber märz|maerz|mrz|mär april mai juni juli august september oktober|"
        "okt "
        "november dezember|dez"
    ),
    (
        "janvier|janv février|fevrier|févr|fév|fevr mars avril|avr mai juin juillet|juil août|aout septembre octobre "
        "novembre décembre|decembre|déc"
    ),
    "enero|ene febrero marzo abril|abr mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre|dic",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro|fev março|marco abril maio junho julho agosto setembro outubro novembro dezembro",
    (
        "января|январь|янв февраля|февраль|фев марта|март|мар апреля|апрель|апр мая|май июня|июнь|июн июля|июль|июл "
        "августа|август|авг сентября|сентябрь|сен|сент октября|октябрь|окт ноября|ноябрь|ноя|нояб декабря|декабрь|дек"
    ),
    (
        "січня|січень лютого|лютий березня|березень квітня|квітень травня|травень червня|червень липня|липень "
        "серпня|серпень вересня|вересень жовтня|жовтень листопада|листопад грудня|грудень"
    ),
    (
        "ledna|leden února|únor|unora března|březen|brezna dubna|duben května|květen|kvetna června|červen|cervna "
        "července|červenec|cervence srpna|srpen září|zari října|říjen|rijna listopadu|listopad prosince|prosinec"
    ),
    (
        "januára|január februára|február marca|marec apríla|apríl mája|máj júna|jún júla|júl augusta septembra októbra|"
        "október "
        "novembra decembra"
    ),
    (
        "stycznia|styczeń lutego|luty marca|marzec kwietnia|kwiecień maja|maj czerwca|czerwiec lipca|lipiec "
        "sierpnia|sierpień września|wrzesień|wrzesnia października|październik|pazdziernika listopada|listopad "
        "grudnia|grudzień"
    ),
    "januari februari maart|mrt april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "januar februar marts april maj juni juli august september oktober november december|des|desember",
    (
        "tammikuuta|tammikuun helmikuuta|helmikuun maaliskuuta|maaliskuun huhtikuuta|huhtikuun toukokuuta|toukokuun "
        "kesäkuuta|kesäkuun heinäkuuta|heinäkuun elokuuta|elokuun syyskuuta|syyskuun lokakuuta|lokakuun "
        "marraskuuta|marraskuun joulukuuta|joulukuun"
    ),
    "ocak şubat|subat mart nisan mayıs|mayis haziran temmuz ağustos|agustos eylül|eylul ekim kasım|kasim aralık|aralik",
    (
        "január|jan február|febr március|márc április|ápr május|máj június|jún július|júl augusztus szeptember|"
        "szept október "
        "november december"
    ),
    "ianuarie|ian februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    (
        "ιανουαρίου|ιανουάριος φεβρουαρίου|φεβρουάριος μαρτίου|μάρτιος απριλίου|απρίλιος μαΐου|μάιος ιουνίου|ιούνιος "
        "ιουλίου|ιούλιος αυγούστου|αύγουστος σεπτεμβρίου|σεπτέμβριος οκτωβρίου|οκτώβριος νοεμβρίου|νοέμβριος "
        "δεκεμβρίου|δεκέμβριος"
    ),
    "januari februari|pebruari maret april mei juni juli agustus september oktober november|nopember desember",
    "januari februari mac april mei jun julai ogos september oktober november disember",
    "يناير فبراير مارس أبريل|ابريل مايو يونيو يوليو أغسطس|اغسطس سبتمبر أكتوبر|اكتوبر نوفمبر ديسمبر",
    "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول",
    "जनवरी फ़रवरी|फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर|सितम्बर अक्टूबर|अक्तूबर नवंबर|नवम्बर दिसंबर|दिसम्बर",
    "জানুয়ারি|জানুয়ারি ফেব্রুয়ারি|ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
    "ஜனவரி பிப்ரவரி மார்ச் ஏப்ரல் மே ஜூன் ஜூலை ஆகஸ்ட் செப்டம்பர் அக்டோபர் நவம்பர் டிசம்பர்",
    (
        "בינואר|ינואר בפברואר|פברואר במרץ|במרס|מרץ|מרס באפריל|אפריל במאי|מאי ביוני|יוני ביולי|יולי באוגוסט|אוגוסט "
        "בספטמבר|ספטמבר באוקטובר|אוקטובר בנובמבר|נובמבר בדצמבר|דצמבר"
    ),
    "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
    (
        "januara|јануара|јануар februara|фебруара|фебруар marta|марта aprila|априла maja|маја juna|јуна jula|јула "
        "avgusta|августа septembra|септембра oktobra|октобра novembra|новембра decembra|децембра"
    ),
    "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga|studenog prosinca",
    "януари февруари март април май юни юли август септември октомври ноември декември",
    "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
    "januari februari machi aprili mei juni julai agosti septemba oktoba novemba desemba",
)


@cache
def months() -> dict[str, int]:
    """Month number by lower-case name; a name shared by several languages means the same month in all."""
    numbers = {name: number for number, name in enumerate(ENGLISH, start=1)}
    for language in (_SHORT, *_OTHERS):
        for number, alternatives in enumerate(language.split(), start=1):
            for name in alternatives.split("|"):
                numbers.setdefault(name.replace("_", " "), number)
    return numbers


@cache
def any_month() -> str:
    """A regular expression for month names in lower-case text."""
    return "|".join(re.escape(name) for name in sorted(months(), key=len, reverse=True))


@cache
def any_full_month() -> re.Pattern[str]:
    """A pattern for month names that are neither abbreviations nor common words."""
    names = [name for name in months() if len(name) > 3 or not name.isascii()]  # noqa: PLR2004 - "may", "jan"
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted({*names, 'may'}, key=len, reverse=True)))})(?!\w)")
