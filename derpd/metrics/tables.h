/*
 * tables: the tables of the page for people, from what the parent has said.
 * Each writes a section of HTML, or nothing where there is nothing to show.
 * Pure.
 */
#ifndef TABLES_H
#define TABLES_H

#include "view.h"

void	 metrics_table_certs(const struct metrics_state *s, struct ipc_wr *w);
void	 metrics_table_maps(const struct metrics_state *s, struct ipc_wr *w);
void	 metrics_table_links(const struct metrics_state *s, struct ipc_wr *w);

/* STUN, admission, addresses, and how the daemon was set up. */
void	 metrics_table_service(const struct metrics_state *s,
	    struct ipc_wr *w);

void	 metrics_table_processes(const struct metrics_state *s,
	    struct ipc_wr *w);

#endif
