/* Algorithm catalogues of ETSI TS 119 322 in JSON, made into a policy of our own form: identifier, date of issue,
 * digests and keys come from the catalogue, all else from the built-in policy. What cannot be expressed is refused,
 * never left out: a limit that is not seen would let pass what the catalogue does not. */
#include "validator/policy_data.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool refuse(struct error *err, const char *what, const char *where) {
	return error_set(err, ERROR_CONFIG, "catalogue: %s: %s", where, what), false;
}

static const char *member(json_t *object, const char *key) {
	return json_string_value(json_object_get(object, key));
}

static bool only(json_t *object, const char *const *names, const char *where, struct error *err) {
	const char *key;
	json_t *value;
	if (!json_is_object(object)) return refuse(err, "is not an object", where);
	json_object_foreach(object, key, value) {
		bool known = false;
		for (const char *const *name = names; *name; name++) known |= !strcmp(key, *name);
		if (!known) return refuse(err, "has a key that is not of TS 119 322 or not supported", where);
	}
	return true;
}

/* The day of an xs:date or xs:dateTime. */
static json_t *day_of(const char *text) {
	utime t;
	if (strlen(text) < 10) return NULL;
	char *day = xstrndup(text, 10);
	bool good = (!text[10] || text[10] == 'T' || text[10] == 'Z' || text[10] == '+' || text[10] == '-') &&
		    utime_parse(day, &t);
	json_t *value = good ? json_string(day) : NULL;
	free(day);
	return value;
}

/* What is read of a catalogue, in the form of a policy's rows. */
struct reading {
	const char *issued; /* its day */
	json_t *digests, *keys, *curves;
};

/* Least sizes: the modulus or p in bits, q in sub_bits for DSA. */
static bool read_parameters(json_t *list, enum signature_scheme scheme, const char *where, json_t *row,
			    struct error *err) {
	static const char *const keys[] = {"name", "Min", NULL};
	json_t *parameter;
	size_t i;
	if (list && !json_is_array(list)) return refuse(err, "Parameter is not a list", where);
	json_array_foreach(list, i, parameter) {
		if (!only(parameter, keys, where, err)) return false;
		const char *name = member(parameter, "name");
		json_t *least = json_object_get(parameter, "Min");
		bool sub = name && (!strcmp(name, "qlength") || !strcmp(name, "glength"));
		bool size = name && (!strcmp(name, "moduluslength") || !strcmp(name, "plength"));
		if ((!sub && !size) || !json_is_integer(least) || json_integer_value(least) < 0)
			return refuse(err, "Parameter is not known", where);
		bool is_curve = scheme == SCHEME_ECDSA || scheme == SCHEME_EDDSA;
		const char *key = sub && !is_curve ? "sub_bits" : "bits";
		if (json_integer_value(least) > json_integer_value(json_object_get(row, key)))
			json_object_set(row, key, least);
	}
	return true;
}

/* A Start that lies before the date of issue says no more than that the row is in force: what is reliable today has
 * not been forgeable before. A later one cannot be expressed. */
static bool read_start(const struct reading *r, json_t *start, const char *where, struct error *err) {
	json_t *day = json_is_string(start) ? day_of(json_string_value(start)) : NULL;
	bool later = day && strcmp(json_string_value(day), r->issued) > 0;
	json_decref(day);
	if (!start) return true;
	if (!day) return refuse(err, "Start is not a date", where);
	return later ? refuse(err, "a Start after the date of issue is not supported", where) : true;
}

static bool read_evaluation(const struct reading *r, json_t *evaluation, enum signature_scheme scheme,
			    const char *where, json_t *row, struct error *err) {
	static const char *const keys[] = {"Validity", "Parameter", "Recommendation", "MoreDetails", NULL};
	static const char *const validity_keys[] = {"Start", "End", NULL};
	json_t *validity = json_object_get(evaluation, "Validity");
	if (!only(evaluation, keys, where, err) || !only(validity, validity_keys, where, err)) return false;
	json_t *end = json_object_get(validity, "End"),
	       *day = json_is_string(end) ? day_of(json_string_value(end)) : NULL;
	if (end && !day) return refuse(err, "End is not a date", where);
	if (day) json_object_set_new(row, "until", day);
	if (!read_start(r, json_object_get(validity, "Start"), where, err)) return false;
	if (scheme == SCHEME_UNKNOWN && json_object_get(evaluation, "Parameter"))
		return refuse(err, "a digest has no Parameter", where);
	return read_parameters(json_object_get(evaluation, "Parameter"), scheme, where, row, err);
}

/* A curve has no sizes, and a policy's curves have no ends. */
static bool read_curve(const struct reading *r, const char *curve, json_t *list, const char *where,
		       struct error *err) {
	json_t *evaluation, *row = json_object();
	size_t i;
	bool good = true;
	json_array_foreach(list, i, evaluation)
		good = good && read_evaluation(r, evaluation, SCHEME_UNKNOWN, where, row, err);
	if (good && json_object_size(row) > 0) good = refuse(err, "a curve with an end is not supported", where);
	json_decref(row);
	if (good) json_array_append_new(r->curves, json_string(curve));
	return good;
}

static json_t *new_row(enum digest_alg digest, const struct algorithm_use *use) {
	json_t *row = json_object();
	if (digest) json_object_set_new(row, "name", json_string(digest_name(digest)));
	if (use->scheme) json_object_set_new(row, "scheme", json_string(signature_scheme_name(use->scheme)));
	if (use->scheme && use->digest && use->scheme != SCHEME_EDDSA)
		json_object_set_new(row, "digest", json_string(digest_name(use->digest)));
	if (use->scheme == SCHEME_EDDSA) json_object_set_new(row, "bits", json_integer(use->digest ? 255 : 448));
	return row;
}

/* By name for digests: published catalogues have slips in their identifiers. What this program does not know it refuses
 * in signatures anyhow, and is passed over. */
static bool read_algorithm(const struct reading *r, json_t *algorithm, struct error *err) {
	static const char *const names[] = {"AlgorithmIdentifier", "Evaluation", "Information", NULL};
	static const char *const identifier_names[] = {"Name", "ObjectIdentifier", "URI", NULL};
	json_t *id = json_object_get(algorithm, "AlgorithmIdentifier"),
	       *list = json_object_get(algorithm, "Evaluation");
	json_t *evaluation;
	size_t i;
	if (!only(algorithm, names, "an Algorithm", err) || !only(id, identifier_names, "an AlgorithmIdentifier", err))
		return false;
	const char *name = member(id, "Name"), *oid = member(id, "ObjectIdentifier");
	if (!name || !json_array_size(list)) return refuse(err, "lacks Name or Evaluation", "an Algorithm");
	enum digest_alg digest = digest_from_name(name);
	const char *curve = oid && !digest ? curve_of_oid(oid) : NULL;
	struct algorithm_use use = {0};
	if (curve) return read_curve(r, curve, list, name, err);
	if (!digest && oid) signature_of_oid(oid, &use);
	if (digest && json_array_size(list) != 1) return refuse(err, "a digest has several Evaluations", name);
	enum signature_scheme sized = digest ? SCHEME_UNKNOWN : use.scheme ? use.scheme : SCHEME_DSA;
	json_array_foreach(list, i, evaluation) {
		json_t *row = new_row(digest, &use);
		bool good = read_evaluation(r, evaluation, sized, name, row, err);
		if (good && (digest || use.scheme)) json_array_append(digest ? r->digests : r->keys, row);
		json_decref(row);
		if (!good) return false;
	}
	return true;
}

/* What anybody can forge stays so whatever a catalogue says. */
static void keep_broken(json_t *rows, json_t *built_in, const char *name) {
	json_t *row, *own;
	size_t i, k;
	json_array_foreach(rows, i, row) json_array_foreach(built_in, k, own) {
		bool same = json_equal(json_object_get(row, name), json_object_get(own, name)) &&
			    json_integer_value(json_object_get(row, "bits")) <=
				    json_integer_value(json_object_get(own, "bits"));
		if (same && json_is_true(json_object_get(own, "broken")))
			json_object_set_new(row, "broken", json_true());
	}
}

/* A catalogue that lists curves lists all that it finds reliable; those of EdDSA are algorithms of their own. */
static void take_curves(json_t *policy, json_t *curves) {
	json_t *own = json_object_get(policy, "curves"), *name;
	size_t i;
	json_array_foreach(own, i, name)
		if (json_array_size(curves) > 0 && !strncmp(json_string_value(name), "Ed", 2))
			json_array_append(curves, name);
	if (json_array_size(curves) > 0) json_object_set(policy, "curves", curves);
	json_decref(curves);
}

bool policy_from_catalogue(json_t *policy, json_t *root, struct error *err) {
	static const char *const root_names[] = {"SecuritySuitabilityPolicy", NULL};
	static const char *const names[] = {"PolicyName", "Publisher", "PolicyIssueDate", "NextUpdate",
					    "Usage",      "Algorithm",  "version",         "lang",
					    "id",         NULL};
	json_t *body = json_object_get(root, *root_names), *algorithm, *list = json_object_get(body, "Algorithm");
	size_t i;
	if (!only(root, root_names, "the file", err) || !only(body, names, *root_names, err)) return false;
	const char *name = member(json_object_get(body, "PolicyName"), "Name"),
		   *issued = member(body, "PolicyIssueDate");
	const char *version = member(json_object_get(body, "PolicyName"), "ObjectIdentifier");
	json_t *day = issued ? day_of(issued) : NULL;
	if (!day) return refuse(err, "PolicyIssueDate is not a date", *root_names);
	json_object_set_new(policy, "issued", day);
	if (!name || !member(json_object_get(body, "Publisher"), "Name") || !json_array_size(list))
		return refuse(err, "lacks PolicyName, Publisher or Algorithm", *root_names);
	struct reading r = {json_string_value(day), json_array(), json_array(), json_array()};
	bool good = true;
	json_array_foreach(list, i, algorithm) good = good && read_algorithm(&r, algorithm, err);
	keep_broken(r.digests, json_object_get(policy, "digests"), "name");
	keep_broken(r.keys, json_object_get(policy, "keys"), "scheme");
	take_curves(policy, r.curves);
	char *id = xasprintf("%s %s, %.10s", name, version ? version : "", issued);
	json_object_set_new(policy, "id", json_string(id));
	json_object_set_new(policy, "digests", r.digests);
	json_object_set_new(policy, "keys", r.keys);
	free(id);
	return good;
}
