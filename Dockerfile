# The gateway's image, about 20 MB: the program, the shared libraries it links, the certificates it trusts,
# and nothing else: no shell, no package manager. (debian:bookworm-slim alone would be 75 MB.)
#
#   docker build -t atlas-voice .                    the image that is deployed
#   docker build -t atlas-voice --target debug .     the same gateway on a Debian with a shell
#
# script/image builds and tries it on a machine without a container engine. There is no HEALTHCHECK: Fly has
# its own checks (fly.toml), and elsewhere GET /health is asked from outside.

# --- build -------------------------------------------------------------------------------------------
FROM debian:bookworm-slim AS build
COPY script/packages.txt /packages.txt
RUN apt-get update \
    && apt-get install -y --no-install-recommends $(awk '!/^#/ && $2 == "build" { print $1 }' /packages.txt)
COPY script/slim-curl /slim-curl
RUN --mount=type=cache,target=/root/.cache/ccache /slim-curl /curl
WORKDIR /atlas
COPY . .
# Hardened, because strangers speak to it; without what the linker finds unused, because it travels.
ENV CXXFLAGS="-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections" \
    LDFLAGS="-Wl,-z,relro,-z,now,--gc-sections,--as-needed"
RUN --mount=type=cache,target=/root/.cache/ccache \
    cmake --preset release -B /build -DATLAS_TOOLS=OFF -DATLAS_TESTS=OFF -DATLAS_CURL=/curl \
    && ninja -C /build -j "$(nproc)" atlas-voice \
    && strip --strip-all -o /atlas-voice /build/src/atlas-voice

# --- what the gateway needs to run ----------------------------------------------------------------------
FROM debian:bookworm-slim AS collect
COPY script/packages.txt /packages.txt
RUN apt-get update \
    && apt-get install -y --no-install-recommends $(awk '!/^#/ && $2 == "run" { print $1 }' /packages.txt) \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build --chmod=755 /atlas-voice /usr/bin/atlas-voice
COPY --chmod=755 script/image-root /image-root
RUN /image-root /usr/bin/atlas-voice /root-folder
# What is linked into the program is in no library that image-root could find.
COPY --from=build /curl/package /root-folder/var/lib/dpkg/status.d/libcurl4-openssl-dev
COPY --from=build /curl/copyright /root-folder/usr/share/doc/libcurl4-openssl-dev/copyright

# --- with a shell, for looking around ---------------------------------------------------------------------
FROM collect AS debug
ENV PORT=8080 METRICS_PORT=9091 ATLAS_BIND=0.0.0.0 ATLAS_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/usr/bin/atlas-voice"]

# --- the image --------------------------------------------------------------------------------------------
FROM scratch
COPY --from=collect /root-folder /
ENV PORT=8080 METRICS_PORT=9091 ATLAS_BIND=0.0.0.0 ATLAS_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/atlas-voice"]
