# The collector, built from this repository:
#
#     docker build -t inprocess-collector .
#     docker run --rm -p 127.0.0.1:8080:8080 -p 127.0.0.1:4317:4317 -p 127.0.0.1:4318:4318 \
#         -p 127.0.0.1:16686:16686 -v traces:/traces inprocess-collector
#
# Where the project is developed no container can be run: this file has been read with care, and never built.

FROM rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev && rustup target add wasm32-unknown-unknown
WORKDIR /src
COPY . .
# The page's WebAssembly, and the collector as one static program.
RUN cargo xtask build && cargo build --locked --package collector --profile collector
RUN mkdir /volume

FROM scratch
COPY --from=build /src/target/collector/collector /collector
COPY --from=build /src/index.html /page/
COPY --from=build /src/www /page/www
COPY --from=build /src/pkg /page/pkg
# Not as root. A new volume belongs to this user as the folder in its place does; a folder of the host's must be given to them.
COPY --from=build --chown=65532:65532 /volume /traces
USER 65532:65532
VOLUME /traces
EXPOSE 8080 4317 4318 16686
ENTRYPOINT ["/collector", "--page-dir", "/page", "--data-dir", "/traces", \
    "--page-addr", "0.0.0.0:8080", "--otlp-addr", "0.0.0.0:4318", "--grpc-addr", "0.0.0.0:4317", \
    "--query-addr", "0.0.0.0:16686"]
