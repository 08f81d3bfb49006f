#include "archiver/backup.h"
#include "archiver/command.h"
#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/image_verify.h"
#include "archiver/medium_ledger.h"
#include "archiver/medium_place.h"
#include "archiver/medium_show.h"
#include "archiver/output.h"
#include "archiver/rotation.h"
#include "base/limits.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *text_option(const struct args *args, const char *name) {
	const char *text = args_value(args, name);
	return text ? text : "";
}

/* The files given with --encrypt-to, one behind the other; NULL when none is. */
static int read_recipients(const struct args *args, char **pem, struct error *err) {
	const char *const *paths;
	struct buf all = {0};
	size_t count = args_values(args, "encrypt-to", &paths);
	for (size_t i = 0; i < count && !err->code; i++) {
		struct medium_place here = {.dir = -1};
		char *text = NULL;
		size_t len = 0;
		const char *slash = strrchr(paths[i], '/');
		char *folder = slash ? xstrndup(paths[i], slash == paths[i] ? 1 : (size_t)(slash - paths[i])) : xstrdup(".");
		if (!place_open(&here, folder, true, err) && !place_read(&here, slash ? slash + 1 : paths[i], LIMIT_LABEL_BYTES, &text, &len, err)) {
			if (!strstr(text, "CERTIFICATE-----")) error_set(err, ERROR_INPUT, "%s: no certificate in PEM", paths[i]);
			buf_add_text(&all, text);
			buf_add_byte(&all, '\n');
			place_close(&here);
		}
		free(text);
		free(folder);
	}
	if (count) *pem = buf_take_text(&all);
	buf_dispose(&all);
	return err->code ? -1 : 0;
}

/* "4700000000", "4.7GB": as on the wrapper of a disc, powers of 1000. */
static int read_size(const char *text, uint64_t *size, struct error *err) {
	static const struct {
		const char *word;
		double bytes;
	} units[] = {{"", 1}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
	char *end = NULL;
	double number = *text >= '0' && *text <= '9' ? strtod(text, &end) : 0;
	for (size_t i = 0; end && i < ARRAY_LEN(units); i++)
		if (!strcmp(end, units[i].word)) number *= units[i].bytes, end = NULL;
	if (end || !(number >= (double)LIMIT_IMAGE_LEAST && number <= (double)LIMIT_IMAGE_BYTES))
		return error_set(err, ERROR_USAGE, "--images: \"%s\" is no size of an image, such as 25GB or 4700000000", text);
	*size = (uint64_t)llround(number);
	return 0;
}

static int read_images(const struct args *args, struct medium_wish *wish, struct error *err) {
	const char *size = args_value(args, "images");
	if (!size) return 0;
	if (wish->kind != MEDIUM_OPTICAL && wish->kind != MEDIUM_TAPE) return error_set(err, ERROR_USAGE, "--images: goes with --kind optical or tape");
	if (args_has(args, "encrypt-to")) return error_set(err, ERROR_USAGE, "--images: cannot be encrypted; --encrypt-to is for disks");
	return read_size(size, &wish->image_size, err);
}

static int init(struct app *app, const struct args *args, const char *path, struct error *err) {
	const char *kind = args_value(args, "kind"), *end = args_value(args, "end-of-life");
	struct medium_wish wish = {.path = path, .label = args_value(args, "label"), .site = text_option(args, "site"),
	                           .set = text_option(args, "set"), .append_only = args_has(args, "append-only"), .end_of_life = UTIME_NONE};
	if (kind && !medium_kind_parse(kind, &wish.kind))
		return error_set(err, ERROR_USAGE, "--kind: \"%s\" is none of disk, tape, optical, network", kind);
	if (end && !utime_parse(end, &wish.end_of_life)) return error_set(err, ERROR_USAGE, "--end-of-life: \"%s\" is no date", end);
	char *recipients = NULL;
	if (read_images(args, &wish, err) || read_recipients(args, &recipients, err)) return -1;
	wish.recipients = recipients;
	int rc = app_open_store(app, STORE_WRITE, err) || media_init(app, &wish, err);
	free(recipients);
	if (rc) return -1;
	if (app->json) printf("{\"medium\":\"made\"}\n");
	else printf(_("%s is a medium of this archive now. It is written to with: ltvault backup %s\n"), path, path);
	if (!backup_is_nightly(app, path) && app->verbosity >= 0)
		fprintf(stderr, _("The night does not write to it yet: add \"%s\" to the setting media in the part [backup] of %s/ltvault.conf.\n"), path,
		        app->archive);
	return 0;
}

static int list(struct app *app, const struct args *args, const char *name, struct error *err) {
	struct ledger ledger;
	struct drill_state drill;
	(void)args, (void)name;
	if (app_open_store(app, STORE_READ, err) || drill_state(app, &drill, err) || ledger_read(app, &ledger, err)) return -1;
	if (!ledger.count && !app->json) puts(_("No medium is in the ledger: the archive exists only once."));
	const struct medium_view view = {app, &ledger, &drill};
	json_t *rows = json_array();
	for (size_t i = 0; i < ledger.count; i++) {
		json_t *row = medium_json(&view, &ledger.media[i], false);
		if (app->json) output_json(row);
		json_array_append_new(rows, row);
	}
	if (ledger.count && !app->json) medium_print_table(stdout, rows);
	json_decref(rows);
	ledger_dispose(&ledger);
	return 0;
}

static struct medium *named(const struct ledger *ledger, const char *name, struct error *err) {
	struct medium *m = ledger_find(ledger, name);
	if (!m) error_set(err, ERROR_NOT_FOUND, "%s: no medium has this label, id or path", name);
	return m;
}

static int show(struct app *app, const struct args *args, const char *name, struct error *err) {
	struct ledger ledger;
	struct drill_state drill;
	(void)args;
	if (app_open_store(app, STORE_READ, err) || drill_state(app, &drill, err) || ledger_read(app, &ledger, err)) return -1;
	struct medium *m = named(&ledger, name, err);
	json_t *doc = m ? medium_json(&(struct medium_view){app, &ledger, &drill}, m, true) : NULL;
	if (doc && app->json) json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_SORT_KEYS), putchar('\n');
	else if (doc) medium_print(stdout, doc);
	json_decref(doc);
	ledger_dispose(&ledger);
	return err->code ? -1 : 0;
}

/* A change to one medium of the ledger and the note that tells of it, in one batch. */
static int change(struct app *app, const char *name, const char *word, const char *by, int (*how)(struct medium *, struct app *, const char *, struct error *),
                  const char *detail, struct error *err) {
	struct ledger ledger;
	if (app_open_store(app, STORE_WRITE, err) || ledger_read(app, &ledger, err)) return -1;
	struct medium *m = named(&ledger, name, err);
	if (m && !how(m, app, detail, err)) {
		json_t *note = json_pack("{s:s,s:s,s:s}", "medium", m->row.label, "detail", detail, "by", by);
		char *text = note ? json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
		if (!text) {
			error_set(err, ERROR_USAGE, "media: what is written into the journal must be UTF-8 text");
		} else {
			struct batch *batch = store_begin(app->store, app->now);
			medium_put(batch, m);
			batch_note(batch, word, text);
			batch_commit(batch, err);
		}
		free(text);
		json_decref(note);
	}
	ledger_dispose(&ledger);
	return err->code ? -1 : 0;
}

static int set_retired(struct medium *m, struct app *app, const char *reason, struct error *err) {
	if (medium_is_retired(m)) return error_set(err, ERROR_EXISTS, "%s: retired already", m->row.label);
	medium_set_time(m, "retired", app->now);
	medium_set_text(m, "retired_reason", reason);
	return 0;
}

/* The last medium that holds the archive is not given up for a word on the command line. */
static int others_hold(struct app *app, const char *name, struct error *err) {
	struct ledger ledger;
	bool other = false;
	if (app_open_store(app, STORE_WRITE, err) || ledger_read(app, &ledger, err)) return -1;
	struct medium *m = named(&ledger, name, err);
	for (size_t i = 0; m && i < ledger.count; i++)
		other |= &ledger.media[i] != m && !medium_is_retired(&ledger.media[i]) && medium_newest(&ledger.media[i]);
	if (m && medium_newest(m) && !other)
		error_set(err, ERROR_INPUT, "%s: the only medium with a verified backup; make and write another one first", m->row.label);
	ledger_dispose(&ledger);
	return err->code ? -1 : 0;
}

static int retire(struct app *app, const struct args *args, const char *name, struct error *err) {
	return others_hold(app, name, err) ? -1 : change(app, name, "medium-retired", text_option(args, "by"), set_retired, text_option(args, "reason"), err);
}

static int set_away(struct medium *m, struct app *app, const char *to, struct error *err) {
	if (medium_is_away(m)) return error_set(err, ERROR_EXISTS, "%s: is away already, at %s", m->row.label, medium_site(m));
	if (!medium_newest(m)) return error_set(err, ERROR_INPUT, "%s: holds no verified backup yet", m->row.label);
	medium_set_text(m, "away_to", to);
	medium_set_time(m, "away_since", app->now);
	return 0;
}

static int set_back(struct medium *m, struct app *app, const char *from, struct error *err) {
	(void)app, (void)from;
	if (!medium_is_away(m)) return error_set(err, ERROR_EXISTS, "%s: is not away", m->row.label);
	medium_set_text(m, "away_to", "");
	medium_set_time(m, "away_since", UTIME_NONE);
	return 0;
}

static int hand_over(struct app *app, const struct args *args, const char *name, struct error *err) {
	const char *to = args_value(args, "to");
	if (!to || !*to) return error_set(err, ERROR_USAGE, "media out: --to must say where it goes");
	return change(app, name, "medium-out", text_option(args, "by"), set_away, to, err);
}

static int take_back(struct app *app, const struct args *args, const char *name, struct error *err) {
	return change(app, name, "medium-in", text_option(args, "by"), set_back, text_option(args, "reason"), err);
}

static int verify(struct app *app, const struct args *args, const char *path, struct error *err) {
	struct image_verified r;
	(void)args;
	if (app_open_store(app, STORE_WRITE, err) || image_verify(app, path, &r, err)) return -1;
	if (!r.good) app_worsen(app, EXIT_DAMAGE);
	if (app->json) {
		json_t *out = json_pack("{s:s,s:s,s:s,s:I,s:I,s:b,s:s,s:I,s:I,s:b}", "schema", "ltvault.image-read/1", "medium", r.medium, "path", path, "image",
		                        (json_int_t)r.number, "bytes", (json_int_t)r.size, "good", r.good, "detail", r.detail, "generation",
		                        (json_int_t)r.generation, "unread", (json_int_t)r.unread, "same_device", r.same_device);
		if (out) output_json(out);
		json_decref(out);
		return 0;
	}
	if (r.good) printf(_("%s: image %llu of %s, %llu bytes read, each as it was written\n"), path, (unsigned long long)r.number, r.medium, (unsigned long long)r.size);
	else printf(_("%s: image %llu of %s is NOT what was written: %s\n"), path, (unsigned long long)r.number, r.medium, r.detail);
	if (r.same_device) printf(_("%s: on the same device as the archive: it does not protect against the loss of that device\n"), path);
	if (r.unread) printf(_("Images of %s whose disc or tape was not read yet, or is not right: %llu\n"), r.medium, (unsigned long long)r.unread);
	return 0;
}

static int next(struct app *app, const struct args *args, const char *name, struct error *err) {
	struct ledger ledger;
	size_t i;
	const json_t *row;
	(void)args, (void)name;
	if (app_open_store(app, STORE_READ, err) || ledger_read(app, &ledger, err)) return -1;
	json_t *list = rotation_next(app, &ledger);
	json_array_foreach(list, i, row) {
		if (app->json) {
			output_json(row);
			continue;
		}
		char *label = explain_safe(json_string_value(json_object_get(row, "medium")));
		printf("%s: %s\n", label, _(rotation_action_text(json_string_value(json_object_get(row, "action")))));
		free(label);
	}
	if (json_array_size(list)) app_worsen(app, EXIT_FINDINGS);
	else if (!app->json) puts(_("Nothing is to be done with the media now."));
	json_decref(list);
	ledger_dispose(&ledger);
	return 0;
}

static const struct {
	const char *word;
	bool needs_name;
	int (*run)(struct app *app, const struct args *args, const char *name, struct error *err);
} verbs[] = {
	{"init", true, init},
	{"list", false, list},
	{"show", true, show},
	{"out", true, hand_over},
	{"in", true, take_back},
	{"next", false, next},
	{"verify", true, verify},
	{"retire", true, retire},
};

static int run(struct app *app, const struct args *args) {
	const char *const *words;
	struct error err = {0};
	size_t count = args_words(args, &words);
	for (size_t i = 0; count && i < ARRAY_LEN(verbs); i++) {
		if (strcmp(verbs[i].word, words[0])) continue;
		if (count != 1 + (size_t)verbs[i].needs_name)
			error_set(&err, ERROR_USAGE, verbs[i].needs_name ? "media %s: needs one medium" : "media %s: takes no more arguments", words[0]);
		return err.code || verbs[i].run(app, args, words[count - 1], &err) ? app_fail(app, &err) : app->status;
	}
	error_set(&err, ERROR_USAGE, "media: needs one of init, list, show, next, verify, out, in, retire");
	return app_fail(app, &err);
}

static const struct option_row options[] = {
	{"label", 0, "TEXT", N_("the new medium's label, as written on its case")},
	{"kind", 0, "KIND", N_("disk (default), tape, optical or network")},
	{"site", 0, "PLACE", N_("where the medium is kept")},
	{"set", 0, "NAME", N_("the set of media in which it takes turns")},
	{"images", 0, "SIZE", N_("a series of write-once images, each of at most SIZE, as 25GB, of kind optical or tape")},
	{"append-only", 0, NULL, N_("what was written cannot be overwritten (chattr +a and +i), where that is possible")},
	{"encrypt-to", 0, "CERT.pem", N_("everything copied to the medium is encrypted to this certificate (may be given several times)")},
	{"end-of-life", 0, "DATE", N_("until when it is trusted; by default a number of years that follows from its kind")},
	{"to", 0, "PLACE", N_("where the medium goes")},
	{"reason", 0, "TEXT", N_("why, for the journal")},
	{"by", 0, "NAME", N_("who did it, for the journal")},
	{NULL, 0, NULL, NULL},
};

const struct command command_media = {
	.name = "media",
	.arguments = "(init|list|show|next|verify|out|in|retire) [MEDIUM]",
	.summary = N_("the ledger of backup media: make one, list them, look at one, take one out of use"),
	.manual = "init makes the empty file system that is mounted at the path MEDIUM a medium of this archive: it gets a label (archive, identity, "
		  "kind, site, set, UUID of the file system) with a signature by the archive's key. The key, Ed25519, is made at the first "
		  "use; its private half stays in keys/ of the archive with mode 0600 and is on no medium, its public half is on each. A path "
		  "on the archive's own device is refused (but see the setting backup.same_device): nothing is mounted there, most likely.\n\n"
		  "With --encrypt-to everything that is copied is encrypted (CMS AuthEnvelopedData, AES-256-GCM): each recipient opens it with the "
		  "private key alone, which is on no medium and not in the archive. Who loses all of these keys loses the medium. Such a medium "
		  "does not open with -C; it is restored first (restore --key).\n\n"
		  "With --images the medium is a series of write-once images for discs (ISO 9660 with Rock Ridge and Joliet) or tapes (tar, blocks of "
		  "10240 bytes), which backup makes in images/ of the directory MEDIUM: each has what the ones before do not have, and is never "
		  "changed. Burn each one, or copy it to a tape with dd, by any tool; then put the disc or tape in and say media verify with its device "
		  "as MEDIUM (or the folder where a disc is mounted, or a copy of the image elsewhere): it is compared with what was written, and "
		  "only then it counts as a copy. The outcome is recorded; exit status 3 when it is not what was written. The directory may be on "
		  "the archive's own device, for it is no copy.\n\n"
		  "list shows one line for each medium: when it was written, when it is to be written, to be read in full and to be drilled next, until "
		  "when it is trusted, to whom it is encrypted. show tells everything about one: generations and errors as well. MEDIUM is a label, an id, or the path where it was seen last.\n\n"
		  "next says which medium to connect now, and which one is to be swapped for another of its set (exit status 1 when there is one). "
		  "out records that a medium was handed over to another place, in that it came back; both are events of the journal.\n\n"
		  "retire takes a medium out of use; nothing on it is changed, and it can still be read and restored from. The only medium "
		  "with a verified backup is not retired.",
	.options = options,
	.run = run,
};
