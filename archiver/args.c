#include "archiver/command.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct given {
	const struct option_row *row;
	const char **values;
	size_t count, cap;
};

struct args {
	struct given *options;
	size_t option_count;
	const char **words;
	size_t word_count, word_cap;
};

static const struct option_row none[] = {{NULL, 0, NULL, NULL}};

static struct args *args_new(const struct command *command) {
	struct args *args = xcalloc(1, sizeof *args);
	const struct option_row *rows = command->options ? command->options : none;
	while (rows[args->option_count].name) args->option_count++;
	args->options = xcalloc(args->option_count, sizeof *args->options);
	for (size_t i = 0; i < args->option_count; i++) args->options[i].row = &rows[i];
	return args;
}

void args_free(struct args *args) {
	if (!args) return;
	for (size_t i = 0; i < args->option_count; i++) free(args->options[i].values);
	free(args->options);
	free(args->words);
	free(args);
}

static struct given *find(const struct args *args, const char *name, size_t len) {
	for (size_t i = 0; i < args->option_count; i++)
		if (strlen(args->options[i].row->name) == len && !strncmp(args->options[i].row->name, name, len))
			return &args->options[i];
	return NULL;
}

static struct given *find_letter(const struct args *args, char letter) {
	for (size_t i = 0; i < args->option_count; i++)
		if (args->options[i].row->letter == letter) return &args->options[i];
	return NULL;
}

static void give(struct given *g, const char *value) {
	ARRAY_GROW(g->values, g->count, g->cap);
	g->values[g->count++] = value;
}

static void word(struct args *args, const char *text) {
	ARRAY_GROW(args->words, args->word_count, args->word_cap);
	args->words[args->word_count++] = text;
}

/* One option at argv[*i]; moves *i on when its value is the next word. */
static int option(struct args *args, int argc, char **argv, int *i, struct error *err) {
	const char *text = argv[*i], *value = NULL;
	struct given *g;
	if (text[1] == '-') {
		const char *equals = strchr(text, '=');
		g = find(args, text + 2, equals ? (size_t)(equals - text) - 2 : strlen(text + 2));
		value = equals ? equals + 1 : NULL;
	} else {
		g = find_letter(args, text[1]);
		value = text[2] ? text + 2 : NULL;
	}
	if (!g) return error_set(err, ERROR_USAGE, "%s: unknown option", text);
	if (!g->row->argument) {
		if (value) return error_set(err, ERROR_USAGE, "%s: takes no value", text);
		value = "";
	} else if (!value) {
		if (*i + 1 >= argc) return error_set(err, ERROR_USAGE, "%s: needs %s", text, g->row->argument);
		value = argv[++*i];
	}
	give(g, value);
	return 0;
}

struct args *args_parse(const struct command *command, int argc, char **argv, struct error *err) {
	struct args *args = args_new(command);
	bool ended = false;
	for (int i = 0; i < argc; i++) {
		if (ended || argv[i][0] != '-' || !argv[i][1]) {
			word(args, argv[i]);
		} else if (!strcmp(argv[i], "--")) {
			ended = true;
		} else if (option(args, argc, argv, &i, err)) {
			args_free(args);
			return NULL;
		}
	}
	return args;
}

bool args_has(const struct args *args, const char *name) {
	const struct given *g = find(args, name, strlen(name));
	return g && g->count;
}

const char *args_value(const struct args *args, const char *name) {
	const struct given *g = find(args, name, strlen(name));
	return g && g->count ? g->values[g->count - 1] : NULL;
}

size_t args_values(const struct args *args, const char *name, const char *const **values) {
	const struct given *g = find(args, name, strlen(name));
	*values = g ? g->values : NULL;
	return g ? g->count : 0;
}

size_t args_words(const struct args *args, const char *const **words) {
	*words = args->words;
	return args->word_count;
}
