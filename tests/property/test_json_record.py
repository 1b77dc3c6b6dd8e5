"""The quick way from JSON to an Encounter takes nothing that the slow way would not, and says the same."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from x12retro.encounter import Encounter, read_encounters
from x12retro.encounter.explain import faults, flat
from x12retro.encounter.fields import PROSE_PATTERN, TEXT_PATTERN, fault_of_amount
from x12retro.encounter.json_cut import lines_of
from x12retro.encounter.json_record import encounter_of, has_each_key_once
from x12retro.encounter.keys import KEYS
from x12retro.encounter.services import Service
from x12retro.encounter.texts import PROSE_KEYS, are_clean
from x12retro.synth import encounters

KEYS_OF_JSON = st.sampled_from(["a", "b", '"', "\\", 'a"', "a\\", "\\\\", "é", "a:", "{", "\n", ""])
BLANKS = st.sampled_from(["", "", " ", "\t", "  "])
MADE = [msgspec.json.encode(one) for one in encounters(40, seed=3)]


@st.composite
def texts(draw: st.DrawFn, value: str) -> str:
    """A text in JSON, its characters escaped or not as chance will."""
    return '"' + "".join(draw(st.sampled_from(_ways(char))) for char in value) + '"'


def _ways(char: str) -> list[str]:
    plain = json.dumps(char, ensure_ascii=False)[1:-1]
    return [plain, f"\\u{ord(char):04x}", *(["\\/"] if char == "/" else [])]


@st.composite
def values(draw: st.DrawFn, depth: int = 3) -> str:
    """Any JSON, keys that come twice included."""
    kind = draw(st.sampled_from(["text", "number", "word", *(["object", "object", "list"] if depth else [])]))
    blank = draw(BLANKS)
    if kind == "text":
        return draw(texts(draw(KEYS_OF_JSON)))
    if kind == "number":
        return draw(st.sampled_from(["0", "-1", "1.50", "1e3", "12345678901234567890123", "0.1E-7"]))
    if kind == "word":
        return draw(st.sampled_from(["true", "false", "null"]))
    inner = draw(st.lists(values(depth=depth - 1), max_size=4))
    if kind == "list":
        return f"[{blank}" + f"{blank},".join(inner) + "]"
    return "{" + ",".join(f"{blank}{draw(texts(draw(KEYS_OF_JSON)))}{blank}:{value}" for value in inner) + "}"


class TwiceError(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise TwiceError
    return dict(pairs)


@given(values())
@example('{"a":1,"a":1}')
@example('{"a":"\\\\","b":1,"a":"\\""}')
@example('{"a\\\\":{"a":1,"\\u0061":2}}')
def test_a_key_that_comes_twice_is_found_at_any_depth_however_it_is_written(text: str) -> None:
    try:
        json.loads(text, object_pairs_hook=_once)
        once = True
    except TwiceError:
        once = False
    data = text.encode()
    written = msgspec.json.Encoder(decimal_format="number").encode(msgspec.json.Decoder(float_hook=Decimal).decode(data))
    assert has_each_key_once(data, written) == once
    assert once or written != data


@pytest.mark.parametrize("data", MADE)
def test_a_record_is_the_same_however_its_json_is_written(data: bytes) -> None:
    tree = json.loads(data, parse_float=Decimal)
    for spaced in (json.dumps(json.loads(data)), json.dumps(json.loads(data), indent=1), json.dumps(json.loads(data), ensure_ascii=False)):
        assert encounter_of(spaced.encode()) == msgspec.convert(tree, Encounter) == encounter_of(data)


CHARACTERS = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=6) | st.text(
    alphabet='\n\t\r\x00\x7f\x85\u2028"\\né', max_size=4
)


@given(CHARACTERS, CHARACTERS)
def test_texts_are_clean_where_each_of_them_is(line: str, prose: str) -> None:
    tree = {"payer": {"name": line}, "services": [{"message": prose}], "retro": {"evidence": [line], "explanation": prose}}
    clean = re.search(TEXT_PATTERN, line) is not None and re.search(PROSE_PATTERN, prose) is not None
    assert are_clean(tree) == clean


@settings(max_examples=50)
@given(st.sampled_from(MADE), CHARACTERS.filter(bool), st.booleans(), st.booleans())
def test_a_character_that_no_text_takes_is_told_wherever_it_stands(data: bytes, text: str, escaped: bool, indented: bool) -> None:
    tree = json.loads(data)
    tree["subscriber"]["last_name"] = text
    tree.setdefault("retro", {})["explanation"] = text
    written = json.dumps(tree, ensure_ascii=escaped, indent=1 if indented else None).encode()
    (found,) = read_encounters(written)
    assert isinstance(found, Encounter) == (faults(tree, Encounter) == [])


def test_every_free_text_is_known_by_its_key_and_no_line_is_called_like_one() -> None:
    found: dict[str | None, set[str]] = {}
    for part in KEYS:
        for field in inspect.type_info(part).fields:  # type: ignore[attr-defined]
            for kind in flat(field.type):
                for one in flat(kind.item_type) if isinstance(kind, inspect.VarTupleType) else [kind]:
                    if isinstance(one, inspect.StrType):
                        found.setdefault(one.pattern, set()).add(field.encode_name)
    assert found[PROSE_PATTERN] == PROSE_KEYS
    assert not found[TEXT_PATTERN] & PROSE_KEYS


@given(st.decimals() | st.decimals(min_value=0, max_value=10**9, places=2))
def test_an_amount_is_taken_where_nothing_is_wrong_with_it(amount: Decimal) -> None:
    for field, digits in Service.amounts.items():
        if fault := fault_of_amount(amount, digits):
            with pytest.raises(ValueError, match=re.escape(f".{field}: {fault}")):
                Service(**{field: amount})
        else:
            assert getattr(Service(**{field: amount}), field) is amount


@given(st.lists(st.sampled_from([b"", b"a", b"bc" * 5, b"\r"]), max_size=9), st.integers(1, 30), st.integers(0, 5))
def test_lines_are_the_same_wherever_a_block_ends(lines: list[bytes], step: int, ahead: int) -> None:
    data = b"\n".join(lines)

    class Drip(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:  # noqa: ARG002
            return super().read(step)

    head = data[: max(ahead, 1)]
    expected = data.split(b"\n") if data else []
    assert list(lines_of(head, Drip(data[len(head) :]))) == (expected[:-1] if expected and not expected[-1] else expected)
