#include "archiver/coverage.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PACK_SHIFT 40 /* a pack ends far below a terabyte: 1 GiB and one document of at most 64 GiB */

uint64_t coverage_place(uint32_t pack, uint64_t end) {
	return (uint64_t)pack << PACK_SHIFT | end;
}

uint64_t coverage_reach(const struct medium *medium) {
	const json_t *newest = medium_is_retired(medium) ? NULL : medium_newest(medium);
	if (!newest) return 0;
	return coverage_place((uint32_t)json_integer_value(json_object_get(newest, "pack")),
	                      (uint64_t)json_integer_value(json_object_get(newest, "pack_length")));
}

static int downwards(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x > y ? -1 : x < y;
}

uint64_t coverage_up_to(const struct ledger *ledger, uint64_t copies) {
	if (copies <= 1) return UINT64_MAX;
	if (copies - 1 > ledger->count) return 0;
	uint64_t *reaches = xreallocarray(NULL, ledger->count, sizeof *reaches);
	for (size_t i = 0; i < ledger->count; i++) reaches[i] = coverage_reach(&ledger->media[i]);
	qsort(reaches, ledger->count, sizeof *reaches, downwards);
	uint64_t reach = reaches[copies - 2];
	free(reaches);
	return reach;
}

/* Places that are named; a medium without a site is nowhere in particular. */
static bool new_site(const json_t *rows, const char *site) {
	size_t i;
	const json_t *row;
	json_array_foreach(rows, i, row)
		if (!strcmp(json_string_value(json_object_get(row, "site")), site)) return false;
	return *site != 0;
}

json_t *coverage_of(struct app *app, const struct object_id *id, bool here, struct error *err) {
	struct object_info info;
	struct ledger ledger;
	char verified[UTIME_TEXT_MAX], full[UTIME_TEXT_MAX];
	struct error own = {0};
	json_int_t count = here, sites = 0;
	json_t *rows = json_array();
	if (!err) err = &own;
	if (!store_object_info(app->store, id, &info, err) || ledger_read(app, &ledger, err)) {
		json_decref(rows);
		return err->code ? NULL : json_pack("{s:i,s:i,s:[]}", "count", 0, "sites", 0, "rows");
	}
	for (size_t i = 0; i < ledger.count; i++) {
		const struct medium *m = &ledger.media[i];
		if (coverage_reach(m) < coverage_place(info.pack, info.offset + info.size) || !coverage_reach(m)) continue;
		count++;
		sites += new_site(rows, medium_site(m));
		json_array_append_new(rows, json_pack("{s:s,s:s,s:s,s:s,s:s}", "medium", m->row.label, "kind", medium_kind_word(medium_kind_of(m)), "site",
		                                      medium_site(m), "verified", utime_text(m->row.verified, verified), "full_read",
		                                      utime_text(medium_time(m, "full_read"), full)));
	}
	ledger_dispose(&ledger);
	return json_pack("{s:I,s:I,s:o}", "count", count, "sites", sites, "rows", rows);
}
