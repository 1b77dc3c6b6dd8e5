"""Check a folder of guides before anything is compiled from it: `dataele.xml`, `codes.xml`, `codes/*.toml` and the maps below it.

Each check looks at one thing and says every place where it fails, so that a new map is repaired in one go; the loader, which
stops at the first fault, has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import msgspec
from lxml import etree

from x12retro.errors import MapError
from x12retro.guide.codes import CodeList, read_code_file
from x12retro.guide.doubts import line_of, read_doubtful
from x12retro.guide.loader import (
    Node,
    is_count,
    is_reference,
    load_guide,
    read_code_sets,
    read_dictionary,
    read_xml,
    value,
)
from x12retro.guide.model import DataElement
from x12retro.guide.overlay import problems as payer_problems

_LINED = re.compile(r"(?P<file>.+?):(?P<line>[0-9]+): (?P<message>.+)", re.DOTALL)


class MapProblem(msgspec.Struct, frozen=True, order=True):
    """One fault of the guide data. `file` is relative to the linted folder; `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


def lint(folder: Path) -> list[MapProblem]:
    """Every fault of the guides in `folder`, in the order of files and lines; empty when all is well."""
    if not is_maps(folder):
        return sorted(_payers(folder, folder))
    problems: set[MapProblem] = set(_payers(folder, folder / "payers"))
    try:
        problems.update(_schema(folder, folder / "dataele.xml", "dataele.xsd"), _schema(folder, folder / "codes.xml", "codes.xsd"))
        dictionary, sets = read_dictionary(folder / "dataele.xml"), read_code_sets(folder / "codes.xml")
    except MapError as problem:
        return sorted(problems) or [_as_problem(folder, problem)]  # nothing else can be judged without them
    lists, faults = _code_lists(folder, dictionary)
    problems.update(faults)
    for file in map_files(folder):
        problems.update(_map(folder, file, dictionary, sets, lists))
    return sorted(problems)


def is_maps(folder: Path) -> bool:
    """False for a folder that holds payers' files and nothing else of a guide."""
    return (folder / "dataele.xml").exists() or not any(folder.glob("*.toml"))


def map_files(folder: Path) -> list[Path]:
    """The maps of a folder of guides: every XML file one level down that is no dictionary of theirs."""
    return sorted(file for file in folder.glob("*/*.xml") if file.name not in ("dataele.xml", "codes.xml"))


def _payers(folder: Path, payers: Path) -> Iterator[MapProblem]:
    """What is wrong with the payers' files; they are held against the guides of this package."""
    try:
        for file, line, message in payer_problems(*sorted(payers.glob("*.toml"))):
            yield MapProblem(_relative(folder, str(file)), line, message)
    except MapError as problem:
        yield _as_problem(folder, problem)


def _map(
    folder: Path, file: Path, dictionary: dict[str, DataElement], sets: dict[str, frozenset[str]], lists: dict[str, CodeList]
) -> list[MapProblem]:
    found: list[MapProblem] = []
    try:
        found += _schema(folder, file, "map.v2.xsd")
        own = file.with_name("dataele.xml")  # a guide of another version than the others brings its own
        if own.exists():
            found += _schema(folder, own, "dataele.xsd")
            dictionary = read_dictionary(own)
        root = read_xml(file)
        checks = (
            _loops(root),
            _positions(root),
            _members(root, dictionary),
            _syntax_notes(root),
            _code_values(root, dictionary, sets, lists),
        )
        found += (MapProblem(_relative(folder, str(file)), line, message) for check in checks for line, message in check)
        doubts = file.with_name("doubtful.toml")
        if doubts.exists():
            found += (MapProblem(_relative(folder, str(doubts)), line, message) for line, message in _doubtful_codes(root, doubts))
        if not found:  # it would only say the first of them once more
            load_guide(file, own if own.exists() else folder / "dataele.xml", folder / "codes.xml")
    except MapError as problem:
        found.append(_as_problem(folder, problem))
    return found


def _schema(folder: Path, file: Path, schema: str) -> Iterator[MapProblem]:
    with resources.as_file(resources.files("pyx12") / "map" / schema) as path:
        validator = etree.XMLSchema(etree.parse(str(path)))
    if not validator.validate(read_xml(file)):
        for entry in validator.error_log:
            yield MapProblem(file.relative_to(folder).as_posix(), entry.line, entry.message)


def _loops(root: Node) -> Iterator[tuple[int, str]]:
    """Each loop is defined once, refers to nothing that is missing, and can be reached from the outermost."""
    definitions: dict[str, Node] = {}
    for loop in root.iter("loop"):
        xid = loop.get("xid")
        if is_reference(loop):
            continue
        if xid in definitions:
            yield loop.sourceline, f"loop {xid} is defined again; line {definitions[xid].sourceline} has it, refer to that"
        definitions.setdefault(xid, loop)
        if loop[0].tag == "loop" and loop.get("type") not in ("wrapper", "explicit"):
            yield loop.sourceline, f"loop {xid} starts with a loop and is no wrapper"
    for loop in root.iter("loop"):
        if is_reference(loop) and loop.get("xid") not in definitions:
            yield loop.sourceline, f"refers to loop {loop.get('xid')}, which is not defined"
    outermost = root.findall("loop")
    for stray in outermost[1:]:
        yield stray.sourceline, f"loop {stray.get('xid')} cannot be reached: the map has one outermost loop"


def _positions(root: Node) -> Iterator[tuple[int, str]]:
    for loop in root.iter("loop"):
        before = -1
        for child in loop.iterchildren("segment", "loop"):
            pos = value(child, "pos") or ""
            if is_count(pos):
                if int(pos) < before:
                    yield child.sourceline, f"{child.get('xid')}: position {pos} comes after a higher one"
                before = int(pos)


def _members(root: Node, dictionary: dict[str, DataElement]) -> Iterator[tuple[int, str]]:
    """Ids follow their place (segment id and two digits, component -n) and data elements are in the dictionary."""
    for parent in root.iter("segment", "composite"):
        inside = parent.tag == "composite"
        for expected, child in enumerate(parent.iterchildren("element", "composite"), 1):
            due = f"{parent.get('xid')}-{expected}" if inside else f"{parent.get('xid')}{expected:02d}"
            seq = value(child, "seq") or ""
            if not is_count(seq) or int(seq) != expected:
                yield child.sourceline, f"{child.get('xid')}: seq {seq} where {expected} is due"
            if child.get("xid") != due:
                yield child.sourceline, f"{child.get('xid')}: the id of this place is {due}"
            number = value(child, "data_ele")
            if child.tag == "element" and number not in dictionary:
                yield child.sourceline, f"{child.get('xid')}: data element {number} is not in dataele.xml"


def _syntax_notes(root: Node) -> Iterator[tuple[int, str]]:
    for parent in root.iter("segment", "composite"):
        size = len(list(parent.iterchildren("element", "composite")))
        for note in parent.iterchildren("syntax"):
            digits = (note.text or "").strip()[1:]
            for start in range(0, len(digits) - 1, 2):
                named = digits[start : start + 2]
                if named.isdecimal() and not 1 <= int(named) <= size:
                    yield note.sourceline, f"{parent.get('xid')}: the note speaks of {named}, which does not exist"


def _code_values(
    root: Node, dictionary: dict[str, DataElement], sets: dict[str, frozenset[str]], lists: dict[str, CodeList]
) -> Iterator[tuple[int, str]]:
    """Codes fit their data element, stand once in their list and have a meaning; external sets exist."""
    for node in root.iter("element"):
        xid, listed = node.get("xid"), node.find("valid_codes")
        if listed is None:
            continue
        if listed.get("external") is not None and listed.get("external") not in sets:
            yield listed.sourceline, f"{xid}: code set {listed.get('external')} is not in codes.xml"
        data = dictionary.get(value(node, "data_ele") or "")
        known = lists[xid].codes if xid in lists else {}
        seen: set[str] = set()
        for code in listed.iterchildren("code"):
            text = code.text or ""
            if data is not None and not data.min <= len(text) <= data.max:
                yield code.sourceline, f"{xid}: code {text} is not {data.min} to {data.max} characters long"
            if text in seen:
                yield code.sourceline, f"{xid}: code {text} stands twice"
            if text not in known:
                yield code.sourceline, f"{xid}: code {text} has no meaning in codes/"
            seen.add(text)


def _doubtful_codes(root: Node, doubts: Path) -> Iterator[tuple[int, str]]:
    """Every code that doubtful.toml names stands in the list of its place."""
    listed: set[tuple[str, str]] = set()
    for code in root.iterfind(".//code"):
        element = code.getparent().getparent()
        loop = next(element.iterancestors("loop")).get("xid")
        listed.add((f"{loop}/{element.get('xid')}", code.text or ""))
    for path, codes in read_doubtful(doubts).codes.items():
        for code in codes:
            if (path, code) not in listed:
                yield line_of(doubts, path), f"{path} lists no code {code}"


def _code_lists(folder: Path, dictionary: dict[str, DataElement]) -> tuple[dict[str, CodeList], list[MapProblem]]:
    """The meanings by element, and what is wrong with them: broken files, unknown data elements, elements named twice."""
    lists: dict[str, CodeList] = {}
    problems: list[MapProblem] = []
    for file in sorted((folder / "codes").glob("*.toml")):
        name = file.relative_to(folder).as_posix()
        try:
            tables = read_code_file(file)
        except MapError as problem:
            problems.append(_as_problem(folder, problem))
            continue
        for element, code_list in tables.items():
            if code_list.data_element not in dictionary:
                problems.append(
                    MapProblem(name, line_of(file, element), f"{element}: data element {code_list.data_element} is not in dataele.xml")
                )
            for place in (element, *code_list.also):
                if place in lists:
                    problems.append(MapProblem(name, line_of(file, place), f"{place} already has a code list"))
                lists[place] = code_list
    return lists, problems


def _as_problem(folder: Path, error: MapError) -> MapProblem:
    """A loader's error, cut into file, line and message."""
    text = str(error)
    found = _LINED.fullmatch(text)
    if found is not None:
        return MapProblem(_relative(folder, found["file"]), int(found["line"]), found["message"])
    file, _, message = text.partition(": ")
    return MapProblem(_relative(folder, file), 1, message)


def _relative(folder: Path, file: str) -> str:
    path = Path(file)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else file
