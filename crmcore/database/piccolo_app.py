"""Where Piccolo looks for an app: plugins name this module in their ``migration_dependencies``."""

from crmcore.database.core_app import core_app

APP_CONFIG = core_app()
