"""Ask a plugin for what it shows: within its deadline, behind its breaker, no more than a page can bear."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from crmcore.contracts.channels import Forged, SendFailed
from crmcore.contracts.jobs import Retry
from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue, Refusal
from crmcore.contributions.bounds import TOO_HEAVY, blocks_in, figures_problem
from crmcore.plugins import sentences
from crmcore.plugins.failures import PluginFailed
from crmcore.plugins.reasons import detail
from crmcore.plugins.weight import too_heavy

if TYPE_CHECKING:
    from crmcore.workspace import Crm

WEIGHT_LIMIT = 64_000
ON_PURPOSE = (InvalidValue, Refusal, Forged, SendFailed, Retry)
"""What the dispatcher passes on, because some hooks have a use for it."""


async def ask(
    crm: "Crm",
    plugin: str,
    point: str,
    function: Callable[..., Any],
    *args: Any,
    timeout_s: float,
    returns: Any,
) -> Any:
    """Return what ``function(*args, plugin)`` answers, a ``returns`` of at most :data:`WEIGHT_LIMIT`.

    Raises :class:`~crmcore.plugins.failures.PluginFailed`, whatever the plugin raised: where something is only shown,
    a refusal on purpose is a failure too.
    """
    context = crm.host.context(plugin)
    try:
        answer = await crm.host.dispatch.run(
            plugin, point, function, *args, context, timeout_s=timeout_s, returns=returns
        )
    except ON_PURPOSE as error:
        raise PluginFailed(plugin, point, sentences.failed(plugin), detail=detail(error)) from error
    problem: Label | None = TOO_HEAVY if too_heavy(answer, WEIGHT_LIMIT) else None
    problem = problem or figures_problem(blocks_in(answer))
    if problem is not None:
        raise PluginFailed(plugin, point, sentences.unusable(plugin, problem))
    return answer
