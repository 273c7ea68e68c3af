/*
 * sandbox_refused: what the tests of refused calls share.  Every call of the
 * list forbidden[], which each has of its own, is made by a child of its own,
 * and once more without a sandbox: a call that fails anyway would prove
 * nothing.
 */
#ifndef SANDBOX_REFUSED_H
#define SANDBOX_REFUSED_H

#include "sandbox_test.h"

/* 0 when `got' is no error, else -1; errno stays. */
static int
result(long got)
{
	return got == -1 ? -1 : 0;
}

/* Is this how the call should have been refused? */
static int
refused_well(const struct sandbox_probe *p, enum outcome got)
{
#ifdef __linux__
	if (p->how == KILLS)
		return got == KILLED;
	if (p->how == LANDLOCK)
		return got == DENIED || got == UNCHECKED;
#endif
	return got == DENIED || got == KILLED;
}

/* Make all calls of the `n' that `role' may not; each must be refused. */
static void
check_refused(const struct sandbox_probe *p, size_t n, enum ipc_role role)
{
	enum outcome	got;

	need_backend();
	for (; n > 0; n--, p++) {
		if ((p->roles & 1U << role) == 0)
			continue;
		got = attempt(p, role);
		ATF_CHECK_MSG(refused_well(p, got),
		    "%s: %s was not refused as it should be (%d)",
		    ipc_role_name(role), p->name, (int)got);
	}
}

/* Make them all without a sandbox; each must work. */
static void
check_control(const struct sandbox_probe *p, size_t n)
{
	for (; n > 0; n--, p++)
		ATF_CHECK_EQ_MSG(WORKED, attempt(p, ROLE_MAX),
		    "%s fails without a sandbox too", p->name);
}

#define REFUSED_CASE(name, role)					\
	ATF_TC_WITHOUT_HEAD(name);					\
	ATF_TC_BODY(name, tc)						\
	{								\
		check_refused(forbidden, NELEM(forbidden), role);	\
	}

/* A case for each role, and the control. */
#define REFUSED_CASES							\
	REFUSED_CASE(keys_refused, ROLE_KEYS)				\
	REFUSED_CASE(front_refused, ROLE_FRONT)				\
	REFUSED_CASE(signer_refused, ROLE_SIGNER)			\
	REFUSED_CASE(relay_refused, ROLE_RELAY)				\
	REFUSED_CASE(stun_refused, ROLE_STUN)				\
	REFUSED_CASE(map_refused, ROLE_MAP)				\
	REFUSED_CASE(fetch_refused, ROLE_FETCH)				\
	REFUSED_CASE(health_refused, ROLE_HEALTH)			\
	REFUSED_CASE(acme_refused, ROLE_ACME)				\
	REFUSED_CASE(admit_refused, ROLE_ADMIT)				\
	REFUSED_CASE(verify_refused, ROLE_VERIFY)			\
	REFUSED_CASE(mesh_refused, ROLE_MESH)				\
	REFUSED_CASE(resolve_refused, ROLE_RESOLVE)			\
	REFUSED_CASE(metrics_refused, ROLE_METRICS)			\
	REFUSED_CASE(wgkeys_refused, ROLE_WGKEYS)			\
	REFUSED_CASE(netlink_refused, ROLE_NETLINK)			\
	REFUSED_CASE(worker_refused, ROLE_WORKER)			\
	REFUSED_CASE(local_refused, (enum ipc_role)role_local)		\
	ATF_TC_WITHOUT_HEAD(control);					\
	ATF_TC_BODY(control, tc)					\
	{								\
		check_control(forbidden, NELEM(forbidden));		\
	}

#define ADD_REFUSED_CASES(tp)						\
	do {								\
		ATF_TP_ADD_TC(tp, keys_refused);			\
		ATF_TP_ADD_TC(tp, front_refused);			\
		ATF_TP_ADD_TC(tp, signer_refused);			\
		ATF_TP_ADD_TC(tp, relay_refused);			\
		ATF_TP_ADD_TC(tp, stun_refused);			\
		ATF_TP_ADD_TC(tp, map_refused);				\
		ATF_TP_ADD_TC(tp, fetch_refused);			\
		ATF_TP_ADD_TC(tp, health_refused);			\
		ATF_TP_ADD_TC(tp, acme_refused);			\
		ATF_TP_ADD_TC(tp, admit_refused);			\
		ATF_TP_ADD_TC(tp, verify_refused);			\
		ATF_TP_ADD_TC(tp, mesh_refused);			\
		ATF_TP_ADD_TC(tp, resolve_refused);			\
		ATF_TP_ADD_TC(tp, metrics_refused);			\
		ATF_TP_ADD_TC(tp, wgkeys_refused);			\
		ATF_TP_ADD_TC(tp, netlink_refused);			\
		ATF_TP_ADD_TC(tp, worker_refused);			\
		ATF_TP_ADD_TC(tp, local_refused);			\
		ATF_TP_ADD_TC(tp, control);				\
	} while (0)

#endif
