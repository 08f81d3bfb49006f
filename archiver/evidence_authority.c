#include "archiver/evidence_authority.h"

#include "archiver/conf.h"
#include "archiver/json_get.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct evidence_authorities {
	struct app *app;
	struct judge *judge;
	struct tsa *tsa;
	struct evidence_authority authority;
};

bool evidence_authority_configured(const struct app *app) {
	return *conf_text(app->conf, CONF_timestamp_urls) != 0;
}

/* ---- worth ---- */

static utime time_of(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	utime when;
	return text && utime_parse(text, &when) ? when : UTIME_NONE;
}

/* `detail` is taken over. */
static void sooner(struct evidence_worth *w, utime when, const char *limit, char *detail) {
	bool is = when != UTIME_NONE && (w->until == UTIME_NONE || when < w->until);
	if (is) {
		free(w->limit);
		free(w->detail);
		w->until = when;
		w->limit = xstrdup(limit);
		w->detail = xstrdup(detail);
	}
	free(detail);
}

/* Certificates below the anchor and the algorithms of the signature; the hash in the imprint by itself, because another
 * renewal is due for it. */
void evidence_worth_of(const json_t *report, struct evidence_worth *out) {
	const json_t *s = json_array_get(json_object_get(report, "signatures"), 0), *link;
	const json_t *signer = json_object_get(s, "signer");
	const char *hex = json_string_value(json_object_get(signer, "sha256"));
	size_t i;
	*out = (struct evidence_worth){.until = UTIME_NONE};
	out->passed = !strcmp(report_indication(report), "TOTAL-PASSED");
	if (!out->passed) {
		const char *sub = report_sub_indication(report);
		out->why = xstrdup(*sub ? sub : report_indication(report));
	}
	json_array_foreach(json_object_get(s, "chain"), i, link) if (!json_is_true(json_object_get(link, "anchor")))
		sooner(out, time_of(link, "not_after"), i ? "ca-certificate" : "tsa-certificate", xstrdup(text_at(link, "subject")));
	out->digest_until = time_of(json_object_get(s, "imprint"), "reliable_until");
	const json_t *algorithms = json_object_get(s, "algorithms");
	utime signature = time_of(algorithms, "reliable_until");
	if (signature != out->digest_until)
		sooner(out, signature, "algorithm",
		       xasprintf("%s %lld", text_at(algorithms, "signature"), number_at(algorithms, "key_bits")));
	if (*text_at(signer, "common_name") || *text_at(signer, "subject"))
		out->name = xstrdup(*text_at(signer, "common_name") ? text_at(signer, "common_name") : text_at(signer, "subject"));
	if (hex) hex_decode(hex, out->authority, sizeof out->authority);
}

static int examine(void *user, const unsigned char *token, size_t len, enum digest_alg alg, const unsigned char *digest,
		   struct evidence_worth *out, struct error *err) {
	struct evidence_authorities *a = user;
	char *hex = hex_dup(digest, digest_size(alg)), *text = xasprintf("%s:%s", digest_name(alg), hex);
	const char *const digests[] = {text};
	const struct val_request more = {.digests = digests, .digest_count = 1};
	struct judge_item item = {.data = token, .len = len, .more = &more, .at = app_time(a->app)};
	int rc = judge_run(a->judge, &item, 1, err);
	if (!rc) evidence_worth_of(item.report, out);
	json_decref(item.report);
	free(item.used);
	free(hex);
	free(text);
	return rc;
}

/* ---- stamping ---- */

static int stamp(void *user, const char *other_than, enum digest_alg alg, const unsigned char *digest,
		 struct tsa_token *token, struct error *err) {
	struct evidence_authorities *a = user;
	return tsa_stamp_archive(a->tsa, other_than, alg, digest, token, err);
}

struct evidence_authorities *evidence_authorities_open(struct app *app, struct error *err) {
	struct evidence_authorities *a = xcalloc(1, sizeof *a);
	const struct judge_options options = {.offline = conf_yes(app->conf, CONF_network_offline)};
	*a = (struct evidence_authorities){.app = app, .authority = {a, stamp, examine}};
	a->judge = judge_start(app, &options, err);
	if (a->judge) a->tsa = tsa_open(app, a->judge, err);
	if (a->tsa) return a;
	evidence_authorities_close(a);
	return NULL;
}

void evidence_authorities_close(struct evidence_authorities *a) {
	if (!a) return;
	tsa_close(a->tsa);
	judge_stop(a->judge);
	free(a);
}

const struct evidence_authority *evidence_authority_of(struct evidence_authorities *a) {
	return &a->authority;
}

struct judge *evidence_judge_of(struct evidence_authorities *a) {
	return a->judge;
}
