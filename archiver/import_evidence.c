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

#define STEP LIMIT_EVENT_ITEMS /* records that are linked and become durable together */
#define NAMED 20               /* numbers that are told of one piece: a person reads them */

struct import {
	struct app *app;
	struct workers *workers;
	struct search *search;
	struct import_evidence_counts *counts;
	struct error *err;
};

static enum object_kind kind_of(const char *word) {
	static const enum object_kind kinds[] = {OBJECT_CERTIFICATE, OBJECT_CRL, OBJECT_OCSP, OBJECT_TIMESTAMP};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(object_kind_name(kinds[i]), word)) return kinds[i];
	return OBJECT_OTHER;
}

/* ---- which records ---- */

static int link_some(struct import *im, const struct object_id *id, const uint64_t *numbers, size_t n) {
	struct batch *batch = store_begin(im->app->store, im->app->now);
	for (size_t i = 0; i < n; i++) batch_link_evidence(batch, numbers[i], id);
	batch_make_due(batch, numbers, n, im->app->now);
	return batch_commit(batch, im->err);
}

static bool is_told(const json_t *told, uint64_t number) {
	const json_t *value;
	size_t i;
	json_array_foreach(told, i, value) if ((uint64_t)json_integer_value(value) == number) return true;
	return false;
}

/* All records that rest on such a certificate, in steps. */
static int link_all(struct import *im, const struct object_id *id, const struct search_certificate *which, json_t *piece) {
	uint64_t *numbers = xcalloc(STEP, sizeof *numbers), after = 0, total = (uint64_t)json_integer_value(json_object_get(piece, "records"));
	json_t *told = json_object_get(piece, "numbers");
	int n, rc = 0;
	while (!rc && (n = search_resting_on(im->search, which, after, numbers, STEP, im->err)) > 0) {
		rc = link_some(im, id, numbers, (size_t)n);
		after = numbers[n - 1];
		for (int i = 0; i < n; i++) {
			if (is_told(told, numbers[i])) continue;
			total++;
			if (json_array_size(told) < NAMED) json_array_append_new(told, json_integer((json_int_t)numbers[i]));
		}
	}
	im->counts->links += total - (uint64_t)json_integer_value(json_object_get(piece, "records"));
	json_object_set_new(piece, "records", json_integer((json_int_t)total));
	free(numbers);
	return rc || n < 0 ? -1 : 0;
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
		struct batch *batch = store_begin(im->app->store, im->app->now);
		batch_put(batch, kind_of(text_at(said, "kind")), whole ? file->data : der.data, whole ? file->len : der.len, id, NULL);
		rc = batch_commit(batch, im->err);
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
			json_array_append_new(told, piece = tell_of(said, &id));
		}
		if (piece && link_piece(im, &id, said, piece)) return -1;
	}
	return 0;
}

static int take_file(struct import *im, const struct outside_file *file, import_evidence_tell *tell, void *user) {
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
	if (!rc || json_array_size(pieces)) tell(user, line);
	json_decref(line);
	json_decref(job.report);
	return rc;
}

int import_evidence(struct app *app, const char *const *paths, size_t count, import_evidence_tell *tell, void *user,
                    struct import_evidence_counts *counts, struct error *err) {
	struct import im = {.app = app, .counts = counts, .err = err};
	struct outside_files files = {0};
	const struct workers_options options = {.count = 1, .require_sandbox = !strcmp(conf_text(app->conf, CONF_validation_sandbox), "require")};
	*counts = (struct import_evidence_counts){0};
	int rc = 0;
	for (size_t i = 0; !rc && i < count; i++) rc = outside_collect(&files, paths[i], err);
	if (!rc && !(im.search = search_open(app, err))) rc = -1;
	if (!rc && search_behind(im.search)) rc = error_set(err, ERROR_IO, "search.db: could not be brought up to date");
	if (!rc && !(im.workers = workers_start(&options, err))) rc = -1;
	for (size_t i = 0; !rc && i < files.count; i++) rc = take_file(&im, &files.items[i], tell, user);
	workers_stop(im.workers);
	search_close(im.search);
	outside_dispose(&files);
	return rc;
}
