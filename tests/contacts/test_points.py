import pytest

from crmcore.contacts.calling_codes import CALLING_CODES, prefixes_of
from crmcore.contacts.points import PointRules
from crmcore.contracts.messages import Identity
from crmcore.contracts.problems import InvalidValue
from crmcore.settings import SettingsError, WorkspaceSettings, load_settings


@pytest.mark.parametrize(
    ("country", "written", "normalized"),
    [
        ("US", "(415) 555-2671", "+14155552671"),
        ("US", "1-415-555-2671", "+14155552671"),
        ("US", "+1 415 555 2671 ext. 23", "+14155552671"),
        ("US", "tel:+1-415-555-2671", "+14155552671"),
        ("US", "011 44 20 7946 0958", "+442079460958"),
        ("US", "＋7 999 123\u201145\u201167", "+79991234567"),
        ("RU", "8 (999) 123-45-67", "+79991234567"),
        ("RU", "+7 999 123-45-67", "+79991234567"),
        ("RU", "79991234567", "+79991234567"),
        ("RU", "9991234567", "+79991234567"),
        ("RU", "8 10 49 30 123456", "+4930123456"),
        ("RU", "+7 495 123-45-67 доб. 12", "+74951234567"),
        ("GB", "+44 (0)20 7946 0958", "+442079460958"),
        ("GB", "020 7946 0958", "+442079460958"),
        ("DE", "0049 30 123456", "+4930123456"),
        ("DE", "030/123456", "+4930123456"),
        ("IT", "06 69821234", "+390669821234"),
        ("FR", "01 23 45 67 89", "+33123456789"),
        ("US", "٤١٥٥٥٥٢٦٧١", "+14155552671"),
        ("US", "101", "101"),
    ],
)
def test_a_phone_number_has_one_form_however_it_is_written(
    country: str, written: str, normalized: str
) -> None:
    rules = PointRules(country)
    point = rules.point("phone", written)
    assert point.normalized == normalized
    assert rules.point("phone", point.normalized).normalized == normalized


@pytest.mark.parametrize("written", ["", "12", "call me", "+", "+0123456789", "1" * 30, "4155552671a", "😀"])
def test_what_is_no_phone_number_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        PointRules("US").point("phone", written)
    assert refused.value.problem().sentence("ru")


@pytest.mark.parametrize(
    ("written", "raw", "normalized"),
    [
        ("Anna@EXAMPLE.Com", "Anna@example.com", "anna@example.com"),
        ("\ufeff anna@example.com\u200b ", "anna@example.com", "anna@example.com"),
        ("иван@Пример.РФ", "иван@пример.рф", "иван@xn--e1afmkfd.xn--p1ai"),
        ("иван@xn--e1afmkfd.xn--p1ai", "иван@xn--e1afmkfd.xn--p1ai", "иван@xn--e1afmkfd.xn--p1ai"),
        ('"a@b"@example.com', '"a@b"@example.com', '"a@b"@example.com'),
        ("root@localhost.", "root@localhost", "root@localhost"),
        ("STRASSE@example.com", "STRASSE@example.com", "strasse@example.com"),
    ],
)
def test_an_email_address_is_compared_without_case(written: str, raw: str, normalized: str) -> None:
    point = PointRules("US").point("email", written)
    assert (point.raw, point.normalized) == (raw, normalized)


@pytest.mark.parametrize(
    "written",
    [
        "anna",
        "@example.com",
        "a b@c.d",
        "a@b@c.d",
        "a@b..c",
        "a@-b.de",
        "a@",
        "x" * 65 + "@a.b",
        "a@" + "b" * 400,
    ],
)
def test_what_is_no_email_address_is_refused(written: str) -> None:
    with pytest.raises(InvalidValue):
        PointRules("US").point("email", written)


def test_a_channel_normalises_its_own_kind_and_may_refuse_in_any_way() -> None:
    def own(identity: Identity) -> Identity:
        if identity.value == "bad":
            raise KeyError("bad")
        return Identity(kind=identity.kind, value=identity.value.removeprefix("@").lower())

    rules = PointRules("US", {"chat": own, "handle": own})
    assert (rules.point("chat", "@Anna").raw, rules.point("chat", "@Anna").normalized) == ("@Anna", "anna")
    assert rules.point("handle", "@Anna").normalized == "@Anna"
    assert rules.point("elsewhere", "@Anna").normalized == "@Anna"
    with pytest.raises(InvalidValue):
        rules.point("chat", "bad")


def test_every_country_has_its_prefixes() -> None:
    assert len(CALLING_CODES) > 240
    for country in CALLING_CODES:
        code, abroad, trunk = prefixes_of(country)
        assert code.isdigit() and len(code) <= 3 and abroad.isdigit() and (not trunk or trunk.isdigit())


def test_a_country_without_a_calling_code_is_refused_as_a_setting_and_breaks_no_number() -> None:
    with pytest.raises(InvalidValue):
        PointRules("ZZ").point("phone", "020 7946 0958")
    assert PointRules("ZZ").point("phone", "+44 20 7946 0958").normalized == "+442079460958"
    with pytest.raises(SettingsError, match="default_country must be the two capital letters of a country"):
        WorkspaceSettings(default_country="ZZ")
    with pytest.raises(SettingsError, match=r"CRMCORE_DEFAULT_COUNTRY must be .*, not “ZZ”"):
        load_settings(None, {"CRMCORE_DEFAULT_COUNTRY": "ZZ"})
