# One image for every process; which one it is says the command. Build: docker build -t innkeeper:local .
# The stage `demo` adds the demonstration houses; no running process contains them.

FROM node:24-slim AS web
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci
COPY web/tsconfig.json web/vite.config.ts ./
COPY web/src src
RUN npm run build

FROM python:3.13-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /packages
COPY requirements-production.lock /tmp/
RUN /packages/bin/pip install --require-hashes --only-binary=:all: --requirement /tmp/requirements-production.lock

FROM python:3.13-slim AS code
RUN groupadd --gid 10001 innkeeper \
    && useradd --uid 10001 --gid innkeeper --no-create-home --home-dir /app --shell /usr/sbin/nologin innkeeper
ENV PATH=/packages/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONFAULTHANDLER=1
WORKDIR /app
COPY --from=packages /packages /packages
COPY contracts contracts
COPY runtime runtime
COPY grpc_services grpc_services
COPY migrations migrations
COPY workers workers
COPY api api
RUN python -m compileall -q .
USER 10001:10001

FROM code AS demo
COPY stack/__init__.py stack/load_demo.py stack/demo_data.py stack/demo_salons.py stack/demo_salon_words.py \
    stack/demo_rates.py stack/exchange_rate_file.py stack/
COPY stack/data/README.md stack/data/france-hotels.csv.gz stack/data/exchange-rates-sample.csv stack/data/

FROM code AS application
COPY --from=web /web/dist web/dist
