/*
 * heap: what malloc of a worker keeps after many connections.
 */
#ifndef HEAP_H
#define HEAP_H

/*
 * Have large blocks, of 128 KiB on, go back to the system as soon as they are
 * free, whatever sizes were in use before.  Once, at the start.
 */
void	relay_heap_init(void);

struct relay_heap {
	unsigned int	 most;		/* connections since it was trimmed */
};

/*
 * To be called once a second with the number of connections.  When half of
 * many are gone, free pages go back to the system.
 */
void	relay_heap_tick(struct relay_heap *h, unsigned int conns);

#endif
