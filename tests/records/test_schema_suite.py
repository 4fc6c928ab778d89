"""The official JSON Schema Test Suite, draft 2020-12: mandatory tests and those of the formats.

Both validators behind :class:`CompiledSchema` must give the answer of the suite, except where ``DIFFERENT`` says
why not.
"""

import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmcore.records.checking import CompiledSchema

ORACLES = Path(os.environ.get("CRMCORE_ORACLES", Path(__file__).parents[2].parent / "shared" / "oracles"))
ARCHIVE = ORACLES / "validators" / "json-schema-test-suite-2020-12.tar.gz"
BASE = "http://localhost:1234/"

# File and case (or "*"): why our answer is another one, on purpose.
DIFFERENT = {
    ("format.json", "*"): "a format is a check here, never a mere annotation: a validator is a format",
    (
        "vocabulary.json",
        "schema that uses custom metaschema with with no validation vocabulary",
    ): "jsonschema, which only explains what jsonschema-rs refused, does not follow a metaschema's vocabularies",
}


def archive() -> Iterator[tuple[str, Any]]:
    with tarfile.open(ARCHIVE) as tar:
        for member in tar:
            if member.isfile() and member.name.endswith(".json"):
                file = tar.extractfile(member)
                assert file is not None
                yield member.name, json.load(file)


def groups() -> list[Any]:
    if not ARCHIVE.exists():
        missing = pytest.mark.skip(reason=f"the official suite is not there: {ARCHIVE}")
        return [pytest.param("", "", {}, [], marks=missing, id="suite")]
    found = []
    for name, content in archive():
        folder, _, file = name.removeprefix("tests/draft2020-12/").rpartition("/")
        if name.startswith("tests/draft2020-12/") and folder in ("", "optional/format"):
            found += [
                pytest.param(
                    file if not folder else f"{folder}/{file}",
                    group["description"],
                    group["schema"],
                    group["tests"],
                    id=f"{file}-{group['description']}",
                )
                for group in content
            ]
    return found


@pytest.fixture(scope="module")
def remotes() -> dict[str, Any]:
    return {
        BASE + name.removeprefix("remotes/"): content
        for name, content in archive()
        if name.startswith("remotes/draft2020-12/") or (name.startswith("remotes/") and name.count("/") == 1)
    }


@pytest.mark.parametrize(("file", "case", "schema", "tests"), groups())
def test_both_validators_answer_as_the_suite_does(
    remotes: dict[str, Any], file: str, case: str, schema: Any, tests: list[dict[str, Any]]
) -> None:
    compiled = CompiledSchema(schema, {}, resources=remotes)
    answers = {test["description"]: compiled.accepts(test["data"]) for test in tests}
    wrong = {
        test["description"]
        for test in tests
        if answers[test["description"]] != (test["valid"], test["valid"])
    }
    if (file, "*") in DIFFERENT or (file, case) in DIFFERENT:
        assert wrong, "there is no difference any more: take it from the list"
    else:
        assert not wrong
    for test in tests:
        refused = compiled.problems(test["data"])
        assert bool(refused) is not answers[test["description"]][0]
