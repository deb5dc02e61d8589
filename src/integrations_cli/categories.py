"""The categories: how integrations are grouped. The seed's eight, and `video` of the reference application."""

from integrations_cli.record import Record


class Category(Record):
    """One group: `title` and `description` for people, `icon` a Heroicons name for web views."""

    title: str
    description: str
    icon: str


CATEGORIES: dict[str, Category] = {
    "ai": Category("AI Services", "AI-powered content generation and assistance", "sparkles"),
    "analytics": Category("Analytics", "website and business analytics", "chart-bar"),
    "communication": Category("Communication", "messaging and notifications", "chat-bubble-left-right"),
    "crm": Category("CRM", "customer relationship management", "users"),
    "email_marketing": Category("Email Marketing", "email campaigns and automation", "envelope"),
    "maps": Category("Maps", "mapping and geocoding", "map-pin"),
    "payment": Category("Payment", "payment processing", "credit-card"),
    "storage": Category("Storage", "file and media storage", "archive-box"),
    "video": Category("Video", "video rendering and hosting", "film"),
}
