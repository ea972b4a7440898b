# Verbs of the project (docs: README). Everything a verb needs it installs itself: Debian packages by name, the SDK of global.json.
SHELL := /bin/bash
.DELETE_ON_ERROR:

RID ?= linux-$(subst x86_64,x64,$(subst aarch64,arm64,$(shell uname -m)))
OUT := artifacts/publish/$(RID)
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1
# A system without ICU runs the SDK all the same; nothing here depends on a culture.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT := 1
# First, so that an SDK that `make` fetched wins over an older one of the system.
export PATH := $(HOME)/.dotnet:$(PATH)

.PHONY: run test build smoke publish image bench hwtest packages browser node sdk docs

build: node sdk
	dotnet build EdgeRecorder.sln -v q

# TEST: switches of dotnet test, for example TEST='--filter FullyQualifiedName~Rtsp'. SCALE=full: the full counts.
test: packages browser sdk
	@tests/run-tests $(TEST)

# DEMO: switches of tests/run-demo, for example DEMO='--port 9080 --seconds 60'.
run: packages sdk
	@tests/run-demo $(DEMO)

smoke: packages publish
	python3 tests/smoke/smoke.py $(OUT)/edge-recorder

publish: node sdk
	@tests/publish $(RID) $(OUT)

# BENCH: switches of tests/Bench/run, for example BENCH='--rounds 1 --only B1'.
bench: packages publish
	@dotnet build tests/Simulators -c Release -v q -nologo -clp:NoSummary
	@tests/Bench/run --daemon $(OUT)/edge-recorder $(BENCH)

# ARCH: arm64 or amd64. IMAGE: switches of image/build, for example IMAGE='--key release.pem'.
ARCH ?= arm64
image: node sdk
	@tests/install-packages packages-image.txt
	@image/make $(ARCH) $(IMAGE)

# HWTEST: gpio, video, export, panel, released, powercut, watchdog (all without), arm64. In a virtual machine with simulated devices; as root, on Debian 12 amd64. `released` boots the image as it is released.
hwtest: node sdk
	@tests/install-packages packages.txt packages-image.txt packages-hwtest.txt
	@tests/hwtest/run $(HWTEST)

# Writes the generated pages; tests compare them.
docs: node sdk
	dotnet run --project src/EdgeRecorder -v q -- --configuration-page > docs/configuration.md

packages:
	@tests/install-packages

# CHROMIUM names a browser that is there already: Ubuntu has Chromium only as a snap, which apt cannot install everywhere.
browser:
	@[[ -n "$$CHROMIUM" ]] || tests/install-packages packages-browser.txt

# Builds the page; nothing else of the lists is needed for that.
node:
	@tests/install-packages /dev/null

sdk:
	@tests/install-sdk
