"""A letter of a few sentences and one link, as text and as HTML."""

from html import escape

from crmcore.mail.contract import Mail

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="margin:0;padding:24px;background:#f5f5f4;color:#1c1917;font:16px/1.5 system-ui,-apple-system,sans-serif">
<div style="max-width:520px;margin:0 auto;padding:32px;background:#ffffff;border-radius:12px">
<p style="margin:0 0 16px;font-weight:600">{workspace}</p>
{before}
<p style="margin:24px 0"><a href="{link}" style="display:inline-block;padding:10px 20px;border-radius:8px;\
background:#1c1917;color:#ffffff;text-decoration:none">{button}</a></p>
{after}
<p style="margin:16px 0 0;font-size:13px;color:#57534e;word-break:break-all">{link}</p>
</div></body></html>
"""


def letter(
    *,
    to: str,
    language: str,
    workspace: str,
    subject: str,
    before: tuple[str, ...],
    link: str,
    button: str,
    after: tuple[str, ...],
) -> Mail:
    """Return a mail whose sentences stand ``before`` and ``after`` its link."""
    text = "\n\n".join([*before, link, *after, f"-- \n{workspace}"]) + "\n"
    html = _PAGE.format(
        language=language,
        subject=escape(subject),
        workspace=escape(workspace),
        before=_paragraphs(before),
        link=escape(link),
        button=escape(button),
        after=_paragraphs(after),
    )
    return Mail(to=to, subject=subject, text=text, html=html)


def _paragraphs(sentences: tuple[str, ...]) -> str:
    return "\n".join(f'<p style="margin:0 0 12px">{escape(sentence)}</p>' for sentence in sentences)
