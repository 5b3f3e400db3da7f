package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/padsync/padsync/internal/durable"
)

// Living is what a program that serves the page leaves for a second one that is
// started on the same data: where it is, and a secret that each proves to know
// to the other without sending it, as the port may be another program's by then.
type Living struct {
	Port   int    `json:"port"`
	Secret string `json:"secret"`
}

// ErrNotLiving is of a folder in which no program serves the page.
var ErrNotLiving = errors.New("no program serves the page")

// again is where a second program asks the first for a link.
const again = "/again"

const (
	nonceHeader = "Padsync-Nonce"
	proofHeader = "Padsync-Proof"
)

const livingName = "serve.json"

func livingFile(folder string) string { return filepath.Join(folder, livingName) }

// Live says in a state folder that the page is at the port, to processes of this
// user alone; it is called before the page is served. Gone takes it back.
func (g *Guard) Live(folder string) (gone func(), err error) {
	l := Living{Port: g.options.Port, Secret: rand.Text()}
	text, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	if err := keep(folder, text); err != nil {
		return nil, fmt.Errorf("say where the page is: %w", err)
	}
	g.living = l
	gone = func() {
		if now, err := readLiving(folder); err == nil && now == l {
			_ = os.Remove(livingFile(folder))
		}
	}
	return gone, nil
}

// keep writes what only this user may read.
func keep(folder string, text []byte) error {
	root, err := durable.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	return durable.Replace(root, livingName, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

func readLiving(folder string) (l Living, err error) {
	f, err := os.Open(livingFile(folder))
	if err != nil {
		return l, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return l, err
	}
	return l, json.Unmarshal(text, &l)
}

// Again asks the program that serves the page of a state folder for a link: its
// whole address. The error is ErrNotLiving, or that of ctx.
func Again(ctx context.Context, folder string) (string, error) {
	l, err := readLiving(folder)
	if err != nil || l.Port <= 0 || l.Port > 65535 || l.Secret == "" {
		return "", ErrNotLiving
	}
	base := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Port))
	nonce := rand.Text()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+again, nil)
	if err != nil {
		return "", err
	}
	request.Header.Set(nonceHeader, nonce)
	request.Header.Set(proofHeader, l.proof("second", nonce))
	client := &http.Client{
		Timeout:       5 * time.Second,
		Transport:     &http.Transport{Proxy: nil, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", ErrNotLiving
	}
	defer answer.Body.Close()
	path, err := io.ReadAll(io.LimitReader(answer.Body, 4096))
	if err != nil || answer.StatusCode != http.StatusOK ||
		!hmac.Equal([]byte(answer.Header.Get(proofHeader)), []byte(l.proof("first", nonce+string(path)))) {
		return "", ErrNotLiving
	}
	return base + string(path), nil
}

// proof shows that a side knows the secret; the port is in it, so that a program
// on another port cannot pass it on.
func (l Living) proof(side, what string) string {
	mac := hmac.New(sha256.New, []byte(l.Secret))
	fmt.Fprintf(mac, "%s %d %s", side, l.Port, what)
	return hex.EncodeToString(mac.Sum(nil))
}

// askedAgain answers a second program.
func (g *Guard) askedAgain(w http.ResponseWriter, r *http.Request) {
	nonce := r.Header.Get(nonceHeader)
	if g.living.Secret == "" || len(nonce) < 20 || len(nonce) > 100 ||
		!hmac.Equal([]byte(r.Header.Get(proofHeader)), []byte(g.living.proof("second", nonce))) {
		g.refuse(w, r, Foreign, "")
		return
	}
	path := g.Link().Path
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set(proofHeader, g.living.proof("first", nonce+path))
	_, _ = io.WriteString(w, path)
}
