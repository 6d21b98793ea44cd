"""The addresses that an LMS and its people meet in this room."""
