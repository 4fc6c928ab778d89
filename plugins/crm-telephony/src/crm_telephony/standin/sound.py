"""A recording for the demo: three tones, made here."""

import io
import math
import struct
import wave

RATE = 8_000
_TONES = ((440.0, 0.6), (554.4, 0.6), (659.3, 0.9))


def tones() -> bytes:
    """Return a WAV file of some two seconds, 8 kHz, 16 bit, mono."""
    samples = [
        round(9_000 * math.sin(2 * math.pi * pitch * n / RATE) * min(1.0, n / 400))
        for pitch, seconds in _TONES
        for n in range(round(RATE * seconds))
    ]
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()
