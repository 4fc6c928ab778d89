"""The checker of accessibility is the one that was taken."""

import hashlib
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parent / "axe"


def test_the_files_of_others_are_the_ones_we_took() -> None:
    for file in tomllib.loads((FOLDER / "VENDOR.toml").read_text(encoding="utf-8"))["file"]:
        assert hashlib.sha256((FOLDER / file["path"]).read_bytes()).hexdigest() == file["sha256"]
        assert (FOLDER / file["licence_file"]).stat().st_size > 500
