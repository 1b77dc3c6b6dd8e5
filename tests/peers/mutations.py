"""Seeded faults: a right set in, the same set with one to three things changed out. Loaded by conftest.py."""

from __future__ import annotations

from collections.abc import Callable

from x12retro.synth.dice import Dice

_SHORT = (  # noqa: SIM905 - read across
    "|A|1|0|01|20260101|20260231|20240229|260101|20261020-20261024|20261024-20261020|RD8|D8|D6|DT|TM|202601011230|XX|ZZ|A:B|A:|::|:A|A^B|^"
    "|-1|1.5|.5|5.|1.2.3|-|-.|99999999999999999999| |A |  A|IL|FA|1P|71|SS|EV|22|Y|N|US|CA|QQ|ON|MI|EI|24|HC:99213|ABK:A01|0830|2460"
    "|083015|472|435|a|&|ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH"
).split("|")
ODD_VALUES = (*_SHORT, "X" * 100, "9" * 30)
OTHER_IDS = ("REF", "NM1", "DTP", "HCR", "STC", "N3", "LX", "ZZZ", "CAS", "HL", "PER", "DMG", "SV1", "AAA", "MSG")

Lines = list[str]


def mutated(lines: tuple[str, ...], dice: Dice) -> tuple[Lines, list[str]]:
    """The set with one to three changes, SE01 put right, and the names of the changes."""
    changed, names = list(lines), []
    for _ in range(dice.pick((1, 1, 1, 2, 3))):
        if len(changed) < 4:
            break
        change = dice.pick(CHANGES)
        changed = change(changed, dice)
        names.append(change.__name__.replace("_", " "))
    end = changed[-1].split("*")
    changed[-1] = "*".join(["SE", str(len(changed)), *end[2:]])
    return changed, names


def _inner(lines: Lines, dice: Dice) -> int:
    """The place of a segment that is neither ST nor SE."""
    return dice.whole(1, len(lines) - 2)


def odd_value(lines: Lines, dice: Dice) -> Lines:
    return _with_element(lines, dice, lambda _old: dice.pick(ODD_VALUES))


def value_of_another_segment(lines: Lines, dice: Dice) -> Lines:
    other = lines[_inner(lines, dice)].split("*")
    return _with_element(lines, dice, lambda _old: dice.pick(other))


def value_emptied(lines: Lines, dice: Dice) -> Lines:
    return _with_element(lines, dice, lambda _old: "")


def value_longer(lines: Lines, dice: Dice) -> Lines:
    return _with_element(lines, dice, lambda old: old * dice.whole(2, 12))


def value_shorter(lines: Lines, dice: Dice) -> Lines:
    return _with_element(lines, dice, lambda old: old[:1])


def value_repeated(lines: Lines, dice: Dice) -> Lines:
    return _with_element(lines, dice, lambda old: f"{old}^{old}")


def digit_changed(lines: Lines, dice: Dice) -> Lines:
    def change(old: str) -> str:
        places = [n for n, letter in enumerate(old) if letter.isdigit()]
        if not places:
            return old
        n = dice.pick(places)
        return old[:n] + str((int(old[n]) + dice.whole(1, 9)) % 10) + old[n + 1 :]

    return _with_element(lines, dice, change)


def component_changed(lines: Lines, dice: Dice) -> Lines:
    def change(old: str) -> str:
        parts = old.split(":")
        parts[dice.whole(0, len(parts) - 1)] = dice.pick(ODD_VALUES)
        return ":".join(parts)

    return _with_element(lines, dice, change)


def component_added(lines: Lines, dice: Dice) -> Lines:
    return _with_element(lines, dice, lambda old: old + dice.pick((":", ":A", "::1", ":::::::::::X")))


def element_added(lines: Lines, dice: Dice) -> Lines:
    n = _inner(lines, dice)
    return [*lines[:n], lines[n] + dice.pick(("*", "**", "*1", "**A", "*" * 30 + "X")), *lines[n + 1 :]]


def segment_cut_short(lines: Lines, dice: Dice) -> Lines:
    n = _inner(lines, dice)
    fields = lines[n].split("*")
    return [*lines[:n], "*".join(fields[: dice.whole(1, len(fields))]), *lines[n + 1 :]]


def segment_dropped(lines: Lines, dice: Dice) -> Lines:
    n = _inner(lines, dice)
    return [*lines[:n], *lines[n + 1 :]]


def segments_dropped(lines: Lines, dice: Dice) -> Lines:
    n = _inner(lines, dice)
    m = min(n + dice.whole(2, 6), len(lines) - 1)
    return [*lines[:n], *lines[m:]]


def segment_twice(lines: Lines, dice: Dice) -> Lines:
    n = _inner(lines, dice)
    return [*lines[:n], *[lines[n]] * dice.whole(1, 12), *lines[n:]]


def segment_moved(lines: Lines, dice: Dice) -> Lines:
    n = _inner(lines, dice)
    rest = [*lines[:n], *lines[n + 1 :]]
    m = dice.whole(1, len(rest) - 1)
    return [*rest[:m], lines[n], *rest[m:]]


def neighbours_swapped(lines: Lines, dice: Dice) -> Lines:
    n = dice.whole(1, len(lines) - 3) if len(lines) > 4 else 1
    return [*lines[:n], lines[n + 1], lines[n], *lines[n + 2 :]] if n + 1 < len(lines) - 1 else lines


def segments_repeated(lines: Lines, dice: Dice) -> Lines:
    n = _inner(lines, dice)
    m = min(n + dice.whole(2, 8), len(lines) - 1)
    return [*lines[:m], *lines[n:m], *lines[m:]]


def another_id(lines: Lines, dice: Dice) -> Lines:
    n = _inner(lines, dice)
    fields = lines[n].split("*")
    return [*lines[:n], "*".join([dice.pick(OTHER_IDS), *fields[1:]]), *lines[n + 1 :]]


def stray_segment(lines: Lines, dice: Dice) -> Lines:
    n = dice.whole(1, len(lines) - 1)
    return [*lines[:n], f"{dice.pick(OTHER_IDS)}*{dice.pick(ODD_VALUES)}*{dice.pick(ODD_VALUES)}", *lines[n:]]


CHANGES: tuple[Callable[[Lines, Dice], Lines], ...] = (
    odd_value,
    odd_value,
    value_of_another_segment,
    value_emptied,
    value_longer,
    value_shorter,
    value_repeated,
    digit_changed,
    component_changed,
    component_added,
    element_added,
    segment_cut_short,
    segment_dropped,
    segments_dropped,
    segment_twice,
    segment_moved,
    neighbours_swapped,
    segments_repeated,
    another_id,
    stray_segment,
)


def _with_element(lines: Lines, dice: Dice, change: Callable[[str], str]) -> Lines:
    n = _inner(lines, dice)
    fields = lines[n].split("*")
    if len(fields) < 2:
        return lines
    m = dice.whole(1, len(fields) - 1)
    fields[m] = change(fields[m])
    return [*lines[:n], "*".join(fields), *lines[n + 1 :]]
