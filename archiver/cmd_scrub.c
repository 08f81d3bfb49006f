#include "archiver/command.h"

#include "archiver/guard.h"
#include "archiver/i18n.h"
#include "archiver/output.h"
#include "archiver/run_record.h"
#include "archiver/scrub.h"
#include "archiver/show.h"
#include "base/mem.h"

#include <stdlib.h>

static void tell_text(const struct scrub_counts *counts) {
	const struct {
		uint64_t value;
		const char *text;
	} rows[] = {
#define SCRUB_COUNT(name, text) {counts->name, text},
#include "archiver/scrub_count.def"
#undef SCRUB_COUNT
	};
	/* Never what was read without what there is to read. */
	printf(_("objects %llu of %llu read and right, bytes %llu of %llu, journal events %llu of %llu, planted faults found %llu of %llu\n"),
	       (unsigned long long)counts->objects, (unsigned long long)counts->objects_held, (unsigned long long)counts->bytes,
	       (unsigned long long)counts->bytes_held, (unsigned long long)counts->events, (unsigned long long)counts->events_held,
	       (unsigned long long)counts->caught, (unsigned long long)counts->planted);
	for (size_t i = 6; i + 2 < ARRAY_LEN(rows); i++)
		if (rows[i].value) printf("  %llu %s\n", (unsigned long long)rows[i].value, _(rows[i].text));
}

static void tell(const struct app *app, const struct scrub_counts *counts) {
	if (app->json) {
		json_t *json = json_pack("{s:s, s:o}", "schema", "ltvault.scrub/1", "counts", scrub_counts_json(counts));
		output_json(json);
		json_decref(json);
	} else if (app->verbosity >= 0) {
		tell_text(counts);
	}
}

/* ---- an auditor's question ---- */

static int hash_sink(void *user, const unsigned char *data, size_t len, struct error *err) {
	(void)err;
	digest_update(user, data, len);
	return 0;
}

static int prove_one(struct app *app, const char *word, const unsigned char *nonce, struct error *err) {
	struct object_id id;
	uint64_t number = 0;
	char name[OBJECT_ID_TEXT_MAX], hex[SHA256_HEX];
	unsigned char digest[DIGEST_MAX];
	if (show_find_object(app, word, &id, &number, err)) return -1;
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	digest_update(ctx, nonce, SCRUB_NONCE);
	enum object_state state = store_stream(app->store, &id, true, hash_sink, ctx, err);
	digest_final(ctx, digest);
	digest_free(ctx);
	if (state == OBJECT_UNREADABLE) return -1;
	hex_encode(digest, SHA256_SIZE, hex);
	if (state != OBJECT_PRESENT) app_worsen(app, EXIT_DAMAGE);
	if (app->json) {
		json_t *json = json_pack("{s:s, s:s, s:I, s:s*}", "object", object_id_text(&id, name), "state", object_state_name(state), "record",
					 (json_int_t)number, "proof", state == OBJECT_PRESENT ? hex : NULL);
		output_json(json);
		json_decref(json);
	} else {
		printf("%s %s %s\n", state == OBJECT_PRESENT ? hex : "-", object_id_text(&id, name), object_state_name(state));
	}
	return 0;
}

static int prove(struct app *app, const struct args *args, const unsigned char *nonce, struct error *err) {
	const char *const *words;
	size_t count = args_words(args, &words);
	if (!count) return error_set(err, ERROR_USAGE, "scrub: --prove needs records or objects");
	if (app_open_store(app, STORE_READ, err)) return -1;
	for (size_t i = 0; i < count; i++)
		if (prove_one(app, words[i], nonce, err)) return -1;
	return 0;
}

/* ---- the command ---- */

static int parse(const struct args *args, struct scrub_run_options *o, unsigned char *nonce, struct error *err) {
	const char *const *words, *own = args_value(args, "nonce"), *asked = args_value(args, "prove");
	*o = (struct scrub_run_options){.all = args_has(args, "all"), .errors = args_has(args, "errors"), .cached = args_has(args, "cached")};
	if (o->all && o->errors) return error_set(err, ERROR_USAGE, "scrub: one of --all and --errors");
	if ((own || asked) && !hex_decode(asked ? asked : own, nonce, SCRUB_NONCE))
		return error_set(err, ERROR_USAGE, "scrub: a nonce is 64 hexadecimal digits");
	if (own) o->nonce = nonce;
	if (asked && (o->all || o->errors || own)) return error_set(err, ERROR_USAGE, "scrub: --prove stands alone");
	if (!asked && args_words(args, &words)) return error_set(err, ERROR_USAGE, "scrub: %s: records go with --prove", words[0]);
	return 0;
}

static int run(struct app *app, const struct args *args) {
	struct scrub_run_options options;
	struct scrub_counts counts;
	unsigned char nonce[SCRUB_NONCE];
	struct error err = {0};
	if (parse(args, &options, nonce, &err)) return app_fail(app, &err);
	if (args_has(args, "prove")) return prove(app, args, nonce, &err) ? app_fail(app, &err) : app->status;
	if (guard_catalogue(app, &err) || app_open_store(app, STORE_WRITE, &err)) return app_fail(app, &err);
	struct run_record *record = run_record_new(app);
	int rc = scrub_run(app, &options, &counts, &err);
	rc = run_record_close(record, app, "scrub", rc, scrub_counts_json(&counts), &err);
	tell(app, &counts);
	return rc ? app_fail(app, &err) : app->status;
}

static const struct option_row options[] = {
	{"all", 0, NULL, N_("everything, from the beginning")},
	{"errors", 0, NULL, N_("only the packs in which something was bad")},
	{"cached", 0, NULL, N_("read through the page cache; faster, but no proof about the medium")},
	{"nonce", 0, "HEX", N_("the run's nonce, 64 digits, as an auditor gave it; otherwise a random one")},
	{"prove", 0, "HEX", N_("read nothing but the records or objects named, and print SHA-256 of this nonce and their bytes")},
	{NULL, 0, NULL, NULL},
};

const struct command command_scrub = {
	.name = "scrub",
	.arguments = "[--all|--errors] [OPTION...] [ID...]",
	.summary = N_("read the archive's bytes again from the disk and hold them against their digests"),
	.manual = "Reads the packs in physical order, past the page cache, and holds every byte against what it must be: objects against "
		  "their digest, sealed packs against theirs, headers, padding and end against the only bytes they can be; and the "
		  "journal against its chain of hashes. What was read longest ago is next: a run reads as much as keeps the cycle "
		  "(scrub.cycle) on time, at least scrub.least, at most for scrub.time, at most scrub.rate bytes a second, and with idle "
		  "priorities (scrub.idle). The next run goes on where this one ended.\n\n"
		  "Objects are missing, damaged, unreadable (the disk gives no bytes), substituted (another object stands in their "
		  "place), misplaced (whole at another place), or have a damaged catalogue entry; members that the catalogue does not "
		  "know and damaged bytes between objects are told too. What is bad is repaired with ltvault repair.\n\n"
		  "Before it reads, each run plants known faults in work/ and reads them with the same code. If it does not find all of "
		  "them, or reads nothing, the run has failed (exit status 4).\n\n"
		  "Each run draws a nonce, and the journal keeps it with the digest over nonce and bytes of each stretch that was "
		  "read. Who holds a copy of the packs can compute the same digests and knows then that the bytes were read. With --prove "
		  "an auditor's own nonce is answered for chosen records.\n\n"
		  "Exit status 1: the cycle is behind its time. 3: something is damaged or missing.",
	.options = options,
	.run = run,
};
