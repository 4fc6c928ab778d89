"""The key ring: envelopes bound to their place, rotation, a key file that only its owner reads."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crmcore.secrets import KeyMissing, KeyRing, SecretError, is_envelope, new_key
from crmcore.secrets.keys import parse_keys, read_or_make
from crmcore.settings import WorkspaceSettings


def ring(*keys: str) -> KeyRing:
    return KeyRing(parse_keys(",".join(keys), "the test"), "the test's ring")


@pytest.mark.parametrize("text", ["", "hunter2", "Пароль 🔑", "x" * 100_000, "enc:v1:fake"])
def test_what_was_sealed_opens_in_the_same_place(text: str) -> None:
    keys = ring(new_key())

    envelope = keys.encrypt(text, "plugin_settings", "settings", "shop")

    assert is_envelope(envelope)
    assert text == "" or text not in envelope
    assert keys.decrypt(envelope, "plugin_settings", "settings", "shop") == text


def test_the_same_text_never_looks_the_same() -> None:
    keys = ring(new_key())

    assert keys.encrypt("secret", "a") != keys.encrypt("secret", "a")


@pytest.mark.parametrize(
    "place", [(), ("a",), ("a", "b", "c", "d"), ("a", "bc"), ("ab", "c"), ("b", "a", "c"), ("a", "b", "C")]
)
def test_an_envelope_opens_in_no_other_place(place: tuple[str, ...]) -> None:
    keys = ring(new_key())
    envelope = keys.encrypt("secret", "a", "b", "c")

    with pytest.raises(SecretError, match="changed or copied from another place"):
        keys.decrypt(envelope, *place)


def test_a_changed_envelope_does_not_open() -> None:
    keys = ring(new_key())
    head, _, body = keys.encrypt("secret", "a").rpartition(":")
    raw = bytearray(base64.urlsafe_b64decode(body))

    for position in range(len(raw)):
        changed = raw.copy()
        changed[position] ^= 1
        with pytest.raises(SecretError):
            keys.decrypt(f"{head}:{base64.urlsafe_b64encode(changed).decode()}", "a")


@pytest.mark.parametrize("text", ["", "plain", "enc:v1:", "enc:v1:12345678", "enc:v2:12345678:AAAA"])
def test_what_is_no_envelope_is_refused(text: str) -> None:
    with pytest.raises(SecretError):
        ring(new_key()).decrypt(text)


@pytest.mark.parametrize("body", ["AAAA", "!!!!", "", "ü"])
def test_a_garbled_body_is_refused(body: str) -> None:
    keys = ring(new_key())
    key_id = keys.encrypt("x").split(":")[2]

    with pytest.raises(SecretError):
        keys.decrypt(f"enc:v1:{key_id}:{body}")


def test_keys_rotate_without_losing_anything() -> None:
    old, new = new_key(), new_key()
    sealed = ring(old).encrypt("secret", "a")
    rotated = ring(new, old)

    assert rotated.decrypt(sealed, "a") == "secret"
    assert not rotated.is_current(sealed)
    again = rotated.encrypt("secret", "a")
    assert rotated.is_current(again)
    assert ring(new).decrypt(again, "a") == "secret"
    with pytest.raises(KeyMissing, match=r"is not in the test's ring\. Put that key back, or enter"):
        ring(new).decrypt(sealed, "a")


def test_a_signature_holds_for_its_text_and_purpose() -> None:
    old, new = new_key(), new_key()
    signature = ring(old).sign("form", "2026-11-22")

    assert ring(new, old).is_signed("form", "2026-11-22", signature)
    assert not ring(new).is_signed("form", "2026-11-22", signature)
    assert not ring(old).is_signed("reply", "2026-11-22", signature)
    assert not ring(old).is_signed("form", "2026-11-23", signature)
    assert not ring(old).is_signed("form", "2026-11-22", "подделка")


def test_no_repr_shows_a_key() -> None:
    key = new_key()

    assert key not in repr(ring(key))
    assert key not in repr(parse_keys(key, "the test"))
    assert "raw" not in repr(parse_keys(key, "the test"))


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = WorkspaceSettings(data_dir=str(tmp_path / "new" / "data"))

    sealed = KeyRing.from_settings(settings).encrypt("secret", "a")

    file = tmp_path / "new" / "data" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KeyRing.from_settings(settings).decrypt(sealed, "a") == "secret"


def test_processes_that_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: read_or_make(file)[0].id, range(40)))

    assert len(ids) == 1
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]


def test_a_key_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text(new_key(), encoding="ascii")
    file.chmod(0o644)

    read_or_make(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_variable_goes_before_the_file_and_holds_several_keys(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    settings = WorkspaceSettings(data_dir=str(tmp_path), secret_key=f"{new}, {old}")

    keys = KeyRing.from_settings(settings)

    assert keys.decrypt(ring(old).encrypt("secret"), *()) == "secret"
    assert not (tmp_path / "secret.key").exists()


def test_a_file_may_hold_several_keys_and_comments(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    (tmp_path / "secret.key").write_text(f"# made in November\n{new}\n\n{old}\n", encoding="ascii")

    keys = KeyRing.from_settings(WorkspaceSettings(data_dir=str(tmp_path)))

    assert keys.decrypt(ring(old).encrypt("secret")) == "secret"
    assert ring(new).decrypt(keys.encrypt("secret")) == "secret"


@pytest.mark.parametrize("text", ["short", "x" * 43 + "!", "ключ", "A" * 60])
def test_a_key_that_is_none_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(SecretError, match="is not 32 bytes of URL-safe base64") as refused:
        KeyRing.from_settings(WorkspaceSettings(secret_key=text))

    assert text not in str(refused.value)
    assert "CRMCORE_SECRET_KEY" in str(refused.value)


def test_an_empty_key_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("\n", encoding="ascii")

    with pytest.raises(SecretError, match="has no key in it"):
        KeyRing.from_settings(WorkspaceSettings(data_dir=str(tmp_path)))
