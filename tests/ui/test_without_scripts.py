"""With scripts switched off: sign in, read, open, answer, close."""

import pytest
from browsers import PEOPLE, SIZES, People, sign_in


@pytest.mark.parametrize(("language", "size"), [("en", "d"), ("ru", "m")])
def test_read_open_answer_and_close(language: str, size: str, people: People) -> None:
    context = people.context(language, java_script_enabled=False)
    page = context.new_page()
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    sign_in(page, PEOPLE[language])
    page.goto("/inbox?view=all")
    subject = {"en": "Invoice 2026-1187", "ru": "Оптовая поставка"}[language]
    page.click(f".c-conv:has-text('{subject}')")
    assert subject in page.inner_text("#pane-thread h1")
    assert page.locator("#thread .c-bub").count() > 0
    page.fill("#text", f"An answer in {language}")
    page.locator(
        "form.c-composer button.c-for-reply:visible, form.c-composer .c-for-reply button:visible"
    ).last.click()
    assert f"An answer in {language}" in page.inner_text("#thread")
    page.click("form[data-hot=e] button")
    page.wait_for_selector(".c-toast")
    page.goto("/inbox?view=closed")
    assert subject in page.inner_text("#convs")
    context.close()
