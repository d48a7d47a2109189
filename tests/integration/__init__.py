"""Tests of running parts together; a package, so that what its tests share ends with them."""
