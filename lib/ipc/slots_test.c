/*
 * slots_test: slots of keys, and the page that says who owns them, which
 * workers can only read.
 */
#include <sys/mman.h>
#include <atf-c.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "slots.h"

/* Keys spread over all slots, by the secret. */
ATF_TC_WITHOUT_HEAD(spread);
ATF_TC_BODY(spread, tc)
{
	static unsigned int count[IPC_SLOTS];
	const uint8_t secret[IPC_SLOT_SECRETLEN] = { 1 },
	    other[IPC_SLOT_SECRETLEN] = { 2 };
	uint8_t key[IPC_KEYLEN] = { 0 };
	unsigned int i, same = 0, slot;

	for (i = 0; i < 40 * IPC_SLOTS; i++) {
		memcpy(key, &i, sizeof(i));
		slot = ipc_slot_of(key, secret);
		ATF_REQUIRE(slot < IPC_SLOTS);
		ATF_REQUIRE_EQ(slot, ipc_slot_of(key, secret));
		same += slot == ipc_slot_of(key, other);
		count[slot]++;
	}
	for (i = 0; i < IPC_SLOTS; i++)
		ATF_CHECK_MSG(count[i] > 5 && count[i] < 120, "slot %u: %u",
		    i, count[i]);
	ATF_CHECK(same < 200);
}

/* A worker sees the owners that the parent has set. */
ATF_TC_WITHOUT_HEAD(owners);
ATF_TC_BODY(owners, tc)
{
	struct ipc_slots *parent, *worker;
	unsigned int i;
	int fd;

	ATF_REQUIRE((parent = ipc_slots_new(3)) != NULL);
	ATF_REQUIRE((fd = ipc_slots_share(parent)) != -1);
	ATF_REQUIRE((worker = ipc_slots_map(fd)) != NULL);
	close(fd);
	ATF_CHECK_EQ(ipc_slots_epoch(worker), 1);
	for (i = 0; i < IPC_SLOTS; i++) {
		ATF_CHECK_EQ(ipc_slots_worker(worker, i, 3), i % 3);
		/* With fewer workers the rest is nobody's. */
		ATF_CHECK_EQ(ipc_slots_worker(worker, i, 2),
		    i % 3 < 2 ? i % 3 : IPC_MAXWORKERS);
	}
	/* It outlives the parent's mapping. */
	ipc_slots_free(parent);
	ATF_CHECK_EQ(ipc_slots_worker(worker, 4, 3), 1);
	ipc_slots_free(worker);
	ipc_slots_free(NULL);
}

/* What a worker has allows no change. */
ATF_TC_WITHOUT_HEAD(read_only);
ATF_TC_BODY(read_only, tc)
{
	struct ipc_slots *parent;
	void *p;
	int fd;

	ATF_REQUIRE((parent = ipc_slots_new(3)) != NULL);
	ATF_REQUIRE((fd = ipc_slots_share(parent)) != -1);
	ATF_CHECK_EQ(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ATF_CHECK_EQ(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ATF_CHECK(mmap(NULL, IPC_SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0) == MAP_FAILED);
	ATF_CHECK_EQ(write(fd, "x", 1), -1);
	ATF_CHECK_EQ(ftruncate(fd, 0), -1);
	p = mmap(NULL, IPC_SLOTS, PROT_READ, MAP_SHARED, fd, 0);
	ATF_REQUIRE(p != MAP_FAILED);
	ATF_CHECK_EQ(mprotect(p, IPC_SLOTS, PROT_READ | PROT_WRITE), -1);
	close(fd);
	ipc_slots_free(parent);
}

/* A file that is too short is refused. */
ATF_TC_WITHOUT_HEAD(short_file);
ATF_TC_BODY(short_file, tc)
{
	int fd;

	ATF_REQUIRE((fd = open("page", O_RDWR | O_CREAT, 0600)) != -1);
	ATF_REQUIRE_EQ(ftruncate(fd, IPC_SLOTS), 0);
	ATF_CHECK(ipc_slots_map(fd) == NULL);
	ATF_CHECK_EQ(errno, EINVAL);
	close(fd);
	ATF_CHECK(ipc_slots_map(fd) == NULL);
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, spread);
	ATF_TP_ADD_TC(tp, owners);
	ATF_TP_ADD_TC(tp, read_only);
	ATF_TP_ADD_TC(tp, short_file);
	return (atf_no_error());
}
