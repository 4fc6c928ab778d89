"""Files that people and channels bring: kept by content, checked, given to whom may see their record."""
