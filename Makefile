# The front door: `make` alone lists what can be asked for. Scripts in tools/ hold what is longer than a line.

MAKEFLAGS += --no-print-directory
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run dev build bundle setup setup-test test test-rust test-e2e conformance chaos test-security lint fmt bench bench-queue bench-stream clean

help: ## List all targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build the release and serve http://127.0.0.1:3000 (options: make run ARGS="…")
	target/release/signalbox $(ARGS)

dev: setup ## Serve the debug build; build and start again on every change
	@tools/dev.sh $(ARGS)

build: bundle ## Build target/release/signalbox, one self-contained file
	cargo build --release --bin signalbox --locked

bundle: setup ## Build target/site, the files that the browser loads
	@tools/build-bundle.sh

setup: ## Install what building needs, where it is missing
	@tools/install-system.sh
	@tools/install-wasm-target.sh
	@tools/install-node-packages.sh tools

setup-test: setup ## Install what the tests need on top of that
	@tools/install-node-packages.sh end2end
	@tools/install-chromium.sh
	@tools/install-engines.sh

test: setup-test ## Run every test, installing what is missing
	@tools/test.sh

test-rust: ## Run the Rust tests
	cargo test --workspace --exclude frontend --locked

conformance: setup-test ## Run the suite that every engine passes, and print it as a table
	@tools/conformance.sh

chaos: ## Kill and freeze processes at random for a minute, then count (CHAOS_SECONDS=60 CHAOS_SEED=1)
	CHAOS_SECONDS=$${CHAOS_SECONDS:-60} cargo test --release --locked --test chaos -- --nocapture --test-threads 1

test-e2e: setup-test build ## Run the browser tests against the release build
	cd end2end && npx playwright test $(ARGS)

test-security: setup-test build ## Attack the release build: made-up requests, slow clients, guessed passwords
	@tools/install-security-tools.sh
	@tools/test-security.sh $(ARGS)

lint: setup-test ## Check format, lints for both targets, documentation, dependencies
	@tools/install-cargo-deny.sh
	@tools/lint.sh

fmt: ## Format the Rust code
	cargo fmt --all

bench: build ## Measure the release build
	target/release/signalbox bench $(ARGS)

bench-queue: build ## Measure Signalbox beside BullMQ and Graphile Worker, in one run
	@tools/install-engines.sh
	@tools/install-node-packages.sh bench
	cargo build --release --manifest-path bench/bullmq-rust/Cargo.toml --target-dir target --locked
	@node bench/compare.mjs

bench-stream: build ## Measure streams beside the plainest server that axum gives, and Nchan if installed, in one run
	cargo build --release --package bare-sse --locked
	target/release/signalbox bench stream --beside target/release/bare-sse $$(bench/nchan.sh --is-there && echo --beside bench/nchan.sh)

clean: ## Remove everything built and installed below this folder
	cargo clean
	rm -rf tools/node_modules tools/python/*/ bench/node_modules end2end/node_modules end2end/test-results end2end/playwright-report
