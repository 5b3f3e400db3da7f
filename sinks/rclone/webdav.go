package rclone

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	webdav "github.com/rclone/rclone/backend/webdav/api"
	"github.com/rclone/rclone/fs"
	"github.com/rclone/rclone/fs/config/configmap"
	"github.com/rclone/rclone/fs/config/obscure"
	"github.com/rclone/rclone/fs/fshttp"

	"github.com/padsync/padsync/sinks"
)

// A WebDAV is an account on a WebDAV server; the zero value is nobody's.
type WebDAV struct{ User, Password string }

// OpenWebDAV is the sink in the folder at an http or https address, which the
// first Put makes. rclone's configuration is not needed for it, and what the
// account says is kept in memory only.
func OpenWebDAV(ctx context.Context, address string, a WebDAV, o Options) (*Sink, error) {
	if err := setUp(o.Warn); err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, &sinks.Error{Op: "open", Err: errors.New("not the address of a WebDAV folder")}
	}
	kind, err := fs.Find("webdav")
	if err != nil {
		return nil, &sinks.Error{Op: "open", Err: ErrNoKind}
	}
	s := &Sink{secrets: a.hiding(), patience: o.Patience, tries: o.Tries}
	log.hide([]string{a.Password})
	password, err := obscure.Obscure(a.Password)
	if err != nil {
		return nil, s.failure("open", u.Host, err)
	}
	root, folder, vendor := split(u)
	options := fs.ConfigMap(kind.Prefix, kind.Options, ":webdav", configmap.Simple{
		"url": root, "vendor": vendor, "user": a.User, "pass": password, "pacer_min_sleep": "0",
	})
	ctx = configured(context.WithoutCancel(ctx))
	fs.GetConfig(ctx).LowLevelRetries = cmp.Or(o.Tries, fs.GetConfig(ctx).LowLevelRetries)
	s.remote, err = kind.NewFs(ctx, ":webdav", folder+"/", options)
	if err != nil {
		return nil, s.failure("open", u.Host, err)
	}
	return s, nil
}

// hiding replaces the password in texts.
func (a WebDAV) hiding() *strings.Replacer {
	return sinks.Hiding(a.Password, url.QueryEscape(a.Password), url.PathEscape(a.Password))
}

// split divides an address where rclone is to make the folders that are
// missing, and says what it is to take the server for. All of the Nextcloud
// family have the files of an account there; for others it is not known where
// WebDAV begins, and folders that are there do no harm.
func split(u *url.URL) (root, folder, vendor string) {
	at := *u
	at.RawQuery, at.Fragment, at.RawPath = "", "", ""
	clean := path.Clean("/" + u.Path)
	if parts := nextcloudFiles.FindStringSubmatch(clean); parts != nil {
		at.Path = parts[1]
		return at.String(), strings.Trim(parts[2], "/"), "nextcloud"
	}
	at.Path = "/"
	return at.String(), strings.Trim(clean, "/"), "other"
}

var (
	nextcloudFiles = regexp.MustCompile(`^(.*/remote\.php/dav/files/[^/]+)(/.*)?$`)

	// nextcloudPage is what is behind the address of a Nextcloud in what its
	// pages have for addresses, and what it calls its WebDAV address.
	nextcloudPage = regexp.MustCompile(`/(index\.php|remote\.php|apps|login|settings)(/.*)?$`)

	// legacy is the address of older clients, which leads to the same files.
	legacy = regexp.MustCompile(`/remote\.php/webdav(/.*)?$`)
)

// FindWebDAV is the address of the folder of files that a person means by an
// address: of a Nextcloud, or of any of its pages, that of the account's files,
// by the account's own id and not the name that it logs in with; of another
// WebDAV server, the address itself. It asks the server, and follows it to no
// other. The error matches sinks.ErrUnauthorized if the account is not taken,
// and sinks.ErrNoFolder if nothing there is WebDAV.
func FindWebDAV(ctx context.Context, address string, a WebDAV) (string, error) {
	if err := setUp(nil); err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", &sinks.Error{Op: "find", Err: sinks.ErrNoFolder}
	}
	u.RawQuery, u.Fragment, u.RawPath, u.User = "", "", "", nil
	if nextcloudFiles.MatchString(u.Path) {
		return strings.TrimSuffix(u.String(), "/"), nil
	}
	f := &finder{account: a, client: fshttp.NewClient(configured(ctx))}
	f.client.CheckRedirect = sameHost
	found, err := f.find(ctx, u)
	if err != nil {
		s := &Sink{secrets: a.hiding()}
		return "", s.failure("find", u.Host, err)
	}
	return found, nil
}

// find asks at the address itself and for a Nextcloud before it; first what is
// more likely.
func (f *finder) find(ctx context.Context, u *url.URL) (string, error) {
	base, rest := *u, ""
	base.Path = strings.TrimSuffix(nextcloudPage.ReplaceAllString(u.Path, ""), "/")
	if within := legacy.FindStringSubmatch(u.Path); within != nil {
		rest = strings.TrimSuffix(within[1], "/")
	}
	itself := func() (string, error) {
		_, err := f.ask(ctx, u)
		return strings.TrimSuffix(u.String(), "/"), err
	}
	nextcloud := func() (string, error) {
		id, err := f.nextcloud(ctx, base)
		files := base
		files.Path += "/remote.php/dav/files/" + id + rest
		return files.String(), err
	}
	asks := []func() (string, error){itself, nextcloud}
	if base.Path == "" || base.Path != strings.TrimSuffix(u.Path, "/") {
		slices.Reverse(asks)
	}
	var refused error
	for _, ask := range asks {
		found, err := ask()
		if err == nil {
			return found, nil
		}
		switch statusOf(err) {
		case 0:
			return "", err // nobody answers
		case http.StatusUnauthorized, http.StatusTooManyRequests:
			return "", err // and the password is not tried again
		}
		refused = cmp.Or(refused, err)
	}
	return "", fmt.Errorf("%w: %w", sinks.ErrNoFolder, refused)
}

// A finder asks a server what is at its addresses.
type finder struct {
	account WebDAV
	client  *http.Client
}

// sameHost is for redirects: the account is for one server alone.
func sameHost(r *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > 3 || r.URL.Host != first.URL.Host || r.URL.Scheme != first.URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// nextcloud is the id of the account on the Nextcloud at base: it may log in
// with another name, such as a mail address.
func (f *finder) nextcloud(ctx context.Context, base url.URL) (string, error) {
	base.Path += "/remote.php/dav/"
	principal, err := f.ask(ctx, &base)
	if err != nil {
		return "", err
	}
	_, id, ok := strings.Cut(principal, "/principals/users/")
	id, err = url.PathUnescape(strings.Trim(id, "/"))
	if !ok || err != nil || id == "" || strings.Contains(id, "/") || sinks.CheckKey(id) != nil {
		return "", &webdav.Error{StatusCode: http.StatusNotFound, Status: "names no account"}
	}
	return id, nil
}

// answered is as much of an answer as is read.
const answered = 1 << 20

// ask asks for what RFC 5397 calls the current principal, and gives its path,
// "" if the folder at u does not know of any.
func (f *finder) ask(ctx context.Context, u *url.URL) (principal string, err error) {
	at := *u
	at.Path = strings.TrimSuffix(at.Path, "/") + "/"
	body := `<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:current-user-principal/><d:resourcetype/></d:prop></d:propfind>`
	r, err := http.NewRequestWithContext(ctx, "PROPFIND", at.String(), strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Depth", "0")
	r.Header.Set("Content-Type", "application/xml")
	if f.account != (WebDAV{}) {
		r.SetBasicAuth(f.account.User, f.account.Password)
	}
	answer, err := f.client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusMultiStatus {
		return "", &webdav.Error{StatusCode: answer.StatusCode, Status: answer.Status}
	}
	var said struct {
		Hrefs []string `xml:"DAV: response>propstat>prop>current-user-principal>href"`
	}
	if err := xml.NewDecoder(io.LimitReader(answer.Body, answered)).Decode(&said); err != nil {
		return "", &webdav.Error{StatusCode: http.StatusUnprocessableEntity, Status: "answers in no XML"}
	}
	if len(said.Hrefs) == 0 {
		return "", nil
	}
	return said.Hrefs[0], nil
}
