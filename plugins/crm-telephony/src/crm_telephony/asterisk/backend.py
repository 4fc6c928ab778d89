"""Asterisk as a backend."""

from crm_telephony.asterisk.channel import KEY
from crm_telephony.asterisk.dial import dial
from crm_telephony.asterisk.recording import fetch
from crm_telephony.backend import Backend

ASTERISK_BACKEND = Backend(channel=KEY, dial=dial, fetch=fetch)
