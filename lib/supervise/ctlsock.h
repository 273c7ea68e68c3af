/*
 * ctlsock: the control socket, which derpctl connects to.
 */
#ifndef CTLSOCK_H
#define CTLSOCK_H

struct event;
struct super;

/* All zero initially, but for what the caller sets. */
struct super_ctlsock {
	/* Set by the caller: who is served, and what takes a connection. */
	struct super	*s;
	void		 (*accepted)(void *arg, int fd);
	void		*arg;
	/* Private. */
	char		*path;		/* NULL: not open */
	int		 fd;
	struct event	*ev_listen;
	struct event	*ev_pause;
};

/*
 * Check the path of the control socket, which messages name as `at'.  0, or -1
 * (logged).
 */
int	 super_ctlsock_check(const char *path, const char *at);

/* Open the control socket, non-blocking.  0, or -1 (logged). */
int	 super_ctlsock_open(struct super_ctlsock *k, const char *path,
	    const char *at);

/* Remove the control socket, if it is open. */
void	 super_ctlsock_close(struct super_ctlsock *k);

#endif
