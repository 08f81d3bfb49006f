#include "archiver/drill.h"

#include "archiver/drill_compare.h"
#include "archiver/i18n.h"
#include "archiver/image_ledger.h"
#include "archiver/medium_device.h"
#include "archiver/medium_identity.h"
#include "archiver/progress.h"
#include "archiver/restore.h"
#include "archiver/restore_envelope.h"
#include "base/limits.h"
#include "base/mem.h"

#include <ftw.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST "drill/last" /* the outcome of the last one that passed */

struct drill {
	struct app *app;
	const struct drill_options *options;
	struct medium_place medium;
	struct medium_sums sums;
	struct ledger ledger;
	struct medium *row;
	struct envelope_key *key; /* NULL: the medium is not encrypted */
	struct drill_work work;
	char *folder; /* of the scratch space, made and removed here */
	unsigned char seed[SHA256_SIZE];
	uint64_t records, restored, passed_over;
	int64_t started; /* milliseconds */
	struct error *err;
};

/* ---- the sample ---- */

static int choose_seed(struct drill *d) {
	const char *given = d->options->seed;
	if (given && !hex_decode(given, d->seed, sizeof d->seed)) return error_set(d->err, ERROR_USAGE, "--seed: needs 64 hexadecimal digits");
	if (!given && RAND_bytes(d->seed, sizeof d->seed) != 1) return error_set(d->err, ERROR_INTERNAL, "no random numbers were to be had");
	return 0;
}

/* The i-th draw: SHA-256(seed, i) as a number. The bias of the remainder is below 2^-40 for a million records. */
static uint64_t draw(const struct drill *d, uint64_t i) {
	unsigned char block[SHA256_SIZE + 8], sum[SHA256_SIZE];
	uint64_t value = 0;
	memcpy(block, d->seed, SHA256_SIZE);
	for (int k = 0; k < 8; k++) block[SHA256_SIZE + k] = (unsigned char)(i >> (56 - 8 * k));
	sha256_bytes(block, sizeof block, sum);
	for (int k = 0; k < 8; k++) value = value << 8 | sum[k];
	return 1 + value % d->records;
}

static int by_number(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Distinct numbers, ascending: read in the order of the packs. Draws that come twice are made up for, within a bound. */
static uint64_t *sample(const struct drill *d, uint64_t wanted, uint64_t *count) {
	uint64_t *numbers = xreallocarray(NULL, wanted, sizeof *numbers), made = 0;
	*count = 0;
	for (int round = 0; round < 64 && *count < wanted; round++) {
		while (*count < wanted) numbers[(*count)++] = draw(d, made++);
		qsort(numbers, *count, sizeof *numbers, by_number);
		uint64_t kept = 1;
		for (uint64_t i = 1; i < *count; i++)
			if (numbers[i] != numbers[kept - 1]) numbers[kept++] = numbers[i];
		*count = kept;
	}
	return numbers;
}

/* Whether a record fits into what the night gives a drill; one that scratch space has no room for ends it. */
static bool fits(struct drill *d, uint64_t number) {
	struct record_row row = {0};
	struct medium_device device;
	if (!d->options->automatic) return true;
	if (records_get(d->work.from, number, &row, d->err) != 1) return !d->err->code; /* that it is missing is the drill's to find */
	uint64_t size = row.size, most = d->options->most_bytes;
	record_row_dispose(&row);
	if (most && (d->work.bytes >= most || size > most - d->work.bytes)) return false;
	if (medium_device(&d->work.scratch, &device, d->err)) return false;
	if (size + LIMIT_DRILL_ROOM > device.available)
		error_set(d->err, ERROR_NO_SPACE, "%s: No space left on device: a record of %llu bytes is to be restored, and %llu are free", d->folder,
		          (unsigned long long)size, (unsigned long long)device.available);
	return !d->err->code;
}

static bool time_is_up(const struct drill *d) {
	uint64_t most = d->options->most_seconds;
	return most && app_milliseconds() - d->started >= (int64_t)most * 1000;
}

static int compare_numbers(struct drill *d) {
	bool all = !d->options->sample || d->options->sample >= d->records;
	uint64_t count = d->records, *numbers = all || !d->records ? NULL : sample(d, d->options->sample, &count), done = 0;
	struct progress *progress = progress_start(d->app, N_("Records restored and compared"), count);
	/* In the order of the packs, but from a random place on: what a bound leaves out is not always the newest. */
	uint64_t first = d->options->automatic && count ? draw(d, UINT64_MAX) % count : 0;
	for (; done < count && !d->err->code && !time_is_up(d); done++) {
		uint64_t i = (first + done) % count;
		if (!fits(d, numbers ? numbers[i] : i + 1)) d->passed_over++;
		else if (!drill_record(&d->work, numbers ? numbers[i] : i + 1, d->err)) d->restored++;
		progress_step(progress, done + 1);
	}
	d->passed_over += count - done;
	progress_end(progress);
	free(numbers);
	return d->err->code ? -1 : 0;
}

/* ---- scratch space ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
	(void)st, (void)type, (void)at;
	return remove(path) ? -1 : 0;
}

static int make_scratch(struct drill *d) {
	char *parent = d->options->scratch ? xstrdup(d->options->scratch) : app_path(d->app, "work");
	d->folder = xasprintf("%s/ltvault-drill-XXXXXX", parent);
	free(parent);
	if (mkdtemp(d->folder)) return place_open(&d->work.scratch, d->folder, false, d->err);
	error_errno(d->err, "%s", d->folder);
	free(d->folder);
	d->folder = NULL;
	return -1;
}

static int check_room(struct drill *d) {
	struct medium_device device;
	uint64_t needed = 0, size;
	for (size_t i = 0; i < d->sums.count; i++) {
		if (medium_size(&d->medium, d->sums.items[i].name, &size, d->err)) return -1;
		needed += size;
	}
	if (medium_device(&d->work.scratch, &device, d->err)) return -1;
	if (needed <= device.available) return 0;
	return error_set(d->err, ERROR_NO_SPACE, "%s: No space left on device: a restore of everything needs %llu bytes, and %llu are free", d->folder,
	                 (unsigned long long)needed, (unsigned long long)device.available);
}

/* ---- the two ways ---- */

static void problem(void *user, const char *text) {
	drill_failure(user, 0, text);
}

/* As restore does it, onto scratch; then every object of the copy is read and hashed, and the records are compared. */
static int everything(struct drill *d) {
	char *copy = xasprintf("%s/archive", d->folder);
	struct fsck_counts counts;
	if (!check_room(d) && !restore_files(&d->medium, &d->sums, d->key, copy, NULL, d->err) && (d->work.from = store_open_medium(copy, d->err)) &&
	    store_fsck(d->work.from, true, problem, &d->work, &counts, d->err) >= 0) {
		struct store_totals totals;
		if (!store_totals(d->work.from, &totals, d->err)) d->records = totals.records;
		if (!d->err->code) compare_numbers(d);
	}
	free(copy);
	return d->err->code ? -1 : 0;
}

/* Only what the sample needs is restored; the catalogue that leads to it must be the signed list's. */
static int sampled(struct drill *d) {
	char hex[SHA256_HEX];
	uint64_t size;
	struct store_totals totals;
	if (medium_digest(&d->medium, "catalogue/data.mdb", NULL, hex, &size, d->err)) return -1;
	if (strcmp(hex, medium_sums_get(&d->sums, "catalogue/data.mdb")))
		return error_set(d->err, ERROR_DAMAGED, "%s/catalogue/data.mdb: is not what the signed list says", d->medium.path);
	if (!(d->work.from = store_open_medium(d->medium.path, d->err)) || store_totals(d->work.from, &totals, d->err)) return -1;
	d->records = totals.records;
	return compare_numbers(d);
}

static int identify(struct drill *d) {
	struct medium_label label = {0};
	char key[SHA256_HEX];
	int rc = place_open(&d->medium, d->options->medium, false, d->err) || ledger_read(d->app, &d->ledger, d->err) ||
		 medium_read_label(d->app, &d->medium, &label, d->err);
	if (!rc && !(d->row = ledger_by_id(&d->ledger, label.medium_id)))
		rc = error_set(d->err, ERROR_INPUT, "%s: medium %s is not in this archive's ledger", d->medium.path, label.label);
	if (!rc) rc = restore_check_medium(&d->medium, &d->sums, key, d->err);
	if (!rc) rc = restore_key(&d->medium, d->options->key, d->options->certificate, &d->key, d->err);
	medium_label_dispose(&label);
	return rc ? -1 : 0;
}

/* ---- the outcome ---- */

static json_t *outcome_of(const struct drill *d, int64_t milliseconds) {
	char seed[SHA256_HEX];
	double seconds = (double)milliseconds / 1000;
	return json_pack("{s:s,s:I,s:s,s:s,s:I,s:I,s:I,s:b,s:I,s:f,s:I,s:I,s:O}", "medium", d->row->row.label, "generation", (json_int_t)d->row->row.generation,
	                 "mode", d->options->sample ? "sample" : "everything", "seed", hex_encode(d->seed, sizeof d->seed, seed), "records",
	                 (json_int_t)d->records, "restored", (json_int_t)d->restored, "passed_over", (json_int_t)d->passed_over, "automatic",
	                 d->options->automatic, "bytes", (json_int_t)d->work.bytes, "seconds",
	                 seconds, "bytes_per_second", (json_int_t)(seconds > 0 ? (double)d->work.bytes / seconds : 0),
	                 "failure_count", (json_int_t)d->work.failure_count, "failures", d->work.failures);
}

static int record(struct drill *d, json_t *outcome) {
	char when[UTIME_TEXT_MAX], *text = json_dumps(outcome, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(d->app->store, d->app->now);
	batch_note(batch, d->work.failure_count ? "drill-failed" : "drill", text);
	bool passed = !d->work.failure_count && d->restored; /* of nothing nothing was shown */
	if (d->work.failure_count) medium_add_error(d->row, d->app->now, "the restore test failed");
	if (passed) medium_set_time(d->row, "drilled", d->app->now);
	medium_put(batch, d->row);
	if (passed) {
		char *last = xasprintf("%s %s", utime_text(d->app->now, when), d->row->row.label);
		batch_set_value(batch, LAST, last);
		free(last);
	}
	free(text);
	return batch_commit(batch, d->err);
}

int drill_run(struct app *app, const struct drill_options *options, json_t **outcome, struct error *err) {
	struct drill d = {.app = app, .options = options, .work = {.archive = app->store, .failures = json_array()}, .err = err};
	*outcome = NULL;
	d.started = app_milliseconds();
	if (choose_seed(&d) || identify(&d) || make_scratch(&d)) goto out;
	/* Nothing can be looked up on an encrypted medium: it is restored whole, and the sample is compared. */
	int rc = options->sample && !d.key ? sampled(&d) : everything(&d);
	int64_t took = app_milliseconds() - d.started;
	/* Damage is what a drill is made to find: it is the outcome, and not the end of the run. */
	if (rc && err->code == ERROR_DAMAGED) {
		drill_failure(&d.work, 0, err->text);
		error_clear(err);
	}
	if (!err->code && (*outcome = outcome_of(&d, took))) record(&d, *outcome);
out:
	store_close(d.work.from);
	place_close(&d.work.scratch);
	if (d.folder) nftw(d.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(d.folder);
	place_close(&d.medium);
	medium_sums_dispose(&d.sums);
	ledger_dispose(&d.ledger);
	envelope_key_free(d.key);
	json_decref(d.work.failures);
	if (!err->code) return 0;
	json_decref(*outcome);
	*outcome = NULL;
	return -1;
}

bool drill_is_due(const struct app *app, const struct drill_state *state) {
	return state->due != UTIME_NONE && state->due <= app->now;
}

static bool is_encrypted(const struct medium *m) {
	return *medium_text(m, "recipients") != 0;
}

/* Whether a is the better one to be drilled next: without a key first, then what is here, then what waited longest. */
static bool goes_before(const struct medium *a, const struct medium *b) {
	if (is_encrypted(a) != is_encrypted(b)) return is_encrypted(b);
	if (medium_is_away(a) != medium_is_away(b)) return medium_is_away(b);
	return medium_time(a, "drilled") < medium_time(b, "drilled");
}

static void choose_next(const struct ledger *ledger, struct drill_state *state) {
	const struct medium *best = NULL;
	for (size_t i = 0; i < ledger->count; i++) {
		const struct medium *m = &ledger->media[i];
		if (!medium_is_retired(m) && !medium_is_series(m) && medium_newest(m) && (!best || goes_before(m, best))) best = m;
	}
	if (!best) return;
	snprintf(state->connect, sizeof state->connect, "%s", best->row.label);
	state->connect_away = medium_is_away(best);
	state->connect_encrypted = is_encrypted(best);
}

int drill_state(struct app *app, struct drill_state *state, struct error *err) {
	struct ledger ledger;
	char *last = NULL;
	utime first = UTIME_NONE;
	*state = (struct drill_state){.last = UTIME_NONE, .due = UTIME_NONE};
	if (ledger_read(app, &ledger, err)) return -1;
	if (store_value(app->store, LAST, &last, err) < 0) goto out;
	for (size_t i = 0; i < ledger.count; i++)
		if (first == UTIME_NONE || ledger.media[i].row.registered < first) first = ledger.media[i].row.registered;
	char *blank = last ? strchr(last, ' ') : NULL;
	if (blank) {
		*blank = 0;
		utime_parse(last, &state->last);
		snprintf(state->medium, sizeof state->medium, "%s", blank + 1);
	}
	if (ledger.count) state->due = (state->last == UTIME_NONE ? first : state->last) + conf_duration(app->conf, CONF_drill_interval);
	choose_next(&ledger, state);
out:
	ledger_dispose(&ledger);
	free(last);
	return err->code ? -1 : 0;
}
