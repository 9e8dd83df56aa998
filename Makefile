# Thin names over what does the work: conf/*.sh (packages, build, run),
# tests/*.sh (tests, sanitizers, lint) and tests/bench. `make` alone builds.
#
#   BUILD_FLAVOR=dev|asan   which build (dev: build/lectern/lectern)
#   PORT=8000 and the other variables of conf/env.example: for `make run`
#   FILES="tests/http/a.test.mjs ..."   for `make test`: only these
#   COLLECTION="DIR ..."   for `make eval`: folders in BEIR's layout
#   FOLDER=DIR   for `make screenshots`: where the pictures go
#   MINUTES=60   for `make soak`
#   SECONDS_EACH=20   for `make fuzz`: how long each fuzzer runs
#
# Variables given on the command line reach the scripts as environment.

SHELL = /bin/bash

.PHONY: all build run test sanitize chaos soak lint screenshots bench eval fuzz image clean deps

all: build

build:
	@conf/deps.sh build
	@conf/build.sh

run:
	@conf/deps.sh build
	@conf/build.sh
	@exec env --default-signal=INT conf/run.sh

test:
	@exec tests/run.sh

sanitize:
	@exec tests/sanitize.sh

valgrind:
	@exec tests/valgrind/run.sh

# Root's mounts of small disks end with it.
chaos:
	@export FILES="$${FILES:-$$(echo tests/chaos/*.test.mjs)}" \
	    FILE_SECONDS=1200 AT_ONCE=1; \
	if [ "$$(id -u)" = 0 ]; then exec unshare --mount tests/run.sh; fi; \
	exec tests/run.sh

soak:
	@conf/deps.sh build test
	@conf/build.sh
	@exec node tests/chaos/soak.mjs

lint:
	@conf/deps.sh test
	@conf/build.sh
	@tests/lint.sh

screenshots:
	@conf/deps.sh test
	@conf/build.sh
	@exec node tests/screenshots.mjs $(FOLDER)

bench:
	@conf/deps.sh bench
	@conf/build.sh
	@exec node tests/bench/bench.mjs

eval:
	@conf/deps.sh build test
	@conf/build.sh
	@exec node tests/bench/eval.mjs

fuzz:
	@conf/deps.sh fuzz
	@conf/build.sh
	@exec tests/fuzz/run.sh

image:
	@if test ! -f Dockerfile; then \
		echo "There is no Dockerfile to build an image from." >&2; exit 1; \
	fi
	@for builder in docker podman buildah; do \
		command -v "$$builder" >/dev/null || continue; \
		exec "$$builder" build -t lectern .; \
	done; \
	echo "No image builder (docker, podman or buildah) is installed." >&2; \
	exit 1

# The data under .run/ and the installed packages stay.
clean:
	rm -rf build .objs assets/vendor

deps:
	@conf/deps.sh build test bench fuzz
