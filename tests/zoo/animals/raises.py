"""Breaks when it registers, after it registered something else."""

from crmcore import Validator, hookimpl


@hookimpl
def register_validators():
    return [Validator(key="left_behind", label="Left behind", check=lambda value, options: value)]


@hookimpl
def register_panels():
    raise ConnectionError("the shop is closed")
