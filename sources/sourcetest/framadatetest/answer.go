package framadatetest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/padsync/padsync/sources/sourcetest"
)

// An answer is one in the making.
type answer struct {
	*Server
	status  int
	header  http.Header
	body    bytes.Buffer
	session string
	fields  []sourcetest.Field // of the form that was sent
	french  bool
}

// startSession gives the visitor a session, as PHP does for each request that
// has none.
func (a *answer) startSession(r *http.Request) {
	if c, err := r.Cookie("PHPSESSID"); err == nil && c.Value != "" {
		a.session = c.Value
		return
	}
	a.sessions++
	a.session = fmt.Sprintf("session%d", a.sessions)
	a.header.Add("Set-Cookie", "PHPSESSID="+a.session+"; path=/")
}

func (a *answer) public(id string, r *http.Request) {
	p := a.find(byID, id)
	if p == nil {
		a.noPoll()
		return
	}
	if r.Method == http.MethodPost && p.Password != "" && r.PostFormValue("password") == p.Password {
		a.unlocked[a.session+" "+p.ID] = true
	}
	a.page(p, false)
}

func (a *answer) admin(id, action string) {
	p := a.find(byAdmin, id)
	if p == nil {
		a.noPoll()
		return
	}
	verb, argument, _ := strings.Cut(action, "/")
	if decoded, err := base64.RawURLEncoding.DecodeString(argument); err == nil {
		a.delete(p, verb, string(decoded))
	}
	if a.change(p); a.status == http.StatusOK {
		a.page(p, true)
	}
}

// delete is what Framadate does on GET, without a question.
func (a *answer) delete(p *Poll, verb, what string) {
	switch verb {
	case "delete_vote":
		if n, err := strconv.Atoi(what); err == nil && n > 0 && n <= len(p.Votes) {
			p.Votes = slices.Delete(p.Votes, n-1, n)
		}
	case "delete_column":
		for i, c := range p.Choices {
			if a.raw(p, c) == what {
				p.Choices = slices.Delete(p.Choices, i, i+1)
				return
			}
		}
	}
}

// mayRead: without the password, or with public results, or for the admin.
func (a *answer) mayRead(p *Poll) bool {
	return p.Password == "" || on(p.Settings.PublicResults) || a.unlocked[a.session+" "+p.ID]
}

func (a *answer) table(id, adminID string) {
	p, open := a.find(byAdmin, adminID), true
	if adminID == "" {
		if p = a.find(byID, id); p != nil {
			open = !on(p.Settings.Hidden) && a.mayRead(p)
		}
	}
	switch {
	case p == nil:
		a.noPoll()
	case !open || p.Fault == NoTable:
		a.refusal("Interdit !", "Forbidden!")
	default:
		body := a.csv(p)
		h := a.header
		h.Set("Content-Type", "text/csv; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="`+headerSafe(p.Title)+`.csv"`)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Set("Cache-Control", "max-age=10")
		a.body.WriteString(body)
	}
}

// headerSafe leaves quotes as they are, as Framadate does.
func headerSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

func (a *answer) noPoll() { a.refusal("Ce sondage n'existe pas !", "This poll doesn't exist !") }

func (a *answer) words(french, english string) string {
	if a.french {
		return french
	}
	return english
}

func on(b *bool) bool { return b != nil && *b }
