"""Model files: a zip of one JSON header and three plain arrays. Loading one runs no code that the file brings."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from streams.errors import SanwangError
from streams.learning.model import Facts, Model, Weights

FORM = 1  # of the file; a reader knows exactly one
LARGEST = 50_000_000  # bytes of one member: a file that unpacks to more is no model
_ARRAYS: dict[str, str] = {"vocabulary": "<u8", "table": "<f2", "bias": "<f4"}  # with their types
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the time of every member: the same model gives the same bytes


class ModelFileError(SanwangError):
    """A file that is no model of this form, or was changed after it was written."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {why}")


class _Header(Struct, frozen=True, forbid_unknown_fields=True):
    form: int
    version: str
    facts: Facts


def sealed(facts: Facts, weights: Weights) -> Model:
    """The model with its version: 16 hex digits of the digest of what is in it, as it is stored."""
    return Model(facts, weights, _version(facts, _packed(weights)))


def save_model(model: Model, path: Path) -> None:
    """Write `model` to `path`; the same model gives the same bytes."""
    packed = _packed(model.weights)
    header = msgspec.json.format(msgspec.json.encode(_Header(FORM, model.version, model.facts)), indent=2)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (("header.json", header), *((f"{name}.npy", data) for name, data in packed.items())):
            member = zipfile.ZipInfo(name, _LONG_AGO)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)


def load_model(path: Path) -> Model:
    """The model in a file. Raises ModelFileError for anything else than a whole, unchanged model file."""
    try:
        with zipfile.ZipFile(path) as archive:
            header = msgspec.json.decode(_member(archive, "header.json", path), type=_Header)
            packed = {name: _member(archive, f"{name}.npy", path) for name in _ARRAYS}
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError, OSError, EOFError) as error:
        raise ModelFileError(path, f"is no model file: {error}") from error
    if header.form != FORM:
        raise ModelFileError(path, f"is of form {header.form}, this release reads form {FORM}: train it again")
    if _version(header.facts, packed) != header.version:
        raise ModelFileError(path, "was changed after it was written: its content does not fit its version")
    return Model(header.facts, _unpacked(packed, len(header.facts.labels), path), header.version)


def stored(weights: Weights) -> Weights:
    """The weights as a file gives them back: training measures what will be used."""
    table = weights.table.astype(_ARRAYS["table"]).astype(np.float32)
    return Weights(weights.vocabulary, table, weights.bias.astype(np.float32))


def _packed(weights: Weights) -> dict[str, bytes]:
    packed = {}
    for name, kind in _ARRAYS.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, getattr(weights, name).astype(kind), version=(1, 0), allow_pickle=False)
        packed[name] = buffer.getvalue()
    return packed


def _unpacked(packed: dict[str, bytes], labels: int, path: Path) -> Weights:
    arrays = {}
    for name, kind in _ARRAYS.items():
        try:
            arrays[name] = np.lib.format.read_array(io.BytesIO(packed[name]), allow_pickle=False)
        except ValueError as error:
            raise ModelFileError(path, f"{name} is no plain array: {error}") from error
        if arrays[name].dtype != kind:
            raise ModelFileError(path, f"{name} holds {arrays[name].dtype}, not {kind}")
    vocabulary, table, bias = (arrays[name] for name in _ARRAYS)
    if vocabulary.ndim != 1 or table.shape != (len(vocabulary) + 1, labels + 1) or bias.shape != (labels,):
        raise ModelFileError(path, "its arrays do not fit one another")
    if not (np.isfinite(table).all() and np.isfinite(bias).all()):
        raise ModelFileError(path, "holds numbers that are none")
    return Weights(vocabulary, table.astype(np.float32), bias)


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    if archive.getinfo(name).file_size > LARGEST:
        raise ModelFileError(path, f"{name} is larger than {LARGEST} bytes")
    return archive.read(name)


def _version(facts: Facts, packed: dict[str, bytes]) -> str:
    digest = sha256(msgspec.json.encode(facts))
    for data in packed.values():
        digest.update(data)
    return digest.hexdigest()[:16]
