#include "store/map_pages.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* 6 MiB of windows, and less than as much for the pages that lead to them: far below the 64 MB that a run may take, and
 * so many that giving them back is nothing beside reading them. */
#define TOUCHED_MAX 96
#define ASK_EVERY 8                  /* windows */
#define RESIDENT_MAX (12 << 20 >> 12) /* pages of 4 KiB */

/* Pages of files in this process; 0: unknown. */
static uint64_t resident(const struct map_pages *pages) {
	char text[128];
	uint64_t all, files;
	ssize_t n = pages->statm > 0 ? pread(pages->statm, text, sizeof text - 1, 0) : -1;
	if (n <= 0) return 0;
	text[n] = 0;
	return sscanf(text, "%*u %" SCNu64 " %" SCNu64, &all, &files) == 2 ? files : 0;
}

void map_pages_find(struct map_pages *pages, const void *inside) {
	char line[512];
	uintptr_t from, to, at = (uintptr_t)inside;
	memset(pages, 0, sizeof *pages);
	FILE *maps = fopen("/proc/self/maps", "re");
	if (!maps) return;
	while (!pages->base && fgets(line, sizeof line, maps))
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) == 2 && from <= at && at < to && strstr(line, " r--s ")) {
			pages->base = (unsigned char *)from;
			pages->len = to - from;
		}
	fclose(maps);
	if (!pages->base) return;
	pages->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	map_pages_give_back(pages);
}

void map_pages_end(struct map_pages *pages) {
	if (pages->statm > 0) close(pages->statm);
	memset(pages, 0, sizeof *pages);
}

void map_pages_touch(struct map_pages *pages, const void *at) {
	if (!pages->base) return;
	if (at) {
		uintptr_t offset = (uintptr_t)at - (uintptr_t)pages->base;
		if (offset >= pages->len) return;
		uint64_t window = (offset >> MAP_PAGES_WINDOW_BITS) + 1;
		uint64_t *slot = &pages->seen[window % MAP_PAGES_SLOTS];
		if (*slot == window) return;
		*slot = window;
	}
	if (++pages->touched >= TOUCHED_MAX || (pages->touched % ASK_EVERY == 0 && resident(pages) > pages->rest + RESIDENT_MAX))
		map_pages_give_back(pages);
}

void map_pages_give_back(struct map_pages *pages) {
	/* What fails here costs memory, nothing else. */
	if (pages->base) madvise(pages->base, pages->len, MADV_DONTNEED);
	pages->rest = resident(pages);
	pages->touched = 0;
	memset(pages->seen, 0, sizeof pages->seen);
}
