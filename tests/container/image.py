"""Images made and run with what Debian has: debootstrap for the base, buildah for the build, a chroot for running."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SUITES = {(3, 11): "bookworm", (3, 13): "trixie"}
"""Debian's release with the Python that runs the tests: a lock is for one Python."""
NEEDED = ("buildah", "debootstrap", "unshare")


def lacking() -> str:
    """Return why no container can be built here, nothing when one can."""
    if os.environ.get("CRMCORE_CONTAINER") != "full":
        return "it takes minutes: make container"
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        return f"{', '.join(missing)} not here (apt-get install buildah debootstrap)"
    if os.geteuid() != 0:
        return "debootstrap and chroot want root"
    if sys.version_info[:2] not in SUITES:
        return f"Debian has no release with Python {sys.version_info[0]}.{sys.version_info[1]}"
    return ""


def run(*command: str | Path, timeout_s: float = 900, **more: Any) -> str:
    """Run a command that has to succeed and return what it said on stdout."""
    done = subprocess.run(
        [str(part) for part in command],
        text=True,
        capture_output=True,
        timeout=timeout_s,
        check=False,
        **more,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


class Images:
    """A store of images of our own in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def buildah(self, *arguments: str | Path) -> str:
        """Run buildah on this store, without any privilege that a virtual machine may lack."""
        store = ("--root", self.folder / "root", "--runroot", self.folder / "run", "--storage-driver", "vfs")
        return run("buildah", *store, *arguments).strip()

    def base(self, name: str) -> None:
        """Make an image ``name`` of Debian's smallest system with Python and its venv."""
        rootfs = self.folder / "base"
        suite = SUITES[sys.version_info[0], sys.version_info[1]]
        run("debootstrap", "--variant=minbase", "--include=python3,python3-venv", suite, rootfs)
        container = self.buildah("from", "scratch")
        self.buildah("add", "--quiet", container, rootfs, "/")
        self.buildah("commit", "--quiet", "--rm", container, name)
        shutil.rmtree(rootfs)

    def build(self, name: str, folder: Path) -> None:
        """Build the Containerfile of ``folder``."""
        file = folder / "Containerfile"
        self.buildah(
            "bud", "--isolation", "chroot", "--format", "docker", "--tag", name, "--file", file, folder
        )

    def unpack(self, name: str) -> "Image":
        """Return the image, its files laid out in a folder."""
        container = self.buildah("from", "--pull-never", name)
        config = json.loads(self.buildah("inspect", "--type", "image", name))["Docker"]["config"]
        return Image(Path(self.buildah("mount", container)), config)

    def forget(self) -> None:
        """Let go of what was laid out."""
        self.buildah("rm", "--all")


class Image:
    """What was built: its files, and what it says of how it is to be run."""

    def __init__(self, files: Path, config: Mapping[str, Any]) -> None:
        self.files = files
        self.config = config

    def start(self, volume: Path, *command: str, log: Path, **environment: str) -> "Running":
        """Run ``command``, or what the image says, as process 1, with ``volume`` in place of /data.

        As in a container that is started read-only: nothing can be written but /data and /tmp.
        """
        files = self.files
        steps = (
            f"mount --bind {files} {files}",
            f"mount --bind {volume} {files}/data",
            f"mount -t tmpfs -o mode=1777 tmpfs {files}/tmp",
            f"mount -t proc proc {files}/proc",
            f"mount --rbind /dev {files}/dev",
            f"mount -o remount,bind,ro {files}",
            f'exec chroot --userspec={self.config["User"]} {files} "$@"',
        )
        prison = (
            "unshare",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            " && ".join(steps),
            "sh",
        )
        with log.open("ab") as said:
            process = subprocess.Popen(
                [*prison, "env", "--chdir", self.config["WorkingDir"], *(command or self.config["Cmd"])],
                env=dict(part.split("=", 1) for part in self.config["Env"]) | environment,
                stdout=said,
                stderr=said,
            )
        return Running(process, log)

    def volume(self, folder: Path) -> Path:
        """Make a folder that belongs to whom /data belongs, as a new volume does."""
        folder.mkdir()
        like = (self.files / "data").stat()
        os.chown(folder, like.st_uid, like.st_gid)
        folder.chmod(like.st_mode)
        return folder


class Running:
    """A container that runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def first(self) -> int:
        """The id, out here, of the process that is number 1 in there; 0 when it has ended."""
        try:
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        except OSError:
            return 0
        return int(children.split()[0]) if children.split() else 0

    @property
    def text(self) -> str:
        """What it has said up to now."""
        return self._log.read_text(errors="replace")

    def taken(self) -> str:
        """Return what it has said, and keep nothing of it: it may be a token."""
        text = self.text
        self._log.unlink()
        return text

    def said(self, words: str, timeout_s: float = 60) -> str:
        """Wait for a line of the log with ``words`` and return what follows them there."""
        until = time.monotonic() + timeout_s
        while True:
            text = self.text
            if words in text:
                return text.rpartition(words)[2].partition("\n")[0].strip()
            assert self._process.poll() is None and time.monotonic() < until, text[-3000:]
            time.sleep(0.1)

    def end(self, number: int = signal.SIGTERM, timeout_s: float = 40) -> int:
        """Send process 1 a signal, as ``podman stop`` does, and return its exit code."""
        os.kill(self.first, number)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 60) -> int:
        """Wait for its end and return the exit code."""
        return self._process.wait(timeout_s)

    def kill(self) -> None:
        """End it whatever it does."""
        self._process.kill()
        self._process.wait(10)
