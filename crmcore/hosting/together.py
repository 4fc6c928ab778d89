"""Whether the workspaces of one process go together: one process has one version of everything that is installed."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from crmcore.contracts.labels import text_of
from crmcore.sets.lockfile import LockRefused, read_lock
from crmcore.settings import SettingsError, WorkspaceSettings


def refuse_other_versions(file: Path, locks: Mapping[str, Path]) -> None:
    """Compare the ``locks`` of workspaces by name with each other, and with what is installed here.

    Only the core and plugins are compared: two workspaces may have different ones, not different versions of one.
    Raises :class:`~crmcore.settings.SettingsError` with both versions and what to do.
    """
    wanted: dict[str, tuple[str, str]] = {}
    for name, lock_file in sorted(locks.items()):
        try:
            lock = read_lock(lock_file)
        except LockRefused as error:
            raise SettingsError(f"{file}: workspaces.{name}.lock: {error}") from error
        for package in lock.packages:
            if package.name != "crmcore" and not package.tool.crmcore.plugins:
                continue
            other, theirs = wanted.setdefault(package.name, (name, package.version))
            if theirs != package.version:
                raise SettingsError(
                    f"{file}: workspaces.{other} is locked to {package.name} {theirs}, workspaces.{name} to "
                    f"{package.version}, and one process has one of them. Bring both to one version (crmcore plugins "
                    "plan says what would change), or serve them by two processes: two hosts files, each run from an "
                    "environment with its own set."
                )
    for package_name, (name, locked) in wanted.items():
        if (installed := _installed(package_name)) != locked:
            raise SettingsError(
                f"{file}: workspaces.{name} is locked to {package_name} {locked}, and {installed or 'none'} is "
                f"installed here. Install what is locked (crmcore plugins install {locks[name]} --locked), or lock "
                "what is installed (crmcore plugins lock)."
            )


def plugin_problems(settings: WorkspaceSettings) -> list[str]:
    """Return a line for each plugin of these settings that would not be loaded; nothing is opened or written."""
    from crmcore.secrets.keys import new_key
    from crmcore.workspace import Crm

    with TemporaryDirectory(prefix="crmcore-") as folder:
        aside = {"data_dir": folder, "database_url": "", "strict": False, "secret_key": new_key()}
        crm = Crm.build(msgspec.structs.replace(settings, **aside))
        try:
            states = crm.host.plugins.values()
            return [
                f"{' '.join(filter(None, (state.name, state.version)))}: {text_of(state.reason)}"
                for state in states
                if state.state not in ("loaded", "disabled")
            ]
        finally:
            crm.host.close()


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
