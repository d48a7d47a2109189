"""A city as a folder of plain files, loaded into frozen values and checked."""
