// Wants past the filter by the door of 32-bit programs.
// attack: c io
#include <stdio.h>
int main(void) {
  long got;
  __asm__ volatile("int $0x80" : "=a"(got) : "a"(359L), "b"(2L), "c"(1L), "d"(0L) : "memory");
  if (got >= 0) puts("ESCAPED");
  printf("%ld\n", got);
  return 0;
}
