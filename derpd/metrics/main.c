/*
 * derpd-metrics: metrics and a status page.  Started by derpd(8).
 */
#include "child.h"
#include "metricsd.h"

int
main(int argc, char *argv[])
{
	static const struct ipc_child_program role = { ROLE_METRICS,
	    metrics_main };

	return (ipc_child_program(argc, argv, &role, 1));
}
