"""A plugin that is one file: loaded from where it stands, installed nowhere."""

import importlib.util
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from crmcore.plugins import reasons
from crmcore.plugins.discovery import GROUP
from crmcore.plugins.failures import LoadProblem
from crmcore.plugins.names import is_plugin_name

_NO_FILE: dict[str, str] = {
    "en": "There is no file {path}. Name the file of the plugin, for example ./loyalty.py.",
    "ru": "Файла {path} нет. Назовите файл плагина, например ./loyalty.py.",
}


class FileEntryPoint(EntryPoint):
    """An entry point whose module is the file ``path``; the file's name is the plugin's.

    Every :meth:`load` runs the file anew, so that a second workspace sees what was changed meanwhile.
    """

    path: Path

    def __init__(self, path: Path) -> None:
        object.__setattr__(self, "path", path)
        super().__init__(name=path.stem, value=str(path), group=GROUP)

    def load(self) -> Any:
        return load_file(self.path)


def plugin_file(path: Path) -> FileEntryPoint:
    """Return the plugin in ``path``; raise :class:`LoadProblem` for what cannot be one."""
    path = path.expanduser().resolve()
    if path.suffix != ".py" or not path.is_file():
        raise LoadProblem({language: text.format(path=path) for language, text in _NO_FILE.items()})
    if not is_plugin_name(path.stem):
        raise LoadProblem(reasons.wrong_name(path.stem))
    return FileEntryPoint(path)


def load_file(path: Path) -> ModuleType:
    """Run the file and return its module, which is also found under the file's name by what it imports."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None  # noqa: S101  # a file that ends in .py has both
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(path.stem)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if before is None:
            del sys.modules[path.stem]
        else:
            sys.modules[path.stem] = before
        raise
    return module
