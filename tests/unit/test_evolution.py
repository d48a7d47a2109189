"""Schemas may only change so that every released version stays readable, both ways."""

import copy
import json
import shutil

import pytest

from streams.errors import FileFault
from streams.wire.evolution import evolution_faults, schema_faults
from streams.wire.files import BUNDLED, SchemaFiles
from streams.wire.framing import single_object_prefix

# Released versions are never edited: the fingerprints that producers have in their records.
RELEASED = {
    ("AllClear", 1): "190f7a8c5ffc0a91",
    ("DeadLetter", 1): "5b5928c303349a22",
    ("GridReport", 1): "9745c43a8f00ba32",
    ("HandOver", 1): "fec2b971cb946b52",
    ("HandOverAck", 1): "2c507575c3bb69f0",
    ("HotlineCall", 1): "5c760960e8586036",
    ("HotlineCall", 2): "fc59a5db9667a24a",
    ("IncidentCorrection", 1): "76e60f6428752463",
    ("Order", 1): "fd9734cf3ba93472",
    ("OrderUpdate", 1): "d4814241a2af43e2",
    ("PoliceAlert", 1): "f898242d4d81a673",
    ("Supervision", 1): "ed00a242eb030017",
    ("Warning", 1): "237b592486dba0b8",
}


def test_current_schemas_may_be_released():
    assert evolution_faults(SchemaFiles()) == []


def test_released_schemas_are_what_they_were():
    files = SchemaFiles()
    found = {
        (name, version): single_object_prefix(schema)[2:].hex()
        for name in files.names()
        for version, schema in files.released(name).items()
    }
    assert found == RELEASED


@pytest.mark.parametrize("name", SchemaFiles().names())
def test_every_field_is_documented(name):
    schema = SchemaFiles().current(name)
    assert schema["namespace"] == "sanwang"
    assert all(part.get("doc", "").endswith(".") for part in [schema, *schema["fields"]])


def field(schema, name):
    return next(f for f in schema["fields"] if f["name"] == name)


def drop_symbol(schema):
    field(schema, "role")["type"]["symbols"] = ["lead"]


def add_symbol(schema):
    field(schema, "role")["type"]["symbols"] = ["lead", "assist", "watch"]


def drop_logical_type(schema):
    field(schema, "due_at")["type"] = "long"


def change_logical_type(schema):
    field(schema, "due_at")["type"]["logicalType"] = "timestamp-micros"


def drop_default(schema):
    del field(schema, "lon")["default"]


def change_default(schema):
    field(schema, "lon").update(type=["double", "null"], default=0.0)


def rename(schema):
    field(schema, "lon")["name"] = "longitude"


def drop_field(schema):
    schema["fields"].remove(field(schema, "address"))


def add_required_field(schema):
    schema["fields"].append({"name": "colour", "type": "string"})


def change_type(schema):
    field(schema, "round")["type"] = "string"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (drop_symbol, "symbols assist were removed"),
        (add_symbol, "cannot read records of the current schema"),
        (drop_logical_type, "field due_at: logical type was timestamp-millis, is None"),
        (change_logical_type, "field due_at: logical type was timestamp-millis, is timestamp-micros"),
        (drop_default, 'field lon: default was null, is "no default"'),
        (change_default, "field lon: default was null, is 0.0"),
        (rename, "field lon is gone"),
        (drop_field, "field address is gone"),
        (add_required_field, "the current schema cannot read its records"),
        (change_type, "the current schema cannot read its records"),
    ],
)
def test_breaking_change_is_told(change, told):
    released = SchemaFiles().current("Order")
    current = copy.deepcopy(released)
    change(current)
    assert any(told in fault for fault in schema_faults(current, released))


def test_optional_field_and_rename_with_alias_are_allowed():
    released = SchemaFiles().current("Order")
    current = copy.deepcopy(released)
    field(current, "lon").update(name="longitude", aliases=["lon"])
    current["fields"].append({"name": "colour", "type": ["null", "string"], "default": None})
    current["doc"] = "Other words."
    assert schema_faults(current, released) == []


def test_changed_schema_must_be_released(tmp_path):
    folder = tmp_path / "schemas"
    shutil.copytree(BUNDLED, folder)
    path = folder / "AllClear.avsc"
    schema = json.loads(path.read_text("utf-8"))
    schema["fields"].append({"name": "note", "type": ["null", "string"], "default": None})
    path.write_text(json.dumps(schema), "utf-8")
    assert evolution_faults(SchemaFiles(folder)) == [
        "AllClear.avsc is not released: when it is final, copy it to released/AllClear/v2.avsc"
    ]
    shutil.copy(path, folder / "released" / "AllClear" / "v2.avsc")
    assert evolution_faults(SchemaFiles(folder)) == []


def test_broken_schema_file_is_named_with_its_place(tmp_path):
    (tmp_path / "A.avsc").write_text('{"type": "record",\n "name": }', "utf-8")
    with pytest.raises(FileFault, match=r"A\.avsc:2:10: broken JSON"):
        SchemaFiles(tmp_path).current("A")
    with pytest.raises(FileFault, match="cannot read the schema"):
        SchemaFiles(tmp_path).current("B")
