"""Whether a plugin's distribution accepts this core, told before anything of it is imported."""

import re
from importlib.metadata import Distribution

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from crmcore.contracts.labels import Label
from crmcore.plugins import reasons

_CORE_NAME = re.compile(r"\s*crmcore(?![\w.-])", re.IGNORECASE)


def incompatibility(distribution: Distribution | None, core_version: str) -> Label | None:
    """Return why ``distribution`` does not accept ``core_version``, or None when it does.

    Its ``Requires-Dist: crmcore…`` is the one statement of compatibility; none at all accepts any version.
    """
    for text in (distribution.requires if distribution else None) or []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            if _CORE_NAME.match(text):
                return reasons.unreadable_requirement(text)
            continue
        if canonicalize_name(requirement.name) != "crmcore":
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        # A pre-release of the core is a version like any other: whoever runs it chose it.
        if not requirement.specifier.contains(core_version, prereleases=True):
            return reasons.needs_core(f"crmcore{requirement.specifier}", core_version)
    return None
