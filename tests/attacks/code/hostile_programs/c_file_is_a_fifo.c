// Wants the grader to wait at a fifo.
// attack: c file
#include <sys/stat.h>
int main(void) { mkfifo("out.txt", 0666); return 0; }
