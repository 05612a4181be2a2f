"""Words that say nothing of what a message is about, by language: small lists, our own.

A negation is no theme by itself, but may begin one: "not delivered".
"""

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    """Words written one after the other."""
    return frozenset(text.split())


GREETINGS = _words(
    "hi hello hey dear thanks thank please regards sincerely hallo bonjour hola ciao"
)
NEGATIONS: Mapping[str, frozenset[str]] = {
    "en": _words(
        "no not never without don't doesn't didn't can't cannot couldn't won't wouldn't isn't "
        "wasn't aren't haven't hasn't"
    ),
    "de": _words("nicht nie kein keine keinen ohne"),
    "fr": _words("pas jamais sans aucun aucune"),
    "es": _words("no nunca sin ningún ninguna"),
    "it": _words("non mai senza nessun nessuna"),
    "nl": _words("niet nooit geen zonder"),
    "pt": _words("não nunca sem nenhum nenhuma"),
}
STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": _words(
        "a able about after again all also am an and any anything are as at "
        "back be because been before being but by can could did do does "
        "doing even ever every far for from get got had has have having he "
        "her here him his how i i'd i'll i'm i've if in into is it it's its "
        "just know let like me more most much my need needs now of off on "
        "once one only or other our out over own really same she should so "
        "some something still such than that that's the their them then "
        "there these they this those through to too two up us very want "
        "wants was we were what what's when where which while who why will "
        "with would yes you you're your yours"
    ),
    "de": _words(
        "aber alle als also am an auch auf aus bei bin bis bitte da damit "  # codespell:ignore
        "dann das dass dem den der des die dies diese dieser doch du ein "
        "eine einem einen einer er es etwas für habe haben hat hatte ich "
        "ihr ihre im in ist ja jetzt kann können man mein meine mich mir "  # codespell:ignore
        "mit nach noch nun nur oder schon sehr sein seit sich sie sind so "  # codespell:ignore
        "um und uns unser vom von vor war was weil wenn wer werden wie wir "  # codespell:ignore
        "wird wo wurde zu zum zur danke"
    ),
    "fr": _words(
        "à ai au aussi aux avec avez avons c'est ce cela ces cet cette "
        "comme d'un d'une dans de depuis des donc du elle en encore est et "
        "été être fait il ils j'ai je l'on la le les leur ma mais me mes "
        "moi mon nous on ont ou où par plus pour qu'il que quel qui sa se "
        "ses si son sont sur ta te tout très tu un une vos votre vous y "  # codespell:ignore
        "merci ne n'est"
    ),
    "es": _words(
        "a al así aún con como cuando de del desde el ella en era es esa "
        "ese eso esta está este esto fue ha hace han hasta hay he la las le "  # codespell:ignore
        "les lo los más me mi mis muy nos o para pero por porque que qué se "  # codespell:ignore
        "ser si sí sin su sus también te tengo tiene todo tu un una uno y "  # codespell:ignore
        "ya yo gracias"
    ),
    "it": _words(
        "a ad ai al alla anche che chi ci come con cosa da dal dalla dei "
        "del della di e è ed ho ha hanno i il in io la le lei li lo loro ma "
        "mi mia mio molto ne nel nella noi o per perché più poi quando "
        "quello questa questo se si sia sono sta su sua suo te ti tra tutto "  # codespell:ignore
        "un una uno vi voi grazie"
    ),
    "nl": _words(
        "aan al als ben bij dan dat de deze die dit door een en er geweest "  # codespell:ignore
        "had heb hebben heeft het hij hoe ik in is je jullie kan maar me "
        "meer met mij mijn na naar nog nu of om onze ook op over te tot u "  # codespell:ignore
        "uit uw van veel voor waar was wat we wel werd wie wij worden zal "  # codespell:ignore
        "ze zijn zo zou bedankt"
    ),
    "pt": _words(
        "a ao aos as até com como da das de do dos e é ela ele em era essa "
        "esse esta está este eu foi já lhe mais mas me meu minha muito na "  # codespell:ignore
        "nas no nos o os ou para pela pelo por porque qual quando que quem "
        "se ser seu sua são só também te tem tenho um uma você obrigado"  # codespell:ignore
    ),
}
UNSPACED = frozenset({"ja", "th", "zh"})
"""Languages that do not part words by spaces: their words are not known, and have no themes."""
