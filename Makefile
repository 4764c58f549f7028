# Everything that people and CI run. `make` alone lists it.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unreleased)
# For go build: the compiler needs 15 % less processor time, see sandbox/build.
FAST        := GOGC=off GOMEMLIMIT=1GiB
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile

.PHONY: build
build: bin/nodelift bin/nodelift-sandbox ## Build both binaries into bin/

# Phony, because the go command itself finds out what has to be built.
.PHONY: bin/nodelift bin/nodelift-sandbox
bin/nodelift:
	$(FAST) go build -ldflags "-X main.version=$(VERSION)" -o bin/nodelift ./cmd/nodelift
bin/nodelift-sandbox:
	sandbox/build

.PHONY: demo
demo: build ## Upgrade 3 nodes of a cluster on this machine and show it
	@dir=$$(mktemp -d)
	trap 'bin/nodelift-sandbox down --dir "$$dir"; rm -rf "$$dir"' EXIT
	echo
	echo "Starting a cluster of 3 nodes in 3 zones, with a sample workload:"
	bin/nodelift-sandbox up --dir "$$dir" --detach
	eval "$$(bin/nodelift-sandbox env --dir "$$dir")"
	echo
	echo "Upgrading its nodes (no load balancer has to drop them, so each waits 3s instead of 60s):"
	bin/nodelift upgrade nodegroup --cluster eksworkshop-eksctl --name nodegroup --autoscaler suspend --cordon-wait 3s --yes

.PHONY: test
test: build ## Run all the tests of the three modules
	go test -timeout 60m -parallel 4 ./... # tests in sandboxes mostly wait
	(cd sandbox && go test -timeout 30m ./...)
	# -count=1, because go test's cache does not notice changes of the chart, which is outside the module.
	(cd charts/test && go test -count=1 -timeout 30m ./...)

.PHONY: check
check: build lint imports generated test ## What CI runs: lint, import rules, generated files, tests

.PHONY: lint
lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .)
	test -z "$$unformatted" || { echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; }
	go vet ./...
	go vet -tags opinion ./internal/e2e
	go run $(STATICCHECK) ./...
	(cd sandbox && go vet ./...)
	(cd charts/test && go vet ./... && go run $(STATICCHECK) ./...)

.PHONY: imports
imports: ## Check the import rules of the packages
	go test ./internal/rooms

.PHONY: generate
generate: ## Write the generated files
	go generate ./...
	(cd charts/test && go generate ./...)

.PHONY: generated
generated: ## Check that the generated files are up to date
	@before=$$(git ls-files -z | xargs -0 sha256sum 2>/dev/null || true)
	$(MAKE) --no-print-directory generate
	after=$$(git ls-files -z | xargs -0 sha256sum 2>/dev/null || true)
	diff <(echo "$$before") <(echo "$$after") || { echo "generated files were out of date: commit what 'make generate' wrote"; exit 1; }

.PHONY: bench
bench: build ## Measure the engine, a whole upgrade in memory and the real one
	go test -run '^$$' -bench . -benchtime 1x -timeout 2h ./...

TORTURE ?= 10m

.PHONY: torture
torture: ## Upgrade random worlds in memory for TORTURE=10m
	go test ./internal/simulation -run TestRandomWorlds -torture $(TORTURE) -timeout 0 -v | grep -v '^=== '

.PHONY: exhaust
exhaust: ## Search the worlds of two nodes exhaustively; more with EXHAUST='-choices 3 -people 2'
	go test ./internal/simulation -run TestSmallWorlds -share 1 -timeout 0 -v $(EXHAUST) | grep -v '^=== '

.PHONY: opinion
opinion: build ## Upgrade a group on moto, an AWS that others have written (pip install 'moto[ec2,autoscaling,server]')
	go test -tags opinion ./internal/e2e -run TestSecondOpinion -count 1 -v

.PHONY: mutants
mutants: ## Put known bugs into the engine, one at a time, and show which test catches each
	go test ./internal/simulation -run TestMutants -mutants -timeout 0 -v | grep -v '^=== '

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin
