"""Whatever is wrong in a file of settings is told with its key: what msgspec refuses there, the explanation has words for."""

import copy
import re
from importlib import import_module
from typing import get_type_hints

import msgspec
import pytest

from x12retro.encounter.explain import faults
from x12retro.encounter.settings import settings
from x12retro.errors import UsageError

ROOMS = [
    import_module(f"x12retro.{name}")
    for name in ("build.partner", "deliver.config", "deliver.exchange", "inquire.schedule", "payer.behaviour")
]
VALUES = (
    -1,
    0,
    1,
    7,
    10**6,
    10**30,
    0.5,
    -0.5,
    1e300,
    float("nan"),
    "",
    "x",
    "1",
    True,
    [],
    [1],
    ["x"],
    {},
    {"a": -1},
    {"a": "x"},
    {"a": 0.5},
)


@pytest.mark.parametrize(("key", "kind"), [("retain_days", "a whole number"), ("timeout", "a number")])
def test_what_is_no_number_is_not_called_a_large_one(key, kind):
    whole = {"retain_days": import_module("x12retro.deliver.config")._File, "timeout": import_module("x12retro.deliver.exchange").SftpPlace}
    found = {fault.path: fault.message for fault in faults({key: float("nan")}, whole[key])}
    assert found[f"$.{key}"] == f"must be {kind}, not nan"


def _is_a_file_of(room, kind):
    return kind.__module__ == room.__name__ and kind.__struct_config__.forbid_unknown_fields


def _fields():
    for room in ROOMS:
        for kind in vars(room).values():
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and _is_a_file_of(room, kind):
                hints = get_type_hints(kind, include_extras=True)
                yield from (pytest.param(kind, name, hints[name], id=f"{kind.__name__}.{name}") for name in kind.__struct_fields__)


@pytest.mark.parametrize(("kind", "name", "type_"), list(_fields()))
def test_what_is_refused_is_explained(kind, name, type_):
    for value in VALUES:
        told = [fault for fault in faults({name: copy.deepcopy(value)}, kind) if re.match(rf"\$\.{name}\b", fault.path)]
        try:
            msgspec.convert(copy.deepcopy(value), type_)
        except (msgspec.ValidationError, ValueError):
            assert told, (value, "is refused without a word")
        else:
            assert value == 10**30 or not told, (value, told)  # no number of a file is that large


def test_what_the_explanation_has_no_words_for_is_told_with_the_file(tmp_path):
    class Odd(msgspec.Struct):
        at: msgspec.UnsetType | bytes = b""

    with pytest.raises(UsageError, match=r"odd\.toml: \$: "):
        settings({"at": "no base64!"}, Odd, tmp_path / "odd.toml")
