"""Real keys from the real tools, made once for the session."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PASSPHRASE = "correct horse"


def run(*command: str | Path) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: `plain`, `encrypted`, `ctr`, `gcm` (OpenSSH), `rsa`, `ecdsa`, each with its `.pub`."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("needs ssh-keygen")
    folder = tmp_path_factory.mktemp("openssh")
    kinds = {
        "plain": ("-t", "ed25519", "-N", ""),
        "other": ("-t", "ed25519", "-N", ""),
        "encrypted": ("-t", "ed25519", "-a", "1", "-N", PASSPHRASE),
        "gcm": ("-t", "ed25519", "-a", "1", "-Z", "aes256-gcm@openssh.com", "-N", PASSPHRASE),
        "rsa": ("-t", "rsa", "-b", "2048", "-N", ""),
        "rsa-pem": ("-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""),
        "ecdsa": ("-t", "ecdsa", "-a", "1", "-N", PASSPHRASE),
    }
    for name, options in kinds.items():
        run("ssh-keygen", "-q", "-C", f"dev-1 {name}", *options, "-f", folder / name)
    return folder


@pytest.fixture(scope="session")
def openssl_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of PKCS#8 keys; `plain.pub` is the raw public key of the first three."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("pkcs8")
    plain = folder / "plain.pem"
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", plain)
    for name, options in {"encrypted": ("-iter", "1"), "scrypt": ("-scrypt",)}.items():
        passed = ("-passout", f"pass:{PASSPHRASE}", "-out", folder / f"{name}.pem")
        run("openssl", "pkcs8", "-topk8", "-in", plain, *options, *passed)
    der = subprocess.run(
        ["openssl", "pkey", "-in", str(plain), "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    (folder / "plain.pub").write_bytes(der[-32:])
    run("openssl", "pkey", "-in", plain, "-pubout", "-out", folder / "public.pem")
    run("openssl", "genpkey", "-algorithm", "x25519", "-out", folder / "x25519.pem")
    run("openssl", "genpkey", "-algorithm", "ed448", "-out", folder / "ed448.pem")
    run("openssl", "genpkey", "-algorithm", "rsa", "-out", folder / "rsa.pem")
    curve = ("-pkeyopt", "ec_paramgen_curve:P-256")
    run("openssl", "genpkey", "-algorithm", "ec", *curve, "-out", folder / "ec.pem")
    for file in folder.iterdir():
        file.chmod(0o600)
    return folder


@pytest.fixture
def ask() -> Callable[[str], str]:
    """Somebody who knows the passphrase."""
    return lambda prompt: PASSPHRASE
