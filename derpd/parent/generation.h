/*
 * generation: putting a configuration, certificates and keys in force.
 */
#ifndef GENERATION_H
#define GENERATION_H

struct derpd;

/*
 * A reload has ended.  `why' NULL: all is in force.  Else nothing was changed,
 * and the line `why' says what is wrong, which has been logged.
 */
typedef void (*parent_reload_cb)(void *arg, const char *why);

/*
 * Read all certificates again and put them in force in keys and in all workers,
 * or leave everything as it was.  `done' is called with `arg' from the event
 * loop when that has ended, also when derpd stops meanwhile.
 */
void	 parent_certs_reload(struct derpd *d, parent_reload_cb done,
	    void *arg);

#endif
