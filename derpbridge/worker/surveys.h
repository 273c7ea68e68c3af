/*
 * surveys: the survey of an interface with "region nearest": begun and ended as
 * the settings and the map want it, and what it asks for.
 */
#ifndef SURVEYS_H
#define SURVEYS_H

#include <stdint.h>

#include "messages.h"

struct worker_iface;

/*
 * The map, the settings or the device have changed: begin, go on with, or end
 * the survey.
 */
void	 worker_surveys_update(struct worker_iface *f);

/* End the survey, if there is one. */
void	 worker_surveys_end(struct worker_iface *f);

/* Answers; a socket is taken, and *fd set to -1. */
void	 worker_surveys_got_addrs(struct worker_iface *f,
	    const struct ipc_msg_worker_addrs *v);
void	 worker_surveys_got_socket(struct worker_iface *f, uint32_t cookie,
	    int *fd);

#endif
