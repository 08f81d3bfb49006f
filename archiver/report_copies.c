#include "archiver/report_copies.h"

#include "archiver/coverage.h"
#include "archiver/i18n.h"
#include "archiver/report_model.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* What is counted of each record; the words are the report's, the last column is "that many and more". */
enum measure {
#define COPIES_MEASURE(name, word, text) MEASURE_##name,
#include "archiver/copies_measure.def"
#undef COPIES_MEASURE
	MEASURES
};
static const struct {
	const char *word, *text;
} measures[MEASURES] = {
#define COPIES_MEASURE(name, word, text) {word, text},
#include "archiver/copies_measure.def"
#undef COPIES_MEASURE
};
#define COLUMNS 4

/* What one medium adds to the records that it reaches. */
struct reached {
	uint64_t reach;
	unsigned kind; /* a bit */
	size_t site;   /* number of its place; 0: nowhere in particular */
	bool offsite;
};

struct report_copies {
	struct app *app;
	struct ledger ledger;
	struct reached *media;
	size_t home; /* number of the archive's own place */
	uint64_t spread[MEASURES][COLUMNS], held, enough, below, overdue;
	json_t *rows;
};

const char *model_measure_text(const char *word) {
	for (size_t i = 0; i < MEASURES; i++)
		if (!strcmp(measures[i].word, word)) return measures[i].text;
	return "";
}

/* The first medium that is at this place, counted from 1, or `own`: equal places have equal numbers. */
static size_t place_of(const struct ledger *ledger, const char *site, const char *home, size_t own) {
	if (!*site) return 0;
	if (!strcmp(site, home)) return own;
	for (size_t i = 0; i < ledger->count; i++)
		if (!strcmp(medium_site(&ledger->media[i]), site)) return i + 1;
	return 0;
}

struct report_copies *report_copies_new(struct app *app, struct error *err) {
	struct report_copies *c = xcalloc(1, sizeof *c);
	const char *home = conf_text(app->conf, CONF_archive_site);
	c->app = app;
	if (ledger_read(app, &c->ledger, err)) {
		free(c);
		return NULL;
	}
	c->rows = json_array();
	c->home = *home ? c->ledger.count + 1 : 0;
	c->media = xcalloc(c->ledger.count + 1, sizeof *c->media);
	for (size_t i = 0; i < c->ledger.count; i++) {
		const struct medium *m = &c->ledger.media[i];
		const char *site = medium_site(m);
		c->media[i] = (struct reached){coverage_reach(m), 1u << medium_kind_of(m), place_of(&c->ledger, site, home, c->home),
		                               *site && strcmp(site, home) != 0};
	}
	return c;
}

struct counted {
	uint64_t n[MEASURES];
};

static bool has_place(const struct report_copies *c, size_t before, uint64_t place, size_t site) {
	for (size_t i = 0; i < before; i++)
		if (c->media[i].reach >= place && c->media[i].site == site) return true;
	return false;
}

/* `here`: the archive's own copy is good. An object that the catalogue has no place for is on no medium that could be told. */
static struct counted count(const struct report_copies *c, const struct object_id *id, bool here) {
	struct counted r = {{0}};
	struct object_info info;
	unsigned kinds = here ? 1u << MEDIUM_DISK : 0;
	bool placed = store_object_info(c->app->store, id, &info, NULL);
	uint64_t place = placed ? coverage_place(info.pack, info.offset + info.size) : UINT64_MAX;
	r.n[MEASURE_SITES] = here && c->home;
	for (size_t i = 0; i < c->ledger.count; i++) {
		const struct reached *m = &c->media[i];
		if (!m->reach || m->reach < place) continue;
		r.n[MEASURE_MEDIA]++;
		r.n[MEASURE_OFF_SITE] += m->offsite;
		r.n[MEASURE_SITES] += m->site && !(here && m->site == c->home) && !has_place(c, i, place, m->site);
		kinds |= m->kind;
	}
	r.n[MEASURE_COPIES] = r.n[MEASURE_MEDIA] + here;
	r.n[MEASURE_KINDS] = (uint64_t)__builtin_popcount(kinds);
	return r;
}

static uint64_t wanted(const struct report_copies *c, enum measure measure) {
	switch (measure) {
	case MEASURE_COPIES: return conf_number(c->app->conf, CONF_rotation_copies);
	case MEASURE_KINDS: return conf_number(c->app->conf, CONF_rotation_kinds);
	case MEASURE_OFF_SITE: return conf_number(c->app->conf, CONF_rotation_offsite);
	default: return 0;
	}
}

static bool is_below(const struct report_copies *c, const struct counted *r) {
	for (size_t i = 0; i < MEASURES; i++)
		if (r->n[i] < wanted(c, (enum measure)i)) return true;
	return false;
}

/* A row of the listing, with what the record lacks: the measures below the policy, what there is of what there should be. */
static json_t *row_of(const struct report_copies *c, const struct record_row *record, const struct counted *r) {
	json_t *lacks = json_array(), *row = json_pack("{s:I,s:s}", "record", (json_int_t)record->number, "file", record->name);
	if (!row) row = json_pack("{s:I}", "record", (json_int_t)record->number); /* a name that is not UTF-8 */
	for (size_t i = 0; i < MEASURES; i++) {
		uint64_t least = wanted(c, (enum measure)i);
		json_object_set_new(row, measures[i].word, json_integer((json_int_t)r->n[i]));
		if (r->n[i] < least)
			json_array_append_new(lacks, json_pack("{s:s,s:I,s:I}", "measure", measures[i].word, "has", (json_int_t)r->n[i], "wanted", (json_int_t)least));
	}
	json_object_set_new(row, "lacks", lacks);
	return row;
}

void report_copies_count(struct report_copies *c, const struct record_row *record) {
	utime interval = conf_duration(c->app->conf, CONF_rotation_interval);
	struct counted r = count(c, &record->original, record->bytes == OBJECT_PRESENT);
	c->held++;
	for (size_t i = 0; i < MEASURES; i++) c->spread[i][r.n[i] < COLUMNS ? r.n[i] : COLUMNS - 1]++;
	/* The night may begin a little later than the one before: a quarter of the interval is let pass, as for the sets. */
	if (!r.n[MEASURE_MEDIA] && record->taken_in + interval + interval / 4 <= c->app->now) c->overdue++;
	if (!is_below(c, &r)) c->enough++;
	else if (c->below++ < LIMIT_COPIES_ROWS) json_array_append_new(c->rows, row_of(c, record, &r));
}

json_t *report_copies_take(struct report_copies *c) {
	if (!c) return NULL;
	json_t *spread = json_array();
	for (size_t i = 0; i < MEASURES; i++)
		json_array_append_new(spread, json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "measure", measures[i].word, "none", (json_int_t)c->spread[i][0], "one",
		                                        (json_int_t)c->spread[i][1], "two", (json_int_t)c->spread[i][2], "more", (json_int_t)c->spread[i][3],
		                                        "held", (json_int_t)c->held));
	json_t *part = json_pack("{s:I,s:I,s:I,s:I,s:o,s:o,s:{s:I,s:I,s:I}}", "held", (json_int_t)c->held, "enough", (json_int_t)c->enough, "total",
	                         (json_int_t)c->below, "overdue", (json_int_t)c->overdue, "spread", spread, "rows", c->rows, "policy", "copies",
	                         (json_int_t)wanted(c, MEASURE_COPIES), "kinds", (json_int_t)wanted(c, MEASURE_KINDS), "off_site",
	                         (json_int_t)wanted(c, MEASURE_OFF_SITE));
	ledger_dispose(&c->ledger);
	free(c->media);
	free(c);
	return part;
}
