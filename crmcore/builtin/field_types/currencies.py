"""Currencies of ISO 4217 (2025) and how many digits their amounts have behind the point."""

_WITHOUT_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_WITH_FOUR = "CLF UYW"
_WITH_TWO = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF
    CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
    MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER
    ZAR ZMW ZWG
"""
# The signs people type, each with the currencies that it may stand for.
_SIGNS = {
    "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD TWD "
    "UYU XCD",
    "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
    "¥": "JPY CNY",
    "₩": "KRW KPW",
}
_SIGNS_OF_ONE = """
    €EUR ₽RUB ₴UAH ₸KZT ₹INR ₺TRY ₪ILS ₫VND ₦NGN ₱PHP ฿THB ₾GEL ₼AZN ֏AMD
    ₡CRC ₲PYG ₭LAK ₮MNT ৳BDT ₵GHS ៛KHR ؋AFN
"""


def currency_digits() -> dict[str, int]:
    """Return every currency in use with the number of digits behind the point (its minor unit)."""
    groups = ((_WITHOUT_DIGITS, 0), (_WITH_TWO, 2), (_WITH_THREE, 3), (_WITH_FOUR, 4))
    return {code: digits for codes, digits in groups for code in codes.split()}


def currency_signs() -> dict[str, tuple[str, ...]]:
    """Return the signs of currencies with the codes of those that each may stand for, the most usual first."""
    own = {pair[0]: pair[1:] for pair in _SIGNS_OF_ONE.split()}
    return {sign: tuple(codes.split()) for sign, codes in {**_SIGNS, **own}.items()}
