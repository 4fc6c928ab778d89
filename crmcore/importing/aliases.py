"""How spreadsheets and other programs name the fields of records, in English and Russian, without spaces."""

ALIASES: dict[str, tuple[str, ...]] = {
    "first_name": ("firstname", "givenname", "имя"),
    "last_name": ("lastname", "surname", "familyname", "фамилия"),
    "name": ("name", "fullname", "contact", "contactname", "фио", "контакт", "клиент"),
    "emails": ("email", "emails", "emailaddress", "mail", "почта", "электроннаяпочта", "эпочта"),
    "phones": ("phone", "phones", "phonenumber", "telephone", "mobile", "tel", "телефон", "мобильный"),
    "handles": ("handle", "handles", "username", "ник"),
    "company": ("company", "companyname", "organization", "organisation", "компания", "организация"),
    "job_title": ("jobtitle", "title", "position", "должность"),
    "language": ("language", "язык"),
    "time_zone": ("timezone", "часовойпояс"),
    "gender": ("gender", "sex", "пол"),
    "notes": ("notes", "note", "comment", "comments", "заметки", "комментарий", "примечание"),
    "tags": ("tags", "tag", "groups", "group", "теги", "метки", "группы"),
    "domain": ("domain", "website", "домен", "сайт"),
    "address": ("address", "адрес"),
}
