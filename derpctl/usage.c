/*
 * usage: print the usage of derpctl.
 *
 * Called by main and by every command whose arguments are wrong.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"

void
ctl_usage(void)
{
	fprintf(stderr, "usage: derpctl [-j] [-s socket] status | clients | "
	    "cert | node | reload\n"
	    "       derpctl [-j] [-s socket] cert renew | roll | revoke "
	    "[reason]\n"
	    "       derpctl [-j] [-s socket] log verbose | brief\n"
	    "       derpctl [-j] [-s socket] map [node]\n"
	    "       derpctl [-j] map check file\n"
	    "       derpctl [-j] map add [-f] [-c code] [-n name] file region "
	    "[node]\n"
	    "       derpctl [-j] map remove file path\n"
	    "       derpctl [-j] map set [-s] file path value\n"
	    "       derpctl [-j] probe [-c cafile | -p pin | -k] [-H name] "
	    "[-n count]\n"
	    "               host port\n"
	    "       derpctl [-j] stun host [port]\n");
	exit(1);
}
