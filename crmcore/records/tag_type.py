"""Tags as a record type."""

from crmcore.contracts.labels import Label
from crmcore.contracts.records import Draft, RecordType
from crmcore.records.properties import choice, text
from crmcore.records.tables import Tag
from crmcore.records.tags import tag_key

TONES = ("neutral", "accent", "ok", "warn", "bad", "violet", "teal", "pink")
_TAKEN: Label = {"en": "There is such a tag already.", "ru": "Такая метка уже есть."}


class TagType(RecordType, frozen=True, kw_only=True):
    """A tag; two spellings of one word are one tag."""

    async def prepare(self, draft: Draft) -> None:
        """Keep the key by which tags are told apart."""
        name = draft.values.get("name")
        if not isinstance(name, str):
            return
        draft.values["name"] = " ".join(name.split())
        draft.values["name_key"] = tag_key(name)
        if await Tag.exists().where(Tag.name_key == draft.values["name_key"], Tag.id != draft.id):
            draft.problem("/name", "taken", _TAKEN)


def tag_type() -> TagType:
    """Return the record type of tags."""
    return TagType(
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
