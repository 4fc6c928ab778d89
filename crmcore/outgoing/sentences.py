"""Why a request to the outside was not sent or has no answer, in the product's languages."""

from crmcore.contracts.labels import Label

LATE: Label = {
    "en": "{host} did not answer within {seconds:en}.",
    "ru": "{host}: нет ответа за {seconds:ru}.",
}
UNSENDABLE: Label = {
    "en": "The request to {host} cannot be sent: {reason}.",
    "ru": "Запрос к {host} нельзя отправить: {reason}.",
}
UNREACHABLE: Label = {
    "en": "{host} cannot be reached or broke off: {reason}.",
    "ru": "{host}: нет связи или она оборвалась ({reason}).",
}
BAD_CERTIFICATE: dict[str, str] = {
    "en": "its certificate is not valid ({why})",
    "ru": "сертификат недействителен ({why})",
}
NO_URL: Label = {
    "en": "This is not a URL that can be requested.",
    "ru": "По такому адресу запрос невозможен.",
}
ONLY_HTTPS: Label = {
    "en": "Only https URLs can be requested.",
    "ru": "Запросы возможны только по адресам https.",
}
USER_IN_URL: Label = {
    "en": "A URL must not carry a user name or password; use a header.",
    "ru": "В адресе не должно быть имени и пароля; передайте их в заголовке.",
}
UNENCRYPTED: Label = {
    "en": "{host} is asked for without encryption. Use https, or an administrator allows the host in "
    "outgoing_hosts.",
    "ru": "Запрос к {host} без шифрования. Укажите https, или пусть администратор разрешит узел в "
    "outgoing_hosts.",
}
NOT_PUBLIC: Label = {
    "en": "{host} is at {address}, which is not a public address. An administrator can allow the host "
    "in outgoing_hosts.",
    "ru": "{host} находится по адресу {address}, а он не общедоступный. Администратор может разрешить узел "
    "в outgoing_hosts.",
}
NO_METHOD: Label = {"en": "This is not an HTTP method.", "ru": "Такого метода HTTP нет."}
OWN_HEADER: Label = {
    "en": "The header {name} is set by the client.",
    "ru": "Заголовок {name} ставит сам клиент.",
}
BAD_HEADER: Label = {
    "en": "A header has a character that headers cannot have.",
    "ru": "В заголовке недопустимый символ.",
}
JSON_AND_DATA: Label = {
    "en": "A request has either json or data.",
    "ru": "У запроса есть либо json, либо data.",
}
LARGE_REQUEST: Label = {
    "en": "A request has at most {limit} bytes.",
    "ru": "В запросе может быть не больше {limit} байт.",
}
LARGE_ANSWER: Label = {
    "en": "{host} answered with more than {limit} bytes.",
    "ru": "{host}: ответ длиннее {limit} байт.",
}
ENCODING: Label = {
    "en": "{host} answered in the encoding {encoding!r}, which was not asked for.",
    "ru": "{host}: ответ в кодировке {encoding!r}, о которой не просили.",
}
BROKEN_GZIP: Label = {
    "en": "{host} answered with broken gzip.",
    "ru": "{host}: сжатый ответ повреждён.",
}
BROKE_OFF: Label = {
    "en": "{host} broke off in the middle of its answer.",
    "ru": "{host}: ответ оборвался на середине.",
}
NOT_RESOLVED: Label = {"en": "The name {host} cannot be resolved.", "ru": "Имя {host} не удаётся найти."}
NO_ADDRESS: Label = {"en": "The name {host} has no address.", "ru": "У имени {host} нет адреса."}
NO_SOCKETS: Label = {
    "en": "Sockets of this machine are out of reach.",
    "ru": "Сокеты этой машины недоступны.",
}
PLAIN_STREAM: Label = {
    "en": "{host}:{port} may only be reached with TLS, unless an administrator allows it in outgoing_hosts.",
    "ru": "К {host}:{port} можно подключаться только по TLS, если администратор не разрешил узел в outgoing_hosts.",
}
NO_CA: Label = {
    "en": "Without a certificate to trust, the name in the other side’s certificate is always checked.",
    "ru": "Без доверенного сертификата имя в сертификате другой стороны проверяется всегда.",
}
BAD_CA: Label = {
    "en": "The certificate to trust is no certificate in PEM.",
    "ru": "Доверенный сертификат — не сертификат в формате PEM.",
}
