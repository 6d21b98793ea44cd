// Wants the watcher to read for ever: a child floods the output after its parent has ended well.
// attack: c io
#include <string.h>
#include <unistd.h>
int main(void) {
  char block[4096]; memset(block, 'x', sizeof block);
  for (int i = 0; i < 8; i++) if (!fork()) for (;;) { write(1, block, 1); write(2, block, 1); }
  return 0;
}
