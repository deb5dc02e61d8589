"""Check a definition before it is used: its facts, and how its check behaves when a vendor answers this or that. Nothing is sent."""

import ast
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from integrations_cli import pasted
from integrations_cli.actions.check import harmless
from integrations_cli.errors import NotFound, UsageError
from integrations_cli.masking import Secret
from integrations_cli.provider import Answer, Field, NoAnswer, Outcome, Provider, is_among
from integrations_cli.provider.lint import problems

WORDS = ("integrations_cli.provider", "collections.abc", "typing", "re", "urllib.parse", "json", "base64", "hashlib", "datetime")
HTML = b"<!doctype html><html><body>Just a moment...</body></html>"


@dataclass
class _Vendor:
    """Stands in for the door: gives one answer to every request, and remembers where it was sent."""

    answer: Answer | None
    asked: list[str] = field(default_factory=list)

    def get(self, url: str, **options: Any) -> Answer:
        return self._give(url, options)

    def post(self, url: str, **options: Any) -> Answer:
        return self._give(url, options)

    def _give(self, url: str, options: Any) -> Answer:
        self.asked.append(url)
        if self.answer is None:
            if options.get("optional"):
                return Answer(0)
            raise NoAnswer("timeout", "no answer in time")
        return self.answer


def load(path: Path) -> Provider:
    """The definition in a file: its code is run. Raises NotFound (3), UsageError (2)."""
    if not path.is_file():
        raise NotFound("there is no such file", pasted.path(path), ())
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # somebody else's code
        raise UsageError(f"{path.name} cannot be loaded", f"{type(error).__name__}", f"python {path}") from None
    found = getattr(module, "provider", None)
    if not isinstance(found, Provider):
        raise UsageError(f"{path.name} defines no provider", "provider = Provider(name=…, …) is missing", ())
    return found


def lint(definition: Provider, source: str | None = None) -> list[str]:
    """Everything that is wrong, in words; empty when it may be used."""
    found = problems(definition)
    if source is not None:
        found += _imports(source)
    return found or list(dict.fromkeys(_behaviour(definition)))


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            if name not in WORDS:
                yield f"it imports {name}: a check asks only through `http`, which keeps deadlines, hosts and secrets"


def _behaviour(definition: Provider) -> Iterator[str]:
    """One sentence for each answer that the check takes wrongly."""
    key = Secret("k3y-0123456789-EXAMPLE")
    credentials = {one.name: key for one in definition.credentials}
    given = definition.given(credentials, {one.name: _sample(one) for one in definition.settings if one.default is None})
    for title, answer, allowed in _ANSWERS:
        vendor = _Vendor(answer)
        try:
            outcome = definition.check(vendor, given)
        except NoAnswer:
            outcome = Outcome("unreachable")
        except Exception as error:  # whatever it is, an operator would see it as a fault of ours
            yield f"{title}: the check ends in {type(error).__name__}"
            continue
        if not isinstance(outcome, Outcome):
            yield f"{title}: the check must return an Outcome"
        elif vendor.asked and outcome.word not in allowed:
            yield f"{title}: it says {outcome.word}; {' or '.join(allowed)} would be right"
        elif key.reveal() in repr(harmless(outcome, {})):
            yield f"{title}: its message repeats what the provider said, which may hold the key"
        for parsed in map(urlsplit, vendor.asked):
            # a host that a setting chooses cannot be tried with a made-up setting; the door looks at it each time
            if not definition.destinations and (parsed.scheme != "https" or not is_among(parsed.netloc, definition.hosts)):
                yield f"it asks {parsed.scheme}://{parsed.netloc[:80]}, which is not among its hosts"
            if key.reveal() in parsed.query:
                yield "a credential stands in the query of the address; give it as params, a header or bearer"


def _sample(one: Field) -> Any:
    return one.choices[0] if one.choices else {"integer": 1, "boolean": False}.get(one.type, "acme-example")


_NO_VERDICT = ("unreachable", "misconfigured", "untestable")
_ECHO = b'{"error": {"message": "Incorrect API key provided: k3y-0123456789-EXAMPLE"}, "message": "k3y-0123456789-EXAMPLE"}'
_ANSWERS = (
    ("no answer", None, _NO_VERDICT),
    ("401 with an empty body", Answer(401), ("rejected", *_NO_VERDICT)),
    ("401 that repeats the key", Answer(401, body=_ECHO), ("rejected", "limited", *_NO_VERDICT)),
    ("a page of HTML with 200", Answer(200, {"content-type": "text/html"}, HTML), _NO_VERDICT),
    ("a page of HTML with 403", Answer(403, {"content-type": "text/html"}, HTML), _NO_VERDICT),
    ("200 with an empty body", Answer(200), _NO_VERDICT),
    ("200 with a number", Answer(200, body=b"7"), _NO_VERDICT),
    ("200 with a list of nulls", Answer(200, body=b"[null]"), ("ok", "limited", *_NO_VERDICT)),
    ("500", Answer(500), _NO_VERDICT),
    ("503 with JSON", Answer(503, body=b'{"error": {"code": 503}}'), _NO_VERDICT),
    ("429", Answer(429, {"retry-after": "30"}), ("rate_limited", "untestable")),
)
