"""`{{ protocol.pay.conversation|money:protocol.pay.currency }}`: an amount as people write it."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """6.00 USD, with the decimal sign of the page's language; the two never part at the end of a line."""
    return f"{number_format(amount, decimal_pos=2)}\N{NO-BREAK SPACE}{currency}"
