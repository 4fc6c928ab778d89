"""The web application of one workspace."""

from typing import TYPE_CHECKING, Any

from litestar import Litestar
from litestar.datastructures import State

from crmcore.http.api.everything import api_operations
from crmcore.http.api.health import health_operations
from crmcore.http.api.metrics import metrics_operations
from crmcore.http.auth import guard
from crmcore.http.envelope import Envelope
from crmcore.http.failures import answer_failure
from crmcore.http.lifespan import lifespan_of
from crmcore.http.litestar_app import App
from crmcore.http.operation import Operation
from crmcore.http.request import CrmRequest
from crmcore.http.routes import route_handler
from crmcore.metrics.metering import metered
from crmcore.metrics.requests import metrics_of

if TYPE_CHECKING:
    from crmcore.jobs.worker import Worker
    from crmcore.workspace import Crm


def create_app(crm: "Crm", *, start: bool = True, worker: bool = True, pages: bool = True) -> Litestar:
    """Return a fresh application for ``crm``, with handlers of its own.

    Its lifespan starts and stops ``crm`` unless ``start`` is false, and works the workspace's jobs unless
    ``worker`` is false. Without ``pages`` it is the JSON API alone. ``app.state.crm`` is the workspace. Several
    applications live side by side.
    """
    metrics = metrics_of(crm)
    if worker:
        metrics.watch(crm.worker)
    handlers, error_page = _pages(crm) if pages else ([], None)
    lifespans = [lifespan_of(crm, start=start, worker=worker), metrics.lifespan]
    return _built(crm, api_operations(crm), handlers, error_page, lifespans)


def create_shared_app(crm: "Crm") -> Litestar:
    """Return an application that starts, stops and works nothing: ``crm`` stands for whichever workspace is asked.

    Nothing of a workspace may be taken from it while it is built but what all those have in common that share it:
    the registered record types and their names.
    """
    handlers, error_page = _pages(crm)
    return _built(crm, api_operations(crm), handlers, error_page, [])


def create_probe_app(crm: "Crm", worker: "Worker") -> Litestar:
    """Return an application with metrics and health alone, for a process that only works jobs."""
    metrics = metrics_of(crm)
    metrics.watch(worker)
    operations = [*metrics_operations(crm), *health_operations(crm)]
    return _built(crm, operations, [], None, [metrics.lifespan])


def _built(
    crm: "Crm",
    operations: list[Operation],
    handlers: list[Any],
    error_page: Any,
    lifespans: list[Any],
) -> Litestar:
    app = App(
        route_handlers=[*(route_handler(crm, operation) for operation in operations), *handlers],
        request_class=CrmRequest,
        guards=[guard],
        exception_handlers={Exception: answer_failure},
        lifespan=lifespans,
        state=State(
            {
                "crm": crm,
                "operations": operations,
                "error_page": error_page,
            }
        ),
        openapi_config=None,
        logging_config=None,
        request_max_body_size=None,
    )
    app.asgi_handler = Envelope(metered(app.asgi_handler, lambda: metrics_of(crm)), crm)
    return app


def _pages(crm: "Crm") -> tuple[list[Any], Any]:
    """Return the handlers of the pages and what draws error pages."""
    # Templates, texts and icons are read only where pages are wanted.
    from crmcore.web.routes import web_rooms

    return web_rooms(crm)
