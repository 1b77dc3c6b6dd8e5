"""The tree of levels, right and crooked."""

import pytest

from x12retro.x12 import Segment, hl_tree


def tree(*levels):
    """Levels as "HL01 HL02 HL03 HL04", drawn as "20(21(22))"."""
    segments = [Segment(["ST"], 0, 1)]
    for n, text in enumerate(levels):
        segments.append(Segment(["HL", *(e.replace("-", "") for e in text.split())], 0, 2 * n + 2))
        segments.append(Segment(["TRN", str(n)], 0, 2 * n + 3))
    segments.append(Segment(["SE"], 0, 99))
    return hl_tree(segments)


def drawn(nodes):
    return " ".join(n.level + (f"({drawn(n.children)})" if n.children else "") for n in nodes)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (["1 - 20 1", "2 1 21 1", "3 2 22 1", "4 3 EV 1", "5 4 SS 0", "6 4 SS 0"], "20(21(22(EV(SS SS))))"),
        (["1 - 20 1", "2 1 21 1", "3 2 22 1", "4 3 23 1", "5 4 EV 0", "6 2 22 1", "7 6 EV 0"], "20(21(22(23(EV)) 22(EV)))"),
        (["1 - 20 1", "2 - 21 1", "3 - 22 1", "4 - EV 1", "5 - SS 0", "6 - SS 0"], "20(21(22(EV(SS SS))))"),
        (["1 - 20 1", "2 1 21 1", "3 9 22 1", "4 3 EV 0"], "20(21(22(EV)))"),
        (["1 - 20 1", "2 1 21 1", "1 - 20 1", "2 1 21 1"], "20(21) 20(21)"),
        (["1 1 20 1", "2 2 21 0"], "20(21)"),
        (["- - - -"], ""),
        ([], ""),
    ],
)
def test_levels_find_their_place(levels, expected):
    assert drawn(tree(*levels)) == expected


def test_a_level_holds_its_segments_and_knows_what_is_above():
    (top,) = tree("1 - 20 1", "2 1 21 1", "3 7 22 0")
    last = list(top.walk())[-1]
    assert [s.id for s in last.segments] == ["HL", "TRN"]
    assert [n.level for n in last.ancestors()] == ["21", "20"]
    assert [n.parent_found for n in top.walk()] == [True, True, False]
    assert [n.position for n in top.walk()] == [2, 4, 6]


def test_a_very_deep_tree_is_walked_without_recursion():
    (top,) = tree(*(f"{n} {n - 1 or '-'} SS 1" for n in range(1, 5001)))
    assert sum(1 for _ in top.walk()) == 5000
