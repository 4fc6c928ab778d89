"""What Mailchimp's webhooks say: form-encoded, with names like ``data[merges][FNAME]``."""

from urllib.parse import parse_qsl

from msgspec import Struct

from crmcore import InvalidValue, Label

KINDS = ("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign")
_MOST_FIELDS = 500
_NO_DELIVERY: Label = {
    "en": "This is no delivery of a Mailchimp webhook.",
    "ru": "Это не доставка вебхука Mailchimp.",
}


class Delivery(Struct, frozen=True, kw_only=True):
    """One delivery: what happened, when, to which addresses (two where one was changed), in which audience."""

    kind: str
    fired_at: str
    id: str = ""
    audience: str = ""
    addresses: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What a repeated delivery has too. Mailchimp gives deliveries no id of their own."""
        return "|".join((self.kind, self.fired_at, self.id, *self.addresses))[:200]


def delivery_in(body: bytes) -> Delivery:
    """Return the delivery in ``body``; raises :class:`~crmcore.InvalidValue` when it is none."""
    try:
        fields = dict(parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS, keep_blank_values=True))
    except ValueError as error:
        raise InvalidValue(_NO_DELIVERY, code="no_delivery") from error
    kind = fields.get("type", "")
    if kind not in KINDS:
        raise InvalidValue(_NO_DELIVERY, code="no_delivery")
    named = (fields.get(f"data[{name}]", "") for name in ("email", "old_email", "new_email"))
    return Delivery(
        kind=kind,
        fired_at=fields.get("fired_at", "")[:40],
        id=(fields.get("data[id]") or fields.get("data[new_id]") or fields.get("data[campaign_id]") or "")[
            :60
        ],
        audience=fields.get("data[list_id]", "")[:60],
        addresses=tuple(dict.fromkeys(address[:320] for address in named if address)),
    )
