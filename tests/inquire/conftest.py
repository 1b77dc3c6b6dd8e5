"""Requests as they were sent, for inquiries after them."""

import io

import pytest

from x12retro.build import write
from x12retro.synth import AS_OF, partner_for, requests
from x12retro.x12 import Transaction, read


@pytest.fixture(scope="session")
def partner():
    return partner_for(None)


@pytest.fixture(scope="session")
def sent(partner):
    """The bytes of sixty requests."""
    out = io.BytesIO()
    for _ in write(out, requests(60, 5), partner, as_of=AS_OF):
        pass
    return out.getvalue()


@pytest.fixture
def transactions(sent):
    return [frame for frame in read(sent) if isinstance(frame, Transaction)]
