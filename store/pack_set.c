#include "store/pack.h"

#include "base/limits.h"
#include "base/mem.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct slot {
	uint32_t pack; /* 0: empty */
	int fd;
	unsigned held;
	uint64_t used;
};

struct pack_set {
	int dir;
	pthread_mutex_t lock;
	uint64_t clock;
	struct slot slots[LIMIT_OPEN_PACKS];
};

struct pack_set *pack_set_new(int dir) {
	struct pack_set *set = xcalloc(1, sizeof *set);
	set->dir = dir;
	pthread_mutex_init(&set->lock, NULL);
	return set;
}

void pack_set_free(struct pack_set *set) {
	if (!set) return;
	for (size_t i = 0; i < LIMIT_OPEN_PACKS; i++)
		if (set->slots[i].pack) close(set->slots[i].fd);
	pthread_mutex_destroy(&set->lock);
	free(set);
}

/* The slot of the pack, else an empty one, else the one not used for longest; NULL when all are held. */
static struct slot *find(struct pack_set *set, uint32_t pack) {
	struct slot *best = NULL;
	for (size_t i = 0; i < LIMIT_OPEN_PACKS; i++) {
		struct slot *slot = &set->slots[i];
		if (slot->pack == pack) return slot;
		if (slot->held) continue;
		if (!best || !slot->pack || (best->pack && slot->used < best->used)) best = slot;
	}
	return best;
}

int pack_acquire(struct pack_set *set, uint32_t pack) {
	char path[FILE_PATH_MAX];
	int fd;
	pthread_mutex_lock(&set->lock);
	struct slot *slot = find(set, pack);
	if (slot && slot->pack == pack) {
		fd = slot->fd;
	} else {
		fd = file_open_quietly(set->dir, pack_path(pack, path), O_RDONLY | O_NOATIME);
		if (fd < 0 && errno == EPERM)
			fd = file_open_quietly(set->dir, path, O_RDONLY); /* O_NOATIME is the owner's */
		if (slot && fd >= 0) {
			if (slot->pack) close(slot->fd);
			*slot = (struct slot){.pack = pack, .fd = fd};
		}
	}
	if (slot && fd >= 0) {
		slot->held++;
		slot->used = ++set->clock;
	}
	pthread_mutex_unlock(&set->lock);
	return fd;
}

void pack_release(struct pack_set *set, uint32_t pack, int fd) {
	bool kept = false;
	pthread_mutex_lock(&set->lock);
	for (size_t i = 0; i < LIMIT_OPEN_PACKS && !kept; i++) {
		struct slot *slot = &set->slots[i];
		if (slot->pack != pack || slot->fd != fd) continue;
		slot->held--;
		kept = true;
	}
	pthread_mutex_unlock(&set->lock);
	if (!kept) close(fd);
}

void pack_forget(struct pack_set *set) {
	pthread_mutex_lock(&set->lock);
	for (size_t i = 0; i < LIMIT_OPEN_PACKS; i++) {
		struct slot *slot = &set->slots[i];
		if (!slot->pack || slot->held) continue;
		close(slot->fd);
		*slot = (struct slot){0};
	}
	pthread_mutex_unlock(&set->lock);
}
