#include "archiver/own_evidence.h"

#include "archiver/evidence_state.h"
#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/json_get.h"
#include "archiver/show_evidence.h"
#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

static bool has_catalogue(const struct app *app) {
	char *path = app_path(app, "catalogue/data.mdb");
	bool is = !access(path, F_OK);
	free(path);
	return is;
}

static int find_records(struct evidence *e, const struct app *app, const struct object_id *id, struct own_evidence *out,
			struct error *err) {
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++) {
		struct evidence_proof proof;
		struct buf *der = &out->records[out->count];
		int rc = evidence_of(e, id, series, der, &proof, err);
		if (rc < 0) return -1;
		if (rc && proof.last->gen_time <= app->now)
			out->count++;
		else
			buf_dispose(der);
	}
	return 0;
}

static int find(struct app *app, const struct object_id *id, struct own_evidence *out, struct error *err) {
	uint64_t number;
	if (app_open_store(app, STORE_READ, err)) return -1;
	int rc = records_by_object(app->store, id, &number, err);
	if (rc <= 0) return rc;
	struct evidence *e = evidence_open(app, NULL, err);
	rc = e ? find_records(e, app, id, out, err) : -1;
	json_t *state = rc ? NULL : evidence_state_original(e, id, err);
	if (state) out->told = json_pack("{s:I, s:o}", "record", (json_int_t)number, "evidence_records", state);
	evidence_close(e);
	return state ? 0 : -1;
}

void own_evidence_find(struct app *app, const unsigned char *data, size_t len, struct own_evidence *out) {
	struct object_id id;
	struct error err = {0};
	*out = (struct own_evidence){0};
	if (!has_catalogue(app)) return;
	sha256_bytes(data, len, id.sha256);
	if (find(app, &id, out, &err) >= 0) return;
	own_evidence_dispose(out);
	char *why = explain_safe(err.text);
	fprintf(stderr, _("ltvault: the archive's evidence records could not be looked at: %s\n"), why);
	free(why);
}

void own_evidence_dispose(struct own_evidence *own) {
	for (size_t i = 0; i < EVIDENCE_SERIES; i++) buf_dispose(&own->records[i]);
	json_decref(own->told);
	*own = (struct own_evidence){0};
}

void own_evidence_print(FILE *out, const json_t *told) {
	if (!told) return;
	fprintf(out, "\n");
	fprintf(out, _("In this archive: record %lld"), number_at(told, "record"));
	fputc('\n', out);
	show_print_evidence_records(out, json_object_get(told, "evidence_records"));
}
