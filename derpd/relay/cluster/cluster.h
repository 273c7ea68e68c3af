/*
 * cluster: makes the parts of a worker that make all workers act as one server,
 * and says what follows when they change.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

struct relay;

/*
 * Make r->peers, r->sent and r->linkstats, empty.  Once, at the start.  0, or
 * -1 without memory.
 */
int	cluster_init(struct relay *r);

#endif
