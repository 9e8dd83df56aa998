#!/bin/bash
# What `make lint` does: form, warnings, layering, lengths and a few promises
# of the tree that no compiler checks. Prints `file:line: what` for each
# problem; exit code 1 when there is one. Wants a built program (assets.h).
#
# The tables below are the rules; a new source file gets its layer here.
set -u

cd "$(dirname "$0")/.." || exit 1

# Layer, files. A file includes headers of its own layer and below. Files of
# layer 3 are features and include none of each other.
layers="
0 analyze copyrow everyday language phrase postings question scorer scorertable
0 segment
0 mdwrite
0 breaker llmfault llmform llmwire
0 jsontext openairequest openaiwire
0 buffer chunker cite convmarkdown error extract filename header html intake json markdown marker
0 mdinline mdline multipart percent prompt range sentence span sqlstate ssein
0 support utf8 words
0 citecode denial followup followupwords linkguard voice
0 accept escape forwarded pagetext poolerconf embedwire fusion
0 confcheck confword
1 dbfigure metricscell metricstext preflight
1 docxtext extraction extractor htmltext jail pdftext
1 asset embedded keeper poolerfigures poolerkeep bundle config conninfo db dbconnect dbresult dbsync dbvalues edge edgebody embed
1 handover inbuf job llm llmgather llmhealth llmrequest log mail metrics migrate passlist password pooler refusal route sandbox
1 statement takeover token totp trust upstream wire
2 indexwriter lexical lexicalrows merge segmentio
2 form
2 address assetreply answer answerfollow answerlog challenge citation cookie factor indexer input letter limit
2 mailer origin paging pipeline reader redirect reply request retrieval secret
2 daily message sse title transcript uistream upload
2 embedder encoder passages vectors
2 modelcall probe rewrite
3 account adminaudit adminstatus adminusage adminuser apikey chat collection contents conversation convexport credential device document export
3 housekeeping ingest openai ops page profile reset search secondstep session
3 twofactor user verification feedback suggestion
3 check
4 drain lectern
"

# Feature, the features whose header it may include all the same.
exceptions="
account session
adminuser session
apikey session
credential session
device session
export session
profile session
reset session
secondstep session
twofactor session
verification session
"

# Third-party header, the only files that include it (.c or .h).
owners="
libpq-fe.h pooler poolerfigures conninfo db dbconnect dbsync dbvalues
libpq-events.h dbconnect
kore/pgsql.h db
kore/curl.h llm llmgather llmrequest mail upstream
kore/tasks.h job
kore/seccomp.h sandbox
kore/hooks.h lectern sandbox
sodium.h asset cite password token
zlib.h asset
brotli/encode.h asset
jansson.h asset pagetext
liboath/oath.h totp
archive.h bundle docxtext
archive_entry.h bundle docxtext
seccomp.h jail
libxml/HTMLparser.h htmltext
libxml/parser.h docxtext extraction
libxml/parserInternals.h htmltext
libxml/tree.h docxtext
libxml/xmlreader.h pdftext
crypt.h password
libstemmer.h analyze
utf8proc.h analyze password words
jansson.h embedwire llmwire answer citation ingest input letter llm mail mailer reply request
jansson.h answerfollow answerlog convmarkdown message transcript uistream
jansson.h openairequest openaiwire
jansson.h probe refusal
"

# Calls decided against: pattern, instead.
calls="
str(cpy|cat|tok)|v?sprintf|ato[ifl]+|gets	bounded or checked forms
kore_json_[a-z_]+	jansson
http_populate_[a-z_]+	input.c
http_response_cookie	cookie.c
asset_serve_[a-z_]+	page.c
kore_pgsql_logerror	log.c
"

file_lines_max=600
function_lines_max=60

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
problems=$scratch/problems
: >"$problems"

report() {
	cat >>"$problems"
}

sources=(src/*.c)
headers=(src/*.h)

# Every file that is ours, without what is generated or fetched.
tree() {
	find . \( -name node_modules -o -name .git -o -path ./build -o \
	    -path ./.run -o -path ./.objs -o -path ./assets/vendor \) -prune \
	    -o -type f "$@" -print | sed 's|^\./||' | sort
}

# One logical line (up to ; { } or a label's colon) a line, with comments
# dropped and blanks squeezed: what is left of the form once the breaks of
# long lines and the columns of declarations, which clang-format would choose
# otherwise, are put aside.
logical_lines() {
	awk '
	function put() { if (have) print held; have = 0 }
	{
		line = $0
		gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
		if (in_comment) {
			if (line ~ /\*\//) in_comment = 0
			next
		}
		if (line ~ /\/\*/) {
			in_comment = 1
			sub(/\/\*.*/, "", line)
		}
		more = sub(/[ \t]*\\$/, "", line)
		match(line, /^\t*/)
		indent = substr(line, 1, RLENGTH)
		sub(/^[ \t]+/, "", line)
		gsub(/[ \t]+/, " ", line)
		sub(/ $/, "", line)
		if (line == "") { if ($0 ~ /^$/) { put(); print "" } next }
		if (have) held = held " " line
		else { held = indent line; have = 1 }
		code = held
		gsub(/"([^"\\]|\\.)*"|\047[()]\047/, "", code)
		if (more || gsub(/\(/, "", code) != gsub(/\)/, "", code) || \
		    held ~ /= \{[^;]*$/) next
		if (held ~ /[;{}]$/ || held ~ /^#/ || (held ~ /:$/ && \
		    held ~ /^\t*(case .*|default|[a-z_]+):$/)) put()
	}
	END { put() }' |
	    sed -E 's/\* const/*const/g; s/([[({]) /\1/g; s/ ([])}])/\1/g
		s/ \[/[/g; s/ +$//'
}

check_format() {
	local file

	for file in "${sources[@]}"; do
		clang-format "$file" | logical_lines >"$scratch/wanted"
		logical_lines <"$file" >"$scratch/found"
		diff -U0 "$scratch/found" "$scratch/wanted" |
		    sed -n '/^\(---\|+++\|@@\)/d
			s|^-|'"$file"': form: |p
			s|^+|'"$file"':   wants: |p'
	done | report
	awk '
	{
		column = 0
		for (i = 1; i <= length($0); i++)
			if (substr($0, i, 1) == "\t") column += 8 - column % 8
			else column++
		if (column > 80)
			print FILENAME ":" FNR ": " column " columns"
	}
	/[ \t]$/ { print FILENAME ":" FNR ": blanks at the end" }
	/\/\*/ { in_comment = 1 }
	!in_comment && /^\t* +[^ *]/ && !/^\t*    [^ ]/ && !/^\t*  [.\[][A-Za-z]/ {
		print FILENAME ":" FNR ": indented by neither tabs nor tabs and 4"
	}
	/^[A-Za-z_]/ { top = $0 }
	/^{/ && top !~ /^[A-Za-z0-9_]+\(/ && top !~ /=/ {
		print FILENAME ":" FNR ": the name belongs on a line of its own"
	}
	/(^|[^:"])\/\/ / { print FILENAME ":" FNR ": a // comment" }
	/^[ \t]*return [^(]/ && !/^[ \t]*return;/ {
		print FILENAME ":" FNR ": return without parentheses"
	}
	/\*\// { in_comment = 0 }' "${sources[@]}" "${headers[@]}" | report
}

check_warnings() {
	local flags features=build/lectern/.objs/features

	if [ ! -f "$features" ]; then
		echo "build/lectern: not built, warnings not checked" | report
		return
	fi
	flags=$(sed -n '/{/q; s/^cflags=//p' conf/build.conf | tr '\n' ' ')
	# shellcheck disable=SC2086
	printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -I FILE \
	    gcc -fsyntax-only -O2 -Werror $flags $(cat "$features") -Isrc \
	    -I/usr/share/kore/include -Ibuild/lectern/.objs FILE 2>&1 |
	    grep -E '(error|warning):' | report
}

check_layers() {
	grep -nE '^#include' "${sources[@]}" "${headers[@]}" |
	    awk -v layers="$layers" -v exceptions="$exceptions" \
		-v owners="$owners" '
	function base(path) {
		sub(/.*\//, "", path); sub(/\.[ch]$/, "", path); return path
	}
	BEGIN {
		n = split(layers, rows, "\n")
		for (i = 1; i <= n; i++) {
			m = split(rows[i], word, " ")
			for (j = 2; j <= m; j++) layer[word[j]] = word[1]
		}
		n = split(exceptions, rows, "\n")
		for (i = 1; i <= n; i++) {
			m = split(rows[i], word, " ")
			for (j = 2; j <= m; j++) free[word[1] " " word[j]] = 1
		}
		n = split(owners, rows, "\n")
		for (i = 1; i <= n; i++) {
			m = split(rows[i], word, " ")
			owned[word[1]] = 1
			for (j = 2; j <= m; j++) free[word[j] " " word[1]] = 1
		}
		layer["assets"] = 0	# made by kodev
	}
	{
		split($0, at, ":")
		place = at[1] ":" at[2] ": "
		from = base(at[1])
		to = $0
		sub(/^[^<"]*[<"]/, "", to); sub(/[>"].*/, "", to)
		if (!(from in layer)) {
			if (!told[from]++) print place "has no layer"
			next
		}
		if ($0 ~ /</) {
			if (to in owned && !((from " " to) in free))
				print place "<" to "> belongs to other files"
			if (to ~ /^kore\// && layer[from] == 0)
				print place "layer 0 knows no Kore"
			next
		}
		to = base(to)
		if (from == to || (from " " to) in free) next
		if (!(to in layer)) print place to ".h has no layer"
		else if (layer[to] > layer[from])
			print place "layer " layer[from] " includes " to \
			    ".h of layer " layer[to]
		else if (layer[to] == 3 && layer[from] == 3)
			print place "one feature includes another: " to ".h"
	}' | report
}

check_lengths() {
	tree \( -name '*.[ch]' -o -name '*.js' -o -name '*.mjs' -o \
	    -name '*.sh' \) |
	    xargs wc -l | awk -v max=$file_lines_max \
		'$2 != "total" && $1 > max { print $2 ":1: " $1 " lines" }' |
	    report
	awk -v max=$function_lines_max '
	/^{/ { from = FNR; name = before }
	/^}/ && from {
		if (FNR - from - 1 > max)
			print FILENAME ":" from ": " name " has " \
			    FNR - from - 1 " lines"
		from = 0
	}
	/^[a-z_]+\(/ { before = $0; sub(/\(.*/, "", before) }' \
	    "${sources[@]}" | report
}

check_calls() {
	local pattern instead

	while IFS=$'\t' read -r pattern instead; do
		[ -n "$pattern" ] || continue
		grep -nE "(^|[^a-zA-Z0-9_])($pattern)\(" "${sources[@]}" |
		    sed "s|\$|   -- use $instead|" | report
	done <<<"$calls"
}

check_statements() {
	diff <(sed -n 's/^\tX([A-Z_0-9]*, \([a-z_0-9]*\)).*/\1/p' \
	    src/statement.h | sort) \
	    <(find sql/queries -name '*.sql' -printf '%f\n' |
		sed 's/\.sql$//' | sort) |
	    sed -n 's|^< \(.*\)|src/statement.h: \1 has no sql/queries/\1.sql|p
		s|^> \(.*\)|sql/queries/\1.sql: not in src/statement.h|p' |
	    report
	sed -n 's/^\tX(\([A-Z_0-9]*\), \([a-z_0-9]*\)).*/\1 \2/p' \
	    src/statement.h | awk 'tolower($1) != $2 {
		print "src/statement.h: " $1 " is called " $2 }' | report
}

check_scripts() {
	local file

	tree \( -name '*.js' -o -name '*.mjs' \) | while read -r file; do
		node --check "$file" 2>&1 | grep -E 'Error|^/' |
		    sed "s|^|$file: |"
	done | report
	tree \( -name '*.sh' -o -path ./.ci/run \) | while read -r file; do
		bash -n "$file" 2>&1
	done | report
}

# The project speaks of itself alone, and every test is run. The brackets
# keep this file from finding itself.
check_words() {
	tree ! -name package-lock.json | xargs grep -nIE \
	    -e 'https?://[^ ]*(deb[i]an|n[p]mjs)[^ ]*\.org' \
	    -e '/w[o]rk/|/f[a]rm/|\b[i]ssue #?[0-9]' \
	    -e '\b(TO[D]O|FIX[M]E|XX[X]|HA[C]K)\b' |
	    sed 's/$/   -- does not belong here/' | report
	grep -nE '"resolved": *"http' package-lock.json |
	    sed 's|^|package-lock.json:|; s|$|   -- an address|' | report
	tree -path './tests/*' | xargs grep -nIE \
	    '\.(skip|todo|only)\(|\b(skip|todo|only): *true|\bskip\(\)' |
	    sed 's/$/   -- a test that is skipped or alone/' | report
}

check_format
check_warnings
check_layers
check_lengths
check_calls
check_statements
check_scripts
check_words

count=$(wc -l <"$problems")
cat "$problems"
if [ "$count" -gt 0 ]; then
	echo "lint: $count lines to look at"
	exit 1
fi
echo "lint: ${#sources[@]} sources in order"
