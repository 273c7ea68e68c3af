/*
 * authorities: see authorities.h.  Called by parents when they check what the
 * configuration names.
 */
#include <sys/stat.h>
#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "authorities.h"
#include "bom.h"
#include "log.h"

/* 1 when `pw' may read a file with this owner and mode. */
static int
may_read(const struct stat *st, const struct passwd *pw)
{
	if (pw->pw_uid == 0)
		return (1);
	if (st->st_uid == pw->pw_uid)
		return ((st->st_mode & S_IRUSR) != 0);
	if (st->st_gid == pw->pw_gid)
		return ((st->st_mode & S_IRGRP) != 0);
	return ((st->st_mode & S_IROTH) != 0);
}

/* Check the PEM certificates in `fp'.  NULL, or what is wrong. */
static const char *
bad_certificates(FILE *fp)
{
	const char *bad = NULL;
	char head[4];
	X509 *x;
	int n = 0;

	bad = base_bom_found(head, fread(head, 1, sizeof(head), fp));
	rewind(fp);
	ERR_clear_error();
	while (bad == NULL &&
	    (x = PEM_read_X509(fp, NULL, NULL, NULL)) != NULL) {
		X509_free(x);
		n++;
	}
	if (bad == NULL && ERR_GET_REASON(ERR_peek_last_error()) !=
	    PEM_R_NO_START_LINE)
		bad = "a certificate in it is malformed";
	else if (bad == NULL && n == 0)
		bad = "there is no certificate in it, expected PEM";
	ERR_clear_error();
	return (bad);
}

int
super_authorities_check(const char *path, const char *at, const char *user)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam(user) : NULL;
	const char *bad = NULL;
	struct stat st;
	FILE *fp = NULL;
	int fd;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1) {
		log_warnx("%s: %s%s", at, strerror(errno),
		    base_advice_path(errno));
		if (fd != -1)
			close(fd);
		return (-1);
	}
	if (!S_ISREG(st.st_mode))
		bad = "not a regular file: expected certificates in PEM";
	else if (pw != NULL && !may_read(&st, pw))
		bad = "the user of the processes can't read it: chmod a+r";
	else if ((fp = fdopen(fd, "r")) == NULL)
		bad = "out of memory";
	else
		bad = bad_certificates(fp);
	if (fp != NULL)
		fclose(fp);
	else
		close(fd);
	if (bad == NULL)
		return (0);
	log_warnx("%s: %s", at, bad);
	return (-1);
}
