"""What the page on operations gives people to copy is right: units, proxy, container, alerts."""

import re
import shutil
import subprocess
from pathlib import Path

import httpx2
import pytest
import yaml
from pages import ROOT, blocks_of

from crmcore.http.app import create_app
from crmcore.sets.containerfile import containerfile
from crmcore.sets.lockfile import Lock, OwnOfLock, ToolOfLock
from crmcore.workspace import Crm

PAGE = ROOT / "docs" / "operations.md"
METRIC = re.compile(r"\bcrmcore_[a-z_0-9]+")
UNITS = ["crmcore.service", "crmcore.socket", "crmcore-web@.service", "crmcore-worker@.service"]


def file(name: str) -> str:
    """Return the text of the block that the page calls a file of this name."""
    [block] = [block for block in blocks_of(PAGE) if block.verb == "file" and block.detail == name]
    return block.text


def checked(*command: str) -> str:
    """Run a program that judges a file, and return what it says."""
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


async def samples(crm: Crm) -> set[str]:
    """Return the names of all samples that a process of ``crm`` can have."""
    app = create_app(crm, start=False, worker=False, pages=False)
    user = await crm.accounts.create_user("ada@example.com", "Ada", None, role="admin")
    headers = {"Authorization": f"Bearer {await crm.accounts.create_token(user, 'test', ['all'])}"}
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        await client.get("/api/contacts", headers=headers)
        text = (await client.get("/metrics", headers=headers)).text
    said = set(re.findall(r"^(crmcore_\w+?)(?:\{| )", text, re.MULTILINE))
    # A family without a sample yet is told by its type alone.
    return said | set(re.findall(r"^# TYPE (crmcore_\w+)", text, re.MULTILINE))


async def test_every_metric_that_is_named_exists(crm: Crm) -> None:
    there = await samples(crm)
    rules = yaml.safe_load(file("crmcore.rules.yml"))
    expressions = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    named = {name for expression in expressions for name in METRIC.findall(expression)}
    assert len(expressions) >= 8 and len(named) >= 7
    assert named <= there

    table = PAGE.read_text(encoding="utf-8").split("## Metrics")[1].split("## ")[0]
    told = {name for line in table.splitlines() if line.startswith("| `") for name in METRIC.findall(line)}
    if crm.database.kind == "sqlite":
        told.discard("crmcore_database_connections")
    assert {name for name in told if name not in there and f"{name}_count" not in there} == set()
    # And the other way: whoever makes a dashboard of what there is finds what it means.
    families = {re.sub("_(bucket|count|sum|created)$", "", name) for name in there}
    assert {name for name in families if name not in told and f"{name}_total" not in told} == set()


def test_alerts_have_what_a_person_needs() -> None:
    for group in yaml.safe_load(file("crmcore.rules.yml"))["groups"]:
        for rule in group["rules"]:
            assert set(rule) <= {"alert", "expr", "for", "annotations"}, rule
            assert rule["annotations"]["summary"].endswith((".", "?")), rule


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool")
def test_prometheus_takes_the_rules_and_the_configuration(tmp_path: Path) -> None:
    rules = tmp_path / "crmcore.rules.yml"
    rules.write_text(file("crmcore.rules.yml"), encoding="utf-8")
    assert "SUCCESS" in checked("promtool", "check", "rules", str(rules))
    configuration = tmp_path / "prometheus.yml"
    configuration.write_text(file("prometheus.yml"), encoding="utf-8")
    assert "SUCCESS" in checked("promtool", "check", "config", str(configuration))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    true = shutil.which("true") or "/bin/true"
    paths = []
    for name in UNITS:
        unit = tmp_path / name.replace("@.", "@8001.")
        unit.write_text(file(name).replace("/opt/crmcore/bin/crmcore", true), encoding="utf-8")
        paths.append(str(unit))
    said = checked("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *paths)
    # What is said of other units of the machine is theirs.
    assert not [line for line in said.splitlines() if "crmcore" in line], said


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx")
def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    _certificate(key, certificate)
    site = (
        file("crm.conf")
        .replace("/etc/ssl/private/crm.example.com.key", str(key))
        .replace("/etc/ssl/crm.example.com.pem", str(certificate))
        .replace("listen 443", f"listen unix:{tmp_path}/443")
        .replace("listen 80", f"listen unix:{tmp_path}/80")
    )
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\n"
        f"http {{\naccess_log off;\nclient_body_temp_path {tmp_path};\n{site}\n}}\n",
        encoding="utf-8",
    )
    assert "successful" in checked("nginx", "-t", "-c", str(whole), "-g", f"error_log {tmp_path}/log;")


def _certificate(key: Path, certificate: Path) -> None:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "crm.example.com")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, made.public_key(), 1, now, now + timedelta(days=1))
        .sign(made, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    certificate.write_bytes(signed)
    key.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def test_the_container_file_is_the_one_that_is_made() -> None:
    own = OwnOfLock(python="3.13", system="linux-x86_64", plugins=())
    lock = Lock(tool=ToolOfLock(crmcore=own), packages=())
    assert file("Containerfile").strip() == containerfile(lock, "pylock.crmcore.toml", wheels=True).strip()
