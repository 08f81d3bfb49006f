#include "store/map_pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* 6 MiB of windows, and less than as much for the pages that lead to them: far below the 64 MB that a run may take, and
 * so many that giving them back is nothing beside reading them. */
#define TOUCHED_MAX 96

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
	if (++pages->touched >= TOUCHED_MAX) map_pages_give_back(pages);
}

void map_pages_give_back(struct map_pages *pages) {
	/* What fails here costs memory, nothing else. */
	if (pages->base) madvise(pages->base, pages->len, MADV_DONTNEED);
	pages->touched = 0;
	memset(pages->seen, 0, sizeof pages->seen);
}
