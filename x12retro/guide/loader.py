"""A map file becomes a `Guide`. The dialect is pyx12's: `<transaction> <loop> <segment> <composite> <element> <valid_codes>`.

Both of its spellings are read: usage, name, pos ... as attributes (map.v2.xsd) or as child elements (map.xsd), so that every map
that pyx12 ships loads as ours do. One extension: a `<loop>` without children is a *reference* to the loop of the same xid that is
defined elsewhere in the file; it brings its own pos, usage and repeat.

Maps are data that others may hand us, so a document type is refused (with it go external entities and entity bombs), nothing is
fetched, and what is wrong is a MapError with file and line. The compiled guide keeps nothing of the XML.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

import msgspec
from lxml import etree

from x12retro.errors import MapError
from x12retro.guide.doubts import Doubts, rule_paths
from x12retro.guide.model import (
    UNBOUNDED,
    CompositeRule,
    DataElement,
    ElementRule,
    Guide,
    LoopRule,
    SegmentRule,
    SyntaxNote,
    Usage,
)

Node = Any
"""An lxml element; lxml has no types."""

_DATA_TYPE = re.compile(r"AN|ID|DT|TM|R|B|N[0-9]?")
_FORM = re.compile(r"(?:\[(?:0-9|A-Z|a-z|[A-Za-z0-9 ])+\]|[A-Za-z0-9 (|)?+*]|\{[0-9]+(?:,[0-9]*)?\})+")
"""What a `<regex>` may be made of: nothing that could match a delimiter, since it becomes a part of the recogniser's pattern."""
_SYNTAX = re.compile(r"([PRECL])((?:[0-9]{2}){2,})")


def load_guide(path: Path, dictionary: Path | None = None, code_sets: Path | None = None, doubtful: Path | None = None) -> Guide:
    """Compile one map file.

    `dictionary` (dataele.xml) and `code_sets` (codes.xml) default to the files of that name beside the map or one folder up,
    `doubtful` to the doubtful.toml beside the map, if there is one. Raises MapError naming file and line.
    """
    root = read_xml(path)
    compiler = _Compiler(
        path,
        root,
        read_dictionary(dictionary or _near(path, "dataele.xml")),
        read_code_sets(code_sets or _near(path, "codes.xml")),
        Doubts.beside(path, doubtful),
    )
    return compiler.guide()


def read_xml(path: Path) -> Node:
    """The root of an XML file, comments and processing instructions dropped. Raises MapError, for a document type too."""
    # a fresh parser each time: lxml's are not to be shared between threads
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.parse(str(path), parser)
    except OSError as problem:
        raise MapError(f"{path}: cannot be read") from problem
    except etree.XMLSyntaxError as problem:
        raise MapError(f"{path}:{problem.lineno or 1}: {problem.msg}") from problem
    if tree.docinfo.internalDTD is not None:
        raise MapError(f"{path}:1: a map must not have a document type")
    return tree.getroot()


def is_count(text: str) -> bool:
    """True for a number that a map may hold: digits, and not so many that reading them costs more than the map."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def read_dictionary(path: Path) -> dict[str, DataElement]:
    """The data elements of a dataele.xml by number. Raises MapError naming file and line."""
    elements: dict[str, DataElement] = {}
    for node in read_xml(path).iter("data_ele"):
        number, kind = node.get("ele_num") or "", node.get("data_type") or ""
        shortest, longest = node.get("min_len") or "", node.get("max_len") or ""
        if not number or not _DATA_TYPE.fullmatch(kind) or not is_count(shortest) or not is_count(longest):
            raise MapError(f"{path}:{node.sourceline}: a data element needs ele_num, data_type, min_len and max_len")
        elements[number] = DataElement(number, kind, int(shortest), int(longest), node.get("name") or "")
    return elements


def read_code_sets(path: Path) -> dict[str, frozenset[str]]:
    """The code sets of a codes.xml by id. Raises MapError naming file and line."""
    sets: dict[str, frozenset[str]] = {}
    for node in read_xml(path).iter("codeset"):
        name = (node.findtext("id") or "").strip()
        if not name:
            raise MapError(f"{path}:{node.sourceline}: a code set needs an id")
        sets[name] = frozenset(code.text.strip() for code in node.iterfind("version/code") if code.text)
    return sets


def value(node: Node, name: str) -> str | None:
    """An attribute, or the text of the child element of that name: the dialect's two spellings."""
    text = node.get(name)
    if text is None:
        text = node.findtext(name)
    return text.strip() if text is not None else None


def is_reference(loop: Node) -> bool:
    """True for a loop that only names another: it holds neither segments nor loops."""
    return loop.find("segment") is None and loop.find("loop") is None


class _Compiler:
    """One map on its way to a guide; `_children` keeps each loop's compiled content, so that references share it."""

    def __init__(self, path: Path, root: Node, dictionary: dict[str, DataElement], sets: dict[str, frozenset[str]], doubts: Doubts) -> None:
        self._path = path
        self._root = root
        self._dictionary = dictionary
        self._sets = sets
        self._doubts = doubts
        self._children: dict[Node, tuple[SegmentRule | LoopRule, ...]] = {}
        self._entered: list[Node] = []
        self._definitions: dict[str, Node] = {}
        for loop in root.iter("loop"):
            if not is_reference(loop):
                self._definitions.setdefault(loop.get("xid"), loop)

    def guide(self) -> Guide:
        outermost = self._root.find("loop")
        if self._root.tag != "transaction" or outermost is None:
            raise self._error(self._root, "a map is a <transaction> with a <loop>")
        compiled = self._loop(outermost)
        if compiled is None:
            raise self._error(outermost, "the outermost loop is not used")
        self._doubts.must_be_spent()
        name = value(self._root, "name") or ""
        return Guide(self._xid(self._root), name, compiled, self._dictionary, self._sets, self._doubts.guide)

    def _loop(self, node: Node) -> LoopRule | None:
        """The compiled loop; None for the empty, unused wrappers (FOOTER) that pyx12's maps carry."""
        xid, usage = self._xid(node), self._usage(node)
        definition = node
        if is_reference(node):
            if usage == "N":
                return None
            if xid not in self._definitions:
                raise self._error(node, f"refers to loop {xid}, which is not defined")
            definition = self._definitions[xid]
        children = self._content(definition)
        repeat = self._count(node, "repeat")
        if children and isinstance(children[0], LoopRule):
            # a wrapper is no loop of the guide: it stands once, and what it requires is required, whatever the map says of it
            repeat = 1
            usage = "R" if usage == "S" and any(child.usage == "R" for child in children) else usage
        return LoopRule(
            xid=xid,
            pos=self._number(node, "pos"),
            name=value(node, "name") or "",
            usage=usage,
            repeat=repeat,
            children=children,
            kind=value(definition, "type"),
            doubtful=self._doubts.of(rule_paths(xid)),
        )

    def _content(self, definition: Node) -> tuple[SegmentRule | LoopRule, ...]:
        if definition in self._children:
            return self._children[definition]
        if definition in self._entered:
            raise self._error(definition, f"loop {definition.get('xid')} refers to itself")
        self._entered.append(definition)
        children: list[SegmentRule | LoopRule] = []
        for child in definition.iterchildren("segment", "loop"):
            compiled = self._segment(definition.get("xid"), child) if child.tag == "segment" else self._loop(child)
            if compiled is not None:
                children.append(compiled)
        self._entered.pop()
        self._children[definition] = tuple(children)
        return self._children[definition]

    def _segment(self, loop: str, node: Node) -> SegmentRule:
        xid = self._xid(node)
        elements = tuple(self._member(child, xid) for child in node.iterchildren("element", "composite"))
        self._must_count(node, elements)
        segment = SegmentRule(
            xid=xid,
            pos=self._number(node, "pos"),
            name=value(node, "name") or "",
            usage=self._usage(node),
            max_use=self._count(node, "max_use"),
            elements=elements,
            syntax=self._syntax(node),
            qualifier=_qualifier(xid, elements),
        )
        return self._doubted(loop, segment)

    def _doubted(self, loop: str, segment: SegmentRule) -> SegmentRule:
        """The segment with its doubts; they need its qualifier for their names, so they come last."""
        if not self._doubts:
            return segment
        elements: list[ElementRule | CompositeRule] = []
        for rule in segment.elements:
            paths = rule_paths(loop, segment, f"{rule.seq:02d}")
            if isinstance(rule, CompositeRule):
                components = tuple(
                    self._doubted_element(part, rule_paths(loop, segment, f"{rule.seq:02d}-{part.seq}")) for part in rule.components
                )
                elements.append(msgspec.structs.replace(rule, components=components, doubtful=self._doubts.of(paths)))
            else:
                elements.append(self._doubted_element(rule, paths))
        doubtful = self._doubts.of(rule_paths(loop, segment))
        qualifier = segment.qualifier and _qualifier(segment.xid, tuple(elements))  # a list that is in doubt tells nothing apart
        return msgspec.structs.replace(segment, elements=tuple(elements), doubtful=doubtful, qualifier=qualifier)

    def _doubted_element(self, rule: ElementRule, paths: tuple[str, ...]) -> ElementRule:
        codes = rule.codes | self._doubts.added(paths)
        return msgspec.structs.replace(rule, codes=codes, doubtful=self._doubts.of(paths), codes_doubtful=self._doubts.of_list(paths))

    def _member(self, node: Node, segment: str) -> ElementRule | CompositeRule:
        seq = self._number(node, "seq")
        xid = node.get("xid") or f"{segment}{seq:02d}"
        if node.tag == "element":
            return self._element(node, xid, seq)
        components = tuple(
            self._element(child, child.get("xid") or f"{xid}-{self._number(child, 'seq')}", self._number(child, "seq"))
            for child in node.iterchildren("element")
        )
        self._must_count(node, components)
        return CompositeRule(
            xid=xid,
            seq=seq,
            name=value(node, "name") or "",
            usage=self._usage(node),
            number=value(node, "data_ele") or "",
            components=components,
            syntax=self._syntax(node),
            repeat=self._count(node, "repeat", absent=1),
        )

    def _element(self, node: Node, xid: str, seq: int) -> ElementRule:
        number = value(node, "data_ele") or ""
        if number not in self._dictionary:
            raise self._error(node, f"{xid}: data element {number or '(none)'} is not in the dictionary")
        codes, external = self._codes(node, xid)
        pattern = node.findtext("regex") or None
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as problem:
                raise self._error(node, f"{xid}: the regex does not compile: {problem.msg}") from problem
            if _FORM.fullmatch(pattern) is None:
                raise self._error(node, f"{xid}: the regex may hold letters, digits, blanks, classes of them, groups, counts and |")
        return ElementRule(
            xid=xid,
            seq=seq,
            name=value(node, "name") or "",
            usage=self._usage(node),
            data=self._dictionary[number],
            codes=codes,
            external=external,
            pattern=pattern,
            repeat=self._count(node, "repeat", absent=1),
        )

    def _codes(self, node: Node, xid: str) -> tuple[frozenset[str], str | None]:
        listed = node.find("valid_codes")
        if listed is None:
            return frozenset(), None
        external = listed.get("external")
        if external is not None and external not in self._sets:
            raise self._error(listed, f"{xid}: code set {external} is not in the code sets")
        return frozenset(code.text.strip() for code in listed.iterchildren("code") if code.text), external

    def _syntax(self, node: Node) -> tuple[SyntaxNote, ...]:
        notes: list[SyntaxNote] = []
        for child in node.iterchildren("syntax"):
            found = _SYNTAX.fullmatch((child.text or "").strip())
            if found is None:
                raise self._error(child, "a syntax note is a letter of P, R, E, C, L and two or more two-digit numbers")
            digits = found[2]
            numbers = tuple(int(digits[i : i + 2]) for i in range(0, len(digits), 2))
            notes.append(SyntaxNote(cast(Any, found[1]), numbers))
        return tuple(notes)

    def _must_count(self, node: Node, members: tuple[ElementRule | CompositeRule, ...]) -> None:
        """`seq` must be 1, 2, 3 ...: everything above reads element n at place n."""
        for expected, member in enumerate(members, 1):
            if member.seq != expected:
                raise self._error(node, f"{member.xid} has seq {member.seq} where {expected} is due")

    def _xid(self, node: Node) -> str:
        xid = node.get("xid")
        if not xid:
            raise self._error(node, f"a <{node.tag}> without xid")
        return str(xid)

    def _usage(self, node: Node) -> Usage:
        usage = value(node, "usage")
        if usage not in ("R", "S", "N"):
            raise self._error(node, f"usage of {node.get('xid') or node.tag} must be R, S or N")
        return cast(Usage, usage)

    def _number(self, node: Node, name: str) -> int:
        text = value(node, name) or ""
        if not is_count(text):
            raise self._error(node, f"{name} of {node.get('xid') or node.tag} must be a number")
        return int(text)

    def _count(self, node: Node, name: str, absent: int = UNBOUNDED) -> int:
        """A repeat: `>1` and, as pyx12 reads it, nothing at all mean any number."""
        text = value(node, name)
        if not text:
            return absent
        if text == ">1":
            return UNBOUNDED
        if not is_count(text) or int(text) == 0:
            raise self._error(node, f"{name} of {node.get('xid') or node.tag} must be a number or >1")
        return int(text)

    def _error(self, node: Node, message: str) -> MapError:
        return MapError(f"{self._path}:{node.sourceline}: {message}")


def _qualifier(xid: str, elements: tuple[ElementRule | CompositeRule, ...]) -> tuple[int, int, frozenset[str]] | None:
    """What tells this segment from others of its name: the code at 01, or 01-1; in ENT 02, in HL 03 (pyx12's rule)."""
    first = elements[0] if elements else None
    if isinstance(first, ElementRule) and first.data.type == "ID" and first.usage == "R" and first.codes and not first.codes_doubtful:
        return (1, 0, first.codes)
    if isinstance(first, CompositeRule) and first.components and first.components[0].codes and not first.components[0].codes_doubtful:
        leading = first.components[0]
        if leading.data.type == "ID" or xid == "CTX":  # CTX01-1 is AN, with a list all the same
            return (1, 1, leading.codes)
    place = {"ENT": 2, "HL": 3}.get(xid)
    if place is not None and len(elements) >= place:
        named = elements[place - 1]
        if isinstance(named, ElementRule) and named.codes:
            return (place, 0, named.codes)
    return None


def _near(path: Path, name: str) -> Path:
    """`name` beside the map, or one folder up."""
    for folder in (path.parent, path.parent.parent):
        if (folder / name).exists():
            return folder / name
    raise MapError(f"{path}: no {name} beside it or one folder up")
