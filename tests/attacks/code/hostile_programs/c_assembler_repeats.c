// Wants the assembler to eat all memory.
// attack: c io
__asm__(".data\n.rept 2000000000\n.quad 0x1234567890\n.endr\n.text");
int main(void) { return 0; }
