"""AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Signer:
    """A key pair in the clear, for one service in one region; lives as long as one request."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    service: str
    region: str

    def __repr__(self) -> str:
        return f"Signer({self.service}, {self.region})"

    def headers(self, method: str, host: str, target: str, headers: Mapping[str, str], body: bytes, at: datetime) -> dict[str, str]:
        """What to send besides `headers`, all of which are signed. `target` is the path with the query as they are sent; `at` is in UTC.

        The path is signed as it stands: S3 encodes it once, and no other service gets one that would need a second round.
        """
        moment = at.strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        added = {"x-amz-date": moment}
        if self.service == "s3":
            added["x-amz-content-sha256"] = digest
        if self.session_token:
            added["x-amz-security-token"] = self.session_token
        signed = {name.lower(): " ".join(value.split()) for name, value in {**headers, "host": host, **added}.items()}
        names = ";".join(sorted(signed))
        path, _, query = target.partition("?")
        lines = [f"{name}:{value}" for name, value in sorted(signed.items())]
        request = "\n".join([method, path or "/", _sorted(query), *lines, "", names, digest])
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
        signature = hmac.new(self._key(moment[:8]), text.encode(), "sha256").hexdigest()
        credential = f"{self.access_key_id}/{scope}"
        return {**added, "authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"}

    def _key(self, day: str) -> bytes:
        key = f"AWS4{self.secret_access_key}".encode()
        for part in (day, self.region, self.service, "aws4_request"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        return key


def _sorted(query: str) -> str:
    """The query in the order of its names; what is percent-encoded stays so."""
    pairs = sorted(tuple(pair.partition("=")[::2]) for pair in query.split("&") if pair)
    return "&".join(f"{quote(name, safe='-_.~%')}={quote(value, safe='-_.~%')}" for name, value in pairs)
