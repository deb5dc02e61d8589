"""The network as a check sees it: the door, and what came back."""

from __future__ import annotations

from integrations_cli import quickjson
from integrations_cli.provider.outcome import Outcome, limited, misconfigured, rate_limited, rejected, unreachable
from integrations_cli.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Protocol
else:
    Protocol = object


def segment(text: str) -> str:
    """A value as one segment of a path: nothing in it ends the segment."""
    from urllib.parse import quote  # noqa: PLC0415  only where a request is made

    return quote(text, safe="")


class Answer(Record):
    """What the provider answered. Header names are lower-case. `status` 0: an optional request that got no answer.

    `chosen_by` is the setting that chose the host, if one did; `cut` says the body was longer than the cap of 64 KiB.
    """

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""
    cut: bool = False
    chosen_by: str | None = None
    path_setting: str | None = None

    @property
    def long_json(self) -> bool:
        """True for JSON that was longer than the cap: it cannot be read, and a portal's page is not taken for it."""
        return self.cut and "json" in self.headers.get("content-type", "").lower() and self.body.lstrip()[:1] in {b"{", b"["}

    @property
    def is_vendors_error(self) -> bool:
        """The body is an error as programs write them (JSON, or XML with a code), not a page of a network in front of the vendor."""
        body = self.json
        return isinstance(body, dict) or (isinstance(body, list) and any(isinstance(one, dict) for one in body)) or bool(self.tag("Code"))

    @property
    def json(self) -> Any:
        """The body as JSON, or None."""
        try:
            return quickjson.loads(self.body)
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

    def all(self, path: str) -> list[dict[str, Any]]:
        """The objects in the list at `error.details`; empty if there is no such list."""
        found = self.at(path)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def tag(self, name: str) -> str | None:
        """The text of the first `<name>…</name>` of an XML body, or None. No parser: nothing in it is resolved."""
        import re  # noqa: PLC0415  two vendors answer in XML

        found = re.search(f"<{name}>([^<&]{{0,200}})</{name}>".encode(), self.body)
        return found[1].decode("utf-8", "replace") if found else None

    def says(self, *words: str) -> bool:
        """True if the body holds one of the words, in any case. For vendors whose only sign is their prose."""
        body = self.body.decode("utf-8", "replace").lower()
        return any(word.lower() in body for word in words)

    @property
    def retry_after(self) -> int | None:
        """Seconds until it may be asked again, from `Retry-After` or where some vendors say it instead; None when nobody says."""
        for name in _WAITS:
            found = _seconds(self.headers.get(name, "").strip())
            if found is not None:
                return found
        for detail in self.all("error.details"):  # google.rpc.RetryInfo
            text = detail.get("retryDelay")
            found = _seconds(text.rpartition("s")[0]) if isinstance(text, str) else None
            if found is not None:
                return found
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
        if status == 403 and self.is_vendors_error:
            return limited("the key is real, but this is not allowed (403)")
        if status in {404, 410} and self.path_setting:
            return misconfigured(f"{self.path_setting} is not known to the provider ({status})")
        if 200 <= status < 300:
            return unreachable(f"an answer we do not understand ({status})")
        return unreachable(f"no verdict ({status})" if status else "no answer", "bad_response")


_WAITS = ("retry-after", "x-ratelimit-reset", "x-sib-ratelimit-reset", "x-featureratelimit-reset")
_A_DATE = 10**9  # a number as large as this is a point in time: no vendor asks for thirty years


def _seconds(text: str) -> int | None:
    """Of a number of seconds (`7`, `21.3`), a point in time in seconds since 1970, or an HTTP date."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  only when a vendor asks to wait
    from math import ceil  # noqa: PLC0415
    from time import time  # noqa: PLC0415

    number = text.replace(".", "", 1)
    if number.isascii() and number.isdigit():
        found = ceil(float(text)) if len(text) <= 20 else _A_DATE**2
        found -= int(time()) if found >= _A_DATE else 0
        return max(0, found) if found < _A_DATE else None
    try:
        return max(0, int(parsedate_to_datetime(text).timestamp() - time())) if text else None
    except (ValueError, OverflowError):
        return None


class Http(Protocol):
    """The door to the network as a check sees it. Values may be `Secret`: the door alone takes them out.

    A request raises NoAnswer when the network fails, unless `optional`: then the answer has status 0.
    `chosen_by` names the setting that chose the host, `path_setting` the one that stands in the path.
    `jwt` adds the form field `assertion`: claims, signed with RS256 by a private key in PEM: (key, claims).
    `aws` signs with Signature Version 4: (access key id, secret access key, session token or None, service, region).
    """

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
        bearer: Any = None,
        basic: tuple[Any, Any] | None = None,
        aws: tuple[Any, Any, Any, str, str] | None = None,
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
        aws: tuple[Any, Any, Any, str, str] | None = None,
        form: Mapping[str, Any] | None = None,
        jwt: tuple[Any, Mapping[str, Any]] | None = None,
        json: Any = None,
        optional: bool = False,
        chosen_by: str | None = None,
        path_setting: str | None = None,
    ) -> Answer: ...
