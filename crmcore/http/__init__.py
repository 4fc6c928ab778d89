"""The JSON API, and what it has in common with the pages."""

from crmcore.spared_imports import Later as _Later
from crmcore.spared_imports import import_with as _import_with

# Litestar's, for OpenAPI documents in YAML, where ours are JSON, and for a debugger: 1.7 MB.
_import_with("litestar", yaml=_Later("yaml"), pdb=_Later("pdb"))
