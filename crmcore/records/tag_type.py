"""Tags as a record type."""

from crmcore.clock import Clock, utc_now
from crmcore.contracts.labels import Label
from crmcore.contracts.records import Draft, RecordType
from crmcore.records.properties import choice, text
from crmcore.records.tables import Tag
from crmcore.records.tag_removal import keep_removed
from crmcore.records.tags import tag_key

TONES = ("neutral", "accent", "ok", "warn", "bad", "violet", "teal", "pink")
_TAKEN: Label = {"en": "There is such a tag already.", "ru": "Такая метка уже есть."}


class TagType(RecordType, frozen=True, kw_only=True):
    """A tag; two spellings of one word are one tag. One that is deleted can be brought back for a month."""

    clock: Clock = utc_now

    async def prepare(self, draft: Draft) -> None:
        """Keep the key by which tags are told apart, and where one is that goes."""
        if draft.action == "delete":
            await keep_removed(draft.id, by=draft.actor.label, now=self.clock())
            return
        name = draft.values.get("name")
        if not isinstance(name, str):
            return
        draft.values["name"] = " ".join(name.split())
        draft.values["name_key"] = tag_key(name)
        if await Tag.exists().where(Tag.name_key == draft.values["name_key"], Tag.id != draft.id):
            draft.problem("/name", "taken", _TAKEN)


def tag_type(clock: Clock = utc_now) -> TagType:
    """Return the record type of tags."""
    return TagType(
        clock=clock,
        key="tag",
        plural="tags",
        label={"en": "Tag", "ru": "Метка"},
        label_plural={"en": "Tags", "ru": "Метки"},
        table=Tag,
        properties={
            "name": text("Name", "Название", limit=60, minLength=1, pattern=r"\S"),
            "tone": choice("Tone", "Цвет", *TONES),
        },
        required=("name",),
        list_columns=("name", "tone"),
        filters=("name",),
        sorts=("created_at", "name"),
        default_sort="name",
        shared=True,
    )
