"""How the postcodes of each country are written.

``#`` stands for a digit, ``@`` for a letter, brackets for one of the characters in them; spaces and dashes are where
the post of the country puts them; ``|`` separates ways of writing. Sources: the Universal Postal Union's
addressing guides, and the national posts' own pages where a range is narrower than its number of digits. Countries
without postcodes are not here.
"""

import re

from msgspec import Struct

# Royal Mail leaves out C I K M O V behind the space, and has these areas; BX and BF have no place on the map.
_UK_INWARD = "#[ABD-HJLNP-UW-Z][ABD-HJLNP-UW-Z]"
_UK_AREAS = re.findall(
    "[A-Z]+",
    "AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH "
    "EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK "
    "ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD "
    "TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE",
)
_IRISH = "[0-9AC-FHKNPRTV-Y]" * 4
_CANADIAN = "[ABCEGHJ-NPRSTV-Z]"


def _british(*areas: str) -> str:
    districts = [f"{area}{district}" for area in areas for district in ("#", "##", "#[A-HJKMNPR-Y]")]
    return "|".join(f"{district} {_UK_INWARD}" for district in districts)


def _zip_codes(*first_five: str) -> str:
    return "|".join([*first_five, *(f"{five}-####" for five in first_five)])


_SHAPES: dict[str, str] = {
    # Europe
    "AD": "AD[1-7]##",
    "AL": "####",
    "AT": "[1-9]###",
    "AX": "22###",
    "BA": "[78]####",
    "BE": "[1-9]###",
    "BG": "[1-9]###",
    "BY": "2[1-4]####",
    "CH": "[1-9]###",
    "CY": "####",
    "CZ": "[1-7]## ##",
    "DE": "0[1-9]###|[1-9]####",
    "DK": "####",
    "EE": "[1-9]####",
    "ES": "0[1-9]###|[1-4]####|5[0-2]###",
    "FI": "#####",
    "FO": "###",
    "FR": "0[1-9]###|[1-8]####|9[0-578]###",
    "GB": f"{_british(*_UK_AREAS)}|GIR 0AA|BFPO #|BFPO ##|BFPO ###|BFPO ####",
    "GG": _british("GY"),
    "GI": "GX11 1AA",
    "GL": "39##",
    "GR": "[1-8]## ##",
    "HR": "[1-5]####",
    "HU": "[1-9]###",
    "IE": f"[AC-FHKNPRTV-Y]## {_IRISH}|D6W {_IRISH}",
    "IM": _british("IM"),
    "IS": "[1-9]##",
    "IT": "#####",
    "JE": _british("JE"),
    "LI": "94[89]#",
    "LT": "LT-#####",
    "LU": "[1-9]###",
    "LV": "LV-[1-5]###",
    "MC": "980##",
    "MD": "MD-####",
    "ME": "8####",
    "MK": "[1-7]###",
    "MT": "@@@ ####|@@@ ##",
    "NL": "[1-9]### [A-RT-Z]@|[1-9]### S[BCE-RT-Z]",
    "NO": "####",
    "PL": "##-###",
    "PT": "[1-9]###-###|[1-9]###",
    "RO": "######",
    "RS": "[1-3]####|[1-3]#####",
    "RU": "[1-6]#####",
    "SE": "[1-9]## ##",
    "SI": "[1-9]###",
    "SJ": "####",
    "SK": "[089]## ##",
    "SM": "4789#",
    "UA": "#####",
    "VA": "00120",
    "XK": "[1-7]####",
    # America
    "AI": "AI-2640",
    "AR": "[1-9]###|[A-HJ-NP-Z][1-9]###@@@",
    "BB": "BB#####",
    "BM": "@@ ##|@@ @@",
    "BR": "#####-###",
    "CA": f"[ABCEGHJ-NPRSTVXY]#{_CANADIAN} #{_CANADIAN}#",
    "CL": "#######",
    "CO": "0[58]####|1[135789]####|2[0357]####|4[147]####|5[024]####|6[368]####|7[036]####|8[1568]####|9[14579]####",
    "CR": "[1-7]####",
    "CU": "[1-9]####",
    "DO": "[1-9]####",
    "EC": "######",
    "FK": "FIQQ 1ZZ",
    "GF": "9[78]3##",
    "GP": "9[78]1##",
    "GS": "SIQQ 1ZZ",
    "GT": "#####",
    "HN": "#####",
    "HT": "HT####",
    "KY": "KY[1-3]-####",
    "LC": "LC## ###",
    "MF": "971##",
    "BL": "971##",
    "MQ": "9[78]2##",
    "MS": "MSR ####",
    "MX": "#####",
    "NI": "#####",
    "PA": "####",
    "PE": "#####",
    "PM": "97500",
    "PR": _zip_codes("00[679]##"),
    "PY": "####|######",
    "SV": "####",
    "TC": "TKCA 1ZZ",
    "TT": "######",
    "US": _zip_codes("00[5-9]##", "0[1-9]###", "[1-9]####"),
    "UY": "[1-9]####",
    "VC": "VC####",
    "VE": "####|####-@",
    "VG": "VG11##",
    "VI": _zip_codes("008##"),
    # Asia
    "AF": "####",
    "AM": "####|37####",
    "AZ": "AZ ####",
    "BD": "[1-8]###|9[0-4]##",
    "BH": "[1-9]##|1[0-2]##",
    "BN": "@@####",
    "BT": "#####",
    "CN": "0[1-7]####|1[0-356]####|2[0-7]####|3[0-6]####|4[0-7]####|[56][1-7]####|7[1-5]####|8[1-5]####|9[09]####",
    "GE": "####",
    "ID": "#####",
    "IL": "#######|#####",
    "IN": "1[1-9]####|2[0-8]####|3[0-46-9]####|4#####|5[0-36-9]####|6[0-47-9]####|7#####|8[0-5]####|9#####",
    "IO": "BBND 1ZZ",
    "IQ": "#####",
    "IR": "#####-#####",
    "JO": "#####",
    "JP": "###-####",
    "KG": "72####",
    "KH": "######|#####",
    "KR": "#####",
    "KW": "#####",
    "KZ": "######|@##@#@#",
    "LA": "#####",
    "LB": "####|#### ####",
    "LK": "#####",
    "MM": "#####",
    "MN": "#####|######",
    "MV": "#####",
    "MY": "#####",
    "NP": "#####",
    "OM": "###",
    "PH": "####",
    "PK": "#####",
    "SA": "#####|#####-####",
    "SG": "######",
    "TH": "[1-9]####",
    "TJ": "73####",
    "TM": "74####",
    "TR": "#####",
    "TW": "[1-9]##|[1-9]####|[1-9]#####",
    "UZ": "######",
    "VN": "#####|######",
    # Africa
    "CV": "####",
    "DZ": "#####",
    "EG": "#####|#######",
    "EH": "#####",
    "ET": "####",
    "GN": "###",
    "GW": "####",
    "KE": "#####",
    "LR": "####",
    "LS": "###",
    "MA": "#####",
    "MG": "###",
    "MU": "#####|[AR]####|###@@###",
    "MZ": "####",
    "NA": "#####",
    "NE": "####",
    "NG": "######",
    "RE": "9[78]4##",
    "SD": "#####",
    "SH": "STHL 1ZZ|ASCN 1ZZ|TDCU 1ZZ",
    "SN": "#####",
    "SO": "@@ #####|#####",
    "SZ": "[HLMS]###",
    "TN": "####",
    "TZ": "#####",
    "YT": "976##",
    "ZA": "####",
    "ZM": "#####",
    # Oceania
    "AS": _zip_codes("96799"),
    "AU": "####",
    "CC": "6799",
    "CX": "6798",
    "FM": _zip_codes("9694[1-4]"),
    "GU": _zip_codes("969[123]#"),
    "HM": "7151",
    "MH": _zip_codes("969[67]#"),
    "MP": _zip_codes("9695[012]"),
    "NC": "988##",
    "NF": "2899",
    "NZ": "####",
    "PF": "987##",
    "PG": "###",
    "PN": "PCRN 1ZZ",
    "PW": _zip_codes("96940"),
    "WF": "986##",
}

_SIGN = re.compile(r"\[[^\]]+\]|.")
_STANDS_FOR = {"#": "[0-9]", "@": "[A-Z]"}


class PostcodeFormat(Struct, frozen=True):
    """One way to write a country's postcodes: what it is without spaces and dashes, and where those go."""

    bare: re.Pattern[str]
    written: str

    def of(self, code: str) -> str | None:
        """Return ``code``, which has no spaces or dashes, as the post writes it; None when it is not of this form."""
        match = self.bare.fullmatch(code)
        return self.written.format(*match.groups()) if match else None


def _format(shape: str) -> PostcodeFormat:
    groups, written = [""], "{}"
    for sign in _SIGN.findall(shape):
        if sign in " -":
            groups.append("")
            written += sign + "{}"
        else:
            groups[-1] += _STANDS_FOR.get(sign, sign)
    return PostcodeFormat(re.compile("".join(f"({group})" for group in groups)), written)


FORMATS: dict[str, tuple[PostcodeFormat, ...]] = {
    country: tuple(_format(shape) for shape in shapes.split("|"))
    for country, shapes in sorted(_SHAPES.items())
}
