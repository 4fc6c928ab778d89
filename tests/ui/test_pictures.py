"""Pictures of the real pages with the demo's data, for the README and the docs."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from browsers import settle
from PIL import Image

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
TOGETHER, COLOURS = 1_500_000, 128

# A question in English and one in Russian that wait for their answers.
ASKED = ".c-conv[data-unread]:not(:has-text('Игорь'))"
ASKED_RU = ".c-conv[data-unread]:has(.c-conv-name:text-matches('[А-я]')):not(:has-text('Игорь'))"


class Picture(NamedTuple):
    """One picture; ``opens`` is the row that is opened on the page at ``address``, ``shows`` what is scrolled to.

    ``folds`` is what is folded, to make room for what plugins show below it.

    With a ``plugin`` it is one of the pictures of its README.
    """

    name: str
    address: str
    opens: str = ""
    size: tuple[int, int] = (1440, 900)
    theme: str = "light"
    language: str = "en"
    shows: str = ""
    plugin: str = ""
    folds: str = ""

    @property
    def file(self) -> Path:
        """Where it is kept."""
        folder = ROOT / "plugins" / self.plugin / "pictures" if self.plugin else FOLDER
        return folder / f"{self.name}.png"


# Somebody who opened and clicked the demo's latest mailing.
_READER = ".c-cover[aria-label*='Roberto Almeida'], a:has-text('Roberto Almeida')"
_FACTS = ".c-ctx details.c-sec:not([data-panel], [data-plugin]):not(:first-of-type)"
PICTURES = (
    Picture("inbox", "/inbox?view=all", ASKED, folds=_FACTS),
    Picture("inbox-dark-ru", "/inbox?view=all", ASKED_RU, theme="dark", language="ru", folds=_FACTS),
    Picture("inbox-phone", "/inbox?view=all", size=(390, 844)),
    Picture("conversation-phone-ru", "/inbox?view=all", ASKED_RU, (390, 844), "dark", "ru"),
    Picture("contacts", "/contacts"),
    Picture(
        "contact-ru",
        "/contacts?q=Соболев",
        ".c-cover",
        language="ru",
        folds=".c-props .c-sec:nth-of-type(n+2)",
    ),
    Picture("overview", "/overview"),
    Picture("fields", "/settings/fields?type=contact"),
    Picture("plugins", "/settings/plugins"),
    Picture("gallery-dark", "/settings/ui", theme="dark"),
    Picture("mapping", "/x/mailchimp/audiences", size=(1440, 1280), plugin="crm-mailchimp"),
    Picture("timeline", "/contacts", _READER, plugin="crm-mailchimp"),
    Picture(
        "panel",
        "/contacts",
        _READER,
        shows="summary:has(.c-trunc:text-is('Mailchimp'))",
        plugin="crm-mailchimp",
    ),
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """Address, e-mail and password of a running demo."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "crmcore.cli", "demo", "--port", "0", "--data", str(folder / "data")]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
    assert running.stdout is not None
    try:
        said = ""
        while "API token" not in said:
            line = running.stdout.readline().decode()
            assert line, said + (folder / "log").read_text(encoding="utf-8")
            said += line
        address = re.search(r"Address: (\S+)", said)
        sign_in = re.search(r"Sign in: (\S+) (\S+)", said)
        assert address and sign_in
        yield address[1], sign_in[1], sign_in[2]
    finally:
        running.terminate()
        running.wait(30)
        running.stdout.close()


def test_pictures_of_the_pages(browser: Any, demo: tuple[str, str, str]) -> None:
    address, email, password = demo
    context = browser.new_context(base_url=address, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/login")
    page.fill("#email", email)
    page.fill("#password", password)
    page.click("form[action='/login'] button[type=submit]")
    FOLDER.mkdir(exist_ok=True)
    for picture in PICTURES:
        page.set_viewport_size({"width": picture.size[0], "height": picture.size[1]})
        for name, value in (("language", picture.language), ("theme", picture.theme)):
            answer = page.request.post(
                f"/settings/profile/{name}", form={name: value}, headers={"origin": address}
            )
            assert answer.ok, (name, answer.status)
        page.goto(picture.address)
        if picture.opens:
            page.goto(page.locator(picture.opens).first.get_attribute("href"))
        settle(page)
        # What is there late is folded too, and makes room for the panels below it: they load when they are near.
        for _ in range(3 if picture.folds else 0):
            page.eval_on_selector_all(picture.folds, "all => all.forEach(one => { one.open = false })")
            page.wait_for_timeout(600)
            settle(page)
        if picture.shows:
            # Panels further down are loaded when they are near.
            for _ in range(2):
                page.locator(picture.shows).last.evaluate("it => it.scrollIntoView({block: 'start'})")
                page.wait_for_timeout(600)
        page.wait_for_timeout(400)
        # Whoever rings now, and what was just said, is no part of the picture.
        page.evaluate("document.querySelectorAll('#pops, #toasts').forEach(place => place.remove())")
        drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        picture.file.parent.mkdir(exist_ok=True)
        drawn.quantize(COLOURS, dither=Image.Dither.NONE).save(picture.file, optimize=True)
    context.close()
    files = {picture.file for picture in PICTURES}
    assert {path for file in files for path in file.parent.glob("*.png")} == files
    assert sum(file.stat().st_size for file in files if file.parent == FOLDER) <= TOGETHER
