// Wants more memory than allowed by being many.
// attack: c io
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(void) {
  for (int i = 0; i < 14; i++) if (!fork()) { for (;;) { char *p = malloc(8 << 20); if (p) memset(p, 1, 8 << 20); else sleep(1); } }
  sleep(60);
}
