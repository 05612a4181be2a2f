"""The fields that servers and proxies give their JSON access logs."""

# By custom after nginx's variables; then Caddy, Traefik, Envoy, Cloudflare, Google, Elastic.
NAMED = frozenset(
    {
        *("time_iso8601", "time_local", "msec", "remote_addr", "remote_port", "remote_user"),
        *("request", "request_method", "request_uri", "request_id", "request_length"),
        *("request_time", "request_completion", "uri", "args", "query_string", "scheme"),
        *("server_name", "server_addr", "server_port", "server_protocol", "host", "http_host"),
        *("http_referer", "http_user_agent", "http_x_forwarded_for", "http_cookie", "http_accept"),
        *("http_accept_language", "http_accept_encoding", "status", "body_bytes_sent"),
        *("bytes_sent", "connection", "connection_requests", "connection_time", "pipe"),
        *("gzip_ratio", "ssl_protocol", "ssl_cipher", "ssl_server_name", "ssl_session_reused"),
        *("upstream_addr", "upstream_status", "upstream_response_time", "upstream_connect_time"),
        *("upstream_header_time", "upstream_response_length", "upstream_bytes_received"),
        *("upstream_cache_status", "limit_req_status", "geoip_country_code", "document_root"),
        *("document_uri", "nginx_version", "hostname", "pid", "worker", "level", "ts", "logger"),
        *("msg", "bytes_read", "user_id", "duration", "size", "resp_headers", "err_id"),
        *("err_trace", "error", "ClientAddr", "ClientHost", "ClientPort", "ClientUsername"),
        *("DownstreamContentSize", "DownstreamStatus", "Duration", "GzipRatio"),
        *("OriginContentSize", "OriginDuration", "OriginStatus", "Overhead", "RequestAddr"),
        *("RequestContentSize", "RequestCount", "RequestHost", "RequestMethod", "RequestPath"),
        *("RequestPort", "RequestProtocol", "RequestScheme", "RetryAttempts", "RouterName"),
        *("ServiceAddr", "ServiceName", "ServiceURL", "SpanId", "TraceId", "StartLocal"),
        *("StartUTC", "TLSVersion", "TLSCipher", "TLSClientSubject", "entryPointName"),
        *("date", "request_User-Agent", "request_Referer", "request_X-Forwarded-For"),
        *("origin_Content-Type", "downstream_Content-Type", "time", "start_time", "method", "path"),
        *("protocol", "response_code", "response_code_details", "response_flags", "bytes_received"),
        *("downstream_remote_address", "downstream_local_address", "upstream_host"),
        *("upstream_cluster", "upstream_local_address", "upstream_service_time"),
        *("upstream_transport_failure_reason", "x_forwarded_for", "user_agent", "authority"),
        *("route_name", "requested_server_name", "connection_termination_details"),
        *("CacheCacheStatus", "ClientASN", "ClientCountry", "ClientDeviceClass", "ClientIP"),
        *("ClientIPClass", "ClientRequestBytes", "ClientRequestHost", "ClientRequestMethod"),
        *("ClientRequestPath", "ClientRequestProtocol", "ClientRequestReferer"),
        *("ClientRequestScheme", "ClientRequestSource", "ClientRequestURI"),
        *("ClientRequestUserAgent", "ClientSSLProtocol", "ClientSrcPort", "EdgeColoCode"),
        *("EdgeEndTimestamp", "EdgeResponseBytes", "EdgeResponseStatus", "EdgeServerIP"),
        *("EdgeStartTimestamp", "OriginIP", "OriginResponseStatus", "RayID", "ParentRayID"),
        *("ZoneName", "httpRequest", "insertId", "jsonPayload", "logName", "receiveTimestamp"),
        *("resource", "severity", "spanId", "timestamp", "trace", "@timestamp", "@version"),
        *("agent", "client", "destination", "ecs", "event", "fields", "http", "input", "labels"),
        *("log", "message", "network", "process", "referrer", "service", "source", "tags", "url"),
        *("user",),
    }
)
# A request is Caddy's object or nginx's line; times and numbers are written as the server is told.
VARIED = frozenset(
    {
        *("request", "ts", "time", "timestamp", "msec", "duration", "request_time", "status"),
        *("size", "body_bytes_sent", "bytes_sent", "DownstreamStatus", "response_code", "host"),
        *("agent", "referrer"),
    }
)
