"""A plugin for the tests of the register: a validator, fields and a rule."""

from crmcore import Change, CustomField, InvalidValue, Options, Problem, Validator, hookimpl


def card(value: str, options: object) -> str:
    number = value.replace(" ", "").upper()
    if not number.startswith("L") or not number[1:].isdigit():
        raise InvalidValue(
            {"en": "A card is L and digits.", "ru": "Карта — это L и цифры."}, code="not_a_card"
        )
    return number


def letter(options: Options) -> None:
    """Refuse a letter that is none; stumble over an empty one."""
    if "letter" in options and not options["letter"][0].isalpha():
        raise InvalidValue({"en": "Not a letter.", "ru": "Это не буква."}, code="not_a_letter")


@hookimpl
def register_validators() -> list[Validator]:
    label = {"en": "Loyalty card", "ru": "Карта"}
    return [
        Validator(
            key="loyalty-card",
            label=label,
            check=card,
            examples=("L 12",),
            counter_examples=("12",),
            sensitive=True,
        ),
        Validator(
            key="loyalty-code",
            label={"en": "Loyalty code", "ru": "Код"},
            check=lambda value, options: value,
            check_options=letter,
            options_schema={
                "type": "object",
                "properties": {"letter": {"type": "string"}},
                "additionalProperties": False,
            },
        ),
    ]


@hookimpl
def register_custom_fields() -> list[CustomField]:
    return [
        CustomField(
            record_type="contact", key="loyalty_card", label="Card", format="loyalty-card", required=True
        ),
        CustomField(
            record_type="contact", key="loyalty_points", label="Points", type="number", read_only=True
        ),
    ]


@hookimpl
def before_write(change: Change) -> list[Problem] | None:
    if change.record_type == "company" and change.values.get("name") == "Forbidden Ltd":
        return [
            Problem(path="/name", code="forbidden_name", message={"en": "Not this one.", "ru": "Не эта."})
        ]
    if change.record_type == "company" and change.values.get("name") == "Broken Ltd":
        raise RuntimeError("the plugin is broken")
    return None


@hookimpl
def before_delete(change: Change) -> list[Problem] | None:
    if change.record_type == "company" and (change.before or {}).get("name") == "Kept Ltd":
        return [Problem(code="kept", message={"en": "This one stays.", "ru": "Эта остаётся."})]
    return None
