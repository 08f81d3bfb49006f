#include "validator/path_internal.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Certificate policies, RFC 5280 6.1 with the graph of RFC 9618 instead of the tree, which grows exponentially: one
 * node per policy and depth, with any number of parents. */
#define ANY_POLICY "2.5.29.32.0"

struct node {
	char *policy;
	char **expected; /* expected_policy_set */
	size_t expected_count, expected_cap;
	size_t *parents; /* indexes into the level above */
	size_t parent_count, parent_cap;
	bool dead;
};

struct level {
	struct node *nodes;
	size_t count, cap;
};

struct graph {
	struct level levels[LIMIT_PATH_DEPTH + 1]; /* 0 is the anchor's anyPolicy */
	bool null;
	size_t size; /* nodes, edges and expectations, against LIMIT_POLICY_NODES */
	struct path_budget *budget;
};

static bool is_any(const char *policy) {
	return !strcmp(policy, ANY_POLICY);
}

/* Work is bounded beside size: a certificate may name a million policies. */
static bool work(struct graph *g) {
	if (++g->budget->policy_steps <= LIMIT_POLICY_STEPS) return true;
	path_limit(g->budget, "comparisons of certificate policies");
	return false;
}

static bool grow(struct graph *g) {
	if (++g->size <= LIMIT_POLICY_NODES) return true;
	path_limit(g->budget, "certificate policy nodes");
	return false;
}

static void expect(struct graph *g, struct node *node, const char *policy) {
	for (size_t i = 0; i < node->expected_count && work(g); i++)
		if (!strcmp(node->expected[i], policy)) return;
	if (!grow(g)) return;
	ARRAY_GROW(node->expected, node->expected_count, node->expected_cap);
	node->expected[node->expected_count++] = xstrdup(policy);
}

static void expect_nothing(struct node *node) {
	for (size_t i = 0; i < node->expected_count; i++) free(node->expected[i]);
	node->expected_count = 0;
}

static bool expects(struct graph *g, const struct node *node, const char *policy) {
	for (size_t i = 0; i < node->expected_count && work(g); i++)
		if (!strcmp(node->expected[i], policy)) return true;
	return false;
}

static struct node *find(struct graph *g, struct level *level, const char *policy) {
	for (size_t i = 0; i < level->count && work(g); i++)
		if (!level->nodes[i].dead && !strcmp(level->nodes[i].policy, policy)) return &level->nodes[i];
	return NULL;
}

static struct node *node_for(struct graph *g, struct level *level, const char *policy) {
	struct node *node = find(g, level, policy);
	if (node || !grow(g)) return node;
	ARRAY_GROW(level->nodes, level->count, level->cap);
	node = &level->nodes[level->count++];
	*node = (struct node){.policy = xstrdup(policy)};
	expect(g, node, policy);
	return node;
}

static void link_parent(struct graph *g, struct node *node, size_t parent) {
	if (!node) return;
	for (size_t i = 0; i < node->parent_count && work(g); i++)
		if (node->parents[i] == parent) return;
	if (!grow(g)) return;
	ARRAY_GROW(node->parents, node->parent_count, node->parent_cap);
	node->parents[node->parent_count++] = parent;
}

/* Links a node for the policy to every node above that expects it; false when there is none. */
static bool link_expecting(struct graph *g, size_t depth, const char *policy) {
	struct level *above = &g->levels[depth - 1];
	bool linked = false;
	for (size_t i = 0; i < above->count && work(g) && !g->budget->exceeded; i++) {
		if (above->nodes[i].dead || !expects(g, &above->nodes[i], policy)) continue;
		link_parent(g, node_for(g, &g->levels[depth], policy), i);
		linked = true;
	}
	return linked;
}

static size_t index_of(const struct level *level, const struct node *node) {
	return (size_t)(node - level->nodes);
}

/* Nodes without children die, from `depth` - 1 up; the graph is null when nothing lives at `depth`. */
static void prune(struct graph *g, size_t depth) {
	bool alive = false;
	for (size_t i = 0; i < g->levels[depth].count; i++) alive |= !g->levels[depth].nodes[i].dead;
	if (!alive) {
		g->null = true;
		return;
	}
	for (size_t d = depth; d-- > 0;) {
		struct level *level = &g->levels[d], *below = &g->levels[d + 1];
		bool *kept = xcalloc(level->count + 1, sizeof *kept);
		for (size_t i = 0; i < below->count; i++)
			for (size_t p = 0; !below->nodes[i].dead && p < below->nodes[i].parent_count; p++)
				kept[below->nodes[i].parents[p]] = true;
		for (size_t i = 0; i < level->count; i++)
			if (!kept[i]) level->nodes[i].dead = true;
		free(kept);
	}
}

/* RFC 9618 5.3: 6.1.3 (d). False when the extension is malformed. */
static bool add_policies(struct graph *g, const struct cert *cert, size_t depth, bool any_allowed) {
	struct der_walk w = der_walk_in(&cert->policies);
	struct der information, oid;
	bool has_any = false;
	while (der_next(&w, &information)) {
		struct der_walk in = der_walk_in(&information);
		if (information.tag != DER_SEQUENCE || !der_expect(&in, DER_OID, &oid)) return false;
		char *policy = der_oid_text(&oid);
		if (is_any(policy)) {
			has_any = true;
		} else if (*policy && !link_expecting(g, depth, policy)) {
			struct level *above = &g->levels[depth - 1];
			struct node *any = find(g, above, ANY_POLICY);
			if (any) link_parent(g, node_for(g, &g->levels[depth], policy), index_of(above, any));
		}
		free(policy);
		if (g->budget->exceeded) return false;
	}
	if (w.bad) return false;
	if (has_any && any_allowed) {
		struct level *above = &g->levels[depth - 1];
		for (size_t i = 0; i < above->count; i++) {
			for (size_t e = 0; !above->nodes[i].dead && e < above->nodes[i].expected_count; e++) {
				const char *policy = above->nodes[i].expected[e];
				link_parent(g, node_for(g, &g->levels[depth], policy), i);
				if (g->budget->exceeded) return false;
			}
		}
	}
	prune(g, depth);
	return true;
}

struct mapping {
	char *issuer, *subject;
};

static struct mapping *read_mappings(const struct cert *cert, size_t *count, bool *bad) {
	struct mapping *list = NULL;
	size_t cap = 0;
	struct der_walk w = der_walk_in(&cert->policy_mappings);
	struct der pair, issuer, subject;
	*count = 0;
	while (der_next(&w, &pair) && *count < LIMIT_POLICY_NODES) {
		struct der_walk in = der_walk_in(&pair);
		if (pair.tag != DER_SEQUENCE || !der_expect(&in, DER_OID, &issuer) ||
		    !der_expect(&in, DER_OID, &subject)) {
			*bad = true;
			break;
		}
		ARRAY_GROW(list, *count, cap);
		list[*count] = (struct mapping){der_oid_text(&issuer), der_oid_text(&subject)};
		if (is_any(list[*count].issuer) || is_any(list[*count].subject)) *bad = true; /* 6.1.4 (a) */
		(*count)++;
	}
	if (w.bad) *bad = true;
	return list;
}

/* 6.1.4 (b): what is expected next of a mapped policy; where mapping is inhibited the policy dies. */
static void apply_mappings(struct graph *g, const struct mapping *list, size_t count, size_t depth, bool allowed) {
	struct level *level = &g->levels[depth];
	for (size_t m = 0; m < count && !g->budget->exceeded; m++) {
		bool first = true; /* the first mapping of an issuer policy clears what was expected */
		for (size_t k = 0; k < m && work(g); k++) first &= strcmp(list[k].issuer, list[m].issuer) != 0;
		struct node *node = find(g, level, list[m].issuer);
		if (!allowed) {
			if (node) node->dead = true;
			continue;
		}
		if (!node && first && find(g, level, ANY_POLICY)) {
			struct node *any = find(g, &g->levels[depth - 1], ANY_POLICY);
			if (any) {
				size_t parent = index_of(&g->levels[depth - 1], any);
				node = node_for(g, level, list[m].issuer);
				link_parent(g, node, parent);
			}
		}
		if (!node) continue;
		if (first) expect_nothing(node);
		expect(g, node, list[m].subject);
	}
	if (!allowed) prune(g, depth);
}

static bool map_policies(struct graph *g, const struct cert *cert, size_t depth, bool allowed) {
	size_t count;
	bool bad = false;
	struct mapping *list = read_mappings(cert, &count, &bad);
	if (!bad && !g->null) apply_mappings(g, list, count, depth, allowed);
	for (size_t i = 0; i < count; i++) {
		free(list[i].issuer);
		free(list[i].subject);
	}
	free(list);
	return !bad;
}

static bool asked_for(const struct val_request *inputs, const char *policy) {
	if (!inputs || inputs->initial_policy_count == 0) return true;
	for (size_t i = 0; i < inputs->initial_policy_count; i++)
		if (!strcmp(inputs->initial_policies[i], policy) || is_any(inputs->initial_policies[i])) return true;
	return false;
}

/* 6.1.5 (g): some policy of the anchor's domain that reaches the target is one that was asked for. */
static bool user_constrained_set_is_not_empty(struct graph *g, size_t depth, const struct val_request *inputs) {
	if (g->null) return false;
	if (find(g, &g->levels[depth], ANY_POLICY)) return true;
	for (size_t d = 1; d <= depth; d++) {
		for (size_t i = 0; i < g->levels[d].count; i++) {
			const struct node *node = &g->levels[d].nodes[i];
			if (node->dead || is_any(node->policy) || node->parent_count == 0) continue;
			bool in_domain = false;
			for (size_t p = 0; p < node->parent_count; p++)
				in_domain |= is_any(g->levels[d - 1].nodes[node->parents[p]].policy);
			if (in_domain && asked_for(inputs, node->policy)) return true;
		}
	}
	return false;
}

struct counters {
	size_t explicit_policy, mapping, any;
};

static void lower(size_t *counter, uint64_t to) {
	if (to < *counter) *counter = (size_t)to;
}

static bool implicit_number(const struct der *element, uint64_t *out) {
	struct der plain = *element;
	plain.tag = DER_INTEGER;
	return der_uint(&plain, out);
}

/* 6.1.4 (i), (j). */
static bool read_constraints(const struct cert *cert, struct counters *counters, bool last) {
	struct der part;
	uint64_t number;
	if (cert->policy_constraints.tag) {
		struct der_walk w = der_walk_in(&cert->policy_constraints);
		if (der_optional(&w, 0x80, &part)) {
			if (!implicit_number(&part, &number)) return false;
			if (!last || number == 0) lower(&counters->explicit_policy, number);
		}
		if (der_optional(&w, 0x81, &part)) {
			if (!implicit_number(&part, &number)) return false;
			lower(&counters->mapping, number);
		}
		if (!der_done(&w)) return false;
	}
	if (cert->inhibit_any.tag) {
		if (!der_uint(&cert->inhibit_any, &number)) return false;
		lower(&counters->any, number);
	}
	return true;
}

static bool step(struct graph *g, const struct cert *cert, size_t depth, bool last, struct counters *counters) {
	if (cert->policies.tag && !g->null) {
		if (!add_policies(g, cert, depth, counters->any > 0 || (!last && cert->self_issued))) return false;
	} else if (!cert->policies.tag) {
		g->null = true;
	}
	if (counters->explicit_policy == 0 && g->null) return false; /* 6.1.3 (f) */
	if (last) {
		if (counters->explicit_policy) counters->explicit_policy--; /* 6.1.5 (a) */
		return read_constraints(cert, counters, true);
	}
	if (cert->policy_mappings.tag && !map_policies(g, cert, depth, counters->mapping > 0)) return false;
	if (!cert->self_issued) {
		if (counters->explicit_policy) counters->explicit_policy--;
		if (counters->mapping) counters->mapping--;
		if (counters->any) counters->any--;
	}
	return read_constraints(cert, counters, false);
}

static void graph_dispose(struct graph *g) {
	for (size_t d = 0; d <= LIMIT_PATH_DEPTH; d++) {
		for (size_t i = 0; i < g->levels[d].count; i++) {
			expect_nothing(&g->levels[d].nodes[i]);
			free(g->levels[d].nodes[i].expected);
			free(g->levels[d].nodes[i].parents);
			free(g->levels[d].nodes[i].policy);
		}
		free(g->levels[d].nodes);
	}
}

bool path_check_policies(const struct chain *chain, const struct val_request *inputs, struct path_budget *budget,
			 struct finding_list *findings) {
	size_t n = chain->count - 1; /* the anchor is no part of the path */
	struct graph g = {.budget = budget};
	struct counters counters = {
		.explicit_policy = inputs && inputs->require_explicit_policy ? 0 : n + 1,
		.mapping = inputs && inputs->inhibit_policy_mapping ? 0 : n + 1,
		.any = inputs && inputs->inhibit_any_policy ? 0 : n + 1,
	};
	bool ok = true;
	node_for(&g, &g.levels[0], ANY_POLICY);
	for (size_t depth = 1; ok && depth <= n; depth++) {
		const struct cert *cert = chain->certs[n - depth];
		ok = step(&g, cert, depth, depth == n, &counters) && !budget->exceeded;
		if (!ok) finding_add(findings, FINDING_CERT_POLICY, "%s", cert->subject_text);
	}
	if (ok && counters.explicit_policy == 0 && !user_constrained_set_is_not_empty(&g, n, inputs)) {
		finding_add(findings, FINDING_CERT_POLICY, "%s", chain->certs[0]->subject_text);
		ok = false;
	}
	graph_dispose(&g);
	return ok;
}
