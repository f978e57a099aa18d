# Every target does its own set-up: `make demo` on a fresh clone is enough.

# Where scripts/setup puts oneDNN when it may not write to /usr/local.
prefix := $(or $(APUS_PREFIX),$(HOME)/.local/apus)
ifneq ($(wildcard $(prefix)/lib/pkgconfig/dnnl.pc),)
  export PKG_CONFIG_PATH := $(prefix)/lib/pkgconfig$(if $(PKG_CONFIG_PATH),:$(PKG_CONFIG_PATH))
  export LD_LIBRARY_PATH := $(prefix)/lib$(if $(LD_LIBRARY_PATH),:$(LD_LIBRARY_PATH))
endif

sources := $(wildcard Sources Tests Examples) Package.swift
python := $(or $(PYTHON),python3)

.PHONY: help setup demo test lint docs fixtures clean

help:
	@echo 'make setup     install what this machine lacks: oneDNN, zlib, libpng, Fashion-MNIST'
	@echo 'make demo      train a convolutional network on Fashion-MNIST, and write its report'
	@echo 'make test      lint, build and run every test'
	@echo 'make lint      check the style of the sources'
	@echo 'make docs      build the documentation into .build/docs'
	@echo 'make fixtures  make Tests/Fixtures anew with PyTorch and safetensors (PYTHON=… to choose the interpreter)'
	@echo 'make clean     remove what was built'

setup:
	@scripts/setup

# The recursive call reads the prefix afresh, now that set-up may have made it.
demo: setup
	@$(MAKE) --no-print-directory run-demo

test: setup lint
	@$(MAKE) --no-print-directory run-tests

.PHONY: run-demo run-tests
run-demo:
	swift run -c release apus demo

run-tests:
	swift build --build-tests
	swift test --skip-build
	scripts/examples

lint:
	swift format lint --strict --recursive --parallel $(sources)

docs: setup
	scripts/docs

fixtures:
	$(python) scripts/fixtures/make_fixtures.py
	$(python) scripts/fixtures/files.py

clean:
	rm -rf .build
