"""What all pages of one workspace share: templates, texts, assets."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from crmcore.markup.direction import undirected
from crmcore.web.assets import MARKS, Assets
from crmcore.web.charts import drawn, share, spark
from crmcore.web.marks import icon_name, initials, safe_href, tone_of
from crmcore.web.texts import load_texts
from crmcore.web.values import kind_of

if TYPE_CHECKING:
    from crmcore.workspace import Crm

HERE = Path(__file__).parent


class Site:
    """Built once per application. Holds nothing of any visitor, and nothing of any workspace."""

    def __init__(self, crm: "Crm") -> None:
        self.crm = crm
        self.assets = Assets(HERE / "static")
        self.languages = load_texts(HERE / "locale")
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            finalize=_shown,
        )
        self.templates.globals.update(asset=self.assets.url, marks=frozenset(MARKS))
        self.templates.filters.update(
            initials=initials,
            tone=tone_of,
            href=safe_href,
            kind=kind_of,
            drawn=drawn,
            share=share,
            spark=spark,
            kept=_kept,
            icon=lambda name: icon_name(name, self.assets.icons),
        )


def _shown(value: Any) -> Any:
    """Return a value as pages show it: what somebody wrote turns no writing round."""
    return undirected(value) if type(value) is str else value


def _kept(value: Any) -> Markup:
    """Return a value as a form sends it back: just as it is stored."""
    return escape(value)
