"""The reference of hooks and events is what the code says; every public name is exported and described."""

import ast
import importlib
import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest
from pages import blocks_of

import crmcore
from crmcore import contracts
from crmcore.plugins.specs import read_specs
from crmcore.settings import WorkspaceSettings
from crmcore.workspace import Crm

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
THE_CORES_OWN = {"Duration", "duration", "KeptElsewhere", "is_own_path", "Saying", "plain"}
"""What stands among the contracts and is no promise to plugins."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hook_reference", ROOT / "scripts" / "hook_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["hooks.md", "events.md"])
def test_the_page_is_what_the_script_makes(page: str, script: ModuleType) -> None:
    made = script.PAGES[page]()

    assert (REFERENCE / page).read_text(encoding="utf-8") == made, "python scripts/hook_reference.py"


def test_those_who_are_said_to_use_a_hook_are_those_that_are_loaded_with_it(tmp_path: Path) -> None:
    page = (REFERENCE / "hooks.md").read_text(encoding="utf-8")
    rows = re.findall(r"^### `(\w+)`\n.*?^\| used by \| (.*?) \|$", page, re.MULTILINE | re.DOTALL)
    bundled = [folder.name.removeprefix("crm-") for folder in sorted((ROOT / "plugins").glob("crm-*"))]
    using: dict[str, set[str]] = {}

    crm = Crm.build(WorkspaceSettings(data_dir=str(tmp_path), plugins=bundled, strict=True))
    for name, state in crm.host.plugins.items():
        for hook in state.hooks:
            using.setdefault(hook, set()).add(name)
    crm.host.close()

    assert len(bundled) >= 5 and {"core", *bundled} == {name for names in using.values() for name in names}
    assert {hook: set(names.split(", ")) for hook, names in rows} == using


def test_every_event_that_the_code_writes_has_its_section() -> None:
    """Names that are put together are those of record types, of which the page has all, or of plugins."""
    page = (REFERENCE / "events.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^## `(\w+)`$", page, re.MULTILINE))
    written, made = set(), 0
    for file in sorted((ROOT / "crmcore").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.search(r"outbox\.write$", ast.unparse(node.func)):
                name = node.args[0]
                names = [one.value for one in ast.walk(name) if isinstance(one, ast.Constant)]
                made += isinstance(name, ast.JoinedStr)
                written |= set() if isinstance(name, ast.JoinedStr) else set(names)

    assert len(written) >= 3 and made >= 2
    assert {name for name in written if isinstance(name, str)} <= told


def test_every_hook_says_when_it_fails_since_when_and_who_uses_it(script: ModuleType) -> None:
    page = script.hook_page()
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))

    assert list(sections) == list(read_specs())
    for name, text in sections.items():
        rows = dict(re.findall(r"^\| ([a-z ]+) \| (.*) \|$", text, re.MULTILINE))
        assert set(rows) == {"called", "arguments", "returns", "when it fails", "since", "used by"}, name
        assert rows["when it fails"] and rows["since"] != "?" and rows["used by"], name


def test_every_public_name_of_the_contracts_is_exported_and_described() -> None:
    assert crmcore.__all__ == sorted(set(crmcore.__all__))
    folder = Path(str(contracts.__file__)).parent
    for file in sorted(folder.glob("[a-z]*.py")):
        module = importlib.import_module(f"crmcore.contracts.{file.stem}")
        for name, value in vars(module).items():
            own = (
                inspect.isclass(value) or inspect.isfunction(value)
            ) and value.__module__ == module.__name__
            if name.startswith("_") or not own:
                continue
            assert inspect.getdoc(value), f"{module.__name__}.{name} has no docstring"
            if name not in THE_CORES_OWN:
                assert getattr(crmcore, name) is value and name in crmcore.__all__, f"crmcore lacks {name}"
    for name in crmcore.__all__:
        assert hasattr(crmcore, name), name
    assert not THE_CORES_OWN & set(crmcore.__all__)


def test_the_names_that_tests_import_are_exported() -> None:
    from crmcore import testing

    assert testing.__all__ == sorted(testing.__all__)
    for name in testing.__all__:
        assert inspect.getdoc(getattr(testing, name)), name


def test_the_page_of_quality_has_every_rule() -> None:
    spec = importlib.util.spec_from_file_location("quality_rules", ROOT / "scripts" / "quality_rules.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "python scripts/quality_rules.py"


@pytest.mark.parametrize("name", ["loyalty.py", "loyalty_samples.py", "telegram.py"])
def test_the_tutorial_shows_the_examples_as_they_are(name: str) -> None:
    [block] = [block for block in blocks_of(ROOT / "docs" / "tutorial.md") if block.detail == name]

    assert block.text == (ROOT / "examples" / name).read_text(encoding="utf-8")
