"""Files that are put in place of others, and what is no file."""

import os
import threading

import pytest

from integrations_cli.errors import NotWritten
from integrations_cli.store import files


def test_a_pipe_is_written_into_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    files.replace(pipe, b"text")
    reader.join(60)
    assert (got, pipe.is_fifo(), [one.name for one in tmp_path.iterdir()]) == ([b"text"], True, ["pipe"])


def test_a_link_like_that_of_standard_output_is_written_through(tmp_path):
    target, link = tmp_path / "out.txt", tmp_path / "stdout"
    with target.open("wb") as file:
        link.symlink_to(f"/proc/self/fd/{file.fileno()}")
        files.replace(link, b"text")
    assert (target.read_bytes(), link.is_symlink()) == (b"text", True)


def test_a_device_is_never_replaced(tmp_path):
    device = tmp_path / "full"
    try:
        os.mknod(device, 0o600 | 0o020000, os.makedev(1, 7))
        device.open("wb").close()
    except OSError:
        pytest.skip("no device can be made here")
    with pytest.raises(NotWritten):
        files.replace(device, b"text")
    assert device.is_char_device()
    null = tmp_path / "null"
    os.mknod(null, 0o600 | 0o020000, os.makedev(1, 3))
    files.replace(null, b"text")
    assert null.is_char_device()


def test_any_other_link_gives_way_to_a_file_and_what_it_names_stays(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files.replace(link, b"new")
    assert (target.read_bytes(), link.read_bytes(), link.is_symlink()) == (b"old", b"new", False)
