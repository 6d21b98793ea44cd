// Wants the machine's whole stock of asynchronous input and output, which others may need.
// attack: c io
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
  long total = 0;
  for (int i = 0; i < 64; i++) { unsigned long c = 0; if (syscall(SYS_io_setup, 4000, &c) == 0) total += 4000; else break; }
  printf("aio events taken: %ld\n", total);
  fflush(stdout);
  sleep(2);
  return 0;
}
