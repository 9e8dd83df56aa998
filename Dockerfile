# Lectern's image, as a Docker Space builds and runs it. Two stages: one
# compiles on Debian and lays out a root of what the program needs at run
# time; the other is that root and nothing else: no shell, no compiler, no
# package manager. PgBouncer's binary is in it for a database on a network.
#
#   docker build -t lectern . && docker run --rm -p 7860:7860 --read-only \
#       --tmpfs /tmp -e DATABASE_URL=… -e SECRET_KEY=… lectern
#
# Every setting comes from the environment (conf/env.example).

FROM debian:bookworm-slim AS build
WORKDIR /build/lectern

# The packages change seldom: a layer of their own.
COPY conf/deps.sh conf/
COPY package.json package-lock.json .npmrc ./
RUN conf/deps.sh image

COPY . .
RUN conf/build.sh && conf/image.sh /image

FROM scratch
COPY --from=build /image /
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin HOME=/tmp LANG=C.UTF-8
WORKDIR /srv/lectern
USER 1000
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["lectern", "health"]
ENTRYPOINT ["lectern"]
CMD ["-fnr"]
