/*
 * heap: limits the memory that malloc keeps after many connections.
 */
#ifndef HEAP_H
#define HEAP_H

/*
 * Make malloc return blocks from 128 KiB on to the system as soon as they are
 * free, whatever sizes were used before.  Call it once, at the start.
 */
void	conn_heap_init(void);

struct conn_heap {
	unsigned int	 most;	/* peak of connections since the last trim */
};

/*
 * Call it once a second with the number of connections.  When half of many have
 * ended, free pages are returned to the system.
 */
void	conn_heap_tick(struct conn_heap *h, unsigned int conns);

#endif
