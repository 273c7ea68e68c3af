/*
 * cluster: creates the modules that make all workers act as one server, and
 * connects them through call-backs.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

struct relay;

/*
 * Create r->peers and r->sent, empty; call it once, at the start.  Return 0, or
 * -1 without memory.
 */
int	cluster_init(struct relay *r);

#endif
