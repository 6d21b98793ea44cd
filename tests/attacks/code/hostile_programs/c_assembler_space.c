// Wants an object file of a terabyte.
// attack: c io
__asm__(".data\n.fill 1099511627776, 1, 7\n.text");
int main(void) { return 0; }
