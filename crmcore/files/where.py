"""Which storage a workspace uses."""

from crmcore.files.bucket import BucketStorage
from crmcore.files.folder import FolderStorage
from crmcore.files.storage import Storage
from crmcore.settings import WorkspaceSettings


def storage_of(settings: WorkspaceSettings) -> Storage:
    """Return the bucket that the settings name, or the folder ``files`` among the workspace's data."""
    if settings.files_url:
        return BucketStorage(settings.files_url, settings.files_key, settings.files_secret)
    return FolderStorage(settings.data_path / "files")
