/*
 * without: run a command without calls of the kernel, as in a container.
 *
 *	without call[,call ...] errno command ...
 *
 * These system calls fail with that errno, in the command and its children, by
 * a seccomp filter.  A call is a name, with "/N=VALUE" only where its argument
 * N has the value; or the name of a group: "landlock"; "docker", what Docker's
 * default profile refuses (moby, profiles/seccomp/default.json) whatever the
 * errno.  Exits 77 without seccomp.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_SECCOMP
#include <sys/socket.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const landlock[] = {
	"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"
};

/* Refused by Docker with EPERM; newer versions add the io_uring calls. */
static const char *const docker[] = {
	"acct", "add_key", "bpf", "clock_settime", "delete_module",
	"fanotify_init", "finit_module", "fsconfig", "fsmount", "fsopen",
	"fspick", "get_mempolicy", "init_module", "io_uring_enter",
	"io_uring_register", "io_uring_setup", "ioperm", "iopl", "kcmp",
	"kexec_file_load", "kexec_load", "keyctl", "mbind", "migrate_pages",
	"mount", "mount_setattr", "move_mount", "move_pages",
	"open_by_handle_at", "open_tree", "perf_event_open", "pidfd_getfd",
	"pivot_root",
	"process_madvise", "quotactl", "quotactl_fd", "reboot", "request_key",
	"set_mempolicy", "setdomainname", "sethostname", "setns",
	"settimeofday", "swapoff", "swapon", "syslog", "umount2", "unshare",
	"userfaultfd", "vhangup"
};

#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
			    CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			    CLONE_NEWNET)

/* Refuse a call, with an argument if it names one.  0, or -1. */
static int
refuse(scmp_filter_ctx f, const char *call, unsigned int error)
{
	char name[64], *value;
	struct scmp_arg_cmp arg = { 0, SCMP_CMP_EQ, 0, 0 };
	int nr, with;

	if ((size_t)snprintf(name, sizeof(name), "%s", call) >= sizeof(name))
		return (-1);
	if ((with = (value = strchr(name, '/')) != NULL)) {
		*value++ = '\0';
		arg.arg = (unsigned int)strtoul(value, &value, 10);
		if (*value != '=')
			return (-1);
		arg.datum_a = strtoull(value + 1, NULL, 0);
	}
	if ((nr = seccomp_syscall_resolve_name(name)) == __NR_SCMP_ERROR)
		return (-1);
	return (seccomp_rule_add_array(f, SCMP_ACT_ERRNO(error), nr,
	    with ? 1 : 0, &arg) < 0 ? -1 : 0);
}

static int
refuse_all(scmp_filter_ctx f, const char *const *calls, size_t n,
    unsigned int error)
{
	for (; n > 0; n--, calls++)
		if (refuse(f, *calls, error) == -1)
			return (-1);
	return (0);
}

static int
refuse_docker(scmp_filter_ctx f)
{
	unsigned int bit;

	for (bit = 1; bit != 0; bit <<= 1)
		if ((bit & NAMESPACES) != 0 && seccomp_rule_add(f,
		    SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
		    SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)) < 0)
			return (-1);
	if (refuse(f, "clone3", ENOSYS) == -1 || seccomp_rule_add(f,
	    SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
	    SCMP_A0(SCMP_CMP_EQ, AF_VSOCK, 0)) < 0)
		return (-1);
	return (refuse_all(f, docker, NELEM(docker), EPERM));
}

static int
add(scmp_filter_ctx f, const char *call, unsigned int error)
{
	if (strcmp(call, "landlock") == 0)
		return (refuse_all(f, landlock, NELEM(landlock), error));
	if (strcmp(call, "docker") == 0)
		return (refuse_docker(f));
	return (refuse(f, call, error));
}

static int
deny(char *calls, unsigned int error)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	char *call;

	if (f == NULL)
		return (-1);
	while ((call = strsep(&calls, ",")) != NULL)
		if (add(f, call, error) == -1) {
			fprintf(stderr, "without: can't refuse %s\n", call);
			exit(2);
		}
	/* Containers let programs gain privileges, if not told otherwise. */
	if (geteuid() == 0)
		(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0);
	return (seccomp_load(f) < 0 ? -1 : 0);
}
#else
static int
deny(char *calls, unsigned int error)
{
	(void)calls;
	(void)error;
	return (-1);
}
#endif

int
main(int argc, char *argv[])
{
	if (argc < 4) {
		fprintf(stderr, "usage: without call[,call ...] errno "
		    "command ...\n");
		return (2);
	}
	if (deny(argv[1], (unsigned int)atoi(argv[2])) == -1) {
		perror("without: seccomp");
		return (77);
	}
	execvp(argv[3], argv + 3);
	perror(argv[3]);
	return (127);
}
