# make run    build everything and start on https://localhost:3000
# make test   every test there is
# make bench  what a packet costs: docs/performance.md; half an hour, ARGS="--quick" for less
#
# Needs: Rust (rustup), Node 20.19 or newer, a C compiler and CMake for the cipher library. `make test`
# also needs Chromium and Firefox; on Debian as root it installs them. Options of the server go in
# ARGS: make run ARGS="--listen 0.0.0.0:8443".

ARGS ?=
CARGO ?= cargo
PYTHON ?= python3
FUZZ_SECONDS ?= 30
CARGO_FUZZ_VERSION := 0.13.2
CARGO_DENY_VERSION := 0.20.2
# The same as gungraun's in Cargo.toml.
GUNGRAUN_VERSION := 0.20.0
# Commands that panic on purpose; the tests of supervision need them.
FAULTS := --features miso/fault-injection
FAULTS_BIN := target/miso-faults

# One recipe at a time: cargo uses every core by itself.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: run build client test lint deny test-packaging test-rust test-ortc test-client test-headless test-rest test-browser \
	test-broadcast fuzz-smoke bench browsers faults-bin installed ortc-reference iproute openssl pebble cargo-deny cargo-fuzz gungraun node python promtool \
	nginx clean

run: build
	./target/release/miso $(ARGS)

build: client
	$(CARGO) build --release --locked --target-dir target

# --- the browser client -------------------------------------------------------------------------

CLIENT := client-react
CLIENT_SOURCES := $(shell find $(CLIENT)/src $(CLIENT)/public $(CLIENT)/index.html \
	$(CLIENT)/vite.config.ts $(CLIENT)/tsconfig.json -type f 2>/dev/null)

client: $(CLIENT)/dist/index.html

$(CLIENT)/dist/index.html: $(CLIENT)/node_modules/.installed $(CLIENT_SOURCES)
	cd $(CLIENT) && npm run build
	@# The next cargo build embeds it, also when there was none before.
	touch build.rs

# --- tests --------------------------------------------------------------------------------------

test: lint test-packaging test-rust test-ortc test-client build test-headless test-rest test-broadcast test-browser fuzz-smoke
	@echo "all tests passed"

lint: deny
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked $(FAULTS),media/fuzzing -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

# Licences, duplicates, sources; advisories where the database can be had: fetched, or the copy of an
# earlier fetch. ADVISORIES=required fails where it cannot.
ADVISORY_DB := https://github.com/RustSec/advisory-db
deny: cargo-deny
	$(CARGO) deny --locked --log-level error check --hide-inclusion-graph licenses bans sources
	@if timeout 20 git ls-remote --quiet $(ADVISORY_DB) HEAD >/dev/null 2>&1; then \
		$(CARGO) deny --locked check --hide-inclusion-graph advisories; \
	elif ls -d $${CARGO_HOME:-$$HOME/.cargo}/advisory-dbs/*/ >/dev/null 2>&1; then \
		echo "advisories: the database cannot be reached, an earlier copy is used"; \
		$(CARGO) deny --locked check --hide-inclusion-graph --disable-fetch advisories; \
	else \
		echo "advisories: NOT CHECKED, the database cannot be reached and there is no copy"; \
		[ "$(ADVISORIES)" != required ]; \
	fi

# With the browser client, which the server serves. Two tests need networks of their own; where a
# system gives none, MISO_WITHOUT_NAMESPACES=1 leaves them out.
test-rust: client promtool iproute
	$(CARGO) test --workspace --exclude ortc --locked $(FAULTS)

# Negotiation, compared with another implementation's answers.
test-ortc: ortc-reference
	$(CARGO) test -p ortc --locked

test-client: $(CLIENT)/node_modules/.installed
	cd $(CLIENT) && npm run check && npm run lint && npm test && npm run check:package

# Socket.IO clients against the release binary, and its faults against one that can have them.
test-headless: installed faults-bin nginx pebble tests/headless/node_modules/.installed
	cd tests/headless && MISO_BIN=$(CURDIR)/target/release/miso \
		MISO_INSTALLED=$(CURDIR)/target/installed/bin/miso \
		MISO_FAULTS_BIN=$(CURDIR)/$(FAULTS_BIN) npm test

# Schemathesis against what the server says of its REST interface.
test-rest: build tests/rest/.venv/.installed tests/headless/node_modules/.installed
	MISO_BIN=$(CURDIR)/target/release/miso node tests/rest/run.mjs

# Chromium and Firefox with fake cameras against the release binary.
test-browser: build browsers tests/browser/node_modules/.installed tests/broadcast/.venv/.installed \
		tests/broadcast/node_modules/.installed tests/headless/node_modules/.installed
	cd tests/browser && MISO_BIN=$(CURDIR)/target/release/miso npm test

# WHIP and WHEP clients of others: ffmpeg, aiortc, OBS Studio's library.
test-broadcast: build tests/broadcast/.venv/.installed tests/broadcast/node_modules/.installed \
		tests/headless/node_modules/.installed
	cd tests/broadcast && MISO_BIN=$(CURDIR)/target/release/miso npm test

# Files of deploy/ as the programs that read them see them; tests/it/packaging.rs has the rest.
test-packaging: deploy/.venv/.installed nginx
	deploy/check.sh

# As a user installs it, from what was built.
installed: build
	$(CARGO) install --path . --locked --force --quiet --root target/installed --target-dir target

fuzz-smoke: cargo-fuzz
	crates/fuzz/smoke.sh $(FUZZ_SECONDS)

# The server under load beside what the machine can do at all, pieces, and counted instructions. Builds
# what it measures, the server last.
bench: client gungraun
	node benches/run.mjs $(ARGS)

# --- what tests need ----------------------------------------------------------------------------

# $(call debian,PACKAGES,WHAT): installs them where that can be done, else says what is missing.
debian = \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(1); \
	else \
		echo "missing: $(or $(2),$(1)); on Debian: apt-get install $(1)"; exit 1; \
	fi

# The binary test-rust builds for its tests; copied, since the next plain build replaces it.
faults-bin:
	$(CARGO) test --no-run --test it --locked $(FAULTS) --target-dir target
	cp target/debug/miso $(FAULTS_BIN)

node:
	@command -v npm >/dev/null || { echo "Node 20.19 or newer is needed: https://nodejs.org"; exit 1; }

%/node_modules/.installed: %/package-lock.json %/package.json | node
	cd $* && npm ci
	touch $@

python:
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		$(call debian,python3-venv,Python 3.10 or newer with venv); \
	fi

%/.venv/.installed: %/requirements.txt | python
	$(PYTHON) -m venv --clear $*/.venv
	$*/.venv/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

# Checks metrics and alerts. Taken out of its Debian package, since that would start a server.
promtool: target/tools/promtool
target/tools/promtool:
	@mkdir -p $(@D) && rm -rf $@.tmp && mkdir $@.tmp; \
	if command -v promtool >/dev/null; then \
		ln -sf "$$(command -v promtool)" $@; \
	elif command -v apt-get >/dev/null; then \
		if [ "$$(id -u)" = 0 ]; then apt-get update; fi; \
		(cd $@.tmp && apt-get download prometheus && dpkg-deb --extract prometheus_*.deb .) && \
			cp $@.tmp/usr/bin/promtool $@; \
	else \
		echo "missing: promtool, which comes with Prometheus"; exit 1; \
	fi; rm -rf $@.tmp; test -x $@

ortc-reference: crates/ortc/tests/reference/node_modules/.installed

browsers:
	@missing=; \
	for browser in chromium firefox-esr; do \
		command -v $$browser >/dev/null || missing="$$missing $$browser"; \
	done; \
	if [ -n "$$missing" ]; then \
		$(call debian,$$missing); \
	fi

iproute:
	@if ! PATH="$$PATH:/usr/sbin" command -v ip >/dev/null; then \
		$(call debian,iproute2,ip); \
	fi

openssl:
	@if ! command -v openssl >/dev/null; then \
		$(call debian,openssl); \
	fi

# nginx for tests behind it, haproxy and systemd for checks of their files.
nginx: openssl
	@missing=; \
	for program in nginx haproxy systemd-analyze; do \
		PATH="$$PATH:/usr/sbin" command -v $$program >/dev/null || missing="$$missing $$program"; \
	done; \
	missing=$$(echo $$missing | sed s/systemd-analyze/systemd/); \
	if [ -n "$$missing" ]; then \
		$(call debian,$$missing); \
	fi

# Let's Encrypt's authority for tests.
pebble:
	@if ! command -v pebble >/dev/null; then \
		$(call debian,pebble); \
	fi

gungraun:
	@if ! command -v valgrind >/dev/null; then \
		$(call debian,valgrind); \
	fi
	@gungraun-runner --version 2>/dev/null | grep -qF " $(GUNGRAUN_VERSION)" || \
		$(CARGO) install gungraun-runner --locked --force --version $(GUNGRAUN_VERSION)

cargo-deny:
	@cargo-deny --version 2>/dev/null | grep -qF " $(CARGO_DENY_VERSION)" || \
		$(CARGO) install cargo-deny --locked --force --version $(CARGO_DENY_VERSION)

cargo-fuzz:
	@command -v cargo-fuzz >/dev/null || \
		$(CARGO) install cargo-fuzz --locked --version $(CARGO_FUZZ_VERSION)

clean:
	$(CARGO) clean
	rm -rf $(CLIENT)/dist $(CLIENT)/node_modules tests/*/node_modules tests/*/.venv deploy/.venv test-results
