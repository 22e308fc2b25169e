# Latchkey. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: admin salvage help run check test test-long binaries-test test-n8n stack aws bench bench-before conformance gallery goldens screenshots openapi lint check-template engines-test providers localstack-test sam-check sam-local sam-test sam-browser lambda-test deps build smoke chromium curl axe fuzz callers-tools

# What runs is compiled as what is deployed is: programs, tests and functions share one compilation, and a fresh machine
# does it once. Only the race detector, which needs cgo, has another.
export GOFLAGS := -trimpath -tags=lambda.norpc
export CGO_ENABLED := 0
# The Go of go.mod, whatever is installed: go fetches it through the module proxy. Where GOTOOLCHAIN is local, as some images
# set it, go would refuse in its place.
export GOTOOLCHAIN := go1.26.10
# The functions as they are deployed, but for the processor and for what the linker has them call here: what stands in for
# the outside. infra/run/binaries has the same.
HERE := go build '-ldflags=-s -X latchkey.dev/shared/adapter/egress.standIns=env' -buildvcs=false -o bin/local/ ./functions/...
AS_BUILT = LATCHKEY_BINARIES=$(CURDIR)/bin/local $(TEST) $(PATIENCE) -count=1
# go vet is run by make check and by .ci/run, once for all packages.
TEST := go test -vet=off
RACE := CGO_ENABLED=1 $(TEST) -race
# A machine ten times slower does not reach this; what hangs does.
PATIENCE := -timeout 60m

# A value's rules, use cases, adapters and pages, and what reads the tree: no browser, no binary, no story.
QUICK := ./shared/... ./infra/run/template ./infra/test/layout ./infra/test/openapi ./infra/test/adapters
# Where things happen at once, which is where the race detector finds something. Of the API's tests and the stories it is
# those in which several people act at the same moment.
RACY := ./shared/adapter/dynamo ./shared/adapter/dns ./shared/adapter/event ./shared/adapter/mx ./shared/domain/conflict ./infra/run/dns ./infra/run/engine/... ./infra/run/host ./infra/run/local ./infra/test/conformance/sqs
AT_ONCE := AtOnce|Concurrent|32Times|BothSides|AgainstC|AgainstDeclining|NeverTwo|TwoOwners|NoKeyOutlives|ByWhoeverIsFirst|Of64|SeenWhole
# What make test-long has for itself: pictures, lifecycles and faults by the thousand, every binary, kills, long walks in the browser.
LONG := ./infra/test/pictures ./infra/test/smoke ./infra/test/stories ./infra/test/crash ./infra/test/browser ./infra/test/callers
LIFECYCLES := Lifecycles|PlantedBugs|ItsModel|Anywhere|CutOff|BoughtBefore|HasBought|HaveBought|WhileItsOwnerIsErased|AnyTwoThings|AFaultAtAnyCall|WhateverHappensMeanwhile|WhoIsForgotten|ToldOfWhatIsBeingSetUp
# The browser's walks that make test has; the others are long.
WALKS := TheMainJob|DeadLinks|OnFree|NoScript|KeyboardAlone

# go run says nothing while it builds, which on a fresh machine takes minutes.
BUILDING = @echo "Building, which takes some minutes the first time and a second later on…" >&2

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## the whole product on this machine: PORT=8080 AWS_PORT=4566 DATA=folder (empty: in memory), BINARIES=1 (functions as deployed)
	$(BUILDING)
	@go run ./infra/run/local/latchkey

check: ## what a contributor runs while writing: gofmt, vet and the tests that take seconds
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	$(TEST) -short $(QUICK)

test: chromium curl ## every test that is not long, with the race detector where things happen at once
	$(TEST) $(PATIENCE) -parallel 6 $$(go list ./... | grep -vxF $$(go list $(LONG) $(RACY) | sed 's/^/-e /'))
	$(TEST) $(PATIENCE) -short ./infra/test/smoke
	$(TEST) $(PATIENCE) -skip '$(AT_ONCE)|$(LIFECYCLES)' ./infra/test/stories
	$(TEST) $(PATIENCE) -run '$(WALKS)' ./infra/test/browser
	$(RACE) $(PATIENCE) $(RACY)
	$(RACE) $(PATIENCE) -run '$(AT_ONCE)' ./infra/test/stories ./infra/test/api ./infra/test/conformance/dynamodb

test-long: chromium axe callers-tools binaries-test ## pictures, lifecycles and faults by the thousand, every binary, long walks, other callers
	$(TEST) $(PATIENCE) -parallel 4 ./infra/test/pictures
	$(TEST) $(PATIENCE) ./infra/test/crash
	$(TEST) $(PATIENCE) ./infra/test/callers
	$(TEST) $(PATIENCE) -run '$(LIFECYCLES)' ./infra/test/stories
	$(TEST) $(PATIENCE) -skip '$(WALKS)' ./infra/test/browser

binaries-test: chromium curl ## every function as built: by itself, by the API test and by the browser's walks, each in processes of its own
	$(HERE)
	$(AS_BUILT) ./infra/test/smoke
	$(AS_BUILT) -parallel 4 ./infra/test/api
	$(AS_BUILT) -parallel 2 -run '$(WALKS)' ./infra/test/browser

test-n8n: ## drive a real n8n, which npm installs into .engines/ (1.5 GB); no part of make test
	@infra/run/realn8n/install.sh
	LATCHKEY_N8N=$(CURDIR)/.engines/n8n go test ./infra/run/realn8n -count=1 -v

chromium: ## install Chromium for the browser tests where the package manager lets us
	@infra/test/browser/chromium.sh

curl: ## install curl for the tests of the documentation where the package manager lets us
	@infra/test/api/curl.sh

callers-tools: ## install a generator of Python clients and Schemathesis with pip, where there is Python
	@infra/test/callers/tools.sh

axe: ## fetch axe-core, which judges the pages' accessibility in the tests, with npm where there is npm
	@infra/test/pictures/axe.sh

stack: ## make what template.yaml declares on ENDPOINT=http://… (an emulator; or on AWS, by its variables), ARGS=…
	go run ./infra/run/stack/up $(if $(ENDPOINT),-endpoint $(ENDPOINT) -secrets) $(ARGS)

aws: ## the embedded AWS engine by itself: AWS_PORT=4566 DATA=folder (empty: in memory)
	$(BUILDING)
	@go run ./infra/run/engine/aws

bench: ## measure the budgets of the design and print them beside their goals
	go run ./infra/ops/bench

bench-before: ## the same beside an earlier commit's, by turns, as ratios: BEFORE=commit ONLY='units|invites'
	go run ./infra/ops/bench/before -commit $(BEFORE) $(if $(ONLY),-only '$(ONLY)')

salvage: ## save what can be read of damaged logs in DATA=folder, when the run refuses to start over them
	@go run ./infra/run/engine/salvage $(DATA)

conformance: ## the engines' suites, against AWS_ENDPOINT_URL=… when it is set
	go test -count=1 ./infra/test/conformance/...

engines-test: ## suites and API test on engines that were not written here: ENGINES=vendor,localstack,ministack,moto SUITES=…
	go run ./infra/ops/engines $(if $(ENGINES),-engines $(ENGINES)) $(if $(SUITES),-suites $(SUITES))

providers: ## sign in at a Keycloak, too, which is installed with Maven and started on loopback: some minutes
	KEYCLOAK="$$(infra/ops/engines/keycloak.sh)" go test ./shared/adapter/oidc -run Keycloak -count=1 -v -timeout 30m

localstack-test: ## the same on LocalStack's community edition alone, without Docker
	go run ./infra/ops/engines -engines localstack

sam-check: ## SAM CLI and cfn-lint on the template, and sam build of every function for both processors, looked at
	infra/ops/sam/check.sh

sam-local: ## the product under sam local on http://localhost:3000: needs root for Docker, see infra/README.md
	go run ./infra/ops/engines -sam

sam-test: ## the API test and the browser's walks through sam local's start-api and start-lambda
	go run ./infra/ops/engines -engines sam

sam-browser: ## the browser's walks alone through sam local
	go run ./infra/ops/engines -engines sam -suites browser

lambda-test: ## sam deploy on MiniStack, where functions, mappings, schedule and API run without Docker; then API test and browser
	go run ./infra/ops/engines -engines lambdas

gallery: ## every state of every page and mail, with canned data
	$(BUILDING)
	@go run ./infra/ops/gallery

screenshots: chromium ## take the README's picture anew
	go test ./infra/test/pictures -run Screenshot -count=1 -screenshot ../../ops/gallery/screenshot.png

goldens: chromium ## take the golden pictures of every page and mail anew
	go test ./infra/test/pictures -run EveryState -parallel 4 $(PATIENCE) -count=1 -update

admin: ## the operator's command line, for the local run beside it unless AWS variables or -stage say otherwise: ARGS="list", "prices", "suspend ag_…", "plan ag_… max", "name ag_… allow", "stuck", "retry cl_… ins_… -agency ag_…", "invite in_… -agency ag_…"
	$(BUILDING)
	@go run ./infra/ops/admin $(ARGS)

openapi: ## write the OpenAPI document anew from the operations and template.yaml
	go test ./infra/test/openapi -update

deps: ## write functions/deps.txt anew: what each function links
	go test ./infra/test/smoke -run EachBinaryLinks -count=1 -update

build: ## every function for the architecture that it is deployed on, into bin/
	GOOS=linux GOARCH=arm64 go build -ldflags=-s -buildvcs=false -o bin/ ./functions/...

lint: ## gofmt, vet and golangci-lint
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.6.2 run

check-template: ## cfn-lint on the templates, and what AWS's translator makes of it: quotas, roles, wildcards
	cfn-lint template.yaml functions/*/template.yaml infra/ops/*.yaml
	python3 infra/run/template/translated.py
