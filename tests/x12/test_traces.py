"""Numbers of inquiries: their own, and the request's can be read off them."""

import pytest

from x12retro.x12.traces import asks_after, inquiry_trace, request_key

OURS = "8F194CC569CE20DD000000001"


def test_an_inquirys_number_is_its_own_and_holds_the_requests():
    number = inquiry_trace(OURS, "000000012")
    assert number == f"{OURS}INQ000000000012"
    assert asks_after(number) == OURS
    assert request_key(number) == request_key(OURS) == OURS


def test_two_runs_give_two_numbers():
    assert inquiry_trace(OURS, "000000012") != inquiry_trace(OURS, "000000013")


@pytest.mark.parametrize("length", [1, 25, 35, 36, 50])
def test_any_number_that_a_request_may_have_fits(length):
    request = ("REVIEW-" + "7" * 50)[:length]
    number = inquiry_trace(request, "000000001")
    assert len(number) <= 50
    assert request_key(number) == request_key(request)
    assert (asks_after(number) == request) == (length <= 35)


def test_long_numbers_that_begin_alike_are_told_apart():
    assert request_key("A" * 49 + "1") != request_key("A" * 49 + "2")


@pytest.mark.parametrize("number", ["", OURS, f"{OURS}L001", "INQ000000000012", f"{OURS}INQ12", "REVIEW7INQ00000000001-"])
def test_other_numbers_ask_after_nothing(number):
    assert asks_after(number) is None
    assert request_key(number) == number
