"""The two fields that the plugin brings to contacts."""

from crmcore import CustomField

OPT_IN = "mailchimp_opt_in"
STATUS = "mailchimp_status"

STATUSES = ("subscribed", "pending", "unsubscribed", "cleaned")
"""Those of Mailchimp that are kept, the best first."""

CUSTOM_FIELDS = (
    CustomField(
        record_type="contact",
        key=OPT_IN,
        label={"en": "Wants the newsletter", "ru": "Согласие на рассылку"},
        description={
            "en": "Checked, the contact becomes a subscriber in Mailchimp; unchecked, the subscription ends.",
            "ru": "С отметкой контакт становится подписчиком Mailchimp; без неё подписка прекращается.",
        },
        group="Mailchimp",
        type="checkbox",
        order=200,
        filterable=True,
    ),
    CustomField(
        record_type="contact",
        key=STATUS,
        label={"en": "Newsletter status", "ru": "Статус рассылки"},
        description={"en": "As Mailchimp has it.", "ru": "По данным Mailchimp."},
        group="Mailchimp",
        type="drop_down",
        options={
            "choices": [
                {"value": "subscribed", "label": {"en": "Subscribed", "ru": "Подписан"}},
                {"value": "unsubscribed", "label": {"en": "Unsubscribed", "ru": "Отписан"}},
                {
                    "value": "cleaned",
                    "label": {"en": "Cleaned: mail bounced", "ru": "Очищен: письма не доходят"},
                },
                {"value": "pending", "label": {"en": "Not confirmed yet", "ru": "Ещё не подтвердил"}},
            ]
        },
        order=201,
        read_only=True,
        filterable=True,
    ),
)
