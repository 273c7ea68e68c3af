/*
 * confine: see confine.h.  Called by the parent at its start; children.c
 * kills by it.
 */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confine.h"
#include "log.h"
#include "supervise.h"

#define MAPSIZE	16384	/* 340 lines, the most that Linux has */

int
super_confine_has_id(const char *text, unsigned long id, unsigned long *total)
{
	unsigned long first, outside, n;
	int has = 0;

	*total = 0;
	for (; text != NULL && sscanf(text, "%lu %lu %lu", &first, &outside,
	    &n) == 3; text = strchr(text, '\n')) {
		text += strspn(text, "\n");
		has |= id >= first && id - first < n;
		*total += n;
	}
	return (has);
}

/*
 * 1 when this process's user namespace has the id.  *total: as above.  Where
 * the map can't be read, the system calls will tell.
 */
static int
has_id(const char *path, unsigned long id, unsigned long *total)
{
	char text[MAPSIZE];
	size_t n = 0;
	ssize_t got;
	int fd;

	*total = ULONG_MAX;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return (1);
	/* Linux gives a page at a time. */
	while ((got = read(fd, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	close(fd);
	if (got == -1 || n == 0)
		return (1);
	text[n] = '\0';
	return (super_confine_has_id(text, id, total));
}

/* Can a process of this user namespace become the user? */
static int
has_user(const struct passwd *pw)
{
	unsigned long n;

	return (has_id("/proc/self/uid_map", pw->pw_uid, &n) &&
	    has_id("/proc/self/gid_map", pw->pw_gid, &n));
}

/* Check that the user for the children exists.  0, or -1 (logged). */
static int
check_user(const char *conf_path, const char *what, const char *name)
{
	const struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(name)) != NULL && has_user(pw))
		return (0);
	if (pw != NULL)
		log_warnx("%s: %s \"%s\": the user namespace lacks the id %lu "
		    "or %lu of this user (/proc/self/uid_map, gid_map): give "
		    "it more ids, name another user by `%s \"NAME\"', or accept"
		    " root by `%s \"root\"'", conf_path, what, name,
		    (unsigned long)pw->pw_uid, (unsigned long)pw->pw_gid, what,
		    what);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		log_warn("%s: %s \"%s\": can't look for the user (getpwnam)",
		    conf_path, what, name);
	else
		log_warnx("%s: %s \"%s\": this machine has no such user, and "
		    "%s would run as root: create the user (make install has "
		    "the command), name an existing one by `%s \"NAME\"', or "
		    "accept root by `%s \"root\"'", conf_path, what, name,
		    strcmp(what, "user") == 0 ? "the processes that face the "
		    "network" : "the process with the private keys", what,
		    what);
	return (-1);
}

/*
 * Root of a user namespace without other users is the ordinary user who made
 * it: the children can be no other, as when that user starts derpd.
 */
static void
find_one_id(struct super *s, const struct super_settings *c)
{
	unsigned long n;

	(void)has_id("/proc/self/uid_map", 0, &n);
	s->one_id = n == 1;
	if (s->one_id && (strcmp(c->user, "root") != 0 ||
	    strcmp(c->keys_user, "root") != 0))
		log_warnx("user, keys user: this user namespace has no other "
		    "user than root (/proc/self/uid_map, setresuid): all "
		    "processes stay root there, without capabilities; more "
		    "ids (/etc/subuid) let them change, `user \"root\"' and "
		    "`keys user \"root\"' say that it is meant");
}

static int
check_users(struct super *s, const struct super_settings *c,
    const char *conf_path)
{
	int rv;

	if (geteuid() != 0)
		return (0);
	find_one_id(s, c);
	if (s->one_id)
		return (0);
	rv = check_user(conf_path, "user", c->user);
	if (check_user(conf_path, "keys user", c->keys_user) == -1)
		rv = -1;
	return (rv);
}

/* Check root's empty directory for the children; it is made when missing. */
static int
check_chroot(struct super *s, const struct super_settings *c, int checking)
{
	struct stat st;
	int error;

	if (geteuid() != 0 || *c->chroot == '\0')
		return (0);
	if (checking && stat(c->chroot, &st) == -1 && errno == ENOENT) {
		log_info("%s: will be made at the first start", c->chroot);
		s->no_chroot = 1;	/* the child of -n has none */
		return (0);
	}
	if (mkdir(c->chroot, 0755) == 0) {
		log_info("made the empty directory %s", c->chroot);
		return (chmod(c->chroot, 0755));
	}
	error = errno;
	if (stat(c->chroot, &st) == -1) {
		log_warnx("chroot %s: no such directory, and it can't be made "
		    "(mkdir: %s): make it, name another empty directory of "
		    "root, or write `chroot off'", c->chroot, strerror(error));
		return (-1);
	}
	if (S_ISDIR(st.st_mode) && st.st_uid == 0 &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return (0);
	log_warnx("chroot %s: users other than root can write to it, or it is "
	    "no directory: expected an empty directory owned by root, mode "
	    "755, or `chroot off'", c->chroot);
	return (-1);
}

int
super_confine_check(struct super *s, const char *conf_path, int checking)
{
	struct super_settings c;

	s->ops->settings(s, &c);
	return (check_users(s, &c, conf_path) == -1 ||
	    check_chroot(s, &c, checking) == -1 ? -1 : 0);
}

const char *
super_confine_user(const struct super *s, const struct super_settings *c,
    enum ipc_role role)
{
	if (geteuid() != 0 || s->one_id)
		return ("");
	return (role == ROLE_KEYS || role == ROLE_SIGNER ||
	    role == ROLE_WGKEYS ? c->keys_user : c->user);
}

/* The same as `uid', who may end its own processes. */
static int
kill_as(uid_t uid, pid_t pid)
{
	int rv, error;

	/* The saved user stays root: nobody else may signal or trace us. */
	if (seteuid(uid) == -1)
		return (-1);
	rv = kill(pid, SIGKILL);
	error = errno;
	if (seteuid(0) == -1)
		fatal("can't become root again (seteuid)");
	errno = error;
	return (rv);
}

int
super_confine_kill(pid_t pid, const char *user)
{
	const struct passwd *pw;

	if (kill(pid, SIGKILL) == 0)
		return (0);
	if (errno != EPERM)
		return (-1);
	if ((pw = getpwnam(user)) != NULL)
		return (kill_as(pw->pw_uid, pid));
	errno = EPERM;
	return (-1);
}
