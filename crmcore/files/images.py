"""Pictures are drawn anew: what is no picture in a picture (places, scripts, a second file) does not survive."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from crmcore.contracts.labels import Label
from crmcore.contracts.problems import InvalidValue

if TYPE_CHECKING:
    from PIL.Image import Image

# What of a picture is decoded at most: 50 million pixels are 200 MB while it is drawn.
MAX_PIXELS = 50_000_000
MAX_FRAMES = 300
THUMBNAIL = 320
FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
}
"""Media types that are drawn anew, and Pillow's names for them."""

_BROKEN: Label = {
    "en": "“{name}” is not a readable picture.",
    "ru": "«{name}» не удаётся прочитать как изображение.",
}
_TOO_MANY_PIXELS: Label = {
    "en": "“{name}” has more than {limit} million pixels.",
    "ru": "В «{name}» больше {limit} млн пикселей.",
}


class Drawn(Struct, frozen=True, kw_only=True):
    """A picture drawn anew: its size in pixels, and a small PNG or JPEG of it."""

    width: int
    height: int
    thumbnail: bytes


def redraw(source: Path, target: Path, media_type: str, name: str) -> Drawn:
    """Write the picture in ``source`` anew to ``target``, upright and without metadata; blocking, in a thread.

    Raises InvalidValue for what is broken (``broken_image``) or has too many pixels (``too_many_pixels``).
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(source, formats=(FORMATS[media_type],)) as image:
            _smaller(image)
            frames = getattr(image, "n_frames", 1)
            if image.width * image.height * min(frames, MAX_FRAMES) > MAX_PIXELS or frames > MAX_FRAMES:
                raise _too_many(name)
            if frames > 1:
                return _animated(image, target, media_type)
            upright = _plain_colours(ImageOps.exif_transpose(image))
            upright.save(target, FORMATS[media_type], **_options(media_type))
            return Drawn(width=upright.width, height=upright.height, thumbnail=_thumbnail(upright))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many(name) from None
    # Pillow's decoders raise whatever a broken file leads them to.
    except (
        OSError,
        SyntaxError,
        ValueError,
        ArithmeticError,
        LookupError,
        TypeError,
        AttributeError,
        EOFError,
    ) as error:
        if isinstance(error, InvalidValue):
            raise
        raise InvalidValue(_BROKEN, code="broken_image", name=name) from error


def _smaller(image: "Image") -> None:
    """Let a JPEG with too many pixels be decoded at a half, a quarter or an eighth of its size."""
    for factor in (2, 4, 8):
        if image.format == "JPEG" and image.width * image.height > MAX_PIXELS:
            image.draft(image.mode, (image.width // factor, image.height // factor))


def _animated(image: "Image", target: Path, media_type: str) -> Drawn:
    from PIL import ImageSequence

    frames = [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
    durations = [int(frame.info.get("duration", 100) or 100) for frame in ImageSequence.Iterator(image)]
    frames[0].save(
        target,
        FORMATS[media_type],
        save_all=True,
        append_images=frames[1:],
        duration=durations if media_type != "image/avif" else durations[0],
        loop=0,
        **({"disposal": 2} if media_type == "image/gif" else {}),
    )
    return Drawn(width=image.width, height=image.height, thumbnail=_thumbnail(frames[0]))


def _plain_colours(image: "Image") -> "Image":
    """Return ``image`` in sRGB without its profile: a profile is a place to hide things, and one to lose colours."""
    profile = image.info.get("icc_profile")
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV") or (profile and image.mode in ("RGB", "RGBA", "CMYK")):
        image = _in_srgb(image, profile)
    if image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        image = image.convert("RGB")
    clean = image.copy()
    transparency = clean.info.get("transparency")
    clean.info = {} if transparency is None else {"transparency": transparency}
    return clean


def _in_srgb(image: "Image", profile: bytes | None) -> "Image":
    from PIL import ImageCms

    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=mode
            )
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that cannot be read says nothing
    return image.convert(mode)


def _options(media_type: str) -> dict[str, Any]:
    if media_type == "image/jpeg":
        return {"quality": 90, "optimize": True}
    return {"quality": 90} if media_type in ("image/webp", "image/avif") else {"optimize": False}


def _thumbnail(image: "Image") -> bytes:
    small = image.copy()
    if small.mode not in ("RGB", "RGBA", "L"):
        small = small.convert("RGBA" if "transparency" in small.info or small.mode in ("LA", "P") else "RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    small.info = {}
    written = io.BytesIO()
    small.save(written, "PNG" if small.mode == "RGBA" else "JPEG", quality=80)
    return written.getvalue()


def _too_many(name: str) -> InvalidValue:
    return InvalidValue(_TOO_MANY_PIXELS, code="too_many_pixels", name=name, limit=MAX_PIXELS // 1_000_000)
