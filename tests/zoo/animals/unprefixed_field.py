"""Brings a custom field under somebody else's name, and a validator that has to go with it."""

from crmcore import CustomField, Validator, hookimpl


@hookimpl
def register_validators():
    return [Validator(key="withdrawn", label="Withdrawn", check=lambda value, options: value)]


@hookimpl
def register_custom_fields():
    return [CustomField(record_type="contact", key="tier", label="Tier")]


@hookimpl
def before_write(change):
    raise AssertionError("a plugin that failed is never called")
