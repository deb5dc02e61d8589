"""What the person sees: tables, cards, plans, JSON. Standard library only; foreign text is made safe here."""
