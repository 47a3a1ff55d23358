"""Reads the rules of a policy, and what a dataset says of its own protection. See `protection.py` for what they mean."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from datasets.frozen import FrozenSchema, name_field, one_of
from datasets.language import LanguageMapField
from datasets.protection import (
    DAYS,
    METHODS,
    RATIOS,
    ZEROS,
    Budget,
    Dominance,
    Money,
    Noise,
    Organisations,
    Part,
    Persons,
    ProtectedGroup,
    PublicMeasures,
    Rules,
    Tightening,
    flat,
)


def _whole(least: int, most: int | None = None, **kwargs: Any) -> fields.Integer:
    return fields.Integer(validate=validate.Range(least, most), **kwargs)


class _PersonsKeys(Schema):
    minimum = _whole(2, required=True)
    values = _whole(2)
    upper = _whole(2)


class _OrganisationsKeys(Schema):
    minimum = _whole(2, required=True)


class _DominanceKeys(Schema):
    n = _whole(1, required=True)
    k = _whole(1, 99, required=True)


class _MoneyKeys(Schema):
    percent = _whole(1, required=True)


class _NoiseKeys(Schema):
    most = _whole(1, required=True)


class _BudgetKeys(Schema):
    epsilon = fields.Decimal(required=True, validate=validate.Range(0, min_inclusive=False))
    most_per_person = _whole(1, required=True)


class PersonsSchema(FrozenSchema, _PersonsKeys):
    """The rule about persons."""

    MAKES = Persons


class OrganisationsSchema(FrozenSchema, _OrganisationsKeys):
    """The rule about how many organisations contribute."""

    MAKES = Organisations


class DominanceSchema(FrozenSchema, _DominanceKeys):
    """The rule about the largest contributors."""

    MAKES = Dominance


class MoneySchema(FrozenSchema, _MoneyKeys):
    """The rule about hidden amounts."""

    MAKES = Money


class NoiseSchema(FrozenSchema, _NoiseKeys):
    """The parameter of the method `cell_key`."""

    MAKES = Noise


class BudgetSchema(FrozenSchema, _BudgetKeys):
    """The parameters of the method `differential_privacy`."""

    MAKES = Budget


class RulesSchema(FrozenSchema):
    """`rules` of a policy."""

    MAKES = Rules
    persons = fields.Nested(PersonsSchema)
    organisations = fields.Nested(OrganisationsSchema)
    dominance = fields.Nested(DominanceSchema)
    p_percent = _whole(1, 99)
    money = fields.Nested(MoneySchema)
    zeros = one_of(ZEROS)
    ratios = one_of(RATIOS)
    days = one_of(DAYS)
    method = one_of(METHODS)
    noise = fields.Nested(NoiseSchema)
    budget = fields.Nested(BudgetSchema)

    @validates_schema
    def _fits(self, data: dict[str, Any], **_: Any) -> None:
        method = data.get("method", METHODS[0])
        for key, of_method in (("noise", "cell_key"), ("budget", "differential_privacy")):
            if (key in data) != (method == of_method):
                raise ValidationError(f"goes with the method '{of_method}', and with no other.", key)
        if not {"persons", "organisations", "dominance", "p_percent"} & set(data):
            raise ValidationError("there is no rule: give persons, organisations, dominance or p_percent.")


class TightenSchema(Schema):
    """`tighten` of a dataset: keys of `rules` with stricter values."""

    persons = fields.Nested(_PersonsKeys(partial=True))
    organisations = fields.Nested(_OrganisationsKeys(partial=True))
    dominance = fields.Nested(_DominanceKeys(partial=True))
    p_percent = _whole(1, 99)
    money = fields.Nested(_MoneyKeys(partial=True))
    zeros = one_of(ZEROS)
    ratios = one_of(RATIOS)
    days = one_of(DAYS)
    noise = fields.Nested(_NoiseKeys(partial=True))
    budget = fields.Nested(_BudgetKeys(partial=True))

    @post_load
    def _flat(self, data: dict[str, Any], **_: Any) -> Tightening:
        return flat(data)


class ProtectSchema(Schema):
    """One entry of `protect` of a dataset: measures hidden together, or measures that are public."""

    measures = fields.List(name_field(), required=True, validate=validate.Length(min=1))
    persons = name_field()
    public = LanguageMapField()

    @validates_schema
    def _either(self, data: dict[str, Any], **_: Any) -> None:
        if "persons" in data and "public" in data:
            raise ValidationError("measures are protected or public, not both.", "public")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> ProtectedGroup | PublicMeasures:
        measures = tuple(data["measures"])
        if "public" in data:
            return PublicMeasures(measures, data["public"])
        return ProtectedGroup(measures, data.get("persons"))


class PartSchema(FrozenSchema):
    """A measure that is a part of another."""

    MAKES = Part
    part = name_field(required=True)
    whole = name_field(required=True)
    persons = name_field()
