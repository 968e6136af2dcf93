# Yipii in a container: one static binary, no shell, a user without rights, and all data in the volume /data.
#
#   docker build -t yipii .
#   docker run -d --name yipii -p 8080:8080 -v yipii-data:/data -e YIPII_PUBLIC_URL=https://yipii.example.com yipii
#   docker exec yipii /usr/local/bin/yipii init --account acme-logistics --name "Acme Logistics" --email admin@example.com

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd ./cmd
COPY internal ./internal
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/yipii ./cmd/yipii
RUN mkdir -p /out/owned/data /out/owned/tmp && chmod 0700 /out/owned/data /out/owned/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/yipii /usr/local/bin/yipii
# /data and /tmp belong to the user that the program runs as.
COPY --from=build --chown=65532:65532 /out/owned/ /

USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENV YIPII_DATABASE_URL=sqlite:/data/yipii.db
ENV YIPII_ADDR=0.0.0.0:8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/yipii"]
CMD ["serve"]
