package etherpad_test

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// A replaced server stands where another one was.
type replaced struct{ *etherpadtest.Server }

func (r *replaced) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.Server.ServeHTTP(w, req) }

func TestCredentialsThatChangeMeanwhileAreToldAsSuch(t *testing.T) {
	for name, c := range map[string]struct {
		before, after etherpadtest.Options
		access        etherpad.Access
	}{
		"API key":           {etherpadtest.Options{APIKey: "hunter2"}, etherpadtest.Options{APIKey: "new"}, etherpad.Access{APIKey: "hunter2"}},
		"account's secret":  {etherpadtest.Options{ClientID: "padsync", ClientSecret: "hunter2"}, etherpadtest.Options{ClientID: "padsync", ClientSecret: "new"}, etherpad.Access{ClientID: "padsync", ClientSecret: "hunter2"}},
		"account itself":    {etherpadtest.Options{ClientID: "padsync", ClientSecret: "hunter2"}, etherpadtest.Options{ClientID: "other", ClientSecret: "hunter2"}, etherpad.Access{ClientID: "padsync", ClientSecret: "hunter2"}},
		"server's password": {etherpadtest.Options{User: "marie", Password: "hunter2"}, etherpadtest.Options{User: "marie", Password: "new"}, etherpad.Access{User: "marie", Password: "hunter2"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := &replaced{etherpadtest.New(c.before)}
				now.Create("pad", "text\n")
				s := open(t, now, base, etherpad.Options{Access: c.access})
				v := fetch(t, s, "pad", "")
				now.Server = etherpadtest.New(c.after)
				now.Create("pad", "other\n")
				for range 3 {
					_, err := s.Fetch(t.Context(), "pad", v.Validator)
					if !errors.Is(err, etherpad.ErrCredentials) || errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "hunter2") {
						t.Error(err)
					}
				}
				if n := now.Requests(); n > 9 {
					t.Errorf("%d requests with credentials that do no more", n)
				}
			})
		})
	}
}

// TestServerThatIsUpdatedKeepsItsPads: a server that is 1.8 in one run and 3.x
// in the next, or back again, has the same pads, and tells more of them.
func TestServerThatIsUpdatedKeepsItsPads(t *testing.T) {
	for name, access := range map[string]etherpad.Access{"visitor": {}, "operator": operator} {
		inOperatorBubble(t, etherpadtest.Options{}, access, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
			p := server.Create("pad", "text é\n")
			p.Append(ann, "more\n")
			p.Say(bob, "hello")
			p.Save(ann, 1, "star", "0123456789abcdef0123")
			before := fetch(t, s, "pad", "")
			for _, next := range []etherpadtest.Dialect{etherpadtest.V3, etherpadtest.V1} {
				server.Update(next)
				after := fetch(t, s, "pad", before.Validator)
				if after.Unchanged {
					continue
				}
				b, a := before.Facts, after.Facts
				if a.First != b.First || *a.Revision != *b.Revision || a.Length != b.Length || a.Blank != b.Blank || after.Suspect != "" {
					t.Errorf("%s: %+v became %+v, suspect %q", name, b, a, after.Suspect)
				}
				if again := fetch(t, s, "pad", after.Validator); !again.Unchanged {
					t.Errorf("%s: it changes again", name)
				}
				before = after
			}
		})
	}
}
