/*
 * derpbridged: carries packets of kernel WireGuard over DERP relays; see
 * derpbridged(8).
 */
#include <stdio.h>

int
main(void)
{
	fprintf(stderr, "derpbridged: not complete\n");
	return (1);
}
