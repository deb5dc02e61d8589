"""Known values are taken out of a stream, in whatever pieces it comes."""

import base64
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.canary import canary, forms

from integrations_cli.redaction import BLOT, Redactor


def through(values: list[str], pieces: list[bytes]) -> bytes:
    redactor = Redactor(values)
    return b"".join([*map(redactor.feed, pieces), redactor.flush()])


@settings(max_examples=60)
@given(st.lists(st.integers(0, 400), max_size=12), st.binary(max_size=120), st.binary(max_size=120))
def test_no_cut_lets_a_form_through(cuts, before, after):
    secret = canary("sk-'%/+ ")
    written = {name: forms(secret)[name] for name in ("raw", "hex", "HEX", "url", "json")}
    written |= {f"base64+{at}": base64.b64encode(b"u:p"[:at] + secret.encode() + b"!" * at) for at in range(3)}
    for name, whole in written.items():
        text = before + whole + after
        places = sorted({min(cut, len(text)) for cut in cuts} | {0, len(text)})
        pieces = [text[start:end] for start, end in pairwise(places)]
        shown = through([secret], pieces)
        assert forms(secret)[name] not in shown, name
        assert BLOT in shown, name


def test_basic_authentication_is_found_at_any_offset():
    secret = canary("key-")
    for user in ("", "a", "ab", "abc", "user"):
        line = base64.b64encode(f"{user}:{secret}".encode())
        left = through([secret], [line]).split(BLOT)
        assert len(left) == 2
        assert sum(map(len, left)) <= len(line) - len(secret) * 8 // 6 + 2  # at most a character at each end


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
def test_everything_else_passes_untouched(size):
    text = bytes(random.Random(size).choices(b"sk-ab\n\r\x1b[0m \xff", k=5000))
    assert through([canary("sk-")], [text[at : at + size] for at in range(0, len(text), size)]) == text


def test_of_two_values_the_longer_wins():
    short = canary("sk-")
    long = short + canary("-more-")
    assert through([short, long], [long[:40].encode(), long[40:].encode()]) == BLOT
    assert through([short, long], [short.encode(), b" "]) == BLOT + b" "


def test_each_line_of_a_long_value_and_no_short_value():
    pem = "-----BEGIN KEY-----\n" + canary() + "\n-----END KEY-----"
    assert canary() not in through([pem], [pem.splitlines()[1].encode()]).decode()
    assert through([pem], [b"> " + pem.splitlines()[1].encode()]) == b"> " + BLOT
    assert through([pem], [pem.replace("\n", "\r\n").encode()]) == BLOT
    assert through(["short"], [b"a short word"]) == b"a short word"
