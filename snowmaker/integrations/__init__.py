"""Snowmaker inside other programs. One file each; none imports the program it is for before that has done so."""
