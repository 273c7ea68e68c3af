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

/*
 * Open the control socket, non-blocking.  `old' (-1: none; taken) is the
 * listening socket of the daemon that this one replaces: it is used when it is
 * the socket at `path', and so nobody is refused meanwhile; else it is closed,
 * and its file removed.  0, or -1 (logged).
 */
int	 super_ctlsock_open(struct super_ctlsock *k, const char *path,
	    const char *at, int old);

/* Return the listening descriptor, which stays ours, or -1: it is not open. */
int	 super_ctlsock_fd(const struct super_ctlsock *k);

/* Remove the control socket, if it is open. */
void	 super_ctlsock_close(struct super_ctlsock *k);

/*
 * Close it, if it is open, and leave the file, for the daemon that has the
 * socket from now on.
 */
void	 super_ctlsock_leave(struct super_ctlsock *k);

#endif
