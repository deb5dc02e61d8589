"""What each vendor's documented answers mean: one row per line of its table in PROVIDERS.md.

provider → rows of (answers, settings, outcome). `answers` maps a part of the path to (status, body); the first that fits is given,
in order, once; a list of answers for one part is used up one by one.
"""

import json
from typing import Any

from tests.loopback import Behaviour, answers

Row = tuple[dict[str, Any], dict[str, Any], str]


def zoho_token(**more: Any) -> tuple[int, Any]:
    return 200, {"access_token": "1000.EXAMPLE", "api_domain": "https://www.zohoapis.com", **more}


def denied(text: str) -> dict[str, Any]:
    return {"/geocode": (200, {"status": "REQUEST_DENIED", "error_message": text, "results": []})}


def trouble(code: str, more: str = "") -> bytes:
    """An error as AWS writes it."""
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>x</Message>{more}</Error>'.encode()


def meta(status: int, code: int, subcode: int | None = None) -> tuple[int, Any]:
    return status, {"error": {"message": "x", "type": "OAuthException", "code": code, "error_subcode": subcode}}


IDENTITY = b"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/x</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
LISTED = b'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>acme-example</Name></ListBucketResult>'
PROPERTY = {"property_id": "123456789"}
ME = {"status": "ok", "results": {"organizations": {"42": {"id": 42, "name": "Acme"}}, "projects": {"1234567": {"name": "Site"}}}}
BUCKET = {"bucket": "acme-example"}
B2 = {
    "accountId": "0123456789ab",
    "authorizationToken": "EXAMPLE",
    "apiInfo": {"storageApi": {"allowed": {"buckets": [{"id": "x", "name": "acme-example"}]}}},
}

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
        ({"": (404, b"<html>")}, {}, "unreachable"),
        ({"limit=1": (200, {"data": []}), "/models/..%2F..%3Fx": (200, {})}, {"default_model": "../..?x"}, "ok"),
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
        ({"": (401, {"error": {"details": 5}})}, {}, "rejected"),
        ({"pageSize": (200, {"models": []}), "/models/..%2F..%3Fx": (200, {})}, {"default_model": "../..?x"}, "ok"),
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
        ({"/token": zoho_token(api_domain="https://www.zohoapis.eu/")}, {}, "misconfigured"),
        ({"/token": zoho_token(api_domain="https://sandbox.zohoapis.eu")}, {}, "misconfigured"),
        ({"/token": zoho_token(api_domain="https://evil.example")}, {}, "misconfigured"),
        ({"/token": zoho_token(), "/org": (200, {})}, {"api_domain": "https://sandbox.zohoapis.com"}, "ok"),
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
        ({"": (403, [{"errorCode": "SOMETHING_NEW"}])}, {}, "limited"),
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
        ({"/lists/..%2Fx": (404, {}), "/3.0/": (200, {"account_id": "x"})}, {"default_list_id": "../x"}, "misconfigured"),
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
    "brevo": [
        ({"": (200, {"email": "a@example.com", "companyName": "Acme"})}, {}, "ok"),
        ({"": (401, {"code": "unauthorized", "message": "We have detected you are using an unrecognised IP address 192.0.2.1"})}, {}, "limited"),
        ({"": (401, {"code": "unauthorized", "message": "Key not found"})}, {}, "rejected"),
        ({"": (401, {"code": "anything"})}, {}, "rejected"),
        ({"": (403, {"code": "permission_denied"})}, {}, "limited"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "postmark": [
        ({"": (200, {"ID": 1, "Name": "Acme", "ApiTokens": ["EXAMPLE"]})}, {}, "ok"),
        ({"": (401, {"ErrorCode": 10, "Message": "x"})}, {}, "rejected"),
        ({"": (422, {"ErrorCode": 300, "Message": "x"})}, {}, "unreachable"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "mailgun": [
        ({"": (200, {"items": [], "total_count": 0})}, {}, "ok"),
        ({"": [(401, "Forbidden"), (200, {"items": []})]}, {}, "misconfigured"),
        ({"": [(401, "Forbidden"), (200, {"items": []})]}, {"region": "eu"}, "misconfigured"),
        ({"": (401, "Forbidden")}, {}, "rejected"),
        ({"": [(401, "Forbidden"), (500, {})]}, {}, "rejected"),
        ({"": (403, {"message": "x"})}, {}, "limited"),
        ({"/domains/": (404, {}), "": (200, {"items": []})}, {"domain": "mg.example.com"}, "misconfigured"),
        ({"/domains/": (401, {}), "": (200, {"items": []})}, {"domain": "mg.example.com"}, "ok"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "klaviyo": [
        ({"": (200, {"data": [{"id": "ABC123", "attributes": {"contact_information": {"organization_name": "Acme"}}}]})}, {}, "ok"),
        ({"": (401, {"errors": [{"code": "authentication_failed"}]})}, {}, "rejected"),
        ({"": (403, {"errors": [{"code": "permission_denied"}]})}, {}, "limited"),
        ({"": (400, {"errors": [{"code": "invalid"}]})}, {}, "unreachable"),
        ({"": (410, {"errors": [{"code": "retired_revision"}]})}, {}, "unreachable"),
        ({"": (429, {"errors": [{"code": "throttled"}]})}, {}, "rate_limited"),
    ],
    "aws_s3": [
        ({"list-type": (200, LISTED), "": (200, IDENTITY)}, BUCKET, "ok"),
        ({"": (200, IDENTITY)}, {}, "ok"),
        ({"": (200, b"<Account>1</Account>")}, {}, "unreachable"),
        ({"": (403, trouble("InvalidClientTokenId"))}, {}, "rejected"),
        ({"": (403, trouble("SignatureDoesNotMatch"))}, {}, "rejected"),
        ({"": (403, trouble("AccessDenied"))}, {}, "limited"),
        ({"": (403, trouble("ExpiredToken"))}, {}, "rejected"),
        ({"": (400, trouble("ExpiredToken"))}, {}, "rejected"),
        ({"": (403, trouble("RequestTimeTooSkewed"))}, {}, "unreachable"),
        ({"list-type": (403, trouble("AccessDenied")), "": (200, IDENTITY)}, BUCKET, "limited"),
        ({"list-type": (301, trouble("PermanentRedirect")), "": (200, IDENTITY)}, BUCKET, "misconfigured"),
        ({"list-type": (400, trouble("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")), "": (200, IDENTITY)}, BUCKET, "misconfigured"),
        ({"list-type": (404, trouble("NoSuchBucket")), "": (200, IDENTITY)}, BUCKET, "misconfigured"),
        ({"list-type": (403, trouble("SignatureDoesNotMatch")), "": (200, IDENTITY)}, BUCKET, "ok"),  # proven by the first step
        ({"list-type": (503, trouble("SlowDown")), "": (200, IDENTITY)}, BUCKET, "ok"),
        ({"": (503, trouble("SlowDown"))}, {}, "rate_limited"),
        ({"": (403, trouble("OptInRequired"))}, {}, "limited"),
    ],
    "google_analytics": [
        ({"/token": (200, {"access_token": "EXAMPLE"}), "/metadata": (200, {"name": "properties/123456789/metadata"}), "Summaries": (200, {})}, PROPERTY, "ok"),
        ({"": (200, {"access_token": "EXAMPLE"})}, {}, "ok"),
        ({"": (200, {})}, {}, "unreachable"),
        ({"": (400, {"error": "invalid_grant"})}, {}, "rejected"),
        ({"": (400, {"error": "invalid_request"})}, {}, "unreachable"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (401, {"error": {"code": 401}})}, PROPERTY, "limited"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (403, {"error": {"message": "User does not have sufficient permissions for this property."}})}, PROPERTY, "limited"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (403, {"error": {"details": [{"reason": "SERVICE_DISABLED"}]}})}, PROPERTY, "limited"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (404, {"error": {"code": 404}})}, PROPERTY, "misconfigured"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (400, {"error": {"code": 400}})}, PROPERTY, "misconfigured"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (429, {"error": {"status": "RESOURCE_EXHAUSTED"}})}, PROPERTY, "rate_limited"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (503, b"")}, PROPERTY, "ok"),
        ({"": (429, {"error": {"status": "RESOURCE_EXHAUSTED"}})}, {}, "rate_limited"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (403, b"<html>")}, PROPERTY, "ok"),
        ({"/token": (200, {"access_token": "EXAMPLE"}), "": (403, {"error": {"details": "x"}})}, PROPERTY, "limited"),
    ],
    "mixpanel": [
        ({"": (200, ME)}, {"project_id": "1234567"}, "ok"),
        ({"": (200, ME)}, {}, "ok"),
        ({"": (200, ME)}, {"project_id": "7654321"}, "misconfigured"),
        ({"": (200, {"status": "ok"})}, {}, "unreachable"),
        ({"": (401, {"status": "error"})}, {}, "rejected"),
        ({"": (402, {"status": "error"})}, {}, "limited"),
        ({"": (403, {"status": "error"})}, {}, "limited"),
        ({"": (429, {"status": "error"})}, {}, "rate_limited"),
    ],
    "posthog": [
        ({"": (200, {"email": "a@example.com", "organization": {"id": "0190", "name": "Acme"}})}, {}, "ok"),
        ({"": (200, {"organization": {}})}, {}, "unreachable"),
        ({"": (401, {"type": "authentication_error"})}, {}, "rejected"),
        ({"": (403, {"code": "permission_denied", "detail": "API key missing required scope 'user:read'"})}, {}, "limited"),
        ({"": (429, {"type": "throttled_error"})}, {}, "rate_limited"),
    ],
    "plausible": [
        ({"": (200, {"results": [{"metrics": [3], "dimensions": []}]})}, {}, "ok"),
        ({"": (200, {"results": None})}, {}, "unreachable"),
        ({"": (401, {"error": "Invalid API key or site ID"})}, {}, "rejected"),
        ({"": (402, {"error": "x"})}, {}, "limited"),
        ({"": (400, {"error": "x"})}, {}, "unreachable"),
        ({"": (429, {"error": "x"})}, {}, "rate_limited"),
    ],
    "cloudinary": [
        ({"": (200, {"status": "ok"})}, {}, "ok"),
        ({"": (200, {"status": "other"})}, {}, "unreachable"),
        ({"": (401, {"error": {"message": "Invalid api_key"}})}, {}, "rejected"),
        ({"": (401, b"<html>cloud_name mismatch</html>")}, {}, "rejected"),
        ({"": (403, {"error": {"message": "Not allowed"}})}, {}, "limited"),
        ({"": (404, {})}, {}, "misconfigured"),
        ({"": (420, {})}, {}, "rate_limited"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "cloudflare_r2": [
        ({"": (200, LISTED)}, {}, "ok"),
        ({"": (401, trouble("Unauthorized"))}, {}, "rejected"),
        ({"": (403, trouble("SignatureDoesNotMatch"))}, {}, "rejected"),
        ({"": (403, trouble("InvalidAccessKeyId"))}, {}, "rejected"),
        ({"": (403, trouble("AccessDenied"))}, {}, "limited"),
        ({"": (404, trouble("NoSuchBucket"))}, {}, "misconfigured"),
        ({"": (403, trouble("SomethingNew"))}, {}, "limited"),
    ],
    "backblaze_b2": [
        ({"": (200, B2)}, {}, "ok"),
        ({"": (200, B2)}, {"bucket": "acme-example"}, "ok"),
        ({"": (200, B2)}, {"bucket": "acme-other"}, "misconfigured"),
        ({"": (200, {"accountId": "0123456789ab", "apiInfo": {"storageApi": {"allowed": {"buckets": None}}}})}, {"bucket": "acme-other"}, "ok"),
        ({"": (401, {"code": "unauthorized"})}, {}, "rejected"),
        ({"": (401, {"code": "bad_auth_token"})}, {}, "rejected"),
        ({"": (403, {"code": "transaction_cap_exceeded"})}, {}, "limited"),
        ({"": (429, {"code": "too_many_requests"})}, {}, "rate_limited"),
    ],
    "twilio": [
        ({"": (200, {"status": "active", "friendly_name": "Acme", "auth_token": "EXAMPLE"})}, {}, "ok"),
        ({"": (200, {"status": "suspended"})}, {}, "limited"),
        ({"": (200, {"status": "closed"})}, {}, "limited"),
        ({"": (401, {"code": 20003})}, {}, "rejected"),
        ({"": (403, {"code": 20403})}, {}, "limited"),
        ({"": (403, {"code": 70051})}, {}, "limited"),
        ({"": (404, {"code": 20404})}, {}, "misconfigured"),
        ({"": (429, {"code": 20429})}, {}, "rate_limited"),
        ({"": (404, {"code": 1})}, {}, "misconfigured"),
    ],
    "whatsapp": [
        ({"": (200, {"id": "123456789012345", "verified_name": "Acme"})}, {}, "ok"),
        ({"": meta(400, 190, 463)}, {}, "rejected"),
        ({"": meta(401, 190, 460)}, {}, "rejected"),
        ({"": meta(401, 190, 467)}, {}, "rejected"),
        ({"": meta(401, 190)}, {}, "rejected"),
        ({"": meta(400, 100, 33)}, {}, "misconfigured"),
        ({"": meta(400, 100)}, {}, "unreachable"),
        ({"": meta(400, 10)}, {}, "limited"),
        ({"": meta(403, 200)}, {}, "limited"),
        ({"": meta(403, 299)}, {}, "limited"),
        ({"": meta(400, 4)}, {}, "rate_limited"),
        ({"": meta(400, 80007)}, {}, "rate_limited"),
        ({"": meta(429, 130429)}, {}, "rate_limited"),
        ({"": meta(500, 1)}, {}, "unreachable"),
        ({"": meta(401, 2)}, {}, "unreachable"),
        ({"": meta(403, 190)}, {}, "rejected"),
        ({"": meta(401, 10)}, {}, "limited"),
        ({"": meta(403, 4)}, {}, "rate_limited"),
        ({"": meta(503, 190)}, {}, "unreachable"),
    ],
    "slack": [
        ({"": (200, {"ok": True, "team": "Acme", "team_id": "T0EXAMPLE"})}, {}, "ok"),
        *(({"": (200, {"ok": False, "error": word})}, {}, "rejected")
          for word in ("invalid_auth", "not_authed", "token_revoked", "account_inactive", "token_expired")),
        *(({"": (200, {"ok": False, "error": word})}, {}, "limited") for word in ("missing_scope", "ekm_access_denied", "team_access_not_granted")),
        ({"": (200, {"ok": False, "error": "ratelimited"})}, {}, "rate_limited"),
        *(({"": (200, {"ok": False, "error": word})}, {}, "unreachable") for word in ("fatal_error", "internal_error", "anything", None, ["x"])),
        ({"": (200, {"ok": "true"})}, {}, "unreachable"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "vonage": [
        ({"/secrets": (200, {"_embedded": {"secrets": [{"id": "x", "created_at": "2026-01-01T00:00:00Z"}]}}), "/get-balance": (200, {"value": 1})}, {}, "ok"),
        ({"/secrets": (200, {"_embedded": {"secrets": []}}), "/get-balance": (401, {"error-code": "401"})}, {}, "ok"),
        ({"/secrets": (200, {"_embedded": {"secrets": []}}), "/get-balance": (500, b"<html>")}, {}, "ok"),
        ({"": (401, {"title": "Invalid credentials supplied"})}, {}, "rejected"),
        ({"": (403, {"title": "x"})}, {}, "limited"),
        ({"": (404, {"title": "Invalid API Key"})}, {}, "rejected"),
        ({"": (404, b"<html>")}, {}, "unreachable"),
        ({"": (429, {})}, {}, "rate_limited"),
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
    "mistral": [
        ({"": (200, [{"id": "mistral-medium-latest"}])}, {}, "ok"),
        ({"": (200, {"data": []})}, {}, "ok"),
        ({"": (401, {})}, {}, "rejected"),
        ({"": (403, {"message": "x"})}, {}, "limited"),
        ({"": (429, {})}, {}, "rate_limited"),
        ({"": (200, [{"id": "x" * 70_000}])}, {}, "ok"),
    ],
    "groq": [
        ({"": (200, {"data": [{"id": "openai/gpt-oss-120b"}]})}, {}, "ok"),
        ({"": (401, {})}, {}, "rejected"),
        ({"": (403, {"error": {}})}, {}, "limited"),
        ({"": (429, {})}, {}, "rate_limited"),
        ({"": (498, {})}, {}, "unreachable"),
    ],
    "deepseek": [
        ({"": (200, {"is_available": True})}, {}, "ok"),
        ({"": (200, {"is_available": False})}, {}, "limited"),
        ({"": (401, {})}, {}, "rejected"),
        ({"": (402, {})}, {}, "limited"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "cohere": [
        ({"": (200, {"valid": True})}, {}, "ok"),
        ({"": (200, {"valid": False})}, {}, "rejected"),
        ({"": (401, {})}, {}, "rejected"),
        ({"": (403, {"message": "x"})}, {}, "limited"),
        ({"": (498, {})}, {}, "rejected"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "openrouter": [
        ({"": (200, {"data": {"limit_remaining": 5}})}, {}, "ok"),
        ({"": (200, {"data": {"limit_remaining": None}})}, {}, "ok"),
        ({"": (200, {"data": {"limit_remaining": 0}})}, {}, "limited"),
        ({"": (200, {"data": {"is_management_key": True}})}, {}, "limited"),
        ({"": (401, {})}, {}, "rejected"),
        ({"": (402, {})}, {}, "limited"),
        ({"": (403, {"error": {}})}, {}, "limited"),
        ({"": (429, {})}, {}, "rate_limited"),
    ],
    "shotstack": [
        ({"": (200, {"success": True})}, {}, "ok"),
        ({"": (200, {"success": False})}, {}, "unreachable"),
        ({"/v1/": (200, {"success": True}), "/stage/": (403, {"message": "Forbidden"})}, {}, "misconfigured"),
        ({"/v1/": (401, {}), "/stage/": (200, {"success": True})}, {"environment": "production"}, "misconfigured"),
        ({"": (403, {"message": "Forbidden"})}, {}, "rejected"),
        ({"": (401, {})}, {}, "rejected"),
        ({"/v1/": (503, b""), "/stage/": (403, {"message": "Forbidden"})}, {}, "unreachable"),
        ({"/v1/": (401, {}), "/stage/": (403, {"message": "Forbidden"})}, {}, "rejected"),
        ({"": (403, {"message": "Other"})}, {}, "limited"),
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
    (404, b"<html>", "not found"),
    (405, b"", "unreachable"),
    (406, b"", "unreachable"),
    (407, b"", "unreachable"),
    (408, b"", "unreachable"),
    (410, b"", "not found"),
    (415, b"", "unreachable"),
    (422, b"", "unreachable"),
    (425, b"", "unreachable"),
    (429, b"", "rate_limited"),
    (500, b"", "unreachable"),
    (502, b"<html>", "unreachable"),
    (503, b"{}", "unreachable"),
    (529, b"", "unreachable"),
]


def scripted(script: dict[str, Any], otherwise: Behaviour | None = None) -> Behaviour:
    """A third party that gives the answers of a row; `otherwise` for a path that the row does not name."""
    left = {part: list(one) if isinstance(one, list) else one for part, one in script.items()}

    def behave(connection, request):
        part = next((part for part in left if part in request.path), None)
        if part is None and otherwise is not None:
            return otherwise(connection, request)
        found = left[part]
        status, body = (found.pop(0) if len(found) > 1 else found[0]) if isinstance(found, list) else found
        return answers(status, body if isinstance(body, bytes) else json.dumps(body).encode())(connection, request)

    return behave
