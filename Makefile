.PHONY: check test lint demo lowest image

check: ## what a forge runs: tests with the floor of coverage, lint, format, types
	bash .ci/run

test: ## every test, in an environment that is set up
	.venv/bin/pytest -q -n 3

lint: ## lint, format and types alone
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

demo: ## the whole story on this machine, offline
	.venv/bin/notifier demo

lowest: ## the lowest versions that pyproject.toml names: the demo and the unit tests with them
	bash .ci/lowest

image: ## the container image, built and run, where an engine is
	bash .ci/image
