#include "archiver/import_evidence.h"

#include "archiver/json_get.h"
#include "archiver/search.h"
#include "archiver/worker.h"
#include "archiver/worker_files.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/batch.h"
#include "validator/format.h"

#include <stdlib.h>
#include <string.h>

#define STEP (4 * LIMIT_EVENT_ITEMS) /* events that become durable together: an fsync for each file would be most of the work */
#define STEP_BYTES (16UL << 20)
#define LINES 256              /* told at one time at most: somebody waits for them */
#define ISSUERS 16             /* whose records are remembered: an archive has a handful, of a bit a record each */
#define NAMED 20               /* numbers that are told of one piece: a person reads them */

struct bits {
	uint64_t *words;
	size_t count;
};

struct issuer {
	char *name;
	struct bits records;
};

struct import {
	struct app *app;
	struct workers *workers;
	struct search *search;
	struct batch *batch; /* NULL: nothing is waiting */
	json_t *told;        /* lines that wait for it */
	import_evidence_tell *tell;
	void *user;
	struct bits due, piece; /* made due by this run; linked to the piece at hand */
	uint64_t *numbers;      /* to be made due with the batch */
	size_t number_count, number_cap;
	bool known;             /* which was stored before */
	struct issuer issuers[ISSUERS], other;
	size_t next_issuer;
	struct import_evidence_counts *counts;
	struct error *err;
};

static enum object_kind kind_of(const char *word) {
	static const enum object_kind kinds[] = {OBJECT_CERTIFICATE, OBJECT_CRL, OBJECT_OCSP, OBJECT_TIMESTAMP};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(object_kind_name(kinds[i]), word)) return kinds[i];
	return OBJECT_OTHER;
}

/* ---- sets of record numbers, a bit each ---- */

static bool has(const struct bits *b, uint64_t number) {
	return number / 64 < b->count && b->words[number / 64] >> number % 64 & 1;
}

static void put(struct bits *b, uint64_t number) {
	size_t word = number / 64, wanted = b->count ? b->count : 1024;
	while (wanted <= word) wanted *= 2;
	if (wanted > b->count) {
		b->words = xreallocarray(b->words, wanted, sizeof *b->words);
		memset(b->words + b->count, 0, (wanted - b->count) * sizeof *b->words);
		b->count = wanted;
	}
	b->words[word] |= UINT64_C(1) << number % 64;
}

static void clear(struct bits *b) {
	if (b->count) memset(b->words, 0, b->count * sizeof *b->words);
}

static int collect(void *user, uint64_t number) {
	put(user, number);
	return 0;
}

/* ---- what becomes durable together ---- */

/* What is told is durable. */
static int commit(struct import *im) {
	struct batch *batch = im->batch;
	json_t *line;
	size_t i;
	im->batch = NULL;
	if (im->number_count) batch_make_due(batch, im->numbers, im->number_count, im->app->now);
	im->number_count = 0;
	if (batch && batch_commit(batch, im->err)) return -1;
	json_array_foreach(im->told, i, line) im->tell(im->user, line);
	json_array_clear(im->told);
	return 0;
}

static struct batch *batch_of(struct import *im) {
	if (!im->batch) im->batch = store_begin(im->app->store, im->app->now);
	return im->batch;
}

static bool is_enough(const struct import *im) {
	return im->batch && (batch_events(im->batch) + im->number_count >= STEP || batch_bytes(im->batch) >= STEP_BYTES);
}

/* ---- which records ---- */

/* It came in an earlier run: what is linked already is not linked again. */
static int is_linked(struct import *im, uint64_t number, const struct object_id *id) {
	struct object_id before = *id, found;
	for (size_t i = SHA256_SIZE; i-- > 0;)
		if (before.sha256[i]--) break; /* the digest one less, borrowing from the front */
	int n = records_evidence(im->app->store, number, &before, &found, 1, im->err);
	return n > 0 ? object_id_equal(&found, id) : n;
}

static int link_one(struct import *im, const struct object_id *id, uint64_t number) {
	int linked = im->known ? is_linked(im, number, id) : 0;
	if (linked < 0) return -1;
	if (!linked) batch_link_evidence(batch_of(im), number, id);
	im->counts->links++;
	if (!has(&im->due, number)) {
		put(&im->due, number);
		ARRAY_GROW(im->numbers, im->number_count, im->number_cap);
		im->numbers[im->number_count++] = number;
		batch_of(im);
	}
	return is_enough(im) ? commit(im) : 0;
}

/* Those of an issuer are looked up once, however many lists of it come. */
static const struct bits *resting_on(struct import *im, const struct search_certificate *which) {
	struct issuer *at = NULL;
	for (size_t i = 0; which->issuer && i < ISSUERS && !at; i++)
		if (im->issuers[i].name && !strcmp(im->issuers[i].name, which->issuer)) return &im->issuers[i].records;
	at = which->issuer ? &im->issuers[im->next_issuer++ % ISSUERS] : &im->other;
	free(at->name);
	at->name = NULL;
	clear(&at->records);
	if (search_each_resting_on(im->search, which, collect, &at->records, im->err)) return NULL;
	if (which->issuer) at->name = xstrdup(which->issuer);
	return &at->records;
}

/* All records that rest on such a certificate, each once a piece. */
static int link_all(struct import *im, const struct object_id *id, const struct search_certificate *which, json_t *piece) {
	const struct bits *records = resting_on(im, which);
	json_t *told = json_object_get(piece, "numbers");
	json_int_t total = number_at(piece, "records");
	int rc = records ? 0 : -1;
	for (size_t w = 0; !rc && w < records->count; w++)
		for (uint64_t left = records->words[w]; !rc && left; left &= left - 1) {
			uint64_t number = w * 64 + (uint64_t)__builtin_ctzll(left);
			if (has(&im->piece, number)) continue;
			put(&im->piece, number);
			rc = link_one(im, id, number);
			total++;
			if (json_array_size(told) < NAMED) json_array_append_new(told, json_integer((json_int_t)number));
		}
	json_object_set_new(piece, "records", json_integer(total));
	return rc;
}

/* A certificate helps what it issued; a list what its issuer issued; an answer those that it names. */
static int link_piece(struct import *im, const struct object_id *id, const json_t *said, json_t *piece) {
	const char *kind = text_at(said, "kind");
	const json_t *serial;
	size_t i;
	if (!strcmp(kind, "certificate") && *text_at(said, "subject"))
		return link_all(im, id, &(struct search_certificate){.issuer = text_at(said, "subject")}, piece);
	if (!strcmp(kind, "crl") && *text_at(said, "issuer"))
		return link_all(im, id, &(struct search_certificate){.issuer = text_at(said, "issuer")}, piece);
	if (!strcmp(kind, "ocsp"))
		json_array_foreach(json_object_get(said, "serials"), i, serial)
			if (link_all(im, id, &(struct search_certificate){.serial = json_string_value(serial)}, piece)) return -1;
	return 0;
}

/* ---- one file ---- */

static int store_piece(struct import *im, const struct outside_file *file, const json_t *said, struct object_id *id) {
	struct buf der = {0};
	const char *text = text_at(said, "der");
	bool whole = json_is_true(json_object_get(said, "whole"));
	int rc = 1;
	if (whole || (base64_decode((const unsigned char *)text, strlen(text), &der) && der.len)) {
		rc = batch_put(batch_of(im), kind_of(text_at(said, "kind")), whole ? file->data : der.data, whole ? file->len : der.len, id, &im->known);
		if (rc) rc = commit(im); /* which says why */
	}
	buf_dispose(&der);
	return rc;
}

static json_t *tell_of(const json_t *said, const struct object_id *id) {
	char hex[SHA256_HEX];
	const char *name = *text_at(said, "subject") ? text_at(said, "subject") : text_at(said, "issuer");
	return json_pack("{s:s, s:s, s:s, s:i, s:[]}", "kind", text_at(said, "kind"), "sha256", hex_encode(id->sha256, SHA256_SIZE, hex), "name",
	                 name, "records", 0, "numbers");
}

/* What a time-stamp carries helps as that time-stamp: it is not stored apart. */
static int take_pieces(struct import *im, const struct outside_file *file, const json_t *report, json_t *told) {
	const json_t *said;
	struct object_id id = {{0}};
	json_t *piece = NULL;
	size_t i;
	json_array_foreach(json_object_get(report, "pieces"), i, said) {
		if (!json_is_true(json_object_get(said, "inside"))) {
			int rc = store_piece(im, file, said, &id);
			if (rc < 0) return -1;
			if (rc) continue;
			im->counts->pieces++;
			clear(&im->piece);
			json_array_append_new(told, piece = tell_of(said, &id));
		}
		if (piece && link_piece(im, &id, said, piece)) return -1;
	}
	return 0;
}

static int take_file(struct import *im, const struct outside_file *file) {
	struct worker_job job = {.request = {.document = {file->data, file->len}, .at = im->app->now, .only_read = true}};
	json_t *pieces = json_array();
	im->counts->files++;
	if (workers_judge(im->workers, &job, im->err)) {
		json_decref(pieces);
		return -1;
	}
	int rc = take_pieces(im, file, job.report, pieces);
	im->counts->unusable += !json_array_size(pieces);
	json_t *name = json_string(file->path);
	json_t *line = json_pack("{s:o, s:o}", "file", name ? name : json_string("(not UTF-8)"), "pieces", pieces);
	json_array_append_new(im->told, line);
	json_decref(job.report);
	return !rc && (is_enough(im) || json_array_size(im->told) >= LINES) ? commit(im) : rc;
}

static void dispose(struct import *im) {
	batch_abort(im->batch);
	json_decref(im->told);
	for (size_t i = 0; i < ISSUERS; i++) free(im->issuers[i].name), free(im->issuers[i].records.words);
	free(im->other.records.words);
	free(im->due.words);
	free(im->numbers);
	free(im->piece.words);
}

int import_evidence(struct app *app, const char *const *paths, size_t count, import_evidence_tell *tell, void *user,
                    struct import_evidence_counts *counts, struct error *err) {
	struct import im = {.app = app, .counts = counts, .err = err, .tell = tell, .user = user, .told = json_array()};
	struct outside_files files = {0};
	const struct workers_options options = {.count = 1, .require_sandbox = !strcmp(conf_text(app->conf, CONF_validation_sandbox), "require")};
	*counts = (struct import_evidence_counts){0};
	int rc = 0;
	for (size_t i = 0; !rc && i < count; i++) rc = outside_collect(&files, paths[i], err);
	if (!rc && !(im.search = search_open(app, err))) rc = -1;
	if (!rc && search_behind(im.search)) rc = error_set(err, ERROR_IO, "search.db: could not be brought up to date");
	if (!rc && !(im.workers = workers_start(&options, err))) rc = -1;
	for (size_t i = 0; !rc && i < files.count; i++) rc = take_file(&im, &files.items[i]);
	if (!rc) rc = commit(&im);
	dispose(&im);
	workers_stop(im.workers);
	search_close(im.search);
	outside_dispose(&files);
	return rc;
}
