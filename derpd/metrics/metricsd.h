/*
 * metricsd: the process that serves metrics and a status page.
 */
#ifndef METRICSD_H
#define METRICSD_H

/* Run the metrics process.  Never returns. */
void	 metrics_main(void) __attribute__((noreturn));

#endif
