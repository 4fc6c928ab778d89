"""A newcomer's way in a real browser: start, sign in, a form, a question, an answer, a field that is checked."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsers import Watched
from gates import cut_off, turn, violations
from story import PASSWORD

TEXTS = {
    "en": {
        "go": "Go on",
        "make": "Make the form",
        "say": "Where is my parcel?",
        "answer": "It is on its way.",
    },
    "ru": {"go": "Продолжить", "make": "Создать форму", "say": "Где моя посылка?", "answer": "Она в пути."},
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The link that ``crmcore serve`` writes for an empty workspace."""
    command = [sys.executable, "-m", "crmcore.cli", "serve", "--port", "0", "--data", str(tmp_path / "data")]
    environment = {**os.environ, "CRMCORE_PLUGINS": "validators", "PYTHONUNBUFFERED": "1"}
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=environment)
    assert serving.stdout is not None
    try:
        said = ""
        while not (found := re.search(r"(http://\S+/setup/\S+)", said)):
            line = serving.stdout.readline().decode()
            assert line, said + (tmp_path / "log").read_text(encoding="utf-8")
            said += line
        yield found[1]
    finally:
        serving.terminate()
        serving.wait(30)
        serving.stdout.close()


@pytest.mark.parametrize("language", ["en", pytest.param("ru", marks=pytest.mark.full)])
def test_from_the_first_start_to_a_field_that_is_checked(language: str, served: str, browser: Any) -> None:
    words = TEXTS[language]
    context = browser.new_context(
        locale=language, base_url=served.partition("/setup")[0], reduced_motion="reduce"
    )
    watched = Watched(context.new_page())
    page = watched.page
    # The first account, the workspace, the form.
    page.goto(served)
    fit(page)
    page.fill("#email", "vera@example.com")
    page.fill("#name", "Vera Ilyina")
    page.fill("#password", PASSWORD)
    page.click(f"button:has-text('{words['go']}')")
    fit(page)
    page.fill("[name=name]", "Polar Coffee")
    page.click(f"button:has-text('{words['go']}')")
    fit(page)
    page.click(f"button:has-text('{words['make']}')")
    page.wait_for_selector(".c-todo")
    fit(page)
    form = page.locator("main a[href^='/f/']").first.get_attribute("href")
    # The first question, as a customer asks it.
    customer = context.new_page()
    customer.goto(form)
    customer.fill("[name=email]", "lena@example.org")
    customer.fill("textarea", words["say"])
    customer.wait_for_timeout(3000)  # a form that is sent faster than a person writes is a machine's
    customer.click("form button[type=submit]")
    customer.wait_for_selector("textarea", state="detached")
    # It comes into the inbox by itself and is answered there.
    page.goto("/inbox?view=unassigned")
    page.locator(".c-conv").first.click()
    page.wait_for_selector(f"#thread >> text={words['say']}")
    page.fill("#text", words["answer"])
    page.press("#text", "Control+Enter")
    page.wait_for_selector(f"#thread >> text={words['answer']}")
    # A field of one's own, with a check that knows more than the core.
    page.goto("/settings/fields?type=contact")
    new_field(page)
    contact = page.request.get("/api/contacts").json()["items"][0]["id"]
    page.goto(f"/contacts/{contact}/edit")
    page.fill("[name='custom.iban']", "DE00 0000 0000 0000 0000 00")
    page.press("[name='custom.iban']", "Control+Enter")
    page.wait_for_selector("[name='custom.iban'][aria-invalid=true]")
    page.fill("[name='custom.iban']", "DE89 3704 0044 0532 0130 00")
    page.press("[name='custom.iban']", "Control+Enter")
    page.wait_for_url(re.compile(rf"/contacts/{contact}(\?.*)?$"))
    assert "DE89" in page.inner_text("main")
    # What is refused is an answer of 422, which the console names; nothing else is there.
    console, policy = watched.take()
    assert [said for said in console if "422" not in said] + policy == []
    context.close()


def fit(page: Any) -> None:
    """The steps are for everybody and on every screen."""
    page.wait_for_load_state("load")
    for width, theme in ((1440, "light"), (320, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        turn(page, theme)
        assert violations(page) + cut_off(page) == [], page.url
    page.set_viewport_size({"width": 1440, "height": 900})


def new_field(page: Any) -> None:
    """Add a field with the check of an account number."""
    page.locator("[name=label_en]").fill("IBAN")
    page.locator("[name=key]").fill("iban")
    page.locator("[name=format]").select_option("iban")
    page.locator("[name=label_en]").press("Control+Enter")
    page.wait_for_selector("td:has-text('iban')")
