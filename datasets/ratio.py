"""A ratio that the project computes itself: exact, rounded once. The build and the portal's sums must not differ."""

from __future__ import annotations

from decimal import Decimal


def quotient(numerator: int, denominator: int, scale: int, decimals: int) -> Decimal:
    """`scale` x numerator / denominator, rounded half up (away from nought); raises ZeroDivisionError for a base of nought."""
    shifted = numerator * scale * 10**decimals
    whole = (2 * abs(shifted) + abs(denominator)) // (2 * abs(denominator))
    return Decimal(whole if shifted * denominator >= 0 else -whole).scaleb(-decimals)
