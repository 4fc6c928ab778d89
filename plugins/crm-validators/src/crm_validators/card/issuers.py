"""Which numbers belong to which card scheme: issuer prefixes and lengths (ISO/IEC 7812).

The ranges are public: the schemes' own merchant guides, and the register that these guides repeat. A number
can match several lines; the longest prefix decides, because local schemes live inside those of the large.
"""

from collections.abc import Iterator

from msgspec import Struct


class Issuer(Struct, frozen=True, kw_only=True):
    """A card scheme: its name as printed, its prefixes (``"51"`` or ``"51-55"``), its lengths in digits."""

    name: str
    prefixes: tuple[str, ...]
    lengths: tuple[int, ...] = (16,)

    def prefix_of(self, number: str) -> str:
        """Return the longest prefix of this scheme that ``number`` begins with, or an empty text."""
        return max((head for head in self._heads(number)), key=len, default="")

    def _heads(self, number: str) -> Iterator[str]:
        for prefix in self.prefixes:
            low, _, high = prefix.partition("-")
            head = number[: len(low)]
            if low <= head <= (high or low):
                yield head


_16_TO_19 = (16, 17, 18, 19)
_12_TO_19 = (12, 13, 14, 15, 16, 17, 18, 19)

ISSUERS: tuple[Issuer, ...] = (
    Issuer(name="Visa", prefixes=("4",), lengths=(13, 16, 18, 19)),
    Issuer(name="Mastercard", prefixes=("2221-2720", "51-55")),
    Issuer(name="American Express", prefixes=("34", "37"), lengths=(15,)),
    Issuer(name="Diners Club", prefixes=("300-305", "3095", "36", "38-39"), lengths=(14, 16, 19)),
    Issuer(name="Discover", prefixes=("6011", "644-649", "65"), lengths=_16_TO_19),
    Issuer(name="JCB", prefixes=("3528-3589",), lengths=_16_TO_19),
    Issuer(name="JCB", prefixes=("1800", "2131"), lengths=(15,)),
    Issuer(name="UnionPay", prefixes=("62", "81"), lengths=(14, 15, *_16_TO_19)),
    Issuer(name="Maestro", prefixes=("50", "56-59", "63", "67", "6690"), lengths=_12_TO_19),
    Issuer(name="Bancontact", prefixes=("6703",), lengths=_16_TO_19),
    Issuer(name="Mir", prefixes=("2200-2204",), lengths=_16_TO_19),
    Issuer(name="UATP", prefixes=("1",), lengths=(15,)),
    Issuer(name="RuPay", prefixes=("508500-508999", "606985-607984", "608001-608500", "652150-653149", "82")),
    Issuer(name="Dankort", prefixes=("5019",)),
    Issuer(name="Forbrugsforeningen", prefixes=("600722",)),
    Issuer(name="Troy", prefixes=("9792",)),
    Issuer(name="Verve", prefixes=("506099-506198", "507865-507964", "650002-650027"), lengths=(16, 18, 19)),
    Issuer(name="Hipercard", prefixes=("606282",), lengths=(13, 16, 19)),
    Issuer(name="Hiper", prefixes=("637095", "637568", "637599", "637609", "637612")),
    Issuer(name="Cabal", prefixes=("604201-604400", "603522", "589657", "627170")),
    Issuer(name="Naranja", prefixes=("589562",)),
    Issuer(name="Cencosud", prefixes=("603493",)),
    Issuer(name="Tarjeta Shopping", prefixes=("603488", "279950-279959")),
    Issuer(name="Codensa", prefixes=("590712",)),
    Issuer(
        name="Carnet",
        prefixes=("286900", "502275", "606333", "627535", "636318", "636379", "639388", "639484"),
    ),
    Issuer(name="UkrCard", prefixes=("60400100-60420099",), lengths=_16_TO_19),
    Issuer(name="Borica", prefixes=("2205",)),
    Issuer(name="Belkart", prefixes=("9112",)),
    Issuer(name="Elcart", prefixes=("9417",)),
    Issuer(name="BC Card", prefixes=("94",)),
    Issuer(name="Humo", prefixes=("9860",)),
    Issuer(name="Uzcard", prefixes=("8600", "561468")),
    Issuer(name="Napas", prefixes=("9704",), lengths=(16, 19)),
    Issuer(name="mada", prefixes=("968201-968211", "588845-588851")),
    Issuer(name="GPN", prefixes=("1946",)),
    Issuer(
        name="Elo",
        prefixes=(
            *("401178-401179", "431274", "438935", "451416", "457393", "457631-457632", "504175"),
            *("506699-506778", "509000-509999", "627780", "636297", "636368", "650031-650033"),
            *("650035-650051", "650405-650439", "650485-650538", "650541-650598", "650700-650718"),
            *("650720-650727", "650901-650978", "651652-651679", "655000-655019", "655021-655058"),
        ),
    ),
)


def issuer_of(number: str) -> Issuer | None:
    """Return the scheme of a number by its prefix and length, or None when no scheme issues such numbers."""
    best, matched = None, ""
    for issuer in ISSUERS:
        if len(number) in issuer.lengths:
            prefix = issuer.prefix_of(number)
            if len(prefix) > len(matched):
                best, matched = issuer, prefix
    return best
