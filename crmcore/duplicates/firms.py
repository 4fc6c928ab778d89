"""Names of companies without what says only in which form they are companies."""

from crmcore.duplicates.letters import spelling, words_in
from crmcore.duplicates.wordlists import words_of


def firm_words(name: str) -> tuple[str, ...]:
    """Return the words that name a company, in one spelling; all of them when nothing else would be left."""
    # "L.L.C." and "О.О.О." are words of one letter, which belong together.
    words: list[str] = []
    single = ""
    for word in words_in(name):
        if len(word) == 1:
            single += word
            continue
        if single:
            words.append(single)
            single = ""
        words.append(word)
    if single:
        words.append(single)
    said = [word for word in words if word not in words_of("firm_forms")]
    return tuple(spelling(word) for word in said or words)
