"""Bytes of a file as text: UTF-8, or UTF-16 that says so at its beginning, as Excel and PowerShell write it."""

from integrations_cli.errors import Unparsable

UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how such a text begins: no UTF-8 does


def text(data: bytes, name: str, tries: str = "") -> str:
    """Without its byte order mark. Raises Unparsable (11) with the number of the line."""
    wide = data.startswith(UTF_16)
    try:
        return data.decode("utf-16") if wide else data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if wide:
            raise Unparsable(f"{name}: broken UTF-16 text", None, tries) from None
        line = data[: error.start].count(b"\n") + 1
        raise Unparsable(f"{name}:{line}: not UTF-8 text", "save it as UTF-8", tries) from None
