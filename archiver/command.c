#include "archiver/command.h"

#include "archiver/i18n.h"
#include "base/letter.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define HELP_NAME_WIDTH 15 /* the longest command */

#define COMMAND(name) extern const struct command command_##name;
#include "archiver/commands.def"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "archiver/commands.def"
#undef COMMAND
	NULL,
};

static const struct option_row common[] = {
	{"archive", 'C', "DIR", N_("the archive's directory (else $LTVAULT_ARCHIVE, else the current directory)")},
	{"at", 0, "TIME", N_("answer as of this instant (RFC 3339); the default is now")},
	{"json", 0, NULL, N_("one JSON document (listings: one line a row) on standard output")},
	{"quiet", 'q', NULL, N_("say less")},
	{"verbose", 'v', NULL, N_("say more")},
	{"help", 'h', NULL, N_("show this help")},
	{NULL, 0, NULL, NULL},
};

const struct command *command_named(const char *name) {
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name)) return commands[i];
	return NULL;
}

#define HELP_INDENT 31
#define HELP_WIDTH 100

/* Words, broken over lines that begin at `indent`; the first one begins where the cursor is, at column `at`. */
static void help_words(FILE *out, const char *text, int at, int indent) {
	bool first = true;
	while (*text) {
		const char *end = text + strcspn(text, " ");
		int width = letter_columns(text, end);
		if (!first && at + 1 + width > HELP_WIDTH) {
			fprintf(out, "\n%*s", indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', out);
			at++;
		}
		fwrite(text, 1, (size_t)(end - text), out);
		at += width;
		first = false;
		text = end + strspn(end, " ");
	}
	fputc('\n', out);
}

static void help_options(FILE *out, const struct option_row *rows) {
	for (; rows && rows->name; rows++) {
		char left[80];
		snprintf(left, sizeof left, "%s%c%s--%s%s%s", rows->letter ? "-" : " ", rows->letter ? rows->letter : ' ',
		         rows->letter ? ", " : "  ", rows->name, rows->argument ? " " : "", rows->argument ? rows->argument : "");
		fprintf(out, "  %-28s ", left);
		help_words(out, _(rows->text), HELP_INDENT, HELP_INDENT);
	}
}

void command_help(FILE *out, const struct command *command) {
	if (command) {
		fprintf(out, "ltvault [-C ARCHIVE] [--at TIME] [--json] [-q|-v] %s %s\n", command->name, command->arguments);
		fputc('\n', out);
		help_words(out, _(command->summary), 0, 0);
		fputc('\n', out);
		help_options(out, command->options);
		fprintf(out, "\n%s\n", _("for every command:"));
	} else {
		fprintf(out, "ltvault [-C ARCHIVE] [--at TIME] [--json] [-q|-v] COMMAND [OPTION...] [ARGUMENT...]\n\n");
		for (size_t i = 0; commands[i]; i++) {
			fprintf(out, "  %-*s ", HELP_NAME_WIDTH, commands[i]->name);
			help_words(out, _(commands[i]->summary), HELP_NAME_WIDTH + 3, HELP_NAME_WIDTH + 3);
		}
		fputc('\n', out);
	}
	help_options(out, common);
	if (!command) fprintf(out, "\n%s\n", _("ltvault COMMAND --help tells more; the manual is ltvault(1)."));
}

/* Text inside mdoc: a leading dot or quote and every backslash would be read as markup. */
static void mdoc_text(FILE *out, const char *text) {
	bool line_start = true;
	for (const char *p = text; *p; p++) {
		if (line_start && (*p == '.' || *p == '\'')) fputs("\\&", out);
		if (*p == '\\') fputs("\\e", out);
		else if (*p == '-') fputs("\\-", out);
		else fputc(*p, out);
		line_start = *p == '\n';
	}
}

static void mdoc_paragraphs(FILE *out, const char *text) {
	for (const char *p = text; *p;) {
		const char *end = strstr(p, "\n\n");
		size_t n = end ? (size_t)(end - p) : strlen(p);
		char *part = xstrndup(p, n);
		fputs(".Pp\n", out);
		mdoc_text(out, part);
		fputc('\n', out);
		free(part);
		p += n + (end ? 2 : 0);
	}
}

static void mdoc_options(FILE *out, const struct option_row *rows) {
	fputs(".Bl -tag -width Ds\n", out);
	for (; rows && rows->name; rows++) {
		fputs(".It ", out);
		if (rows->letter) fprintf(out, "Fl %c , ", rows->letter);
		fprintf(out, "Fl \\-%s", rows->name);
		if (rows->argument) fprintf(out, " Ar %s", rows->argument);
		fputc('\n', out);
		mdoc_text(out, rows->text);
		fputc('\n', out);
	}
	fputs(".El\n", out);
}

static void mdoc_exit_status(FILE *out) {
	static const char *const rows[][2] = {
		{"0", "all well"},
		{"1", "findings: a document is not TOTAL-PASSED, something is due or was refused"},
		{"2", "the input or the request cannot be used"},
		{"3", "damage in the archive"},
		{"4", "the run itself failed: disk full, network required but absent, internal error"},
		{"75", "another run holds the lock"},
	};
	fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) fprintf(out, ".It %s\n%s\n", rows[i][0], rows[i][1]);
	fputs(".El\n", out);
}

static void upper(FILE *out, const char *text) {
	for (; *text; text++) fputc(toupper((unsigned char)*text), out);
}

void command_manual(FILE *out, const struct command *command) {
	fputs(".Dd $Mdocdate$\n.Dt LTVAULT", out);
	if (command) fputc('-', out), upper(out, command->name);
	fprintf(out, " 1\n.Os\n.Sh NAME\n.Nm ltvault%s%s\n.Nd ", command ? "-" : "", command ? command->name : "");
	mdoc_text(out, command ? command->summary : "keep signed documents, and the proof that they are valid, for decades");
	fprintf(out, "\n.Sh SYNOPSIS\n.Nm ltvault\n.Op Fl C Ar archive\n.Op Fl \\-at Ar time\n.Op Fl \\-json\n.Op Fl q | v\n");
	fputs(command ? ".Cm " : ".Ar command", out);
	if (command) fprintf(out, "%s\n", command->name), mdoc_text(out, command->arguments);
	fputs("\n.Sh DESCRIPTION\n", out);
	if (command) {
		mdoc_paragraphs(out, command->manual);
		fputs(".Sh OPTIONS\n", out);
		mdoc_options(out, command->options);
	} else {
		mdoc_paragraphs(out, "Each command has a manual page of its own, ltvault-COMMAND(1):");
		fputs(".Bl -tag -width Ds\n", out);
		for (size_t i = 0; commands[i]; i++) {
			fprintf(out, ".It Cm %s\n", commands[i]->name);
			mdoc_text(out, commands[i]->summary);
			fputc('\n', out);
		}
		fputs(".El\n.Sh OPTIONS\n", out);
		mdoc_options(out, common);
	}
	mdoc_exit_status(out);
}
