"""A certificate authority for one test, and what it signs: made with openssl, good for the loopback and a day."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

MISSING = "no openssl on this machine: apt-get install -y openssl"


class Certificates(NamedTuple):
    """PEM files: the authority to trust, and a server's certificate and key, apart and together."""

    authority: Path
    certificate: Path
    key: Path
    bundle: Path


def make_certificates(folder: Path) -> Certificates:
    """An authority and a server's certificate for 127.0.0.1; skips where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip(MISSING)
    folder.mkdir(parents=True, exist_ok=True)
    names = Certificates(*(folder / name for name in ("authority.pem", "server.pem", "server.key", "bundle.pem")))
    new_key = ["-newkey", "rsa:2048", "-noenc"]
    _openssl(folder, "req", "-x509", *new_key, "-keyout", "authority.key", "-out", names.authority.name, "-days", "1",
             "-subj", "/CN=test authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    _openssl(folder, "req", *new_key, "-keyout", names.key.name, "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    (folder / "server.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n")
    _openssl(folder, "x509", "-req", "-in", "server.csr", "-CA", names.authority.name, "-CAkey", "authority.key",
             "-CAcreateserial", "-days", "1", "-extfile", "server.ext", "-out", names.certificate.name)  # fmt: skip
    names.bundle.write_text(names.key.read_text() + names.certificate.read_text() + names.authority.read_text())
    return names


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
