"""Reads a page's markup and says what is wrong with it."""

from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img", "use", "rect", "path"}
NAMED_BY_TEXT = {"a", "button", "summary"}


class Page(HTMLParser):
    """Collects the facts that the checks need."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.labels: set[str] = set()
        self.nameless: list[str] = []
        self.unlabelled: list[str] = []
        self.scripts_inside: list[str] = []
        self.words: list[str] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        if tag == "label" and "for" in attributes:
            self.labels.add(attributes["for"])
        if (
            tag in ("input", "select", "textarea")
            and attributes.get("type") not in ("hidden", "submit")
            and "aria-label" not in attributes
            and not any(name == "label" for name, _, _ in self._open)
        ):
            self.unlabelled.append(attributes.get("id", f"{tag} {attributes.get('name')}"))
        if tag not in VOID:
            self._open.append((tag, attributes, []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, attributes, words = self._open.pop()
            if name in NAMED_BY_TEXT and not "".join(words).strip() and not attributes.get("aria-label"):
                self.nameless.append(f"{name} {attributes}")
            if self._open:
                self._open[-1][2].extend(words)
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1][2].append(data)
            if self._open[-1][0] in ("script", "style") and data.strip():
                self.scripts_inside.append(data)
        self.words.append(data)

    @property
    def shown(self) -> str:
        """The page's text."""
        return " ".join("".join(self.words).split())

    def problems(self) -> list[str]:
        """Return everything that is wrong with the page."""
        found = [f"no label: {name}" for name in self.unlabelled if name not in self.labels]
        found += [f"no name: {name}" for name in self.nameless]
        found += [f"inline script or style: {text[:60]}" for text in self.scripts_inside]
        ids = [attributes["id"] for _, attributes in self.tags if "id" in attributes]
        found += [f"id twice: {id}" for id in sorted({id for id in ids if ids.count(id) > 1})]
        for tag, attributes in self.tags:
            found += [f"inline handler: {name}" for name in attributes if name.startswith("on")]
            if "style" in attributes or tag == "style":
                found.append(f"inline style: {tag}")
            if tag == "script" and not attributes.get("src", "").startswith("/static/"):
                found.append("a script without a file of ours")
            found += [
                f"an address that runs: {value}"
                for name, value in attributes.items()
                if name in ("href", "src", "action")
                and value.strip().lower().startswith(("javascript:", "data:"))
            ]
            for name in attributes.get("aria-describedby", "").split():
                if name not in ids:
                    found.append(f"described by nothing: {name}")
        headings = [tag for tag, _ in self.tags if tag == "h1"]
        if len(headings) != 1:
            found.append(f"{len(headings)} first headings")
        return found
