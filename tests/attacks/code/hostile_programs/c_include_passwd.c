// Wants to read /etc/passwd through a compiler message.
// attack: c io
#include "/etc/passwd"
int main(void) { return 0; }
