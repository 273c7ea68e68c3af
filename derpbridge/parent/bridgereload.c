/*
 * bridgereload: new settings, all or nothing; see bridge.h.
 */
#include "bridge.h"
#include "log.h"
#include "notify.h"

/* Send the children what is in force now.  One that fails is restarted. */
static void
tell_children(struct bridge *d)
{
	if (d->netlink.c.chan != NULL && bridge_netlink_configure(d) == -1)
		super_fail(&d->netlink.c, "could not be sent new settings");
	if (d->worker.c.chan != NULL && bridge_worker_configure(d, 0) == -1)
		super_fail(&d->worker.c, "could not be sent new settings");
	bridge_map_load(d);
	if (super_adjust(&d->fetch.c) == 0 && d->fetch.c.chan != NULL &&
	    bridge_fetch_configure(&d->fetch) == -1)
		super_fail(&d->fetch.c, "could not be sent new settings");
	if (d->resolve.c.chan != NULL &&
	    bridge_resolve_configure(&d->resolve) == -1)
		super_fail(&d->resolve.c, "could not be sent new settings");
	super_log(&d->super);
}

/* NULL, or why the new settings are not in force. */
static const char *
reload(struct bridge *d)
{
	struct bconf *old = d->conf, *new;
	const char *what;

	if ((new = bconf_load(d->conf_path, d->only)) == NULL)
		return ("the configuration is wrong, as the log says: nothing "
		    "has changed");
	if (bridge_check_files(new) == -1) {
		bconf_free(new);
		return ("a file can't be used, as the log says: nothing has "
		    "changed");
	}
	if ((what = bconf_needs_restart(old, new)) != NULL) {
		log_warnx("%s: %s was changed, which needs a restart",
		    d->conf_path, what);
		bconf_free(new);
		return ("a changed setting needs a restart, as the log says: "
		    "nothing has changed");
	}
	if (bridge_ifaces_open(d->ifaces, new) == -1) {
		bconf_free(new);
		return ("a socket can't be had, as the log says: nothing has "
		    "changed");
	}
	d->conf = new;
	bconf_free(old);
	tell_children(d);
	return (NULL);
}

const char *
bridge_reload(struct bridge *d)
{
	const char *why;

	if (d->super.starting || d->super.stopping)
		return (d->super.starting ? "the start is not over" :
		    "derpbridged is stopping");
	(void)super_notify_reloading();
	why = reload(d);
	(void)super_notify("READY=1");
	if (why == NULL)
		log_info("%s is in force", d->conf_path);
	else
		log_warnx("reload: %s", why);
	return (why);
}
