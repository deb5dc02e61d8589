"""`Annotated` and `Literal` as the commands write them: what `typing` gives, without importing it (half of a `list`).

app.py turns them into typing's own for Typer.
"""

from __future__ import annotations

TYPE_CHECKING = False


class Note:
    """`Annotated[kind, declared]`."""

    def __init__(self, kind: object, declared: object) -> None:
        self.__origin__, self.__metadata__ = kind, (declared,)


class Words:
    """`Literal["a", "b"]`, and with None beside it."""

    def __init__(self, words: tuple[str, ...], optional: bool = False) -> None:
        self.words, self.optional = words, optional

    def __or__(self, other: object) -> Words:
        return Words(self.words, optional=True) if other is None else NotImplemented


if TYPE_CHECKING:
    from typing import Annotated as Annotated
    from typing import Literal as Literal
else:

    class Annotated:
        """Stands for `typing.Annotated`."""

        def __class_getitem__(cls, parts: tuple[object, object]) -> Note:
            return Note(*parts)

    class Literal:
        """Stands for `typing.Literal`."""

        def __class_getitem__(cls, words: str | tuple[str, ...]) -> Words:
            return Words(words if isinstance(words, tuple) else (words,))
