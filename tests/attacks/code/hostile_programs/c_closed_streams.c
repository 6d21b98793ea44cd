// Wants to hang the watcher: all streams closed, then no end.
// attack: c io
#include <unistd.h>
int main(void) { for (int i = 0; i < 1024; i++) close(i); for (;;) pause(); }
