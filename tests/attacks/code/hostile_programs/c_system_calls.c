// Wants kernel interfaces that have broken walls before.
// attack: c io
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
static void try(const char *name, long got) { if (got >= 0) printf("ESCAPED %s %ld\n", name, got); }
int main(void) {
  char page[4096] = {0};
  struct { void *b; unsigned long n; } here = {page, 8};
  try("ptrace", syscall(SYS_ptrace, 16, 1, 0, 0));
  try("process_vm_readv", syscall(SYS_process_vm_readv, 1, &here, 1, &here, 1, 0));
  try("memfd", syscall(SYS_memfd_create, "x", 0));
  try("memfd_secret", syscall(447, 0));
  try("userfaultfd", syscall(SYS_userfaultfd, 0));
  try("userfaultfd user", syscall(SYS_userfaultfd, 1));
  try("io_uring", syscall(425, 4, page));
  try("bpf", syscall(SYS_bpf, 0, page, 64));
  try("perf", syscall(SYS_perf_event_open, page, 0, -1, -1, 0));
  try("unshare", syscall(SYS_unshare, 0x10000000));
  try("keyctl", syscall(SYS_keyctl, 0, -3, 1));
  try("add_key", syscall(SYS_add_key, "user", "a", "b", 1, -2));
  try("shmget", syscall(SYS_shmget, 1, 4096, 0666 | 01000));
  try("msgget", syscall(SYS_msgget, 1, 0666 | 01000));
  try("semget", syscall(SYS_semget, 1, 1, 0666 | 01000));
  try("mq_open", syscall(SYS_mq_open, "x", 0102, 0600, 0));
  try("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0));
  try("fsopen", syscall(430, "tmpfs", 0));
  try("open_tree", syscall(428, -100, "/", 1));
  try("chroot", syscall(SYS_chroot, "/tmp"));
  try("setns", syscall(SYS_setns, 0, 0));
  try("name_to_handle", syscall(SYS_name_to_handle_at, -100, "/", page, page + 512, 0));
  try("fanotify", syscall(SYS_fanotify_init, 0, 0));
  try("clone3", syscall(435, page, 88));
  long pid = syscall(SYS_clone, 0x10000000 | 17, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  try("clone user namespace", pid);
  try("setpriority", syscall(SYS_setpriority, 0, 0, -5));
  try("sethostname", syscall(SYS_sethostname, "x", 1));
  try("listmount", syscall(458, page, page + 100, 10, 0));
  try("statmount", syscall(457, page, page + 100, 10, 0));
  try("lsm_get_self_attr", syscall(459, 100, page, page + 100, 0) - 1);
  puts("done");
  return 0;
}
