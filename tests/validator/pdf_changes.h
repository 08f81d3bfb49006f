/* Changes to a signed sample (pdf_builder_sample) and what each permission says of them: cases of a test and seeds of a
 * fuzz target. */
#ifndef LTVAULT_TESTS_PDF_CHANGES_H
#define LTVAULT_TESTS_PDF_CHANGES_H

#define SIG "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
#define FIELDS "6 0 R 9 0 R 20 0 R"
#define ANNOTS "6 0 R 8 0 R 9 0 R 20 0 R"
#define CATALOG(more) "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R " more " >>"
#define PAGE(annots, more)                                                                                             \
	"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> /Annots [" annots       \
	"] " more " >>"
#define FORM(fields, more) "<< /Fields [" fields "] /SigFlags 3 /DA (/Helv 10 Tf) " more " >>"
#define TEXT(value, look, more)                                                                                        \
	"<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (" value ") /Rect [10 10 90 30] /F 4 /P 3 0 R "       \
	"/AP << /N " look " 0 R >> " more " >>"
#define EMPTY(more) "<< /Type /Annot /Subtype /Widget /FT /Sig /T (empty) /Rect [0 0 0 0] /F 132 /P 3 0 R " more " >>"
#define SIGNED(more)                                                                                                   \
	"<< /Type /Annot /Subtype /Widget /FT /Sig /T (first) /Rect [0 0 0 0] /F 132 /P 3 0 R /V 21 0 R " more " >>"
#define NEW(name, type, rect, more)                                                                                    \
	"<< /Type /Annot /Subtype /Widget /FT /" type " /T (" name ") /Rect [" rect "] /P 3 0 R " more " >>"
#define NOTE(text, more)                                                                                               \
	"<< /Type /Annot /Subtype /Text /Rect [100 100 120 120] /Contents (" text ") /P 3 0 R " more " >>"
#define XMP(root) "stream:<?xpacket begin=\"\"?><" root " a='1'><b>&amp;</b></" root "><?xpacket end=\"w\"?>"
#define DUMMY_VALUE "<< " SIG " /Contents <00> /ByteRange [0 1 3 1] >>"
#define DUMMY_STAMP "<< /Type /DocTimeStamp /Contents <00> /ByteRange [0 1 3 1] >>"

struct object {
	int number;
	const char *body; /* NULL: freed; "stream:..." a stream */
};

struct change_case {
	const char *what;
	struct object objects[6];
	const char *expected; /* approval, P=1, 2, 3: p permitted, f forbidden */
};

static const char *const permissions[] = {"", "/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 1 >> >>]",
					  "/Reference [<< /TransformMethod /DocMDP /TransformParams << >> >>]",
					  "/Reference [<< /TransformMethod /DocMDP /TransformParams << /P 3 >> >>]"};

static const struct change_case changes[] = {
	{"nothing but a section", {{0}}, "pppp"},
	{"everything rewritten with the same values",
	 {{1, CATALOG("")}, {3, PAGE(ANNOTS, "")}, {5, FORM(FIELDS, "")}},
	 "pppp"},
	{"unreachable object", {{40, "<< /Type /Catalog >>"}}, "pppp"},
	{"page tree moved to another number",
	 {{1, "<< /Type /Catalog /Pages 41 0 R /AcroForm 5 0 R >>"}, {41, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"}},
	 "ffff"},
	{"version raised", {{1, CATALOG("/Version /2.0")}}, "pppp"},
	{"extension declared",
	 {{1, CATALOG("/Extensions << /ESIC << /BaseVersion /1.7 /ExtensionLevel 1 >> >>")}},
	 "pppp"},
	{"metadata added", {{1, CATALOG("/Metadata 40 0 R")}, {40, XMP("x:xmpmeta")}}, "pppp"},
	{"metadata of another root", {{1, CATALOG("/Metadata 40 0 R")}, {40, XMP("html")}}, "ffff"},
	{"metadata with an entity",
	 {{1, CATALOG("/Metadata 40 0 R")}, {40, "stream:<!DOCTYPE x><x:xmpmeta/>"}},
	 "ffff"},
	{"mark information", {{1, CATALOG("/MarkInfo << /Marked true >>")}}, "pppp"},
	{"open action", {{1, CATALOG("/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>")}}, "ffff"},
	{"names", {{1, CATALOG("/Names << >>")}}, "ffff"},
	{"permissions", {{1, CATALOG("/Perms << /DocMDP 21 0 R >>")}}, "pfff"},
	{"store", {{1, CATALOG("/DSS << /Certs [40 0 R] >>")}, {40, "stream:cert"}}, "pppp"},
	{"store by a signature",
	 {{1, CATALOG("/DSS << /Certs [40 0 R] /VRI << /0123456789ABCDEF0123456789ABCDEF01234567 "
		      "<< /Cert [40 0 R] >> >> >>")},
	  {40, "stream:cert"}},
	 "pppp"},
	{"empty store", {{1, CATALOG("/DSS << /Certs [] >>")}}, "ffff"},
	{"store with a foreign key",
	 {{1, CATALOG("/DSS << /Certs [40 0 R] /Evil 4 0 R >>")}, {40, "stream:cert"}},
	 "ffff"},
	{"store over another object",
	 {{1, CATALOG("/DSS 4 0 R")}, {4, "<< /Certs [40 0 R] >>"}, {40, "stream:cert"}},
	 "ffff"},
	{"store of things that are no streams", {{1, CATALOG("/DSS << /Certs [40 0 R] >>")}, {40, "<< >>"}}, "ffff"},
	{"form removed", {{1, "<< /Type /Catalog /Pages 2 0 R >>"}}, "ffff"},
	{"signature flags cleared", {{5, "<< /Fields [" FIELDS "] /SigFlags 0 /DA (/Helv 10 Tf) >>"}}, "ffff"},
	{"form default", {{5, FORM(FIELDS, "/Q 1")}}, "pppp"},
	{"form resources added", {{5, FORM(FIELDS, "/DR << /Font << /Helv << /Type /Font >> >> >>")}}, "pfpp"},
	{"calculation order", {{5, FORM(FIELDS, "/CO [6 0 R]")}}, "ffff"},
	{"invisible timestamp",
	 {{5, FORM(FIELDS " 40 0 R", "")},
	  {3, PAGE(ANNOTS " 40 0 R", "")},
	  {40, NEW("t", "Sig", "0 0 0 0", "/V 41 0 R")},
	  {41, DUMMY_STAMP}},
	 "pppp"},
	{"invisible signature",
	 {{5, FORM(FIELDS " 40 0 R", "")},
	  {3, PAGE(ANNOTS " 40 0 R", "")},
	  {40, NEW("s", "Sig", "0 0 0 0", "/V 41 0 R")},
	  {41, DUMMY_VALUE}},
	 "pfpp"},
	{"visible signature",
	 {{5, FORM(FIELDS " 40 0 R", "")},
	  {3, PAGE(ANNOTS " 40 0 R", "")},
	  {40, NEW("s", "Sig", "0 0 50 50", "/V 41 0 R")},
	  {41, DUMMY_VALUE}},
	 "pffp"},
	{"empty signature field", {{5, FORM(FIELDS " 40 0 R", "")}, {40, NEW("s", "Sig", "0 0 0 0", "")}}, "pffp"},
	{"text field", {{5, FORM(FIELDS " 40 0 R", "")}, {40, NEW("x", "Tx", "0 0 0 0", "")}}, "ffff"},
	{"second field of the same name",
	 {{5, FORM(FIELDS " 40 0 R", "")}, {40, NEW("first", "Sig", "0 0 0 0", "")}},
	 "ffff"},
	{"field removed", {{5, FORM("9 0 R 20 0 R", "")}}, "ffff"},
	{"field given another number", {{5, FORM("40 0 R 9 0 R 20 0 R", "")}, {40, TEXT("100", "7", "")}}, "ffff"},
	{"field split", {{6, TEXT("100", "7", "/Kids [40 0 R]")}, {40, "<< /Parent 6 0 R /T (a) /FT /Tx >>"}}, "ffff"},
	{"field tree with a loop", {{5, FORM("6 0 R 9 0 R 20 0 R 6 0 R", "")}}, "ffff"},
	{"empty field signed", {{9, EMPTY("/V 41 0 R /M (D:2026)")}, {41, DUMMY_VALUE}}, "pfpp"},
	{"empty field timestamped", {{9, EMPTY("/V 41 0 R")}, {41, DUMMY_STAMP}}, "pppp"},
	{"empty field signed over another object", {{9, EMPTY("/V 4 0 R")}, {4, DUMMY_VALUE}}, "ffff"},
	{"signed field's value removed",
	 {{20, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (first) /Rect [0 0 0 0] "
	       "/F 132 /P 3 0 R >>"}},
	 "ffff"},
	{"signed field's flags", {{20, SIGNED("/Ff 1")}}, "pppp"},
	{"signed field's appearance", {{20, SIGNED("/AP << /N 7 0 R >>")}}, "ffff"},
	{"field filled", {{6, TEXT("999", "40", "")}, {40, "stream:BT (999) Tj ET"}}, "pfpp"},
	{"appearance without value", {{6, TEXT("100", "40", "")}, {40, "stream:BT (999) Tj ET"}}, "fffp"},
	{"appearance overwritten in place", {{7, "stream:BT (999) Tj ET"}}, "fffp"},
	{"field moved",
	 {{6, "<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (100) /Rect [20 10 90 30] /F 4 "
	      "/P 3 0 R /AP << /N 7 0 R >> >>"}},
	 "fffp"},
	{"field hidden",
	 {{6, "<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (100) /Rect [10 10 90 30] /F 6 "
	      "/P 3 0 R /AP << /N 7 0 R >> >>"}},
	 "fffp"},
	{"field action", {{6, TEXT("100", "7", "/AA << >>")}}, "ffff"},
	{"field renamed",
	 {{6, "<< /Type /Annot /Subtype /Widget /FT /Tx /T (sum) /V (100) /Rect [10 10 90 30] /F 4 "
	      "/P 3 0 R /AP << /N 7 0 R >> >>"}},
	 "ffff"},
	{"annotation added", {{3, PAGE(ANNOTS " 40 0 R", "")}, {40, NOTE("new", "")}}, "fffp"},
	{"annotation changed", {{8, NOTE("other", "")}}, "fffp"},
	{"annotation's bookkeeping", {{8, NOTE("note", "/StructParent 3")}}, "pppp"},
	{"annotation removed", {{3, PAGE("6 0 R 9 0 R 20 0 R", "")}}, "fffp"},
	{"annotation of another kind",
	 {{8, "<< /Type /Annot /Subtype /Stamp /Rect [100 100 120 120] /Contents (note) "
	      "/P 3 0 R >>"}},
	 "ffff"},
	{"annotation without number", {{3, PAGE(ANNOTS " << /Subtype /FreeText >>", "")}}, "fffp"},
	{"signature taken off its page", {{3, PAGE("6 0 R 8 0 R 9 0 R", "")}}, "ffff"},
	{"tab order", {{3, PAGE(ANNOTS, "/Tabs /S")}}, "pppp"},
	{"other tab order", {{3, PAGE(ANNOTS, "/Tabs /R")}}, "fffp"},
	{"page bookkeeping", {{3, PAGE(ANNOTS, "/StructParents 1 /LastModified (D:2026)")}}, "pppp"},
	{"page rotated", {{3, PAGE(ANNOTS, "/Rotate 180")}}, "ffff"},
	{"page content overwritten", {{4, "stream:BT (pay 900) Tj ET"}}, "ffff"},
	{"page content freed", {{4, NULL}}, "ffff"},
	{"page added", {{2, "<< /Type /Pages /Kids [3 0 R 40 0 R] /Count 2 >>"}, {40, PAGE("", "")}}, "ffff"},
	{"page replaced", {{2, "<< /Type /Pages /Kids [40 0 R] /Count 1 >>"}, {40, PAGE(ANNOTS, "")}}, "ffff"},
	{"structure added", {{1, CATALOG("/StructTreeRoot << /Type /StructTreeRoot >>")}}, "ffff"},
};

/* A base that has a store, metadata and a structure tree of its own. */
#define RICH(store, metadata, tags) "/DSS " store " /Metadata " metadata " /StructTreeRoot " tags " /Version /1.7"
#define VRI_A "/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA << /Cert [30 0 R] >>"
#define VRI_B "/BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB << /Cert [31 0 R] >>"
static const struct object rich_base[5] = {
	{1, CATALOG(RICH("33 0 R", "32 0 R", "35 0 R"))},
	{30, "stream:cert a"},
	{32, XMP("x:xmpmeta")},
	{33, "<< /Certs [30 0 R] /VRI << " VRI_A " " VRI_B " >> >>"},
	{35, "<< /Type /StructTreeRoot /K [<< /S /P /K 0 /ActualText (a) >>] >>"},
};
static const struct change_case rich_changes[] = {
	{"store extended",
	 {{33, "<< /Certs [30 0 R 40 0 R] /VRI << " VRI_A " " VRI_B " >> >>"}, {40, "stream:cert c"}},
	 "pppp"},
	{"store without an old certificate",
	 {{33, "<< /Certs [40 0 R] /VRI << " VRI_A " " VRI_B " >> >>"}, {40, "stream:cert c"}},
	 "pppp"},
	{"certificate overwritten in place", {{30, "stream:cert z"}}, "ffff"},
	{"one signature's data deleted in place", {{33, "<< /Certs [30 0 R] /VRI << " VRI_A " >> >>"}}, "ffff"},
	{"one signature's data dropped by a new store",
	 {{1, CATALOG(RICH("40 0 R", "32 0 R", "35 0 R"))}, {40, "<< /Certs [30 0 R] /VRI << " VRI_A " >> >>"}},
	 "pppp"},
	{"data by signature removed", {{33, "<< /Certs [30 0 R] >>"}}, "ffff"},
	{"store removed", {{1, CATALOG("/Metadata 32 0 R /StructTreeRoot 35 0 R /Version /1.7")}}, "ffff"},
	{"metadata replaced", {{32, XMP("rdf:RDF")}}, "pppp"},
	{"metadata removed", {{1, CATALOG("/DSS 33 0 R /StructTreeRoot 35 0 R /Version /1.7")}}, "ffff"},
	{"version lowered",
	 {{1, CATALOG("/DSS 33 0 R /Metadata 32 0 R /StructTreeRoot 35 0 R /Version /1.4")}},
	 "ffff"},
	{"actual text changed", {{35, "<< /Type /StructTreeRoot /K [<< /S /P /K 0 /ActualText (b) >>] >>"}}, "ffff"},
	{"structure's number tree",
	 {{35, "<< /Type /StructTreeRoot /K [<< /S /P /K 0 /ActualText (a) >>] "
	       "/ParentTreeNextKey 4 >>"}},
	 "pppp"},
	{"structure of a new invisible timestamp",
	 {{35, "<< /Type /StructTreeRoot /K [<< /S /P /K 0 /ActualText (a) >> 42 0 R] >>"},
	  {42, "<< /S /Form /P 35 0 R /K << /Type /OBJR /Obj 40 0 R >> >>"},
	  {5, FORM(FIELDS " 40 0 R", "")},
	  {3, PAGE(ANNOTS " 40 0 R", "")},
	  {40, NEW("t", "Sig", "0 0 0 0", "/V 41 0 R")},
	  {41, DUMMY_STAMP}},
	 "pppp"},
	{"structure element without annotation",
	 {{35, "<< /Type /StructTreeRoot /K [<< /S /P /K 0 /ActualText (a) >> 42 0 R] >>"},
	  {42, "<< /S /P /P 35 0 R /K 1 >>"}},
	 "ffff"},
};

#endif
