import pytest

from crmcore.http.languages import preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru", "ru"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en-GB,ru;q=0.5", "en"),
        ("de-DE, ru;q=0.3", "ru"),
        ("fr, de;q=0.5", "en"),
        ("ru;q=0", "en"),
        ("ru;q=nonsense, en", "en"),
        ("", "en"),
        (";;;,,,=", "en"),
        ("*", "en"),
        ("RU", "ru"),
    ],
)
def test_the_best_language_of_ours_is_taken(header: str, language: str) -> None:
    assert preferred(header) == language


def test_without_one_of_ours_the_default_stays() -> None:
    assert preferred("fr", "ru") == "ru"
