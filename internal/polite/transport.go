package polite

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"
)

// newTransport makes connections as Go's own does, proxies of the
// environment included, but waits for less.
func newTransport(perServer int) *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    15 * time.Second,
		OnProxyConnectResponse: proxyAnswer,
		MaxIdleConnsPerHost:    perServer,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true,
		// A connection that died silently is not used for ever.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// fresh is the same transport without connections that are kept. Go sends a
// request again by itself, on a new connection, where a kept one breaks.
func fresh(t http.RoundTripper) http.RoundTripper {
	kept, ok := t.(*http.Transport)
	if !ok {
		return t
	}
	kept = kept.Clone()
	kept.DisableKeepAlives = true
	return kept
}

// proxyAnswer shows a refusal by this machine's own proxy as such; otherwise it
// would look like the server's.
func proxyAnswer(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return ErrProxy
	}
	return nil
}
