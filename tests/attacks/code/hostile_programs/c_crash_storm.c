// Wants the machine's helper for core dumps to be started again and again.
// attack: c io
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  struct rlimit r = {RLIM_INFINITY, RLIM_INFINITY}; setrlimit(RLIMIT_CORE, &r);
  for (int i = 0; i < 300; i++) { if (!fork()) abort(); wait(0); }
  abort();
}
