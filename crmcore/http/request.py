"""The request as handlers see it: bodies, forms and query strings read within limits."""

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import FormMultiDict

from crmcore.contracts.problems import Problem
from crmcore.errors import Invalid, TooLarge
from crmcore.http.documents import MAX_BODY, decode_document
from crmcore.http.form_texts import multipart_texts
from crmcore.http.languages import preferred
from crmcore.http.refusals import BadForm, BadJson, BadQuery, ClientGone, UnsupportedMedia

MAX_FIELDS = 500
NOT_AN_OBJECT = {"en": "it is not an object", "ru": "это не объект"}
UNKNOWN_PARAMETER = {
    "en": "There is no parameter “{name}” here. Known: {known}.",
    "ru": "Параметра «{name}» здесь нет. Известны: {known}.",
}


class CrmRequest(Request[Any, Any, Any]):
    """A request whose ``body``, ``json``, ``form`` and ``query`` refuse what is hostile with a 4xx, never a 5xx."""

    __slots__ = ()

    @property
    def language(self) -> str:
        """The language of the answer: a signed-in browser's user decides, then ``Accept-Language``, then the user."""
        state = self.scope["state"]
        actor = state.get("actor")
        if actor is not None and state.get("signed_in_by") == "cookie":
            return str(actor.language)
        default = actor.language if actor is not None else state.get("language", "en")
        header = self.headers.get("accept-language")
        return preferred(header, default) if header else str(default)

    async def body(self) -> bytes:
        """Return the body, at most 1 MB of it, or raise :class:`~crmcore.errors.TooLarge`."""
        if not isinstance(self._body, bytes):
            stored = self._connection_state.body
            self._body = stored if isinstance(stored, bytes) else await self._receive_body()
            self._connection_state.body = self._body
        return self._body

    async def _receive_body(self) -> bytes:
        announced = self.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:20]) > MAX_BODY:
            raise TooLarge(limit=MAX_BODY, headers={"Connection": "close"})
        chunks: list[bytes] = []
        size = 0
        while True:
            event: dict[str, Any] = dict(await self.receive())
            if event["type"] == "http.disconnect":
                raise ClientGone
            chunk: bytes = event.get("body", b"")
            size += len(chunk)
            if size > MAX_BODY:
                raise TooLarge(limit=MAX_BODY, headers={"Connection": "close"})
            chunks.append(chunk)
            if not event.get("more_body", False):
                return b"".join(chunks)

    async def json(self) -> Any:
        """Return the body's JSON value; refuses other media types (415) and what exceeds the limits (400)."""
        kind, options = self.content_type
        is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
        if kind and not is_json:
            raise UnsupportedMedia(given=kind[:80])
        charset = options.get("charset", "utf-8").lower()
        if charset not in ("utf-8", "utf8"):
            raise UnsupportedMedia(given=charset[:80])
        return decode_document(await self.body(), self.language)

    async def document(self) -> dict[str, Any]:
        """Return the body as a JSON object."""
        value = await self.json()
        if not isinstance(value, dict):
            raise BadJson(reason=NOT_AN_OBJECT[self.language])
        return value

    async def form(self) -> FormMultiDict:
        """Return the texts of the form's fields; always UTF-8, whatever the sender claims."""
        body = await self.body()
        kind, options = self.content_type
        try:
            if kind == "application/x-www-form-urlencoded":
                return self._urlencoded(body)
            if kind != "multipart/form-data" or not options.get("boundary"):
                return FormMultiDict([])
            form = FormMultiDict(multipart_texts(body, options["boundary"], most=MAX_FIELDS))
        except ValueError as error:
            raise BadForm from error
        _refuse_nul(form)
        return form

    def _urlencoded(self, body: bytes) -> FormMultiDict:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
        form = FormMultiDict(pairs)
        _refuse_nul(form)
        return form

    def query(self, *known: str) -> dict[str, str]:
        """Return the query parameters; a parameter that is not ``known``, or comes twice, is refused."""
        try:
            text = self.scope["query_string"].decode("utf-8")
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
        except ValueError as error:
            raise BadQuery from error
        values = dict(pairs)
        if len(values) != len(pairs) or any("\x00" in part for pair in pairs for part in pair):
            raise BadQuery
        for name in values:
            if name not in known:
                names = ", ".join(known) or "–"
                params = {"name": name[:80], "known": names}
                problem = Problem(
                    code="unknown_parameter", message=UNKNOWN_PARAMETER, path=f"/{name[:80]}", params=params
                )
                raise Invalid(problems=(problem,))
        return values


def _refuse_nul(form: FormMultiDict) -> None:
    for name, value in form.multi_items():
        if "\x00" in name or (isinstance(value, str) and "\x00" in value):
            raise BadForm
