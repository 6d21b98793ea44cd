// Wants rights by programs that give them.
// attack: c io
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(void) {
  system("for p in su mount umount newgrp passwd chsh; do ls -l /usr/bin/$p; done; /usr/bin/su -c id 2>&1; /usr/bin/mount -t tmpfs x /tmp 2>&1");
  printf("%d\n", setuid(0));
  return 0;
}
