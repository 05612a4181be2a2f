"""A message's own words: HTML to plain text, quoted replies and signatures taken out.

Rules cut only what they recognise, so that a message is never emptied by guessing; every step is
linear in the length, because anybody can send anything.
"""

import html
import re
from collections.abc import Iterator

# Longer than any message a person types; the rest of a longer one is attachment or attack.
LONGEST = 100_000

INVISIBLE = {
    **dict.fromkeys([0, 0x200B, 0x200E, 0x200F, 0xFEFF, 0xAD]),
    0xA0: " ",
    0x2028: "\n",
    0x2029: "\n",
}

TAGS = (
    "a|b|blockquote|body|br|div|em|font|h[1-6]|head|html|i|img|li|ol|p|pre|span|strong|table|td|ul"
)
MARKUP = re.compile(rf"<(?:{TAGS}|!doctype)(?:\s[^<>]*)?/?>", re.IGNORECASE)
HIDDEN = re.compile(r"<(script|style|head|title|blockquote)\b|<!--", re.IGNORECASE)
ENDS = {
    "": re.compile("-->"),
    **{
        name: re.compile(f"</{name}[^<>]*>?", re.IGNORECASE)
        for name in ("script", "style", "head", "title")
    },
}
BLOCKQUOTE = re.compile(r"<(/?)blockquote\b", re.IGNORECASE)
BREAKS = re.compile(
    r"<(?:br|hr|/p|/div|/li|/tr|/table|/h[1-6]|/ul|/ol)\b[^<>]*>|<(?:p|div)\b[^<>]*>", re.IGNORECASE
)
TAG = re.compile(r"</?[a-z!?][^<>]*>", re.IGNORECASE)
# Where mail programs without block quotes begin the message that is answered.
QUOTED_MARKUP = re.compile(
    r"<[^<>]*(?:class=\"?yahoo_quoted|id=\"?(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION))"
    r"[^<>]*>",
    re.IGNORECASE,
)

QUOTED = re.compile(r"\s*>(?![:;=]['-]?[()\[\]/\\|DPoOsS<>])")
WROTE = re.compile(
    r"(?:\b(?:wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto|schreef|skrev|kirjoitti"
    r"|napisał\(?a?\)?|написал\(?\w?\)?|пишет)\b.{0,80}"
    r"|>wrote)\s?:\s*$",
    re.IGNORECASE,
)
OPENS_WROTE = re.compile(
    r"\s*(?:On|Am|Le|El|Em|Il|Op|Den|W dniu|\d{1,4}[./-]\d{1,2}[./-]\d{1,4})\b", re.IGNORECASE
)
ATTRIBUTION = re.compile(r"[^@]{0,200}@.{0,200}:\s*|.{0,100}\d\d:\d\d.{0,200}:\s*")
SENDER = re.compile(
    r"[\s*_]*(?:From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|От|Expéditeur)\s?:[\s*]", re.IGNORECASE
)
ENVELOPE = re.compile(
    r"[\s*_]*(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff"
    r"|Envoyé|À|Objet"  # codespell:ignore objet
    r"|Enviado(?: el)?|Fecha|Para|Assunto|Asunto|Inviato|Data|A|Oggetto|Verzonden|Aan|Onderwerp"
    r"|Skickat|Till|Ämne|Sendt|Til|Emne|Wysłano|Do|Temat|Отправлено|Дата|Кому|Тема)\s?:",
    re.IGNORECASE,
)
ORIGINAL = re.compile(
    r"\s*-{2,}\s?(?:Original(?: Message|nachricht)|Ursprüngliche Nachricht|Message d'origine"
    r"|Mensaje original|Mensagem original|Messaggio originale|Oorspronkelijk bericht"
    r"|Forwarded (?:message|by)|Weitergeleitete Nachricht|Message transféré)\b",
    re.IGNORECASE,
)
DELIMITER = re.compile(r"\s*(?:--|—|__)\s*")
RULE = re.compile(r"\s*[-_=*]{3,}\s*")
FOOTER = re.compile(r"_{20,}\s*")
FROM_DEVICE = re.compile(
    r"\s*(?:Sent (?:from|via) (?:my |a |an |the )?[\w'+-]+(?: [\w'+-]+){0,5}"
    r"|Get Outlook for \w+(?: ?<[^<>]*>)?"
    r"|Von meinem [\w ]{1,30} gesendet|Envoyé de mon [\w ]{1,30}|Enviado desde mi [\w ]{1,30}"
    r"|Inviato da [\w ]{1,30}|Verstuurd vanaf mijn [\w ]{1,30})\s*",
    re.IGNORECASE,
)
FAREWELL = re.compile(
    r"\s*(?:(?:(?:with )?(?:best|kind|kindest|warm|warmest|many)(?: and warm)? )?(?:regards|wishes)"
    r"|(?:yours |very )?(?:sincerely|faithfully|truly)(?: yours)?|best|cheers"
    r"|(?:many )?thanks(?: again| in advance| and regards)?|thank you"
    r"|mit freundlichen grüßen|viele grüße|cordialement|bien à vous|saludos(?: cordiales)?"
    r"|met vriendelijke groet(?:en)?|cordiali saluti|med vänlig hälsning)\s?[,.!]?\s*",
    re.IGNORECASE,
)


def clean(text: str) -> str:
    """The text's own words: HTML to plain text, quoted replies and signatures taken out."""
    text = text[:LONGEST]
    if "<" in text and MARKUP.search(text):
        text = _plain(text)
    text = text.translate(INVISIBLE)
    if "\n" not in text and "\r" not in text:
        return "" if QUOTED.match(text) else text.strip()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = _without_signature(list(_own_lines(lines)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _plain(text: str) -> str:
    """HTML as plain text: one line per block, without the message that is answered."""
    answered = QUOTED_MARKUP.search(text)
    if answered and TAG.sub("", _shown(text[: answered.start()])).strip():
        text = text[: answered.start()]
    text = re.sub(r"\s+", " ", _shown(text))
    text = html.unescape(TAG.sub("", BREAKS.sub("\n", text)))
    return "\n".join(re.sub(r"[ \t\xa0]+", " ", line).strip() for line in text.split("\n"))


def _shown(text: str) -> str:
    """HTML without comments, scripts, styles and head; a block quote is left as one `>`."""
    shown: list[str] = []
    at = 0
    while found := HIDDEN.search(text, at):
        shown.append(text[at : found.start()])
        name = (found[1] or "").lower()
        if name == "blockquote":
            shown.append("<br>&gt;<br>")
            at = _end_of_quote(text, found.start())
            continue
        end = ENDS[name].search(text, found.end())
        if end is None:
            # Never closed: a browser would hide all the rest too.
            return "".join(shown)
        at = end.end()
    shown.append(text[at:])
    return "".join(shown)


def _end_of_quote(text: str, start: int) -> int:
    """Where the block quote that begins at `start` closes, inner ones counted."""
    depth = 0
    for mark in BLOCKQUOTE.finditer(text, start):
        depth += -1 if mark[1] else 1
        if depth == 0:
            return mark.end()
    return len(text)


def _own_lines(lines: list[str]) -> Iterator[str]:
    """The lines before and between quoted text, up to a signature or an answered message."""
    at = 0
    while at < len(lines):
        line = lines[at]
        if DELIMITER.fullmatch(line) or ORIGINAL.match(line) or _begins_answered(lines, at):
            return
        if FOOTER.fullmatch(line) and len(lines) - at <= 12:
            return
        after = _after_wrote(lines, at)
        if after is not None:
            if not _quotes_next(lines, after):
                return
            at = after
            continue
        if not QUOTED.match(line) and not FROM_DEVICE.fullmatch(line):
            yield line
        at += 1


def _begins_answered(lines: list[str], at: int) -> bool:
    """Whether a block of three or more of From:, Sent:, To: and Subject: begins at this line."""
    if not ENVELOPE.match(lines[at]) and not SENDER.match(lines[at]):
        return False
    block = [line for line in lines[at : at + 8] if line.strip()][:5]
    senders = sum(bool(SENDER.match(line)) for line in block)
    return senders > 0 and senders + sum(bool(ENVELOPE.match(line)) for line in block) >= 3


def _after_wrote(lines: list[str], at: int) -> int | None:
    """The line after an "On ... wrote:" of up to four lines that begins here; else None."""
    line = lines[at]
    if line.rstrip().endswith(":") and not QUOTED.match(line):
        if WROTE.search(line):
            stated = OPENS_WROTE.match(line) or "@" in line
            return at + 1 if stated or _quotes_next(lines, at + 1) else None
        if ATTRIBUTION.fullmatch(line) and _quotes_next(lines, at + 1):
            return at + 1
    if not OPENS_WROTE.match(line):
        return None
    for place in range(at + 1, min(at + 4, len(lines))):
        line = lines[place]
        if not line.strip() or QUOTED.match(line):
            return None
        if line.rstrip().endswith(":") and WROTE.search(f" {line}"):
            return place + 1
    return None


def _quotes_next(lines: list[str], at: int) -> bool:
    """Whether the next line that is not blank is quoted."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at < len(lines) and QUOTED.match(lines[at]) is not None


def _without_signature(lines: list[str]) -> list[str]:
    """The lines up to a farewell with a few short lines under it; rules at the end dropped."""
    filled = [place for place, line in enumerate(lines) if line.strip()]
    for place in filled[-6:]:
        under = [lines[later].strip() for later in filled if later > place]
        # "Thanks!" as the last word of a message is no farewell but the message.
        if FAREWELL.fullmatch(lines[place]) and under and max(map(len, under)) <= 60:
            lines = lines[:place]
            break
    end = len(lines)
    while end and (not lines[end - 1].strip() or RULE.fullmatch(lines[end - 1])):
        end -= 1
    return lines[:end]
