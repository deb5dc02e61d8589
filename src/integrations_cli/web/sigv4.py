"""AWS Signature Version 4, by botocore's signer: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from integrations_cli.provider import MissingExtra


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

        Raises MissingExtra where botocore is not installed.
        """
        try:
            from botocore.auth import S3SigV4Auth, SigV4Auth  # noqa: PLC0415  an extra, and 80 ms
            from botocore.awsrequest import AWSRequest  # noqa: PLC0415
            from botocore.credentials import Credentials  # noqa: PLC0415
        except ImportError:
            raise MissingExtra("aws") from None
        added = {"x-amz-date": at.strftime("%Y%m%dT%H%M%SZ")}
        if self.service == "s3":
            added["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
        if self.session_token:
            added["x-amz-security-token"] = self.session_token
        keys = Credentials(self.access_key_id, self.secret_access_key, self.session_token)
        request = AWSRequest(method, f"https://{host}{target}", headers={**headers, **added}, data=body)
        request.context["timestamp"] = added["x-amz-date"]
        signer = (S3SigV4Auth if self.service == "s3" else SigV4Auth)(keys, self.service, self.region)
        signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        names = signer.signed_headers(signer.headers_to_sign(request))
        parts = f"Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"
        return {**added, "authorization": f"AWS4-HMAC-SHA256 {parts}"}
