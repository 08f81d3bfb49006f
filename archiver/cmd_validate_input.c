#include "archiver/cmd_validate_input.h"

#include "archiver/etsi.h"
#include "archiver/explain.h"
#include "archiver/json_get.h"
#include "archiver/judge.h"
#include "archiver/own_evidence.h"
#include "archiver/password.h"
#include "archiver/rules.h"
#include "archiver/worker_files.h"
#include "archiver/worker_report.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_TRUST "/etc/ltvault/trust" /* anchors of this machine, for judging without an archive */

struct input {
	struct outside_files evidence, data;
	struct val_blob *blobs; /* of evidence, then of data */
	unsigned char *document;
	size_t document_len;
	struct own_evidence own; /* of the archive whose settings hold, where it has the file */
	struct val_request more;
	char *password;
};

static bool is_folder(const char *path) {
	struct stat st;
	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* The archive's settings where there is an archive; defaults where none was named and none is here. */
static int settings(struct app *app, struct error *err) {
	bool named = strcmp(app->archive, ".") != 0;
	if (app->conf || named || !access("ltvault.conf", F_OK)) return app_load_conf(app, err);
	app->conf = conf_new();
	return conf_set(app->conf, CONF_validation_trust, is_folder(SYSTEM_TRUST) ? SYSTEM_TRUST : "", err);
}

/* Options that stand for settings. */
static int override(struct app *app, const struct args *args, struct error *err) {
	const char *revocation = args_value(args, "revocation"), *policy = args_value(args, "policy");
	if (revocation && conf_set(app->conf, CONF_validation_revocation, revocation, err)) {
		error_clear(err);
		return error_set(err, ERROR_USAGE, "--revocation: \"%s\" is not hard, soft or off", revocation);
	}
	if (!policy) return 0;
	char *whole = realpath(policy, NULL);
	if (!whole) return error_set(err, ERROR_INPUT, "%s: %s", policy, strerrordesc_np(errno));
	int rc = conf_set(app->conf, CONF_validation_policy, whole, err);
	free(whole);
	return rc;
}

static int check_digests(struct val_request *q, const struct args *args, struct error *err) {
	q->digest_count = args_values(args, "digest", &q->digests);
	for (size_t i = 0; i < q->digest_count; i++) {
		const char *text = q->digests[i], *colon = strchr(text, ':');
		char *name = xstrndup(text, colon ? (size_t)(colon - text) : 0);
		unsigned char bytes[DIGEST_MAX];
		size_t size = digest_size(digest_from_name(name));
		free(name);
		if (!size || !hex_decode(colon + 1, bytes, size))
			return error_set(err, ERROR_USAGE, "--digest: \"%s\" is not ALG:HEX, such as SHA-256:9f86d0...", text);
	}
	return 0;
}

static int collect(struct input *in, const struct args *args, struct error *err) {
	const char *const *values;
	size_t count = args_values(args, "evidence", &values);
	for (size_t i = 0; i < count; i++)
		if (outside_collect(&in->evidence, values[i], err)) return -1;
	count = args_values(args, "data", &values);
	for (size_t i = 0; i < count; i++) {
		struct outside_file f = {0};
		if (outside_read(values[i], LIMIT_JUDGED_BYTES, &f.data, &f.len, err)) return -1;
		ARRAY_GROW(in->data.items, in->data.count, in->data.cap);
		in->data.items[in->data.count++] = f;
	}
	in->blobs = xcalloc(in->evidence.count + in->data.count + 1, sizeof *in->blobs);
	for (size_t i = 0; i < in->evidence.count; i++)
		in->blobs[i] = (struct val_blob){in->evidence.items[i].data, in->evidence.items[i].len};
	for (size_t i = 0; i < in->data.count; i++)
		in->blobs[in->evidence.count + i] = (struct val_blob){in->data.items[i].data, in->data.items[i].len};
	const char *password = args_value(args, "password-file");
	if (password && !(in->password = password_read(password, err))) return -1;
	in->more.password = in->password;
	in->more.initial_policy_count = args_values(args, "initial-policy", &in->more.initial_policies);
	in->more.require_explicit_policy = args_has(args, "require-explicit-policy");
	in->more.inhibit_policy_mapping = args_has(args, "inhibit-policy-mapping");
	in->more.inhibit_any_policy = args_has(args, "inhibit-any-policy");
	return check_digests(&in->more, args, err);
}

static void dispose(struct input *in) {
	outside_dispose(&in->evidence);
	outside_dispose(&in->data);
	free(in->blobs);
	free(in->document);
	password_free(in->password);
	own_evidence_dispose(&in->own);
}

/* The archive's records are evidence like any other: behind what was offered. */
static void add_own(struct input *in) {
	size_t count = in->evidence.count, all = count + in->data.count;
	in->blobs = xreallocarray(in->blobs, all + EVIDENCE_SERIES + 1, sizeof *in->blobs);
	memmove(in->blobs + count + in->own.count, in->blobs + count, in->data.count * sizeof *in->blobs);
	for (size_t i = 0; i < in->own.count; i++)
		in->blobs[count + i] = (struct val_blob){in->own.records[i].data, in->own.records[i].len};
}

static int judge_input(struct app *app, const struct args *args, bool path, struct input *in, json_t **report, struct error *err) {
	struct judge_options options = {.offline = args_has(args, "offline"), .workers = 1};
	options.trust_count = args_values(args, "trust", &options.trust);
	struct judge_item item = {
		.data = in->document,
		.len = in->document_len,
		.evidence = in->blobs,
		.evidence_count = in->evidence.count + in->own.count,
		.companions = in->blobs + in->evidence.count + in->own.count,
		.companion_count = in->data.count,
		.more = &in->more,
		.path = path,
	};
	struct judge *judge = judge_start(app, &options, err);
	int rc = judge ? judge_run(judge, &item, 1, err) : -1;
	if (!rc) *report = item.report;
	if (!rc) free(item.used);
	judge_stop(judge);
	return rc;
}

/* A document above the bound is hashed, so that the report says which it is, and not judged. */
static int too_large(const struct app *app, const char *name, uint64_t size, bool path, json_t **report, struct error *err) {
	unsigned char sha256[SHA256_SIZE];
	if (outside_sha256(name, sha256, err)) return -1;
	struct report_facts facts = {path, size, sha256, app->now, NULL};
	*report = report_unjudged(&facts, FINDING_DOCUMENT_TOO_LARGE, "");
	return 0;
}

/* The report with its schema and the file's name in front. */
static json_t *with_name(json_t *report, const char *name) {
	json_t *whole = json_object();
	char *shown = explain_safe(name);
	json_object_set(whole, "schema", json_object_get(report, "schema"));
	json_object_set_new(whole, "file", json_string(shown));
	json_object_update(whole, report);
	json_decref(report);
	free(shown);
	return whole;
}

static int validate_file(struct app *app, const struct args *args, bool path, json_t **report, struct error *err) {
	const char *const *words;
	struct input in = {0};
	if (app->json && args_has(args, "etsi")) return error_set(err, ERROR_USAGE, "--etsi and --json: one of them, please");
	uint64_t size = 0;
	int rc = -1;
	if (args_words(args, &words) != 1) return error_set(err, ERROR_USAGE, "%s: one file, please", path ? "path" : "validate");
	if (settings(app, err) || override(app, args, err) || collect(&in, args, err)) goto out;
	int fd = outside_open(words[0], &size, err);
	if (fd < 0) goto out;
	close(fd);
	if (size > LIMIT_JUDGED_BYTES) rc = too_large(app, words[0], size, path, report, err);
	else if (!outside_read(words[0], LIMIT_JUDGED_BYTES, &in.document, &in.document_len, err)) {
		if (!path) own_evidence_find(app, in.document, in.document_len, &in.own), add_own(&in);
		rc = judge_input(app, args, path, &in, report, err);
	}
	if (!rc) *report = with_name(*report, words[0]);
	if (!rc && in.own.told) json_object_set(*report, "archive", in.own.told);
	if (!rc && !path) rules_add(*report, NULL);
out:
	dispose(&in);
	return rc;
}

static bool one_of(const char *code, const char *const *codes, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (!strcmp(code, codes[i])) return true;
	return false;
}

/* What no validator can say anything about is unusable input; the rest has a verdict. */
static int status_of(const json_t *report, bool path) {
	static const char *const unusable[] = {"EMPTY_FILE", "NOT_RECOGNISED", "XML_EVIDENCE_RECORD", "FORMAT_NOT_SUPPORTED"};
	size_t index;
	json_t *finding;
	json_array_foreach(json_object_get(report, "findings"), index, finding) {
		const char *code = text_at(finding, "code");
		bool unsupported = !strcmp(code, "ASIC_XADES_NOT_SUPPORTED") || !strcmp(code, "ASIC_EVIDENCE_RECORD_NOT_USED");
		if ((unsupported && !json_array_size(json_object_get(report, "signatures"))) || one_of(code, unusable, ARRAY_LEN(unusable))) return EXIT_UNUSABLE;
	}
	return strcmp(report_indication(report), path ? "PASSED" : "TOTAL-PASSED") ? EXIT_FINDINGS : EXIT_FINE;
}

/* Scripts get a document even where there is no report: the file and why. */
static int no_report(struct app *app, const struct args *args, bool path, const struct error *err) {
	const char *const *words;
	if (app->json && args_words(args, &words)) {
		char *shown = explain_safe(words[0]), *text = explain_safe(err->text);
		json_t *said = json_pack("{s:s, s:s, s:s}", "schema", path ? "ltvault.path/1" : "ltvault.validation/1", "file", shown, "error", text);
		json_dumpf(said, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(said);
		free(shown);
		free(text);
	}
	return app_fail(app, err);
}

int validate_command(struct app *app, const struct args *args, bool path) {
	struct error err = {0};
	json_t *report = NULL;
	if (validate_file(app, args, path, &report, &err)) return no_report(app, args, path, &err);
	if (app->json) {
		json_dumpf(report, stdout, JSON_INDENT(2));
		putchar('\n');
	} else if (args_has(args, "etsi")) {
		char *xml = etsi_report(report);
		fputs(xml, stdout);
		free(xml);
	} else {
		explain_report(stdout, report, args_has(args, "explain"));
		own_evidence_print(stdout, json_object_get(report, "archive"));
	}
	int status = status_of(report, path);
	json_decref(report);
	return status;
}
