/*
 * groups_test: ids, connections and JSON of groups, with a simulated clock.
 */
#include <sodium.h>
#include <stdlib.h>

#include "clientsfile.h"
#include "groupsfixture.h"

static const struct admit_limits three[] = {
	{ "staff", 1000, 2000, 0, 0 },
	{ "guests", 0, 0, 500, 2 },
	{ "other", 0, 0, 0, 0 }
};

/* A name keeps its id over reloads, whatever its place in the file. */
ATF_TC_WITHOUT_HEAD(ids);
ATF_TC_BODY(ids, tc)
{
	const struct admit_limits back[] = { three[2], three[0] };
	uint64_t rate, burst;
	const char *name;
	uint32_t id[4];
	unsigned int i;

	set_up();
	ATF_CHECK_EQ(0, admit_groups_id(g, 1));
	ATF_REQUIRE_EQ(0, admit_groups_replace(g, three, 3));
	for (i = 1; i <= 3; i++)
		ATF_CHECK((id[i] = admit_groups_id(g, i)) != 0);
	ATF_CHECK(id[1] != id[2] && id[2] != id[3] && id[1] != id[3]);
	ATF_CHECK_EQ(0, admit_groups_id(g, 0));
	ATF_CHECK_EQ(0, admit_groups_id(g, 4));

	admit_groups_limits(g, id[1], &rate, &burst, &name);
	ATF_CHECK(rate == 1000 && burst == 2000);
	ATF_CHECK_STREQ("staff", name);
	admit_groups_limits(g, 0, &rate, &burst, &name);
	ATF_CHECK(rate == 0 && burst == 0 && name[0] == '\0');

	ATF_REQUIRE_EQ(0, admit_groups_replace(g, back, 2));
	ATF_CHECK_EQ(id[3], admit_groups_id(g, 1));
	ATF_CHECK_EQ(id[1], admit_groups_id(g, 2));
	ATF_CHECK_EQ(0, admit_groups_id(g, 3));
}

/* Groups of a clients file; one without a line has no limits. */
ATF_TC_WITHOUT_HEAD(file);
ATF_TC_BODY(file, tc)
{
	static const char lines[] = "group a rate 1K burst 70K quota 1K "
	    "connections 1\nnodekey:"
	    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	    " group b\n";
	struct clients_file *f;
	uint64_t rate, burst;
	const char *name;
	uint32_t a, b;
	char why[256];

	ATF_REQUIRE(sodium_init() != -1);
	set_up();
	f = clients_file_parse("file", lines, strlen(lines), why, sizeof(why));
	ATF_REQUIRE_MSG(f != NULL, "%s", why);
	ATF_REQUIRE_EQ(0, admit_groups_set(g, f));
	a = admit_groups_id(g, clients_file_find_group(f, "a"));
	b = admit_groups_id(g, clients_file_find_group(f, "b"));
	clients_file_free(f);
	admit_groups_limits(g, a, &rate, &burst, &name);
	ATF_CHECK(rate == 1024 && burst == 70 * 1024);
	ATF_CHECK_STREQ("a", name);
	admit_groups_limits(g, b, &rate, &burst, &name);
	ATF_CHECK(rate == 0 && burst == 0);
	ATF_CHECK_STREQ("b", name);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, a));
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, admit_groups_may_join(g, a));
	admit_groups_began(g, a, 0, 1);
	admit_groups_used(g, a, 0, 1024, 0);
	ATF_CHECK_EQ(IPC_ADMIT_QUOTA, admit_groups_may_join(g, a));
	ATF_REQUIRE_EQ(0, admit_groups_set(g, NULL));
	ATF_CHECK_EQ(0, admit_groups_id(g, 1));
}

/* A group that left the file has no limits; it keeps its id while in use. */
ATF_TC_WITHOUT_HEAD(left);
ATF_TC_BODY(left, tc)
{
	uint64_t rate, burst;
	const char *name;
	uint32_t id;

	set_up();
	id = one_group("a", 1000, 0, 100, 1);
	admit_groups_limits(g, id, &rate, &burst, &name);
	ATF_CHECK_EQ(64 * 1024 + 32, burst);	/* the default */
	admit_groups_began(g, id, 3, 1);
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, admit_groups_may_join(g, id));
	ATF_REQUIRE_EQ(0, admit_groups_replace(g, NULL, 0));
	admit_groups_limits(g, id, &rate, &burst, &name);
	ATF_CHECK(rate == 0 && burst == 0);
	ATF_CHECK_STREQ("a", name);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	ATF_CHECK_EQ(id, one_group("a", 0, 0, 0, 0));

	/* Nobody uses it any more. */
	admit_groups_ended(g, id, 3, 1);
	ATF_REQUIRE_EQ(0, admit_groups_replace(g, NULL, 0));
	admit_groups_limits(g, id, &rate, &burst, &name);
	ATF_CHECK_STREQ("", name);
}

/* The ids of an earlier process name nothing. */
ATF_TC_WITHOUT_HEAD(ids_of_other_process);
ATF_TC_BODY(ids_of_other_process, tc)
{
	uint32_t id;

	set_up();
	id = one_group("a", 0, 0, 0, 1);
	set_up();
	ATF_CHECK(id != one_group("a", 0, 0, 0, 1));
	admit_groups_began(g, id, 0, 1);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g,
	    admit_groups_id(g, 1)));
}

/* Logins that were admitted count before they are connections, for a while. */
ATF_TC_WITHOUT_HEAD(connections);
ATF_TC_BODY(connections, tc)
{
	unsigned int i;
	uint32_t id;

	set_up();
	id = one_group("a", 0, 0, 0, 3);
	admit_groups_began(g, id, 0, 1);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	turn(5 * SECOND);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, admit_groups_may_join(g, id));

	/* The first of these two logins was given up. */
	turn(8 * SECOND);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, admit_groups_may_join(g, id));

	/* The other two are connections now. */
	admit_groups_began(g, id, 1, 1);
	admit_groups_began(g, id, 1, 0);
	for (i = 0; i < 30; i++) {
		ATF_CHECK_EQ(IPC_ADMIT_CROWDED, admit_groups_may_join(g, id));
		turn(SECOND);
	}
	admit_groups_ended(g, id, 1, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, admit_groups_may_join(g, id));
	turn(60 * SECOND);
	admit_groups_worker_gone(g, 1);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, admit_groups_may_join(g, id));
}

/* A relay worker that reports nonsense changes no other numbers. */
ATF_TC_WITHOUT_HEAD(nonsense);
ATF_TC_BODY(nonsense, tc)
{
	uint32_t id;

	set_up();
	id = one_group("a", 1000, 1000, 0, 1);
	admit_groups_began(g, id, IPC_MAXWORKERS, 1);
	admit_groups_began(g, id, UINT32_MAX, 1);
	admit_groups_began(g, id + 1, 0, 1);
	admit_groups_ended(g, id, 0, 1);
	admit_groups_ended(g, id, UINT32_MAX, 1);
	admit_groups_used(g, id, UINT32_MAX, 1, 1);
	admit_groups_used(g, id, 0, 1, 1);
	admit_groups_used(g, id + 1, 0, 1, 1);
	admit_groups_worker_gone(g, UINT32_MAX);
	turn(100000);
	ATF_CHECK_EQ(0, nleases);
	admit_groups_began(g, id, 1, 1);
	admit_groups_ended(g, id, 0, 1);
	admit_groups_ended(g, id, 1, 0);
	admit_groups_ended(g, id, 1, 0);
	ATF_CHECK_EQ(IPC_ADMIT_YES, admit_groups_may_join(g, id));
	ATF_CHECK_EQ(IPC_ADMIT_CROWDED, admit_groups_may_join(g, id));
}

static char	text[4096];

static void
on_line(void *arg, const void *p, size_t n)
{
	(void)arg;
	ATF_REQUIRE(strlen(text) + n + 2 < sizeof(text));
	strncat(text, p, n);
	strcat(text, "\n");
}

ATF_TC_WITHOUT_HEAD(lines);
ATF_TC_BODY(lines, tc)
{
	uint32_t staff, guests;

	set_up();
	ATF_REQUIRE_EQ(0, admit_groups_replace(g, three, 3));
	staff = admit_groups_id(g, 1);
	guests = admit_groups_id(g, 2);
	turn(900000);		/* a second begins */
	admit_groups_began(g, staff, 0, 1);
	admit_groups_began(g, staff, 0, 0);
	admit_groups_began(g, staff, 5, 1);
	admit_groups_began(g, guests, 0, 1);
	admit_groups_used(g, staff, 0, 300, 0);
	admit_groups_used(g, staff, 5, 50, 0);
	admit_groups_used(g, guests, 0, 500, 0);
	turn(SECOND);
	ATF_REQUIRE_EQ(0, admit_groups_lines(g, on_line, NULL));
	ATF_CHECK_STREQ("{\"name\":\"guests\",\"clients\":1,\"connections\":1,"
	    "\"max_connections\":2,\"rate\":0,\"burst\":0,"
	    "\"used_second\":500,\"quota\":500,\"used_month\":500,"
	    "\"since\":\"2026-11-01T00:00:00Z\",\"over\":true}\n"
	    "{\"name\":\"other\",\"clients\":0,\"connections\":0,"
	    "\"max_connections\":0,\"rate\":0,\"burst\":0,"
	    "\"used_second\":0,\"quota\":0,\"used_month\":0,"
	    "\"since\":\"2026-11-01T00:00:00Z\",\"over\":false}\n"
	    "{\"name\":\"staff\",\"clients\":2,\"connections\":3,"
	    "\"max_connections\":0,\"rate\":1000,\"burst\":2000,"
	    "\"used_second\":350,\"quota\":0,\"used_month\":350,"
	    "\"since\":\"2026-11-01T00:00:00Z\",\"over\":false}\n", text);
	turn(SECOND);
	text[0] = '\0';
	ATF_REQUIRE_EQ(0, admit_groups_lines(g, on_line, NULL));
	ATF_CHECK(strstr(text, "\"used_second\":0,\"quota\":500") != NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, ids);
	ATF_TP_ADD_TC(tp, file);
	ATF_TP_ADD_TC(tp, left);
	ATF_TP_ADD_TC(tp, ids_of_other_process);
	ATF_TP_ADD_TC(tp, connections);
	ATF_TP_ADD_TC(tp, nonsense);
	ATF_TP_ADD_TC(tp, lines);
	return (atf_no_error());
}
