"""What each vendor's documented answers mean: one row per line of its table in PROVIDERS.md.

provider → rows of (answers, settings, outcome). `answers` maps a part of the path to (status, body); the first that fits is given,
in order, once; a list of answers for one part is used up one by one.
"""

from typing import Any

Row = tuple[dict[str, Any], dict[str, Any], str]


def zoho_token(**more: Any) -> tuple[int, Any]:
    return 200, {"access_token": "1000.EXAMPLE", "api_domain": "https://www.zohoapis.com", **more}


def denied(text: str) -> dict[str, Any]:
    return {"/geocode": (200, {"status": "REQUEST_DENIED", "error_message": text, "results": []})}


OUTCOMES: dict[str, list[Row]] = {
    "anthropic": [
        ({"limit=1": (200, {"data": []}), "/models/": (200, {})}, {}, "ok"),
        ({"limit=1": (200, {"data": []}), "/models/": (404, {})}, {}, "ok"),
        ({"": (401, {"error": {"type": "authentication_error"}})}, {}, "rejected"),
        ({"": (403, {"error": {"type": "permission_error"}})}, {}, "limited"),
        ({"": (402, {"error": {"type": "billing_error"}})}, {}, "limited"),
        ({"": (404, {"error": {"type": "not_found_error"}})}, {}, "rejected"),
        ({"": (400, {"error": {"type": "invalid_request_error"}})}, {}, "unreachable"),
        ({"": (429, {"error": {"type": "rate_limit_error"}})}, {}, "rate_limited"),
        ({"": (529, {"error": {"type": "overloaded_error"}})}, {}, "unreachable"),
    ],
    "openai": [
        ({"": (200, {"data": [{"id": "gpt-5.4-mini"}]})}, {}, "ok"),
        ({"": (401, {"error": {"message": "You have insufficient permissions. Missing scopes: api.model.read"}})}, {}, "limited"),
        ({"": (403, {"error": {"message": "Missing scopes: api.model.read"}})}, {}, "limited"),
        ({"": (401, {"error": {"code": "mismatched_organization", "message": "x"}})}, {"organization_id": "org-EXAMPLE"}, "misconfigured"),
        ({"": (401, {"error": {"code": "invalid_api_key"}})}, {}, "rejected"),
        ({"": (401, {"error": {"code": "anything"}})}, {}, "rejected"),
        ({"": (403, {"error": {"code": "unsupported_country_region_territory"}})}, {}, "limited"),
        ({"": (403, {"error": {"code": "other"}})}, {}, "limited"),
        ({"": (429, {"error": {"code": "insufficient_quota"}})}, {}, "limited"),
        ({"": (429, {"error": {"code": "rate_limit_exceeded"}})}, {}, "rate_limited"),
    ],
    "google_ai": [
        ({"pageSize": (200, {"models": []}), "/models/": (200, {})}, {}, "ok"),
        ({"pageSize": (200, {"models": []}), "/models/": (404, {})}, {}, "ok"),
        ({"": (400, {"error": {"details": [{"reason": "API_KEY_INVALID"}]}})}, {}, "rejected"),
        ({"": (400, {"error": {"status": "FAILED_PRECONDITION"}})}, {}, "limited"),
        ({"": (401, {"error": {"details": [{"reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED"}]}})}, {}, "limited"),
        ({"": (401, {"error": {}})}, {}, "rejected"),
        ({"": (403, {"error": {"message": "Your API key was reported as leaked."}})}, {}, "rejected"),
        ({"": (403, {"error": {"status": "PERMISSION_DENIED", "details": [{"reason": "SERVICE_DISABLED"}]}})}, {}, "limited"),
        ({"": (429, {"error": {"status": "RESOURCE_EXHAUSTED"}})}, {}, "rate_limited"),
    ],
    "zoho": [
        ({"/token": zoho_token(), "/org": (200, {"org": [{"id": "1", "company_name": "Acme"}]})}, {}, "ok"),
        ({"/token": zoho_token(), "/org": (500, {})}, {}, "ok"),
        ({"/token": zoho_token(api_domain="https://www.zohoapis.eu")}, {}, "misconfigured"),
        ({"/token": (200, {"error": "invalid_code"})}, {}, "rejected"),
        ({"/token": (200, {"error": "invalid_client"})}, {}, "rejected"),
        ({"/token": (200, {"error": "invalid_client_secret"})}, {}, "rejected"),
        ({"/token": (200, {"error": "something_else"})}, {}, "unreachable"),
        ({"/token": (400, {"error": "Access Denied", "error_description": "You have made too many requests continuously."})}, {}, "rate_limited"),
        ({"/token": zoho_token(), "/org": (401, {"code": "INVALID_TOKEN"})}, {}, "misconfigured"),
        ({"/token": zoho_token(), "/org": (401, {"code": "OAUTH_SCOPE_MISMATCH"})}, {}, "limited"),
    ],
    "salesforce": [
        ({"": (200, {"active": True, "username": "a@example.com", "sub": "x"})}, {}, "ok"),
        ({"": (200, {"active": False})}, {}, "rejected"),
        ({"": (400, {"error": "invalid_client_id"})}, {}, "rejected"),
        ({"": (401, {"error": "invalid_client"})}, {}, "rejected"),
        ({"": (400, {"error": "invalid_grant", "error_description": "expired access/refresh token"})}, {}, "rejected"),
        ({"": (400, {"error": "invalid_grant", "error_description": "ip restricted"})}, {}, "limited"),
        ({"": (400, {"error": "invalid_app_access"})}, {}, "limited"),
        ({"": (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}])}, {}, "limited"),
        ({"": (403, [{"errorCode": "API_DISABLED_FOR_ORG"}])}, {}, "limited"),
        ({"": (404, {})}, {}, "misconfigured"),
    ],
    "hubspot": [
        ({"": (200, {"portalId": 1234567})}, {}, "ok"),
        ({"": (200, {"portalId": 1234567})}, {"portal_id": "1234567"}, "ok"),
        ({"": (200, {"portalId": 1234567})}, {"portal_id": "7654321"}, "misconfigured"),
        ({"": (401, {"category": "INVALID_AUTHENTICATION"})}, {}, "rejected"),
        ({"": (401, {"category": "EXPIRED_AUTHENTICATION"})}, {}, "rejected"),
        ({"": (403, {"category": "MISSING_SCOPES"})}, {}, "limited"),
        ({"": (429, {"category": "RATE_LIMITS", "policyName": "DAILY"})}, {}, "rate_limited"),
    ],
    "mailchimp": [
        ({"/3.0/": (200, {"account_id": "x", "account_name": "Acme"})}, {}, "ok"),
        ({"": (401, {"title": "API Key Invalid"})}, {}, "rejected"),
        ({"": (401, {"title": "API Key Missing"})}, {}, "rejected"),
        ({"": (403, {"title": "Wrong Datacenter"})}, {}, "misconfigured"),
        ({"": (403, {"title": "User Disabled"})}, {}, "limited"),
        ({"/lists/": (404, {}), "/3.0/": (200, {"account_id": "x"})}, {"default_list_id": "0123456789"}, "misconfigured"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "sendgrid": [
        ({"": (200, {"scopes": ["mail.send"]})}, {}, "ok"),
        ({"": (200, {"scopes": []})}, {}, "ok"),
        ({"": [(401, {}), (200, {"scopes": []})]}, {}, "misconfigured"),
        ({"": [(401, {"errors": [{"message": "authorization grant is invalid, expired, or revoked"}]}), (401, {})]}, {}, "rejected"),
        ({"": (403, {"errors": [{"message": "access forbidden"}]})}, {}, "limited"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "mailerlite": [
        ({"/account": (200, {"data": {"name": "Acme"}}), "/subscribers": (200, {"total": 0})}, {}, "ok"),
        ({"/account": (404, {}), "/subscribers": (200, {"total": 3})}, {}, "ok"),
        ({"": (401, {"message": "Unauthenticated."})}, {}, "rejected"),
        ({"": (403, {"message": "plan"})}, {}, "limited"),
        ({"/groups": (404, {}), "/account": (404, {}), "/subscribers": (200, {"total": 3})}, {"group_id": "12345"}, "misconfigured"),
        ({"": (408, {})}, {}, "unreachable"),
        ({"": (429, {"message": "Too Many Attempts."})}, {}, "rate_limited"),
    ],
    "google_maps": [
        ({"/geocode": (200, {"status": "OK", "results": []})}, {}, "ok"),
        ({"/geocode": (200, {"status": "ZERO_RESULTS"})}, {}, "ok"),
        (denied("The provided API key is invalid."), {}, "rejected"),
        (denied("The provided API key is expired."), {}, "rejected"),
        (denied("API keys with referer restrictions cannot be used with this API."), {}, "limited"),
        (denied("This API project is not authorized to use this API."), {}, "limited"),
        (denied("This API is not activated on your API project."), {}, "limited"),
        (denied("This IP, site or mobile application is not authorized to use this API key."), {}, "limited"),
        (denied("You must enable Billing on the Google Cloud Project"), {}, "limited"),
        (denied("something new"), {}, "unreachable"),
        ({"": (200, {"status": "OVER_DAILY_LIMIT"})}, {}, "limited"),
        ({"": (200, {"status": "OVER_QUERY_LIMIT"})}, {}, "rate_limited"),
        ({"": (200, {"status": "INVALID_REQUEST"})}, {}, "unreachable"),
        ({"": (200, {"status": "UNKNOWN_ERROR"})}, {}, "unreachable"),
    ],
    "mapbox": [
        ({"/tokens": (200, {"code": "TokenValid", "token": {"user": "acme"}}), "/styles": (200, {})}, {}, "ok"),
        ({"": (200, {"code": "TokenMalformed"})}, {}, "rejected"),
        ({"": (200, {"code": "TokenInvalid"})}, {}, "rejected"),
        ({"": (200, {"code": "TokenExpired"})}, {}, "rejected"),
        ({"": (200, {"code": "TokenRevoked"})}, {}, "rejected"),
        ({"": (401, {"message": "Not Authorized - Invalid Token"})}, {}, "rejected"),
        ({"": (403, {"message": "Forbidden"})}, {}, "limited"),
        ({"/tokens": (200, {"code": "TokenValid"}), "/styles": (404, {})}, {}, "misconfigured"),
    ],
    "stripe": [
        ({"/account": (200, {"object": "account", "id": "acct_EXAMPLE"})}, {}, "ok"),
        ({"": (401, {"error": {"message": "Invalid API Key provided: sk_test_****MPLE"}})}, {}, "rejected"),
        ({"": (401, {"error": {"code": "api_key_expired"}})}, {}, "rejected"),
        ({"/account": (403, {"error": {"message": "does not have the required permissions"}}), "/balance": (200, {"object": "balance"})}, {}, "ok"),
        ({"": (403, {"error": {"message": "does not have the required permissions"}})}, {}, "limited"),
        ({"": (400, {"error": {"message": "This is your publishable API key"}})}, {}, "rejected"),
        ({"": (429, {"error": {"code": "lock_timeout"}})}, {}, "rate_limited"),
    ],
    "paypal": [
        ({"": (200, {"access_token": "A21EXAMPLE", "app_id": "APP-EXAMPLE"})}, {}, "ok"),
        ({"": [(401, {"error": "invalid_client"}), (200, {"access_token": "A21EXAMPLE"})]}, {}, "misconfigured"),
        ({"": (401, {"error": "invalid_client"})}, {}, "rejected"),
        ({"": (403, {"error": "x"})}, {}, "limited"),
        ({"": (400, {"error": "unsupported_grant_type"})}, {}, "unreachable"),
        ({"": (429, {"name": "RATE_LIMIT_REACHED"})}, {}, "rate_limited"),
    ],
}  # fmt: skip

ANYONE: list[tuple[int, bytes, str]] = [  # the general table: what any provider may get from a network in between
    (200, b"<html>sign in to the hotel network</html>", "unreachable"),
    (200, b"", "unreachable"),
    (200, b"{", "unreachable"),
    (200, b"[" * 5000, "unreachable"),
    (200, b"null", "unreachable"),
    (200, b"\xff\xfe", "unreachable"),
    (204, b"", "unreachable"),
    (301, b"", "moved"),
    (400, b"<html>", "unreachable"),
    (402, b"", "limited"),
    (403, b"<html>blocked</html>", "unreachable"),
    (405, b"", "unreachable"),
    (408, b"", "unreachable"),
    (415, b"", "unreachable"),
    (422, b"", "unreachable"),
    (425, b"", "unreachable"),
    (429, b"", "rate_limited"),
    (500, b"", "unreachable"),
    (502, b"<html>", "unreachable"),
    (503, b"{}", "unreachable"),
    (529, b"", "unreachable"),
]
