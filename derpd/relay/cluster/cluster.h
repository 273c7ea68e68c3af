/*
 * cluster: creates the modules that make all workers act as one server, and
 * connects them through call-backs.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

struct relay;
struct relay_conn;

/*
 * Create r->peers, r->far and r->sent, empty; call it once, at the start.
 * Return 0, or -1 without memory.
 */
int	cluster_init(struct relay *r);

/* Update the counters of r->stats about keys. */
void	cluster_count(struct relay *r);

/* Tell the client again that its key has other connections, if it has. */
void	cluster_duplicate_again(struct relay_conn *c);

#endif
