"""The stand-in's answers: the requests that the plugin makes, on one audience in memory."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from crm_mailchimp.standin.batches import Batches
from crm_mailchimp.standin.members import KeptMember, document, hash_of, only, problem
from crm_mailchimp.standin.reports import activity_of, campaigns_of, page_of, recipients_of

Answered = tuple[int, Any]
"""A status and a JSON document; None for an empty body."""

_FIELDS = (
    ("FNAME", "First Name", "text"),
    ("LNAME", "Last Name", "text"),
    ("PHONE", "Phone Number", "phone"),
)


class StandInService:
    """One audience with its members, fields, tags, batches and webhooks."""

    def __init__(
        self,
        *,
        key: str,
        audience: str,
        name: str = "Demo newsletter",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.key, self.audience, self.name = key, audience, name
        self.clock = clock
        self.members: dict[str, KeptMember] = {}
        self.fields = [{"tag": tag, "name": name, "type": type} for tag, name, type in _FIELDS]
        self.tags: dict[str, int] = {}
        self.groups = {"a1b2c3d4e5": "Products", "f6a7b8c9d0": "Events"}
        self.webhooks: list[dict[str, Any]] = []
        self.made_webhooks = 0
        self.batches = Batches(self._run, clock)
        self.signing_secret = ""
        root = re.escape(f"/lists/{audience}")
        member = rf"{root}/members/([0-9a-f]{{32}})"
        self._routes: list[tuple[str, str, Callable[..., Answered]]] = [
            ("GET", "/ping", lambda *_: (200, {"health_status": "Everything's Chimpy!"})),
            ("GET", root, lambda *_: (200, {"id": audience, "name": self.name})),
            ("GET", f"{root}/members", self._page),
            ("GET", member, self._member),
            ("PUT", member, self._put),
            ("PATCH", member, self._patch),
            ("POST", f"{member}/tags", self._tags),
            ("POST", f"{member}/actions/delete-permanent", self._delete),
            ("GET", f"{member}/activity-feed", self._activity),
            ("GET", f"{root}/merge-fields", lambda *_: (200, {"merge_fields": self.fields})),
            ("POST", f"{root}/merge-fields", self._new_field),
            (
                "GET",
                f"{root}/interest-categories",
                lambda *_: (200, {"categories": [{"id": "c0ffee", "title": "News about"}]}),
            ),
            ("GET", f"{root}/interest-categories/c0ffee/interests", self._interests),
            ("GET", f"{root}/segments", self._segments),
            ("POST", f"{root}/segments", self._new_segment),
            ("POST", rf"{root}/segments/(\d+)", self._tag_many),
            ("GET", f"{root}/webhooks", lambda *_: (200, {"webhooks": self.webhooks})),
            ("POST", f"{root}/webhooks", self._new_webhook),
            ("DELETE", rf"{root}/webhooks/(\w+)", self._drop_webhook),
            ("POST", "/batches", lambda query, body: (200, self.batches.new(body["operations"]))),
            ("GET", "/campaigns", self._campaigns),
            ("GET", r"/reports/(\w+)/sent-to", self._sent_to),
            ("GET", r"/reports/(\w+)/email-activity", self._email_activity),
            ("GET", "/batches", lambda query, body: (200, self.batches.all())),
            ("GET", "/batches/([0-9a-f]+)", lambda query, body, id: self.batches.state(id)),
        ]

    def add(self, address: str, status: str = "subscribed", **merge_fields: Any) -> KeptMember:
        """Make a member, as a form of Mailchimp's does."""
        fields = {field["tag"]: "" for field in self.fields} | merge_fields
        member = KeptMember(
            address=address,
            status=status,
            changed_at=self.clock(),
            merge_fields=fields,
            interests=dict.fromkeys(self.groups, False),
            web_id=len(self.members) + 1,
        )
        self.members[member.hash] = member
        return member

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: Any) -> Answered:
        """Answer one request for ``target``, the path below ``/3.0`` with its query."""
        if not self._knows(headers.get("authorization", "")):
            return 401, problem(401, "API Key Invalid", "Your API key may be invalid.")
        return self._run(method, target, body)

    def _run(self, method: str, target: str, body: Any) -> Answered:
        path, _, query = target.partition("?")
        asked = dict(parse_qsl(query))
        for known, pattern, answer in self._routes:
            if known == method and (match := re.fullmatch(pattern, unquote(path))):
                status, found = answer(asked, body, *match.groups())
                return status, only(found, asked.get("fields", "")) if status == 200 else found
        return 404, problem(404, "Resource Not Found", "The requested resource could not be found.")

    def _knows(self, header: str) -> bool:
        scheme, _, login = header.partition(" ")
        try:
            return scheme == "Basic" and base64.b64decode(login).decode().endswith(f":{self.key}")
        except ValueError:
            return False

    def shown(self, member: KeptMember) -> dict[str, Any]:
        """Return a member as the API shows it."""
        return document(member, self.audience)

    def _page(self, query: Mapping[str, str], body: Any) -> Answered:
        since = query.get("since_last_changed", "")
        found = sorted(self.members.values(), key=lambda member: (member.changed_at, member.hash))
        if since:
            found = [member for member in found if member.changed_at >= datetime.fromisoformat(since)]
        start, count = int(query.get("offset", 0)), min(1000, int(query.get("count", 10)))
        page = [self.shown(member) for member in found[start : start + count]]
        return 200, {"members": page, "list_id": self.audience, "total_items": len(found)}

    def _member(self, query: Mapping[str, str], body: Any, hash: str) -> Answered:
        member = self.members.get(hash)
        return (200, self.shown(member)) if member else self._nobody()

    def _put(self, query: Mapping[str, str], body: dict[str, Any], hash: str) -> Answered:
        address = body["email_address"]
        if "@" not in address or hash_of(address) != hash or address.endswith("@fake.invalid"):
            return 400, problem(400, "Invalid Resource", f"{address} looks fake or invalid.")
        if refused := self._misfit(body):
            return refused
        member = self.members.get(hash)
        if member is None:
            member = self.add(address, body["status_if_new"])
        elif "status" in body:
            member.status = body["status"]
        return self._changed(member, body)

    def _patch(self, query: Mapping[str, str], body: dict[str, Any], hash: str) -> Answered:
        member = self.members.get(hash)
        if member is None:
            return self._nobody()
        if refused := self._misfit(body):
            return refused
        member.status = body.get("status", member.status)
        return self._changed(member, body)

    def _misfit(self, body: dict[str, Any]) -> Answered | None:
        types = {field["tag"]: field["type"] for field in self.fields}
        for tag, value in body.get("merge_fields", {}).items():
            if types.get(tag) == "number" and value and not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
                errors = [{"field": tag, "message": "Please enter a number"}]
                return 400, problem(400, "Invalid Resource", "Your merge fields were invalid.", errors=errors)
        return None

    def _changed(self, member: KeptMember, body: dict[str, Any]) -> Answered:
        known = {field["tag"] for field in self.fields}
        member.merge_fields |= {
            tag: value for tag, value in body.get("merge_fields", {}).items() if tag in known
        }
        member.interests |= body.get("interests", {})
        member.changed_at = self.clock()
        return 200, self.shown(member)

    def _tags(self, query: Mapping[str, str], body: dict[str, Any], hash: str) -> Answered:
        member = self.members.get(hash)
        if member is None:
            return self._nobody()
        for tag in body["tags"]:
            if tag["status"] == "active":
                member.tags[tag["name"]] = self._tag(tag["name"])
            else:
                member.tags.pop(tag["name"], None)
        member.changed_at = self.clock()
        return 204, None

    def _delete(self, query: Mapping[str, str], body: Any, hash: str) -> Answered:
        return (204, None) if self.members.pop(hash, None) else self._nobody()

    def _activity(self, query: Mapping[str, str], body: Any, hash: str) -> Answered:
        member = self.members.get(hash)
        if member is None:
            return self._nobody()
        wanted = query.get("activity_filters", "").split(",")
        found = [one for one in member.activity if one["activity_type"] in wanted]
        return 200, {"activity": found, "email_id": hash, "list_id": self.audience}

    def _campaigns(self, query: Mapping[str, str], body: Any) -> Answered:
        since = datetime.fromisoformat(query["since_send_time"])
        return 200, {"campaigns": campaigns_of(self.members.values(), since)[: int(query["count"])]}

    def _sent_to(self, query: Mapping[str, str], body: Any, campaign: str) -> Answered:
        return 200, page_of("sent_to", recipients_of(self.members.values(), campaign), query)

    def _email_activity(self, query: Mapping[str, str], body: Any, campaign: str) -> Answered:
        since = datetime.fromisoformat(query["since"]) if "since" in query else None
        return 200, page_of("emails", activity_of(self.members.values(), campaign, since), query)

    def _interests(self, query: Mapping[str, str], body: Any) -> Answered:
        return 200, {"interests": [{"id": id, "name": name} for id, name in self.groups.items()]}

    def _new_field(self, query: Mapping[str, str], body: dict[str, Any]) -> Answered:
        field = {"tag": body["tag"], "name": body["name"], "type": body["type"]}
        self.fields.append(field)
        return 200, field

    def _tag(self, name: str) -> int:
        return self.tags.setdefault(name, len(self.tags) + 1)

    def _segments(self, query: Mapping[str, str], body: Any) -> Answered:
        found = [{"id": id, "name": name, "type": "static"} for name, id in self.tags.items()]
        start = int(query.get("offset", 0))
        return 200, {"segments": found[start : start + int(query.get("count", 10))]}

    def _new_segment(self, query: Mapping[str, str], body: dict[str, Any]) -> Answered:
        return 200, {"id": self._tag(body["name"]), "name": body["name"], "type": "static"}

    def _tag_many(self, query: Mapping[str, str], body: dict[str, Any], id: str) -> Answered:
        name = next((name for name, known in self.tags.items() if known == int(id)), None)
        if name is None:
            return self._nobody()
        added, removed, errors = [], [], []
        for address in body.get("members_to_add", []):
            if (member := self.members.get(hash_of(address))) is None:
                errors.append({"email_addresses": [address], "error": "Email is not on the list"})
            else:
                member.tags[name] = int(id)
                added.append(self.shown(member))
        for address in body.get("members_to_remove", []):
            if (member := self.members.get(hash_of(address))) and member.tags.pop(name, None):
                removed.append(self.shown(member))
        return 200, {
            "members_added": added,
            "members_removed": removed,
            "errors": errors,
            "total_added": len(added),
            "total_removed": len(removed),
            "error_count": len(errors),
        }

    def _new_webhook(self, query: Mapping[str, str], body: dict[str, Any]) -> Answered:
        self.made_webhooks += 1
        webhook = {"id": f"wh{self.made_webhooks}", **body, "list_id": self.audience}
        self.webhooks.append(webhook)
        secret = self.signing_secret if body.get("signing_enabled") else ""
        return 200, {**webhook, **({"signing_secret": secret} if secret else {})}

    def _drop_webhook(self, query: Mapping[str, str], body: Any, id: str) -> Answered:
        left = [webhook for webhook in self.webhooks if webhook["id"] != id]
        if len(left) == len(self.webhooks):
            return 404, problem(404, "Resource Not Found", "The requested resource could not be found.")
        self.webhooks = left
        return 204, None

    @staticmethod
    def _nobody() -> Answered:
        return 404, problem(404, "Resource Not Found", "The requested resource could not be found.")


def encoded(found: Any) -> bytes:
    """Return the body of an answer."""
    return b"" if found is None else json.dumps(found).encode()
