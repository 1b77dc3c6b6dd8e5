"""The same seed must give the same throws on every machine and every Python."""

from x12retro.synth.dice import Dice


def test_the_throws_of_a_seed_are_those_of_every_other_day():
    dice = Dice(7, "dice", 1)
    assert [dice.whole(1, 6) for _ in range(12)] == [1, 3, 6, 4, 2, 4, 2, 1, 5, 6, 6, 5]


def test_another_seed_or_name_throws_otherwise():
    throws = {tuple(Dice(seed, name, i).whole(1, 1000) for _ in range(1)) for seed in (1, 2) for name in ("a", "b") for i in (1, 2)}
    assert len(throws) == 8


def test_whole_reaches_both_ends_and_nothing_beyond():
    dice = Dice(1, "ends")
    assert {dice.whole(3, 6) for _ in range(300)} == {3, 4, 5, 6}


def test_some_gives_different_things_in_their_order_and_never_more_than_there_are():
    dice = Dice(1, "some")
    for count in range(8):
        chosen = dice.some("abcde", count)
        assert len(chosen) == min(count, 5)
        assert list(chosen) == sorted(set(chosen))


def test_digits_have_the_asked_length():
    dice = Dice(1, "digits")
    assert {len(dice.digits(4)) for _ in range(200)} == {4}
