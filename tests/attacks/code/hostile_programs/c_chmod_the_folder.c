// Wants the grader's process 1 to fail: takes all rights from the working folder.
// attack: c io
#include <stdio.h>
#include <sys/stat.h>
int main(void) { printf("%d\n", chmod("/tmp", 0)); return 0; }
