/* Commands as tables: name, arguments, options, help, manual; one file archiver/cmd_NAME.c each. */
#ifndef LTVAULT_ARCHIVER_COMMAND_H
#define LTVAULT_ARCHIVER_COMMAND_H

#include "archiver/app.h"

#include <stddef.h>

struct option_row {
	const char *name;     /* long name without hyphens */
	char letter;          /* short form, 0 none */
	const char *argument; /* NULL for a switch; else what help shows: "FILE" */
	const char *text;     /* one line; English, translated on output */
};

struct args;

struct command {
	const char *name;
	const char *arguments; /* "[PATH...|-]" */
	const char *summary;   /* one line; English, translated on output */
	const char *manual;    /* paragraphs for the manual page, separated by blank lines; English */
	const struct option_row *options; /* ends with a row whose name is NULL; may be NULL */
	int (*run)(struct app *app, const struct args *args); /* an exit status */
};

/* Every command, in the order of help; ends with NULL. */
extern const struct command *const commands[];
const struct command *command_named(const char *name);

/* What was given: options in any order, `--` ends them; --name=value and --name value are the same. */
struct args *args_parse(const struct command *command, int argc, char **argv, struct error *err);
void args_free(struct args *args);
bool args_has(const struct args *args, const char *option);
const char *args_value(const struct args *args, const char *option); /* the last one given; NULL when absent */
size_t args_values(const struct args *args, const char *option, const char *const **values); /* all, in order */
size_t args_words(const struct args *args, const char *const **words);

/* Help of one command, or (NULL) of the program. */
void command_help(FILE *out, const struct command *command);
/* Manual page source (mdoc), or (NULL) of the program. */
void command_manual(FILE *out, const struct command *command);

#endif
