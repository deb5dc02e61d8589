"""The shape of a provider: its fields, its check, and the words a check answers in. Standard library only."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from integrations_cli.errors import BadValue, NotFound
from integrations_cli.masking import Secret, is_masked

Kind = Literal["string", "number", "boolean", "select", "url", "email"]
Word = Literal["ok", "limited", "rejected", "misconfigured", "rate_limited", "unreachable", "untestable"]
Given = Mapping[str, Any]
"""What a check gets: every credential as `Secret`, every setting as a plain value, defaults filled in, absent ones as None."""


# ── fields ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Lookalike:
    """The shape of something that is often pasted by mistake; `says` names what it really is."""

    pattern: str  # re.search
    says: str
    refuse: bool = False


_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PLACEHOLDERS = frozenset(
    [
        "changeme",
        "change_me",
        "change-me",
        "todo",
        "tbd",
        "placeholder",
        "replace_me",
        "replace-me",
        "dummy",
        "none",
        "null",
        "nil",
        "undefined",
    ]
)
_PLACEHOLDER_SHAPES = re.compile(r"your[_-].*|.*_here|<.*>|(.)\1{2,}|.*X{6}.*|.*(\.\.\.|…)", re.DOTALL | re.IGNORECASE)
_AWS_MANUAL = frozenset({"AKIAIOSFODNN7" + "EXAMPLE", "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"})


def is_placeholder(text: str) -> bool:
    """True for what stands in sample files instead of a value: `changeme`, `your_key_here`, `<key>`, `xxxxxx`."""
    if text.lower() in _PLACEHOLDERS or text in _AWS_MANUAL:
        return True
    found = _PLACEHOLDER_SHAPES.fullmatch(text)
    # six X in a row only count as capitals: lower-case runs occur in real keys
    return bool(found) and not (re.fullmatch(r".*x{6}.*", text, re.DOTALL) and not re.search("X{6}", text) and len(set(text)) > 1)


@dataclass(frozen=True, slots=True)
class Field:
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
    aliases: Mapping[str, str] = field(default_factory=dict)  # other words for a value: {"production": "live"}
    pattern: str | None = None
    strict: bool = False
    lookalikes: tuple[Lookalike, ...] = ()
    env: tuple[str, ...] = ()  # names in the environment, the first one is the one to write
    env_if_asked: tuple[str, ...] = ()  # ambiguous names: taken by `migrate` only with --include
    env_file: tuple[str, ...] = ()  # names whose value is the path of a file that holds the value
    destination: bool = False
    hint: bool = True  # False: never show the last 4 characters (passwords, many lines)
    multiline: bool = False
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
        text = raw.strip()
        text = self.aliases.get(text, text)
        self._refuse(text)
        if self.type in {"integer", "boolean"}:
            return self._number_or_boolean(text), ()
        return text, (("trimmed",) if raw != text and raw.strip() != raw else ()) + self._notes(text)

    def _refuse(self, text: str) -> None:
        if not text:
            raise BadValue(self.name, "empty")
        if is_masked(text):
            raise BadValue(self.name, "this is the masked form, not the value")
        if is_placeholder(text):
            raise BadValue(self.name, "this is a placeholder, not a value")
        inside = text.replace("\r\n", "\n").replace("\n", "") if self.multiline else text
        if any(ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F for character in inside):
            raise BadValue(self.name, "it holds a line break or a control character")
        for known in self.lookalikes:
            if known.refuse and re.search(known.pattern, text):
                raise BadValue(self.name, known.says)
        if self.strict and self.pattern and not re.fullmatch(self.pattern, text):
            raise BadValue(self.name, self.help or "it does not have the right shape")
        if self.type == "email" and not _EMAIL.fullmatch(text):
            raise BadValue(self.name, "not an e-mail address")
        if self.type == "url" and not text.startswith("https://"):
            raise BadValue(self.name, "an address must begin with https://")
        if self.choices and not self.open and not self.pattern and text not in (*self.choices, *self.retired):
            raise BadValue(self.name, f"one of {', '.join(self.choices)}")

    def _notes(self, text: str) -> tuple[str, ...]:
        notes = [known.says for known in self.lookalikes if not known.refuse and re.search(known.pattern, text)]
        if not notes and self.pattern and not self.strict and not re.fullmatch(self.pattern, text):
            notes.append(f"{self.name} does not look like the usual shape")
        if text in self.retired:
            notes.append(f"retired_model: {self.name}")
        elif self.choices and self.open and text not in self.choices:
            notes.append(f"{self.name} is not in our list")
        return tuple(notes)

    def _number_or_boolean(self, text: str) -> int | bool:
        if self.type == "boolean":
            if text.lower() in _TRUE | _FALSE:
                return text.lower() in _TRUE
            raise BadValue(self.name, "true or false")
        if not re.fullmatch(r"-?[0-9]{1,15}", text) or (self.pattern and not re.fullmatch(self.pattern, text)):
            raise BadValue(self.name, self.help or "a whole number")
        return int(text)

    def _typed(self, raw: object) -> Any:
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
        if not self.multiline and any(character.isspace() for character in value):
            raise BadValue(self.name, "it holds a space")
        return Secret(value), notes


# ── outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found (decision D7). `message` is in our own words: provider texts may repeat a key.

    `account` tells people whose key it is; `account_id` is what a rotation compares. `cause` is a fixed word of the audit log.
    `retry_after` is in seconds.
    """

    word: Word
    message: str = ""
    cause: str | None = None
    http_status: int | None = None
    account: str | None = None
    account_id: str | None = None
    notes: tuple[str, ...] = ()
    retry_after: int | None = None

    @property
    def proves(self) -> bool:
        """The provider has accepted the credentials."""
        return self.word in {"ok", "limited"}

    @property
    def blames(self) -> bool:
        """The provider has refused them, or a setting is wrong: only these two speak about the key."""
        return self.word in {"rejected", "misconfigured"}

    def noting(self, *notes: str | None) -> "Outcome":
        """The same, with further notes; None adds nothing."""
        return replace(self, notes=(*self.notes, *(note for note in notes if note)))


def ok(account: object = None, account_id: object = None, *notes: str | None) -> Outcome:
    """The provider has accepted the credentials."""
    named = str(account) if account not in (None, "") else None
    ident = str(account_id) if account_id not in (None, "") else None
    return Outcome("ok", account=named, account_id=ident, notes=tuple(note for note in notes if note))


def limited(message: str, account: str | None = None) -> Outcome:
    """Proven, but scope, plan, billing or quota is in the way."""
    return Outcome("limited", message, "forbidden", account=account)


def rejected(message: str = "the key is unknown, revoked or expired") -> Outcome:
    """The provider says the credentials are wrong."""
    return Outcome("rejected", message, "auth_rejected")


def misconfigured(message: str) -> Outcome:
    """A setting is wrong: host, region, environment, account, bucket."""
    return Outcome("misconfigured", message)


def rate_limited(message: str = "too many requests", retry_after: int | None = None) -> Outcome:
    """Too many requests; says nothing about the credentials."""
    return Outcome("rate_limited", message, "rate_limited", retry_after=retry_after)


def unreachable(message: str, cause: str = "bad_response") -> Outcome:
    """No verdict: network, TLS, 5xx, or an answer that is not understood."""
    return Outcome("unreachable", message, cause)


def untestable(message: str = "no harmless test exists") -> Outcome:
    """Nothing was sent."""
    return Outcome("untestable", message)


class NoAnswer(Exception):
    """The network gave no answer. `cause` is a fixed word: dns connect tls timeout redirect too_large bad_response refused_address."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider answered. Header names are lower-case. `status` 0: an optional request that got no answer.

    `chosen_by` is the setting that chose the host, if one did; `cut` says the body was longer than the cap of 64 KiB.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    chosen_by: str | None = None
    path_setting: str | None = None

    @property
    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def at(self, path: str) -> Any:
        """The value at `error.details.0.reason`, or None: never raises, whatever the body is."""
        here = self.json
        for step in path.split("."):
            if isinstance(here, list) and step.isdigit() and int(step) < len(here):
                here = here[int(step)]
            elif isinstance(here, dict):
                here = here.get(step)
            else:
                return None
        return here

    def says(self, *words: str) -> bool:
        """True if the body holds one of the words, in any case. For vendors whose only sign is their prose."""
        body = self.body.decode("utf-8", "replace").lower()
        return any(word.lower() in body for word in words)

    @property
    def retry_after(self) -> int | None:
        """Seconds from `Retry-After` (a number or an HTTP date), or None."""
        text = self.headers.get("retry-after", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", text):
            return int(text)
        if not text:
            return None
        from email.utils import parsedate_to_datetime  # noqa: PLC0415  rare: a date instead of seconds
        from time import time  # noqa: PLC0415

        try:
            return max(0, int(parsedate_to_datetime(text).timestamp() - time()))
        except (ValueError, OverflowError):
            return None

    def otherwise(self) -> Outcome:
        """The general table, for whatever the provider's own table does not name. Never guesses `rejected` beyond a plain 401."""
        status = self.status
        if status == 401:
            return rejected()
        if status == 402:
            return limited("a bill or a plan is in the way")
        if status == 429:
            return rate_limited(retry_after=self.retry_after)
        if 300 <= status < 400:
            if self.chosen_by:
                return misconfigured(f"{self.chosen_by}: this host sends us elsewhere ({status})")
            return unreachable(f"it sends us elsewhere ({status}), and we do not follow", "redirect")
        if status == 403 and isinstance(self.json, dict):
            return limited("the key is real, but this is not allowed (403)")
        if status in {404, 410} and (self.path_setting or self.chosen_by):
            return misconfigured(f"{self.path_setting or self.chosen_by} is not known to the provider ({status})")
        if 200 <= status < 300:
            return unreachable(f"an answer we do not understand ({status})")
        return unreachable(f"no verdict ({status})" if status else "no answer", "bad_response")


class Http(Protocol):
    """The door to the network as a check sees it. Values may be `Secret`: the door alone takes them out.

    A request raises NoAnswer when the network fails, unless `optional`: then the answer has status 0.
    `chosen_by` names the setting that chose the host, `path_setting` the one that stands in the path.
    """

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        bearer: Any = None,
        basic: tuple[Any, Any] | None = None,
        optional: bool = False,
        chosen_by: str | None = None,
        path_setting: str | None = None,
    ) -> Answer: ...

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        bearer: Any = None,
        basic: tuple[Any, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        json: Any = None,
        optional: bool = False,
        chosen_by: str | None = None,
        path_setting: str | None = None,
    ) -> Answer: ...


# ── the definition ──────────────────────────────────────────────────────────────────────────────────────────────────


def _nothing_to_add(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


def _nothing_to_say(values: Mapping[str, Any]) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Provider:
    """One service: facts, and how to ask it harmlessly whether the credentials work.

    `hosts` are the only hosts a check may contact: exact names, or patterns in `^…$`. `per_minutes` is the allowance of
    checks: (10, 1) is ten in one minute. `completes` fills in what follows from other values (Mailchimp's server prefix);
    it gets clear text and returns clear text. `refuses` names contradictions between fields (test and live keys mixed).
    """

    name: str
    title: str
    category: str
    check: Callable[[Http, Given], Outcome]
    credentials: tuple[Field, ...]
    hosts: tuple[str, ...]
    settings: tuple[Field, ...] = ()
    description: str = ""
    keys_url: str = ""
    keys_help: str = ""
    aliases: tuple[str, ...] = ()
    cost: str = "free, changes nothing"
    per_minutes: tuple[int, int] = (10, 1)
    related_env: tuple[str, ...] = ()  # seen and named, never taken
    unproven: tuple[str, ...] = ()  # credentials that the check does not prove
    completes: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _nothing_to_add
    refuses: Callable[[Mapping[str, Any]], Sequence[str]] = _nothing_to_say

    @property
    def fields(self) -> tuple[Field, ...]:
        """Credentials first, then settings, in the order in which a person is asked."""
        return (*self.credentials, *self.settings)

    @property
    def destinations(self) -> tuple[str, ...]:
        """The settings that decide where a credential is sent, by name."""
        return tuple(sorted(one.name for one in self.settings if one.destination))

    def is_credential(self, name: str) -> bool:
        """True if the field is sealed and masked."""
        return any(one.name == name for one in self.credentials)

    def field(self, name: str) -> Field:
        """The field called `name`; raises NotFound (3) with the known names and the nearest one."""
        for one in self.fields:
            if one.name == name:
                return one
        raise NotFound(
            f"{self.name} has no field of that name", f"its fields are {', '.join(f.name for f in self.fields)}", closest(name, self.fields)
        )

    def credential(self, name: str) -> Field:
        """The credential called `name`; raises NotFound (3)."""
        found = self.field(name)
        if not self.is_credential(name):
            raise NotFound(f"{name} of {self.name} is a setting, not a credential", None, f"integrations set {self.name} {name}=VALUE")
        return found

    def defaults(self) -> dict[str, Any]:
        """The default of every setting that has one."""
        return {one.name: one.default for one in self.settings if one.default is not None}

    def given(self, credentials: Mapping[str, Secret], settings: Mapping[str, Any]) -> dict[str, Any]:
        """What the check gets: stored values over defaults, None for what is absent."""
        return {one.name: credentials.get(one.name) for one in self.credentials} | {
            one.name: settings.get(one.name, one.default) for one in self.settings
        }

    def missing(self, names: "frozenset[str] | set[str]") -> tuple[str, ...]:
        """The required credentials and settings that are not among `names`."""
        return tuple(one.name for one in self.fields if one.required and one.default is None and one.name not in names)


def closest(name: str, fields: Sequence[Field]) -> tuple[str, ...]:
    """`did you mean …`, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415  only when something was mistyped

    near = get_close_matches(name, [one.name for one in fields], 1)
    return (f"did you mean {near[0]}",) if near else ()
