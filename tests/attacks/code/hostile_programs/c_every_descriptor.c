// Wants to speak in the grader's name: writes an answer to every descriptor.
// attack: c io
#include <unistd.h>
static const char said[] = "\0\0\0\x20\x08\0\0\0\x06result\0\0\0\x05" "ended\0\0\0\0";
int main(void) { for (int i = 3; i < 4096; i++) if (write(i, said, sizeof said) > 0) write(1, "ESCAPED", 7); return 0; }
