"""Tests of the board in a browser; a package, so that what its tests share ends with them."""
