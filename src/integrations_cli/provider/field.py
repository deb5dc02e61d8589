"""One credential or setting, and the one set of rules for its values."""

from __future__ import annotations

from integrations_cli.errors import BadValue
from integrations_cli.masking import Secret, is_masked
from integrations_cli.provider.placeholder import is_placeholder, is_reference
from integrations_cli.record import Record, once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal

    Kind = Literal["string", "number", "boolean", "select", "url", "email"]
else:
    Kind = str


class Lookalike(Record):
    """The shape of something that is often pasted by mistake; `says` names what it really is."""

    pattern: str  # re.search
    says: str
    refuse: bool = False
    belongs: str | None = None  # the field it belongs to: names in the environment that are used for both mean that one
    left: str | None = None  # `migrate` leaves such a value where it is, and says this fixed word


_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"


class Field(Record):
    """One credential or setting.

    There is no `secret=True`: everything in `credentials` is sealed and masked, everything in `settings` is neither.
    A field's type is `kind`, else the type of its default. `pattern` is matched with `re.fullmatch`: a mismatch is a note,
    or a refusal when `strict`. `destination` marks what decides where credentials are sent (SECURITY: bound into the seal).
    """

    name: str
    title: str = ""
    required: bool = True
    default: Any = None
    kind: Kind | None = None
    choices: tuple[str, ...] = ()
    open: bool = False  # an open list (model names): another value is kept, with a note
    retired: tuple[str, ...] = ()  # values that are kept when stored or migrated, with a note, and not offered
    aliases: Mapping[str, str] = {}  # other words for a value: {"production": "live"}
    pattern: str | None = None
    strict: bool = False
    lookalikes: tuple[Lookalike, ...] = ()
    env: tuple[str, ...] = ()  # names in the environment, the first one is the one to write
    env_if_asked: tuple[str, ...] = ()  # ambiguous names: taken by `migrate` only with --include
    env_file: tuple[str, ...] = ()  # names whose value is the path of a file that holds the value
    destination: bool = False
    hint: bool = True  # False: never show the last 4 characters (passwords, many lines)
    multiline: bool = False
    ends: bool = False  # a token that usually ends by itself: without a date a migration says so
    stand_in: str | None = None  # what stands for it where a check is explained without a key, if a plain word would not do
    help: str = ""

    @property
    def label(self) -> str:
        """How people read the name: `API key`, `Default model`."""
        return self.title or self.name.replace("_", " ").capitalize().replace("Api ", "API ").replace(" url", " URL")

    @property
    def type(self) -> str:
        """string, integer, boolean, select, url or email: the word used in JSON and help."""
        if self.kind:
            return "integer" if self.kind == "number" else self.kind
        if isinstance(self.default, bool):
            return "boolean"
        if isinstance(self.default, int):
            return "integer"
        return "select" if self.choices else "string"

    def accept(self, raw: object) -> tuple[Any, tuple[str, ...]]:
        """The value to store and notes for the person; one set of rules for `add`, `set` and `migrate`.

        Raises BadValue (2), which never repeats the value. White space around a text is trimmed.
        """
        if not isinstance(raw, str):
            return self._typed(raw), ()
        stripped = raw.strip()
        text = self.aliases.get(stripped, stripped) if self.aliases else stripped
        rules = self._rules
        self._refuse(text, rules)
        if rules.kind == "integer" or rules.kind == "boolean":
            return self._number_or_boolean(text), ()
        notes = self._notes(text, rules)
        return text, ("trimmed", *notes) if stripped != raw else notes

    @once
    def _rules(self) -> _Rules:
        return _Rules(self)

    def fits_all(self, texts: Sequence[str]) -> bool:
        """True if none of these looks like something else, and all have the shape that is asked for."""
        rules, fits = self._rules, self._rules.must_fit
        return not any(found(text) for found, _ in rules.refused for text in texts) and (fits is None or all(map(fits, texts)))

    def notes_on(self, text: str) -> tuple[str, ...]:
        """What `accept` has to say of a text that it takes as it stands."""
        return self._notes(text, self._rules)

    def holds_a_place(self, text: str) -> bool:
        """True for a placeholder; 333 may well be meant where only digits can stand."""
        if not is_placeholder(text):
            return False
        rules = self._rules
        return not (text.isdigit() and (rules.kind == "integer" or (rules.must_fit is not None and rules.must_fit(text) is not None)))

    def left_alone(self, text: str) -> str | None:
        """Why `migrate` leaves such a value where it is, as a fixed word."""
        import re  # noqa: PLC0415  only where a value is given

        return next((one.left for one in self.lookalikes if one.left and re.match(one.pattern, text, re.IGNORECASE)), None)

    def accept_found(self, raw: object) -> tuple[Any, tuple[str, ...]]:
        """Like `accept`; raises BadValue also for what `migrate` leaves where it is."""
        if isinstance(raw, str) and self.lookalikes and self.left_alone(raw.strip()):
            raise BadValue(self.name, "it is left where it is")
        return self.accept(raw)

    def _refuse(self, text: str, rules: _Rules) -> None:
        if not text:
            raise BadValue(self.name, "empty")
        if is_masked(text):
            raise BadValue(self.name, "this is the masked form, not the value")
        if self.holds_a_place(text):
            raise BadValue(self.name, "this is a placeholder, not a value")
        if not self.multiline and is_reference(text):
            raise BadValue(self.name, "this is a reference, not a value: resolve it first")
        inside = text.replace("\r\n", "\n").replace("\n", "") if self.multiline else text
        if not (inside.isascii() and inside.isprintable()):
            self._refuse_characters(inside)
        for found, says in rules.refused:
            if found(text):
                raise BadValue(self.name, says)
        if rules.must_fit is not None and not rules.must_fit(text):
            raise BadValue(self.name, self.help or "it does not have the right shape")
        if rules.kind != "string":
            self._refuse_kind(text, rules.kind)
        if self.choices and not self.open and not self.pattern and text not in (*self.choices, *self.retired):
            raise BadValue(self.name, f"one of {', '.join(self.choices)}")

    def _refuse_kind(self, text: str, kind: str) -> None:
        import re  # noqa: PLC0415  only where a value is given

        if kind == "email" and not re.fullmatch(_EMAIL, text):
            raise BadValue(self.name, "not an e-mail address")
        if kind == "url" and not text.startswith("https://"):
            raise BadValue(self.name, "an address must begin with https://")

    def _refuse_characters(self, text: str) -> None:
        if any(ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F for character in text):
            raise BadValue(self.name, "it holds a line break or a control character")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise BadValue(self.name, "it holds bytes that are not text (UTF-8)")

    def _notes(self, text: str, rules: _Rules) -> tuple[str, ...]:
        notes = [says for found, says in rules.noted if found(text)] if rules.noted else []
        if not notes and rules.should_fit is not None and not rules.should_fit(text):
            notes.append(f"{self.name} does not look like the usual shape")
        if text in self.retired:
            notes.append(f"retired_model: {self.name}")
        elif self.choices and self.open and text not in self.choices:
            notes.append(f"{self.name} is not in our list")
        return tuple(notes)

    def _number_or_boolean(self, text: str) -> int | bool:
        import re  # noqa: PLC0415

        if self.type == "boolean":
            if text.lower() in _TRUE | _FALSE:
                return text.lower() in _TRUE
            raise BadValue(self.name, "true or false")
        if not re.fullmatch(r"-?[0-9]{1,15}", text) or (self.pattern and not re.fullmatch(self.pattern, text)):
            raise BadValue(self.name, self.help or "a whole number")
        return int(text)

    def _typed(self, raw: object) -> Any:
        import re  # noqa: PLC0415

        fits = (self.type == "boolean" and isinstance(raw, bool)) or (
            self.type == "integer" and isinstance(raw, int) and not isinstance(raw, bool)
        )
        if not fits:
            raise BadValue(self.name, f"a value of type {self.type}")
        if self.pattern and not re.fullmatch(self.pattern, str(raw)):
            raise BadValue(self.name, self.help or "it does not have the right shape")
        return raw

    def accept_credential(self, raw: object) -> tuple[Secret, tuple[str, ...]]:
        """Like `accept`, for a field of `credentials`: ASCII text without white space inside, unless it may have many lines."""
        if not isinstance(raw, str):
            raise BadValue(self.name, "a credential is text")
        value, notes = self.accept(raw)
        if not value.isascii():
            raise BadValue(self.name, "it holds a character that no key has (not ASCII)")
        if not self.multiline and value.split() != [value]:
            raise BadValue(self.name, "it holds a space")
        return Secret(value), notes


class _Rules:
    """What a field asks of a text, its expressions compiled: made when its first value is given."""

    __slots__ = ("kind", "must_fit", "noted", "refused", "should_fit")

    def __init__(self, one: Field) -> None:
        import re  # noqa: PLC0415  only where a value is given

        self.kind = one.type
        self.refused = tuple((re.compile(known.pattern).search, known.says) for known in one.lookalikes if known.refuse)
        self.noted = tuple((re.compile(known.pattern).search, known.says) for known in one.lookalikes if not known.refuse)
        fits = re.compile(one.pattern).fullmatch if one.pattern else None
        self.must_fit = fits if one.strict else None
        self.should_fit = None if one.strict else fits


MAX_TOKENS = Field(
    "max_tokens",
    "Max tokens",
    required=False,
    default=4096,
    pattern="[1-9][0-9]{0,6}",
    strict=True,
    help="a whole number from 1 to 9999999",
)
"""The setting of every provider of AI; one that needs another default makes its own."""
