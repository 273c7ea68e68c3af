/*
 * confine: drop the rights that a command does not need.
 *
 * Called by request.c, map_check.c, probe.c, top.c and check/.  Uses pledge(2)
 * and unveil(2) on OpenBSD.  On other systems derpctl keeps the rights of its
 * caller, but jobs of check have limits (joblimit.c).
 */
#include <err.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

#ifdef __OpenBSD__
#include <tls.h>

void
ctl_confine_socket(const char *path)
{
	if (unveil(path, "rw") == -1)
		err(1, "unveil %s", path);
	if (pledge("stdio unix", NULL) == -1)
		err(1, "pledge");
}

void
ctl_confine_connected(void)
{
	if (pledge("stdio", NULL) == -1)
		err(1, "pledge");
}

void
ctl_confine_top(const char *path, int tty)
{
	if (unveil(path, "rw") == -1)
		err(1, "unveil %s", path);
	if (pledge(tty ? "stdio unix tty" : "stdio unix", NULL) == -1)
		err(1, "pledge");
}

void
ctl_confine_file(const char *path)
{
	int	in = strcmp(path, "-") == 0;

	if (!in && unveil(path, "r") == -1)
		err(1, "unveil %s", path);
	if (pledge(in ? "stdio" : "stdio rpath", NULL) == -1)
		err(1, "pledge");
}

void
ctl_confine_convert(void)
{
	if (pledge("stdio rpath", NULL) == -1)
		err(1, "pledge");
}

void
ctl_confine_file_read(const char *path)
{
	if (unveil(path, "r") == -1)
		err(1, "unveil %s", path);
}

void
ctl_confine_check(const char *cafile)
{
	ctl_confine_file_read(cafile != NULL ? cafile :
	    tls_default_ca_cert_file());
	if (pledge("stdio rpath inet dns proc", NULL) == -1)
		err(1, "pledge");
}

void
ctl_confine_job(void)
{
	ctl_limit_job();
	if (pledge("stdio rpath inet dns", NULL) == -1)
		err(1, "pledge");
}

void
ctl_confine_probe(const char *cafile)
{
	if (cafile == NULL)
		cafile = tls_default_ca_cert_file();
	if (unveil(cafile, "r") == -1)
		err(1, "unveil %s", cafile);
	/* `dns' covers the resolver's files even when they are not unveiled. */
	if (pledge("stdio rpath inet dns", NULL) == -1)
		err(1, "pledge");
}

#else

void
ctl_confine_socket(const char *path)
{
	(void)path;
}

void
ctl_confine_connected(void)
{
}

void
ctl_confine_top(const char *path, int tty)
{
	(void)path;
	(void)tty;
}

void
ctl_confine_file(const char *path)
{
	(void)path;
}

void
ctl_confine_convert(void)
{
}

void
ctl_confine_file_read(const char *path)
{
	(void)path;
}

void
ctl_confine_check(const char *cafile)
{
	(void)cafile;
}

void
ctl_confine_job(void)
{
	ctl_limit_job();
}

void
ctl_confine_probe(const char *cafile)
{
	(void)cafile;
}

#endif
