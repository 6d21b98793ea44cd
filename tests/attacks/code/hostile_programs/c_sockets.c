// Wants a way out: every family of sockets.
// attack: c io
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  for (int family = 0; family < 46; family++) for (int type = 1; type < 11; type++) for (int p = 0; p < 20; p += 6)
    if (socket(family, type, p) >= 0) printf("ESCAPED socket %d %d %d\n", family, type, p);
  return 0;
}
