package etherpad_test

import (
	"errors"
	"io"
	"io/fs"
	"testing"

	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/etherpad"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// TestPadThatLooksReadOnlyIsSavedByTheAPI, as no export leads to it; while it
// does not change, nothing is fetched.
func TestPadThatLooksReadOnlyIsSavedByTheAPI(t *testing.T) {
	inBubble(t, etherpadtest.Options{APIKey: "key"}, etherpad.Options{Access: etherpad.Access{APIKey: "key"}}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
		const id = "r.deadbeef"
		p := server.Create(id, "text é & <b>")
		exports := server.Requests() - server.Calls()
		v := fetch(t, s, id, "")
		if v.ID != id || v.Suspect != sources.RescueCopy || len(v.Files) != 2 || v.Facts.Length != 13 {
			t.Fatalf("%+v", v)
		}
		text, err := io.ReadAll(io.NewSectionReader(v.Files[0].Content, 0, v.Files[0].Size))
		if err != nil || string(text) != "text é & <b>\n" || v.Files[0].Name != id+".txt" || v.Files[1].Name != id+".html" {
			t.Errorf("%q, %v; %+v", text, err, v.Files)
		}
		calls := server.Calls()
		if again := fetch(t, s, id, v.Validator); !again.Unchanged || again.Validator != v.Validator || server.Calls()-calls != 5 {
			t.Errorf("%+v after %d calls", again, server.Calls()-calls)
		}
		if same, err := s.Unchanged(t.Context(), id, v.Validator); err != nil || !same {
			t.Errorf("%v, %v", same, err)
		}
		p.Append(ann, "more\n")
		if same, err := s.Unchanged(t.Context(), id, v.Validator); err != nil || same {
			t.Errorf("%v, %v", same, err)
		}
		if now := fetch(t, s, id, v.Validator); now.Unchanged || now.Facts.Length <= v.Facts.Length {
			t.Errorf("%+v", now)
		}
		if n := server.Requests() - server.Calls() - exports; n > 0 {
			t.Errorf("%d exports", n)
		}
	})
}

// TestReadOnlyIDThatLeadsNowhereIsAskedForOnce: of a pad that Etherpad itself
// does not show, no form is to be had.
func TestReadOnlyIDThatLeadsNowhereIsAskedForOnce(t *testing.T) {
	for _, access := range []etherpad.Access{{}, {APIKey: "key"}} {
		inBubble(t, etherpadtest.Options{APIKey: "key"}, etherpad.Options{Access: access}, func(t *testing.T, server *etherpadtest.Server, s *etherpad.Source) {
			before := server.Requests() - server.Calls()
			_, err := s.Fetch(t.Context(), "r.deadbeef", "")
			if !errors.Is(err, etherpad.ErrReadOnly) || !errors.Is(err, fs.ErrPermission) {
				t.Error(err)
			}
			if n := server.Requests() - server.Calls() - before; n != 1 {
				t.Errorf("%d exports", n)
			}
		})
	}
}
