"""The telephone systems there are."""

from crm_telephony.asterisk.backend import ASTERISK_BACKEND
from crm_telephony.backend import Backend
from crm_telephony.twilio.rest import TWILIO_BACKEND

BACKENDS: dict[str, Backend] = {backend.channel: backend for backend in (ASTERISK_BACKEND, TWILIO_BACKEND)}
