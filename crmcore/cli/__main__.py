"""``python -m crmcore.cli`` is ``crmcore``."""

from crmcore.cli import main

main(prog_name="crmcore")
