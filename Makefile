# Every target does the set-up it needs; `make demo` and `make test` are the two to know.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= auto
CORPUS := $(if $(VIRTSMITH_CORPUS),$(abspath $(VIRTSMITH_CORPUS)))
OTHER_PYTHON = $(if $(filter-out python3,$(PYTHON)),$(PYTHON),$(BIN)/python)
export VIRTSMITH_CORPUS := $(CORPUS)

.PHONY: api update-docs help demo test test-quick test-everything test-bare test-library test-threads versions test-weblate lint format types generate bench docs lock clean test-image test-abi test-host test-ark test-snapshot kills faults fuzz proofs build-smoke copr dist packages audit

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(READY): requirements/dev.txt pyproject.toml library/pyproject.toml requirements/setup.sh
	@sh requirements/setup.sh "$(PYTHON)" "$(VENV)"
	@touch $@

demo: $(READY) ## show the main jobs on real input
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh demo/demo.sh

test: $(READY) ## run the whole test suite, against the wheel as it is built
	@sh requirements/wheel.sh $(BIN) build/wheel
	PYTHONPATH=$(CURDIR)/build/wheel VIRTSMITH_WHEELS=$(CURDIR)/build/wheel.dist $(BIN)/pytest -n $(JOBS) --dist worksteal $(ARGS)

test-quick: $(READY) ## run the fast tests only
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n $(JOBS) --dist worksteal -m "not slow and not real"

test-threads: $(READY) ## read shared documents a million times from eight threads; also with PYTHON=python3.14t
	PYTHONPATH=library/tests:library/src $(OTHER_PYTHON) -m xml_helpers.threads 1000000

versions: $(READY) ## install all QEMUs and libvirts that tests run, from Debian's archive into the suite's own ark
	PYTHONPATH=tests $(BIN)/python -m helpers.suite_ark

test-everything: $(READY) ## as `test`, where all is there: a test that is skipped and not in tests/skips.toml fails
	$(MAKE) test ARGS=--everything

test-bare: $(READY) ## test where nothing is there: no QEMU, libvirt, gettext, corpus, network, and an empty home
	sh requirements/test-bare.sh $(BIN) build/bare -n $(JOBS) --dist worksteal $(ARGS)

test-library: $(READY) ## test the library's wheel in an empty environment, without virtsmith; also with PYTHON=python3.13
	sh requirements/test-library.sh $(BIN) build/library $(OTHER_PYTHON) -n $(JOBS) $(ARGS)

test-weblate: $(READY) ## test translation sync against a real Weblate server, made from pinned packages
	$(BIN)/python tests/real/weblate/server.py environment
	VIRTSMITH_TEST_WEBLATE=1 $(BIN)/pytest tests/real/weblate

test-image: $(READY) ## boot a real disk image as a virtual host, set up by cloud-init; needs root and ten minutes
	VIRTSMITH_TEST_IMAGE=1 $(BIN)/pytest tests/real/test_host_image.py

test-ark: $(READY) ## install and try every version that the archive has, in full
	VIRTSMITH_ARK_TESTS=full $(BIN)/pytest -n $(JOBS) --dist worksteal tests/real/test_ark_versions.py tests/real/test_ark_check.py

test-snapshot: $(READY) ## install old versions from Debian's snapshot service and run guests on them; needs the network
	VIRTSMITH_TEST_SNAPSHOT=1 $(BIN)/pytest tests/real/test_ark_snapshot.py

test-host: $(READY) ## boot hosts that differ from their design in each key, and all device models through three libvirts
	VIRTSMITH_HOST_TESTS=full $(BIN)/pytest tests/real/test_host_mutants.py tests/real/test_host_pairs.py

test-abi: $(READY) ## migrate between all QEMUs of the ark, in all states, here and on a Dask cluster
	VIRTSMITH_ABI_TESTS=full $(BIN)/pytest -n $(JOBS) --dist worksteal tests/real/test_abi_migrate.py tests/real/test_abi_vm.py tests/real/test_abi_dask.py

kills: $(READY) ## kill long commands 200 times at random moments, those with emulators and libvirts included
	VIRTSMITH_TEST_KILLS=200 $(BIN)/pytest -s tests/real/test_kills.py

faults: $(READY) ## put every command through every fault of the machine: full disks, closed streams, no permission, ...
	VIRTSMITH_TEST_FAULTS=all $(BIN)/pytest -n $(JOBS) --dist worksteal tests/real/test_faults.py

fuzz: $(READY) ## fuzz all readers of foreign bytes, each for SECONDS=20; HARNESSES=xml for some; .cache/fuzz keeps what it learns
	SECONDS="$(SECONDS)" PYTHONPATH=tests:library/tests $(BIN)/python -m fuzz.run $(HARNESSES)

proofs: $(READY) ## read and write MUTANTS=100000 mutated documents, and compare with what lxml reads in them
	PYTHONPATH=tests:library/tests $(BIN)/python -m fuzz.prove $(or $(MUTANTS),100000)

build-smoke: $(READY) ## build a real libvirt from source and run it
	VIRTSMITH_ARK_TESTS=build $(BIN)/pytest tests/real/test_ark_source_build.py

copr: $(READY) ## build a release on Copr: make copr APP=qemu VERSION=2.6.0
	$(BIN)/virtsmith ark build --backend copr $(APP)@$(VERSION) \
	  $(if $(DOWNLOAD_URL),--url $(DOWNLOAD_URL)) $(if $(ARCHIVE_FMT),--archive-format $(ARCHIVE_FMT))

lint: $(READY) ## style, imports, types, generated code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/virtsmith schema generate --check

format: $(READY) ## put the code into its canonical form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(READY) ## write the model again from the facts
	$(BIN)/virtsmith schema generate

bench: $(READY) ## measure the speed targets
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --group bench || echo "the peers cannot be installed: measuring without them"
	$(BIN)/python -m benchmarks

agreement: $(READY) ## compare answers with judges from elsewhere (gettext, git, ...): one table; AREAS="po" for some
	$(BIN)/python -m benchmarks.agreement $(AREAS)

api: $(READY) ## write the listings of the public API again, for review
	PYTHONPATH=library/tests $(BIN)/python -m xml_helpers.api_listing

docs: $(READY) ## build the documentation
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

lock: $(READY) ## renew the locked versions of the development environment
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --group dev --extra yaml --extra copr --extra scale --no-emit-package libvirtxml pyproject.toml -o requirements/dev.txt

dist: $(READY) ## build what is released: source, wheel, and the list of what is in it (SBOM)
	rm -rf dist
	$(BIN)/uv build --quiet --out-dir dist library
	$(BIN)/uv build --quiet --out-dir dist
	$(BIN)/uv venv --quiet --clear build/sbom
	$(BIN)/uv pip install --quiet --python build/sbom/bin/python dist/*.whl
	$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py environment build/sbom/bin/python \
	  --pyproject pyproject.toml --output-reproducible --output-file dist/virtsmith.cdx.json

packages: dist ## build the Debian package (as root, with mmdebstrap) and the RPM, and lint them
	rm -rf build/rpm build/deb
	sh packaging/build-rpm.sh dist/virtsmith-*.tar.gz build/rpm $(BIN)/python
	sh packaging/build-deb.sh dist/virtsmith-*.tar.gz build/deb

audit: $(READY) ## look the locked dependencies up in the database of known vulnerabilities
	@sh requirements/audit.sh $(BIN)

clean: ## remove everything that was built
	rm -rf $(VENV) dist build docs/_build .cache

update-docs: $(READY) ## write what programs really print into PAGES; NEEDS=1 runs those that need QEMU or the ark too
	PYTHONPATH=tests $(BIN)/python -m helpers.update_docs $(if $(NEEDS),--needs) $(PAGES)
