"""Small services on top of a website's integrations: an AI model, a mailing list, a CRM.

from integrations_cli.application.services import AI, Mailchimp, Zoho
"""

from integrations_cli.application.services.ai import AI, Reply
from integrations_cli.application.services.mailchimp import Mailchimp, Subscription
from integrations_cli.application.services.zoho import Zoho

__all__ = ["AI", "Mailchimp", "Reply", "Subscription", "Zoho"]
