"""Keys that are visibly fake, put together at run time where a scanner could take them for real."""

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ANTHROPIC = "sk-ant-" + "api03-" + "0" * 80 + "EXAMPLEAA"
ANTHROPIC_NEW = "sk-ant-" + "api03-" + "1" * 80 + "EXAMPLEAA"
STRIPE_SECRET = "sk_test_" + "4eC39HqLyjEXAMPLE"
STRIPE_PUBLIC = "pk_test_" + "4eC39HqLyjEXAMPLE"


def service_account(email: str = "robot@acme-example.iam.gserviceaccount.com") -> str:
    """A service-account key of Google's form, with a private key that nobody ever used."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    parts = {"type": "service_account", "project_id": "acme-example", "private_key_id": "EXAMPLE", "private_key": pem}
    return json.dumps({**parts, "client_email": email, "token_uri": "https://oauth2.googleapis.com/token"})


GOOD: dict[str, dict[str, str]] = {
    "anthropic": {"api_key": ANTHROPIC},
    "openai": {"api_key": "sk-" + "proj-0123456789abcdefEXAMPLE"},
    "google_ai": {"api_key": "AQ." + "0123456789abcdefghijEXAMPLE"},
    "zoho": {
        "client_id": "1000." + "0123456789ABCDEFGHIJEXAMPLE",
        "client_secret": "0" * 32 + "e",
        "refresh_token": "1000." + "a" * 32 + "." + "b" * 32,
    },
    "salesforce": {
        "client_id": "3MVG9" + "a" * 60 + "EXAMPLE",
        "client_secret": "0" * 57 + "EXAMPLE",
        "refresh_token": "5Aep861" + "a" * 40 + "EXAMPLE",
    },
    "hubspot": {"api_key": "pat-na1-" + "01234567-0123-0123-0123-01234EXAMPLE"},
    "mailchimp": {"api_key": "0123456789abcdef" * 2 + "-us21", "server_prefix": "us21"},
    "sendgrid": {"api_key": "SG." + "0123456789abcdefghijkl." + "0" * 36 + "EXAMPLE"},
    "mailerlite": {"api_key": "eyJ0eXAi.eyJhdWQi.EXAMPLE_0123456789"},
    "brevo": {"api_key": "xkeysib-" + "0" * 64 + "-" + "0123456789EXAMPL"},
    "postmark": {"server_token": "01234567-0123-0123-0123-0123456789ab"},
    "mailgun": {"api_key": "0123456789abcdef" * 2 + "-01234567-89abcdef"},
    "klaviyo": {"api_key": "pk_" + "0123456789abcdef" * 2 + "01"},
    "aws_s3": {"access_key_id": "AKIA" + "23456723EXAMPLE2", "secret_access_key": "0" * 33 + "EXAMPLE"},
    "cloudinary": {"cloud_name": "acme-example", "api_key": "012345678901234", "api_secret": "0" * 20 + "EXAMPLE"},
    "cloudflare_r2": {"access_key_id": "0123456789abcdef" * 2, "secret_access_key": "0123456789abcdef" * 4},
    "backblaze_b2": {"key_id": "0123456789abcdef012345678", "application_key": "K" + "0" * 23 + "EXAMPLE"},
    "google_analytics": {"service_account_json": service_account()},
    "mixpanel": {"service_account_username": "acme.abc123.mp-service-account", "service_account_secret": "0" * 25 + "EXAMPLE"},
    "posthog": {"personal_api_key": "phx_" + "0" * 36 + "EXAMPLE", "project_api_key": "phc_" + "0" * 36 + "EXAMPLE"},
    "plausible": {"api_key": "0" * 57 + "EXAMPLE"},
    "twilio": {"account_sid": "AC" + "0123456789abcdef" * 2, "auth_token": "0123456789abcdef" * 2},
    "whatsapp": {"access_token": "EAA" + "0123456789abcdefEXAMPLE"},
    "slack": {"bot_token": "xoxb-" + "0123456789-0123456789-EXAMPLE"},
    "vonage": {"api_key": "abcd1234", "api_secret": "0123456EXAMPLE"},
    "mistral": {"api_key": "0" * 25 + "EXAMPLE"},
    "groq": {"api_key": "gsk_" + "0" * 45 + "EXAMPLE"},
    "deepseek": {"api_key": "sk-" + "0" * 25 + "example"},
    "cohere": {"api_key": "0" * 33 + "EXAMPLE"},
    "openrouter": {"api_key": "sk-or-" + "v1-" + "0" * 57 + "EXAMPLE"},
    "shotstack": {"api_key": "0" * 33 + "EXAMPLE"},
    "google_maps": {"api_key": "AIza" + "0" * 28 + "EXAMPLE"},
    "mapbox": {"access_token": "pk." + "eyJ1IjoiZXhhbXBsZSIsImEiOiJ4In0" + "." + "0123456789EXAMPLE"},
    "stripe": {"secret_key": STRIPE_SECRET, "publishable_key": STRIPE_PUBLIC},
    "paypal": {"client_id": "A" + "b" * 60 + "EXAMPLE", "client_secret": "E" + "c" * 60 + "EXAMPLE"},
}

NEEDED: dict[str, dict[str, str]] = {  # the settings without which a check sends nothing
    "cloudflare_r2": {"account_id": "fedcba9876543210" * 2, "bucket": "acme-example"},
    "whatsapp": {"phone_number_id": "123456789012345"},
    "plausible": {"site_id": "acme.example"},
}

SETTINGS: dict[str, dict[str, str]] = {  # a value for every setting that changes what a check sends
    "brevo": {"list_id": "12"},
    "postmark": {"message_stream": "outbound"},
    "mailgun": {"domain": "mg.example.com"},
    "klaviyo": {"list_id": "ABC123"},
    "aws_s3": {"bucket": "acme-example"},
    "cloudinary": {"folder": "acme"},
    "cloudflare_r2": {**NEEDED["cloudflare_r2"], "jurisdiction": "default"},
    "backblaze_b2": {"bucket": "acme-example"},
    "twilio": {"region": "ie1", "edge": "dublin", "from_number": "+15551234567"},
    "whatsapp": {**NEEDED["whatsapp"], "api_version": "v23.0"},
    "slack": {"default_channel": "#acme"},
    "vonage": {"from": "Acme"},
    "google_analytics": {"property_id": "123456789"},
    "mixpanel": {"project_id": "1234567", "region": "eu"},
    "posthog": {"project_id": "1"},
    "plausible": {"site_id": "acme.example"},
}
