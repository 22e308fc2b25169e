# Latchkey. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: admin help run test binaries-test test-n8n stack aws bench conformance gallery goldens screenshots openapi lint check-template engines-test localstack-test sam-check sam-local sam-test sam-browser lambda-test deps build smoke chromium axe fuzz

# The flags are those of infra/run/binaries, so that what one builds the other finds built.
LAMBDA := CGO_ENABLED=0 go build -tags=lambda.norpc -trimpath -ldflags=-s -buildvcs=false
# Packages that start browsers or build every binary run by themselves, so that two cores are not fought over.
HEAVY := latchkey.dev/infra/test/browser latchkey.dev/infra/test/smoke
# What compares pictures pixel by pixel, and what plays thousands of lifecycles: the race detector makes them ten times as
# slow. The stories in which things happen at once are played with it all the same.
LONG := latchkey.dev/infra/test/pictures latchkey.dev/infra/test/stories
AT_ONCE := AtOnce|Concurrent|32Times|EverythingAtOnce|BothSides|AgainstC|AgainstChanges|NeverTwo

help: ## list the targets
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## the whole product on this machine: PORT=8080 AWS_PORT=4566 DATA=folder (empty: in memory), BINARIES=1 (functions as deployed)
	@go run ./infra/run/local/latchkey

test: chromium axe ## every test, with the race detector
	go test -race -timeout 10m $$(go list ./... | grep -vxF $(foreach p,$(HEAVY) $(LONG),-e $(p)))
	go test -race -timeout 10m -p 1 $(HEAVY)
	go test -race -timeout 10m -run '$(AT_ONCE)' latchkey.dev/infra/test/stories
	go test -timeout 10m -p 1 $(LONG)

binaries-test: chromium ## the API test and the browser's walks through the functions as built, each in processes of its own
	$(LAMBDA) -o bin/local/ ./functions/...
	LATCHKEY_BINARIES=$(CURDIR)/bin/local go test -count=1 -timeout 60m -parallel 4 ./infra/test/api
	LATCHKEY_BINARIES=$(CURDIR)/bin/local go test -count=1 -timeout 60m -parallel 2 ./infra/test/browser

test-n8n: ## drive a real n8n, which npm installs into .engines/ (1.5 GB); no part of make test
	@infra/run/realn8n/install.sh
	LATCHKEY_N8N=$(CURDIR)/.engines/n8n go test ./infra/run/realn8n -count=1 -v

chromium: ## install Chromium for the browser tests where the package manager lets us
	@infra/test/browser/chromium.sh

axe: ## fetch axe-core, which judges the pages' accessibility in the tests, with npm where there is npm
	@infra/test/pictures/axe.sh

stack: ## make what template.yaml declares on ENDPOINT=http://… (an emulator; or on AWS, by its variables), ARGS=…
	go run ./infra/run/stack/up $(if $(ENDPOINT),-endpoint $(ENDPOINT) -secrets) $(ARGS)

aws: ## the embedded AWS engine by itself: AWS_PORT=4566 DATA=folder (empty: in memory)
	@go run ./infra/run/engine/aws

bench: ## measure the budgets of the design and print them beside their goals
	go run ./infra/ops/bench

conformance: ## the engines' suites, against AWS_ENDPOINT_URL=… when it is set
	go test -count=1 ./infra/test/conformance/...

engines-test: ## suites and API test on engines that were not written here: ENGINES=vendor,localstack,ministack,moto SUITES=…
	go run ./infra/ops/engines $(if $(ENGINES),-engines $(ENGINES)) $(if $(SUITES),-suites $(SUITES))

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
	go run ./infra/ops/gallery

screenshots: chromium ## take the README's picture anew
	go test ./infra/test/pictures -run Screenshot -count=1 -screenshot ../../ops/gallery/screenshot.png

goldens: chromium ## take the golden pictures of every page and mail anew
	go test ./infra/test/pictures -run EveryState -count=1 -update

admin: ## the operator's command line: ARGS="list", "suspend ag_…", "plan ag_… max", "stuck", "retry cl_… ins_… -agency ag_…", "invite in_… -agency ag_…"
	@go run ./infra/ops/admin $(ARGS)

openapi: ## write the OpenAPI document anew from the operations and template.yaml
	go test ./infra/test/openapi -update

deps: ## write each function's list of dependencies anew
	go test ./infra/test/smoke -run Links -update

build: ## every function for the architecture that it is deployed on, into bin/
	GOOS=linux GOARCH=arm64 $(LAMBDA) -o bin/ ./functions/...

lint: ## gofmt, vet and golangci-lint
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.6.2 run

check-template: ## cfn-lint on the templates, and what AWS's translator makes of it: quotas, roles, wildcards
	cfn-lint template.yaml infra/ops/alarms.yaml infra/ops/domain.yaml infra/ops/instance.yaml
	python3 infra/run/template/translated.py
