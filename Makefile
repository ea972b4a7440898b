# Verbs of the project (docs: README). Everything a verb needs it installs itself: Debian packages by name, the SDK of global.json.
SHELL := /bin/bash
.DELETE_ON_ERROR:

RID ?= linux-$(subst x86_64,x64,$(subst aarch64,arm64,$(shell uname -m)))
OUT := artifacts/publish/$(RID)
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
export PATH := $(PATH):$(HOME)/.dotnet

.PHONY: run test build smoke publish image bench hwtest packages sdk docs

build: sdk
	dotnet build EdgeRecorder.sln -v q

test: packages sdk
	dotnet test EdgeRecorder.sln -v q --logger "console;verbosity=minimal"

run: packages sdk
	@tests/run-demo

smoke: packages publish
	python3 tests/smoke/smoke.py $(OUT)/edge-recorder

publish: sdk
	@tests/publish $(RID) $(OUT)

bench: packages publish
	@if [ -x tests/Bench/run ]; then tests/Bench/run $(OUT)/edge-recorder; else echo "bench: tests/Bench/run is missing from this version" >&2; exit 1; fi

image:
	@echo "image: the box image (rootfs-overlay, systemd units) is not part of this version" >&2; exit 1

hwtest:
	@echo "hwtest: the tests in a virtual machine (GPIO, V4L2, watchdog, power cuts) are not part of this version" >&2; exit 1

# Writes the generated pages; tests compare them.
docs: sdk
	dotnet run --project src/EdgeRecorder -v q -- --configuration-page > docs/configuration.md

packages:
	@tests/install-packages

sdk:
	@tests/install-sdk
