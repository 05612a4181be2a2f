"""What people write for a country to its two letters of ISO 3166, where only one is meant."""

from functools import cache

import phonenumbers

# By code: the three letters, and what the country is called in English, at home and next door.
NAMES = """
AE are, united arab emirates, uae
AR arg, argentina
AT aut, austria, österreich, oesterreich, autriche
AU aus, australia
BE bel, belgium, belgië, belgique, belgien
BG bgr, bulgaria, bulgarien
BR bra, brazil, brasil, brasilien
CA can, canada, kanada
CH che, switzerland, schweiz, suisse, svizzera
CL chl, chile
CN chn, china, people's republic of china
CO col, colombia
CY cyp, cyprus, zypern
CZ cze, czechia, czech republic, česko, česká republika, tschechien
DE deu, ger, brd, germany, deutschland, allemagne, alemania, germania
DK dnk, denmark, danmark, dänemark
EE est, estonia, eesti, estland
EG egy, egypt
ES esp, spain, españa, spanien, espagne
FI fin, finland, suomi, finnland
FR fra, france, frankreich, francia
GB gbr, uk, u.k., united kingdom, great britain, england, scotland, wales, northern ireland
GR grc, greece, ελλάδα, griechenland
HK hkg, hong kong
HR hrv, croatia, hrvatska, kroatien
HU hun, hungary, magyarország, ungarn
ID idn, indonesia
IE irl, ireland, republic of ireland, éire, eire, irland
IL isr, israel
IN ind, india, indien
IS isl, iceland, ísland, island
IT ita, italy, italia, italien, italie
JP jpn, japan, 日本
KE ken, kenya
KR kor, south korea, republic of korea, korea (south), südkorea
LI lie, liechtenstein
LT ltu, lithuania, lietuva, litauen
LU lux, luxembourg, luxemburg
LV lva, latvia, latvija, lettland
MA mar, morocco, maroc, marokko
MT mlt, malta
MX mex, mexico, méxico, mexiko
MY mys, malaysia
NG nga, nigeria
NL nld, netherlands, the netherlands, holland, nederland, niederlande, pays-bas
NO nor, norway, norge, norwegen
NZ nzl, new zealand
PE per, peru, perú
PH phl, philippines
PK pak, pakistan
PL pol, poland, polska, polen, pologne
PT prt, portugal
RO rou, romania, românia, rumänien
RS srb, serbia, srbija, serbien
RU rus, russia, russian federation, russland
SA sau, saudi arabia
SE swe, sweden, sverige, schweden, suède
SG sgp, singapore
SI svn, slovenia, slovenija, slowenien
SK svk, slovakia, slovensko, slowakei
TH tha, thailand
TN tun, tunisia, tunisie
TR tur, turkey, türkiye, turkiye, türkei
TW twn, taiwan
UA ukr, ukraine, україна
US usa, u.s., u.s.a., united states, united states of america, america, vereinigte staaten
VN vnm, vietnam, viet nam
ZA zaf, south africa, südafrika
"""


def country(text: str) -> str:
    """The two letters, or what is written where they are not known beyond doubt."""
    if len(text) == 2 and text.upper() in phonenumbers.SUPPORTED_REGIONS:
        return text.upper()
    return _codes().get(text.casefold(), text)


@cache
def _codes() -> dict[str, str]:
    """Name in lower case -> code."""
    return {name: line[:2] for line in NAMES.strip().splitlines() for name in line[3:].split(", ")}
