# The verbs of the house. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO ?= go
# templ makes Go of the pages' templates; its version is that of go.mod, which a test compares.
TEMPL := github.com/a-h/templ/cmd/templ@v0.3.977
# Without its version in each file: that line would be read as the package's comment.
TEMPLFLAGS := -include-version=false
TEMPLATES := internal/dashboard
# oapi-codegen makes the Go of the API's description that package client has.
OAPI := github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2
DESCRIPTION := clients/openapi.json
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# The rooms where goroutines share memory. Their tests run under the race detector too; those of the whole program start the
# built binary, which the detector of a test can't see into. Of trail's and the server's tests, those where much happens at
# once: all of them would take minutes.
# SQLite itself, translated from C, is left out of the detector's sight: it shares nothing with our code but through its driver, and
# would take three quarters of the time.
RACE = -race -gcflags=modernc.org/sqlite/lib=-race=false
RACED = bearer intake live relay reporting store token usage webhook
RACED_IN_PART = trail server
RACED_TESTS = 'TestWriter|TestFollow|TestFail|TestIngestFromManyAtOnce|TestChangedWaits|TestPoller|TestRetentionWaits|TestDeletedAsset|TestRotationUnderLoad|TestRevocationReachesAll|TestDatabaseOutage|TestUseAndRefusalsAreTold|TestWebhooks|TestLive'

# Tests wait more than they work: for clients that come back, for what is written every few seconds. Twice as many rooms' at once as
# there are processors keep those busy.
test race: export GOFLAGS += -p=$(AT_ONCE) -parallel=$(AT_ONCE)
AT_ONCE = $(shell echo $$((2 * $$(nproc))))
# The databases of tests are nothing to keep: they are in memory where that has 4 GB to spare. What Go builds stays where it was.
test race: export GOTMPDIR := $(or $(GOTMPDIR),$(TMPDIR),/tmp)
test race: export TMPDIR := $(or $(shell [ -w /dev/shm ] && [ "$$(df -k --output=avail /dev/shm | tail -1)" -gt 4000000 ] && echo /dev/shm),$(TMPDIR),/tmp)

# Counts of inputs, not seconds: Go 1.26 may call the end of a time a failure (go.dev/issue/75804).
SMOKETIME ?= 2000x
FUZZTIME ?= 500000x
BENCHFLAGS ?=

# fuzz runs every fuzz target on as many inputs as given: each room's tests are built once, and Go takes one target at a time.
define fuzz
	scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; cache="$$($(GO) env GOCACHE)/fuzz/$$($(GO) list -m)"; \
	for room in $$(grep -rl --include='*_test.go' '^func Fuzz' cmd internal | xargs -n 1 dirname | sort -u); do \
	  $(GO) test -c -fuzz . -o "$$scratch/fuzz" "./$$room"; \
	  for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$room"/*_test.go); do \
	    echo "$$target in $$room for $(1)"; \
	    (cd "$$room" && "$$scratch/fuzz" -test.run '^$$' -test.fuzz "^$$target\$$" -test.fuzztime $(1) -test.fuzzcachedir "$$cache/$$room"); \
	  done; \
	done
endef

.PHONY: help
help: ## list the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS=$$'\t' read -r verb text; do printf '  %-12s %s\n' "make $$verb" "$$text"; done

.PHONY: build
build: ## build bin/yipii, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/yipii ./cmd/yipii

.PHONY: test
test: ## run all tests
	$(GO) test ./...

.PHONY: race
race: ## run the tests of rooms with goroutines under the race detector
	CGO_ENABLED=1 $(GO) test $(RACE) -short $(RACED:%=./internal/%)
	CGO_ENABLED=1 $(GO) test $(RACE) -short -run $(RACED_TESTS) $(RACED_IN_PART:%=./internal/%)

.PHONY: fmt
fmt: ## fail if a Go file isn't formatted
	@drift=$$(find . -name '*.go' -not -path '*/node_modules/*' -print0 | xargs -0 gofmt -l); \
	if [ -n "$$drift" ]; then echo "run gofmt -w on:"; echo "$$drift"; exit 1; fi

.PHONY: vet
vet: ## run go vet
	$(GO) vet ./...

.PHONY: lint
lint: ## run staticcheck, as staticcheck.conf says
	@$(GO) list -deps -test ./... >/dev/null # where this fails, staticcheck finds no package and says that all is well
	$(GO) run $(STATICCHECK) ./...

.PHONY: generate
generate: ## make Go of the pages' templates
	$(GO) run $(TEMPL) generate $(TEMPLFLAGS) -path $(TEMPLATES)

.PHONY: describe
describe: ## write the API's description, and the types that the clients have of it
	YIPII_TEST_WRITE=1 $(GO) test -count=1 -run '^TestDescriptionIsCommitted$$' ./internal/server
	$(GO) run $(OAPI) -config client/oapi-codegen.yaml $(DESCRIPTION)
	npm run --silent --prefix clients/typescript generate
	php clients/php/generate.php

.PHONY: drift
drift: ## fail if the Go of the templates isn't what they give
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; \
	cp go.mod "$$scratch"; cp -R $(TEMPLATES) "$$scratch/made"; find "$$scratch/made" -name '*_templ.go' -delete; \
	$(GO) run $(TEMPL) generate $(TEMPLFLAGS) -path "$$scratch/made" -log-level error; \
	diff -r $(TEMPLATES) "$$scratch/made" || { echo 'run make generate, and commit what it changes'; exit 1; }

.PHONY: smoke
smoke: ## run every fuzz target for some seconds
	@$(call fuzz,$(SMOKETIME))

.PHONY: fuzz
fuzz: ## run every fuzz target on FUZZTIME inputs (500000x)
	@$(call fuzz,$(FUZZTIME))

.PHONY: check
check: fmt vet lint drift test race smoke ## everything that must hold before a change goes in
	@echo "check: all good"

.PHONY: bench
bench: ## measure speed and size; BENCHFLAGS="-only token" picks one
	$(GO) run ./bench $(BENCHFLAGS)

.PHONY: clients
clients: ## install what the clients and samples in JavaScript, the linter and the tests of pages need
	npm ci --prefix test/clients --no-audit --no-fund
	npm ci --prefix test/openapi --no-audit --no-fund
	npm ci --prefix clients/typescript --no-audit --no-fund

.PHONY: libraries
libraries: ## fetch the libraries of the map again, and draw its outline of the world
	npm ci --prefix internal/atlas/fetch --no-audit --no-fund
	node internal/atlas/fetch/fetch.mjs

.PHONY: fonts
fonts: ## make the fonts of PDFs again, from Debian's fonts-noto-core
	./internal/document/font/make.sh

.PHONY: clean
clean: ## remove what was built and installed
	rm -rf bin test/clients/node_modules test/openapi/node_modules clients/typescript/node_modules clients/typescript/dist internal/atlas/fetch/node_modules
