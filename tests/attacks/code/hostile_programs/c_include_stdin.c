// Wants the compiler to wait for an input that never comes.
// attack: c io
#include "/dev/stdin"
#include "/proc/self/fd/0"
int main(void) { return 0; }
