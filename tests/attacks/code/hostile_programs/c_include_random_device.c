// Wants the compiler to read a device without end, and to hold the worker.
// attack: c io
#include "/dev/urandom"
int main(void) { return 0; }
