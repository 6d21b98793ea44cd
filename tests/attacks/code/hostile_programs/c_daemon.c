// Wants a process that outlives the run: two forks, a session of its own, all signals ignored.
// attack: c io
#include <signal.h>
#include <unistd.h>
int main(void) {
  for (int s = 1; s < 65; s++) signal(s, SIG_IGN);
  if (fork()) return 0;
  setsid();
  if (fork()) _exit(0);
  for (;;) { sleep(1); }
}
