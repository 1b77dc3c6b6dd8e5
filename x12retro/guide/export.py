"""Folders that pyx12 loads: one per direction of a guide, since pyx12 picks a map by GS08 and GS01 alone and both directions share those.

pyx12 knows no references, no doubts and no repeats within an element. So references are written out in full, a doubtful rule is
relaxed (required becomes situational, not used becomes situational, a doubtful code list opens), and the repeats need nothing:
pyx12 reads `0V^0U` as one value of an open list. Where a whole loop's elements are in doubt (`2000E/*`), the codes that tell its
segments and loops apart stay: without them pyx12 could not find its way. The control map is written from our own envelope.
"""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

from lxml import etree

from x12retro.guide.catalog import our_maps
from x12retro.guide.doubts import read_doubtful, rule_paths
from x12retro.guide.loader import Node, is_reference, load_guide, read_xml
from x12retro.guide.model import CompositeRule, Guide, LoopRule, SegmentRule
from x12retro.guide.places import maps_dir

DIRECTIONS = tuple(name.removeprefix("278-") for name in our_maps())
_CONTROL = "x12.control.00501.xml"


def export(folder: Path) -> list[Path]:
    """Write `folder`/request, /response, /inquiry and /inquiry-response for `x12valid -m`; the files written, of each the map first.

    Existing ones are replaced.
    """
    written: list[Path] = []
    for name, file in our_maps().items():
        target = folder / name.removeprefix("278-")
        target.mkdir(parents=True, exist_ok=True)
        written += _export_one(maps_dir() / file, target)
    return written


def _export_one(source: Path, target: Path) -> list[Path]:
    guide = load_guide(source)  # what does not load is not exported
    root = read_xml(source)
    _expand(root)
    doubts = source.with_name("doubtful.toml")
    if doubts.exists():
        _relax(root, guide, set(read_doubtful(doubts).rules))
    files = [
        _write(root, target / source.name),
        _write(_control(root), target / _CONTROL),
        _write(_index(source.name, root), target / "maps.xml"),
    ]
    for name in ("codes.xml", "dataele.xml"):
        own = source.with_name(name)  # a guide of another version brings its own
        shutil.copyfile(own if own.exists() else source.parent.parent / name, target / name)
        files.append(target / name)
    return files


def _expand(root: Node) -> None:
    """Put a copy of the definition in the place of each reference; its pos, usage and repeat stay the reference's."""
    definitions = {loop.get("xid"): loop for loop in root.iter("loop") if not is_reference(loop)}
    for loop in list(root.iter("loop")):
        if is_reference(loop):
            loop.extend(copy.deepcopy(child) for child in definitions[loop.get("xid")])


def _relax(root: Node, guide: Guide, doubts: set[str]) -> None:
    for loop in root.iter("loop"):
        xid = loop.get("xid")
        if doubts.intersection(rule_paths(xid)):
            _loosen(loop)
        for node, rule in zip(loop.iterchildren("segment"), _segments(guide.loop(xid)), strict=True):
            if doubts.intersection(rule_paths(xid, rule)):
                _loosen(node)
            for member, place in _members(node, rule):
                named = doubts.intersection(rule_paths(xid, rule, place))
                if named:
                    _loosen(member, keep_codes=named == {f"{xid}/*"} and place == _qualifies(rule))


def _segments(loop: LoopRule) -> list[SegmentRule]:
    return [child for child in loop.children if isinstance(child, SegmentRule)]


def _members(node: Node, rule: SegmentRule) -> list[tuple[Node, str]]:
    """Every element and component of a segment with its part of the doubtful name (`02`, `01-2`)."""
    found: list[tuple[Node, str]] = []
    for member, part in zip(node.iterchildren("element", "composite"), rule.elements, strict=True):
        found.append((member, f"{part.seq:02d}"))
        if isinstance(part, CompositeRule):
            found += [(child, f"{part.seq:02d}-{seq}") for seq, child in enumerate(member.iterchildren("element"), 1)]
    return found


def _qualifies(rule: SegmentRule) -> str | None:
    """The place (`01`, `01-1`) whose code tells the segment from its like."""
    if rule.qualifier is None:
        return None
    element, component, _ = rule.qualifier
    return f"{element:02d}-{component}" if component else f"{element:02d}"


def _loosen(node: Node, *, keep_codes: bool = False) -> None:
    if keep_codes or (node.tag == "composite" and not len(node)):  # of parts that a map does not know pyx12 can judge none
        return
    node.set("usage", "S")
    codes = node.find("valid_codes")
    if codes is not None:
        node.remove(codes)


def _control(root: Node) -> Node:
    """The envelope without the transaction set: what pyx12 reads ISA, TA1 and IEA by before it knows the map."""
    control = copy.deepcopy(root)
    control.set("xid", "X12")
    control.find("name").text = "X12 envelope"
    for group in control.iter("loop"):
        if group.get("xid") == "GS_LOOP":
            for inner in list(group.iterchildren("loop")):
                group.remove(inner)
    return control


def _index(map_name: str, root: Node) -> Node:
    """maps.xml: version and guide as the map's own envelope states them."""
    codes = {node.get("xid"): node.findtext("valid_codes/code") for node in root.iter("element")}
    index = etree.Element("maps")
    version = etree.SubElement(index, "version", icvn=codes["ISA12"])
    guide = etree.SubElement(version, "map", vriic=codes["GS08"], fic=codes["GS01"], abbr=root.get("xid"))
    guide.text = map_name
    control = etree.SubElement(version, "map", vriic="", fic="", abbr="X12")
    control.text = _CONTROL
    return index


def _write(root: Node, path: Path) -> Path:
    etree.indent(root)
    etree.ElementTree(root).write(str(path), encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return path
