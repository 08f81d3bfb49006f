#include "archiver/scrub_parts.h"

#include "base/mem.h"
#include "store/batch.h"

#include <stdlib.h>
#include <string.h>

static utime time_of(const json_t *json, const char *key) {
	const char *text = json_string_value(json_object_get(json, key));
	utime t;
	return text && utime_parse(text, &t) ? t : UTIME_NONE;
}

static int read_cursor(struct scrub_plan *plan, struct app *app, struct error *err) {
	char *text = NULL;
	if (store_value(app->store, SCRUB_CURSOR, &text, err) < 0) return -1;
	json_t *json = text ? json_loads(text, 0, NULL) : NULL;
	uint32_t pack = (uint32_t)json_integer_value(json_object_get(json, "pack"));
	uint64_t offset = (uint64_t)json_integer_value(json_object_get(json, "offset"));
	plan->begun = time_of(json, "begun");
	plan->before = time_of(json, "before");
	plan->all = json_is_true(json_object_get(json, "all"));
	while (plan->at < plan->count && plan->packs[plan->at].pack < pack) plan->at++;
	if (plan->at < plan->count && plan->packs[plan->at].pack == pack && offset <= plan->packs[plan->at].length) plan->offset = offset;
	json_decref(json);
	free(text);
	return 0;
}

static void from_the_beginning(struct scrub_plan *plan, utime now) {
	plan->at = 0;
	plan->offset = 0;
	plan->done = 0;
	plan->begun = now;
}

/* As much as keeps the cycle one day ahead of its time; never less than the setting's least. */
static uint64_t share(const struct scrub_plan *plan, const struct app *app) {
	double cycle = (double)conf_duration(app->conf, CONF_scrub_cycle), passed = (double)(app->now - plan->begun + UTIME_DAY);
	double part = passed >= cycle ? 1 : passed / cycle;
	uint64_t target = (uint64_t)(part * (double)plan->total), least = conf_number(app->conf, CONF_scrub_least);
	uint64_t amount = target > plan->done ? target - plan->done : 0;
	return amount > least ? amount : least;
}

int scrub_plan_begin(struct scrub_plan *plan, struct app *app, bool all, struct error *err) {
	*plan = (struct scrub_plan){0};
	if (store_packs(app->store, &plan->packs, &plan->count, err) || read_cursor(plan, app, err)) return -1;
	for (size_t i = 0; i < plan->count; i++) {
		plan->total += plan->packs[i].length;
		if (i < plan->at) plan->done += plan->packs[i].length;
	}
	plan->done += plan->offset;
	if (plan->begun == UTIME_NONE || plan->at == plan->count || (all && !plan->all)) from_the_beginning(plan, app->now);
	plan->all = all;
	plan->amount = all ? UINT64_MAX : share(plan, app);
	return 0;
}

void scrub_plan_dispose(struct scrub_plan *plan) {
	free(plan->packs);
	*plan = (struct scrub_plan){0};
}

bool scrub_plan_move(struct scrub_plan *plan, struct app *app, struct batch *batch, uint64_t to) {
	char begun[UTIME_TEXT_MAX], before[UTIME_TEXT_MAX];
	plan->done += to - plan->offset;
	plan->offset = to;
	if (to >= plan->packs[plan->at].length) plan->at++, plan->offset = 0;
	bool ended = plan->at == plan->count;
	if (ended) {
		plan->before = plan->begun;
		plan->all = false;
		from_the_beginning(plan, app->now);
	}
	json_t *json = json_pack("{s:I, s:I, s:s, s:s}", "pack", (json_int_t)plan->packs[plan->at].pack, "offset", (json_int_t)plan->offset,
				 "begun", utime_text(plan->begun, begun), "before", utime_text(plan->before, before));
	if (plan->all) json_object_set_new(json, "all", json_true());
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	batch_set_value(batch, SCRUB_CURSOR, text);
	free(text);
	json_decref(json);
	return ended;
}

bool scrub_plan_is_behind(const struct scrub_plan *plan, const struct app *app) {
	double cycle = (double)conf_duration(app->conf, CONF_scrub_cycle);
	return (double)plan->done < (double)plan->total * ((double)(app->now - plan->begun) / cycle);
}
