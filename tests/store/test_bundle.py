"""Sealed exports: chunks that were changed, cut off, swapped, repeated or left out do not open; format 1 still does."""

import json
from io import BytesIO

import pytest

from integrations_cli.errors import Conflict, IntegrationsError, Unreadable, UsageError
from integrations_cli.masking import Secret
from integrations_cli.store import bundle, stream, vault

KEY = Secret(vault.key_text(bytes(range(32))))
OTHER = Secret(vault.key_text(bytes(range(1, 33))))
SIZE = 64  # bytes of a chunk here


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(bundle, "CHUNK", SIZE)


def sealed(plaintext, piece=10_000, key=KEY):
    made = []
    one = bundle.sealing(made.append, key=key)
    for at in range(0, len(plaintext), piece):
        one.write(plaintext[at : at + piece])
    one.close()
    return b"".join(made)


def opened(data, key):
    box = bundle.Box(BytesIO(data))
    box.unlock(key)
    return b"".join(box.chunks())


def split(data):
    """Header with commitment, and the chunks with their tags."""
    start = data.index(b"\n") + 1 + stream.COMMITMENT
    return data[:start], [data[at : at + SIZE + stream.TAG] for at in range(start, len(data), SIZE + stream.TAG)]


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 127, 128, 129, 1000])
@pytest.mark.parametrize("piece", [1, 7, 64, 10_000])
def test_what_is_written_is_read(size, piece):
    plaintext = bytes(at % 251 for at in range(size))
    data = sealed(plaintext, piece)
    assert opened(data, KEY) == plaintext
    assert len(split(data)[1]) == max(1, -(-size // SIZE))
    with pytest.raises(Unreadable) as refusal:
        opened(data, OTHER)
    assert refusal.value.reason == "wrong_key"


def test_equal_files_are_sealed_differently():
    assert split(sealed(b"x" * 500))[1] != split(sealed(b"x" * 500))[1]


def test_each_byte_of_it_counts_and_so_does_its_length():
    data = sealed(b'{"website":"acme"}\n' * 10)
    for at in range(len(data)):
        for bad in (data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :], data[:at], data[:at] + data[at + 1 :]):
            with pytest.raises(IntegrationsError):
                opened(bad, KEY)
    for more in (b"\n", b"\0" * stream.TAG, data[-stream.TAG :]):
        with pytest.raises(Unreadable):
            opened(data + more, KEY)


def test_chunks_stay_where_they_are():
    """Every other order of up to six of five chunks: cut, swapped, repeated, left out."""
    start, chunks = split(sealed(bytes(range(200)) + bytes(120)))
    assert len(chunks) == 5
    orders = {tuple(chunks[:count]) for count in range(5)}
    for one in range(5):
        orders |= {(*chunks[:one], *chunks[one + 1 :]), (*chunks[: one + 1], *chunks[one:])}
        for other in range(one):
            swapped = list(chunks)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            orders.add(tuple(swapped))
    assert len(orders) >= 19
    for order in orders:
        with pytest.raises(Unreadable) as refusal:
            opened(start + b"".join(order), KEY)
        assert refusal.value.reason == "altered_or_moved"


def test_chunks_of_another_file_do_not_fit():
    start, chunks = split(sealed(b"a" * 320))
    _, others = split(sealed(b"a" * 320))
    for at in range(5):
        with pytest.raises(Unreadable):
            opened(start + b"".join([*chunks[:at], others[at], *chunks[at + 1 :]]), KEY)


def test_without_its_end_it_does_not_open():
    """What a kill leaves of a stream to standard output."""
    made = []
    one = bundle.sealing(made.append, key=KEY)
    one.write(b"x" * 1000)
    with pytest.raises(Unreadable):
        opened(b"".join(made), KEY)


def test_what_comes_before_a_bad_chunk_is_given_out_and_no_more():
    """Whoever reads in pieces has to read it to the end first: that is what `verify` is for."""
    data = bytearray(sealed(b"first line\n" * 30))
    data[-1] ^= 1
    box = bundle.Box(BytesIO(bytes(data)))
    box.unlock(KEY)
    assert box.lines().readline() == b"first line\n"
    with pytest.raises(Unreadable):
        box.verify()


def test_it_is_read_again_and_again_but_only_the_same():
    file = BytesIO(sealed(b"one\ntwo\n" * 50))
    box = bundle.Box(file)
    box.unlock(KEY)
    assert box.verify() == 100
    assert [line.strip() for line in box.lines()] == [b"one", b"two"] * 50
    file.seek(0)
    file.write(sealed(b"one\nTWO\n" * 50))
    with pytest.raises(Conflict):
        box.verify()


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]\n",
        b"{}\n",
        b"7\n",
        b'{"format":"integrations.bundle/3"}\n',
        b'{"format":"integrations.bundle/2","chunk":64}\n',
        b'{"format":"integrations.bundle/2","chunk":1,"salt":"' + b"00" * 32 + b'"}\n',
        b'{"format":"integrations.bundle/2","chunk":true,"salt":"' + b"00" * 32 + b'"}\n',
        b'{"format":"integrations.bundle/2","chunk":64,"salt":7}\n',
        b'{"format":"integrations.bundle/1","id":"00"}\n',
        b"[" * 5000,
    ],
)
def test_a_header_that_is_none(header):
    with pytest.raises(Unreadable) as refusal:
        opened(header + bytes(200), KEY)
    assert refusal.value.reason == "format"


def test_a_short_passphrase_seals_nothing():
    made = []
    with pytest.raises(UsageError):
        bundle.sealing(made.append, passphrase=Secret("too short"))
    assert made == []


def test_format_1_is_still_read():
    ident = bytes(range(16))
    line = json.dumps({"format": "integrations.bundle/1", "id": ident.hex(), "key": "text"}, separators=(",", ":")).encode() + b"\n"
    old = line + vault.seal(bytes(range(32)), ident, b"what was sealed before\n", bundle._aad(line))
    assert bundle.is_bundle(old) and not bundle.is_long(old)
    assert opened(old, KEY) == b"what was sealed before\n"
    assert bundle.is_long(sealed(b""))
