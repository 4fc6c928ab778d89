"""What plugins log: JSON lines that name the plugin and keep no secret; nothing global is configured."""

import json
import logging
from typing import Any

import pytest
import structlog

from crmcore.plugins.logs import Redactor, plugin_log


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [json.loads(record.getMessage()) for record in caplog.records]


def test_a_line_names_the_plugin_and_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    plugin_log("shop", Redactor()).info("order seen", number=7, name="Анна", paid=True)

    (line,) = lines(caplog)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "order seen",
        "level": "info",
        "plugin": "shop",
        "number": 7,
        "name": "Анна",
        "paid": True,
    }
    assert caplog.records[0].name == "crmcore.plugin.shop"


def test_secrets_are_removed_by_name_and_by_value(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    redactor = Redactor()
    redactor.learn(["sk-live-123", "sk-live-123-long", "tiny"])
    log = plugin_log("shop", redactor)

    log.warning(
        "refused", api_key="x", Authorization="Bearer y", answer="bad key sk-live-123-long, sk-live-123"
    )
    log.info("headers", headers={"x-api": "sk-live-123"}, word="tiny", cookie="z")

    first, second = lines(caplog)
    assert (first["api_key"], first["Authorization"], second["cookie"]) == ("[removed]",) * 3
    assert first["answer"] == "bad key [removed], [removed]"
    assert second["headers"] == "{'x-api': '[removed]'}"
    assert second["word"] == "tiny", "a text this short stands in ordinary words"


def test_a_traceback_is_logged_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    redactor = Redactor()
    redactor.learn(["sk-live-123"])
    log: Any = plugin_log("shop", redactor)

    try:
        raise ValueError("the key sk-live-123 is wrong")
    except ValueError:
        log.error("broke", exc_info=True)

    (line,) = lines(caplog)
    assert "ValueError: the key [removed] is wrong" in line["exception"]


def test_long_values_are_cut(caplog: pytest.LogCaptureFixture) -> None:
    plugin_log("shop", Redactor()).error("page", body="x" * 100_000)

    assert len(lines(caplog)[0]["body"]) == 2001


def test_the_host_process_keeps_its_own_configuration(caplog: pytest.LogCaptureFixture) -> None:
    before = (structlog.is_configured(), structlog.get_config())

    plugin_log("shop", Redactor()).error("hello")

    assert (structlog.is_configured(), structlog.get_config()) == before
    assert logging.getLogger("crmcore.plugin.shop").handlers == []
