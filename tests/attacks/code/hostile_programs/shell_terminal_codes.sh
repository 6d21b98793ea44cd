# Wants the reader's terminal: escape codes, a title, a right-to-left text, a NUL and half characters.
# attack: shell io
printf '\033]0;owned\007\033[2J\033[31mred\0\xed\xa0\x80\xe2\x80\xaeabc\xff\n'; printf '\033[2J' >&2
