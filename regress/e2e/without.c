/*
 * without: run a command without a feature of the kernel, as in a container.
 *
 *	without landlock errno command ...
 *
 * The system calls of Landlock fail with that errno, in the command and its
 * children, by a seccomp filter.  Exits 77 without seccomp.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

#define FIRST_CALL	444	/* landlock_create_ruleset, on all machines */
#define LAST_CALL	446	/* landlock_restrict_self */

static int
deny(unsigned int error)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FIRST_CALL, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_CALL, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	struct sock_fprog p = { sizeof(f) / sizeof(f[0]), f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return (-1);
	return (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p));
}
#else
static int
deny(unsigned int error)
{
	(void)error;
	return (-1);
}
#endif

int
main(int argc, char *argv[])
{
	if (argc < 4 || strcmp(argv[1], "landlock") != 0) {
		fprintf(stderr, "usage: without landlock errno command ...\n");
		return (2);
	}
	if (deny((unsigned int)atoi(argv[2])) == -1) {
		perror("without: seccomp");
		return (77);
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return (127);
}
