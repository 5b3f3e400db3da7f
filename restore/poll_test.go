package restore_test

import (
	"crypto/sha256"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/padsync/padsync/documents/poll"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sources"
)

// A look is a version of a poll: its poll.json, and the parts that it saw.
type look struct {
	json, parts string
	suspect     string
}

const (
	wholeJSON  = `{"title":"AG","kind":"classic","choices":[{"label":"a","markdown":"**a**"}],"votes":[{"name":"Zoé","answers":["yes"]}],"settings":{"mail":"zoe@example.org"},"expires":"2027-07-10"}`
	littleJSON = `{"title":"AG 2","kind":"classic","choices":[{"label":"a"}],"unseen":["choices-markdown","votes","mail","expires"]}`
	wholeParts = "title choices choices-markdown votes mail expires"
)

// looked saves versions of one poll, an hour apart.
func looked(t *testing.T, looks ...look) restore.Plan {
	t.Helper()
	return lookedInto(t, memory.New(time.Now), looks...)
}

func lookedInto(t *testing.T, store *memory.Sink, looks ...look) restore.Plan {
	t.Helper()
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	r, err := repository.OpenOrCreate(t.Context(), store, repository.Options{Pool: spool.New(t.TempDir(), 0), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range looks {
		now = now.Add(time.Hour)
		c, err := r.Read(t.Context(), repository.At{})
		if err != nil {
			t.Fatal(err)
		}
		run, err := r.Begin(t.Context(), c, repository.RunOptions{Sources: []manifest.Source{{Kind: "framadate", URL: "https://polls.example"}}})
		if err != nil {
			t.Fatal(err)
		}
		fields := map[string]string{}
		for part := range strings.FieldsSeq(l.parts) {
			fields[part] = "0123456789abcdef"
		}
		v := &sources.Version{ID: "p", Facts: sources.Facts{Fields: fields}}
		for name, text := range map[string]string{"poll.json": l.json, "page.html": pageOf(l)} {
			v.Files = append(v.Files, sources.File{
				Name: name, Format: strings.TrimPrefix(filepath.Ext(name), "."), Size: int64(len(text)), SHA256: sha256.Sum256([]byte(text)), Content: strings.NewReader(text),
			})
		}
		if err := run.Save(manifest.Document{ID: "p", State: manifest.Current}, v, l.suspect, nil); err != nil {
			t.Fatal(err)
		}
		if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
		run.Discard()
		c.Close()
	}
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return restore.Plan{Repository: r, Query: library.Query{Contents: c, Kinds: known()}, Target: filepath.Join(t.TempDir(), "out")}
}

func pageOf(l look) string {
	return `<p>` + l.parts + `</p><a href="https://polls.example/AbCdEf1234567890Admin123/admin/action/delete_column/x">x</a>`
}

func restored(t *testing.T, p restore.Plan) (*poll.Poll, restore.Event, map[string]string) {
	t.Helper()
	_, events := run(t, p)
	all := files(t, p.Target)
	got, err := poll.Decode(strings.NewReader(all["polls.example/p/poll.json"]))
	if err != nil || events[0].Err != nil {
		t.Fatal(err, events[0].Err)
	}
	return got, events[0], all
}

func TestWhatTheLastLookDidNotSeeIsOfTheNewestThatSawIt(t *testing.T) {
	older := strings.NewReplacer("Zoé", "Old", "zoe@", "old@").Replace(wholeJSON)
	for name, c := range map[string]struct {
		looks      []look
		name, mail string
		markdown   string
	}{
		"the one before":              {[]look{{wholeJSON, wholeParts, ""}, {littleJSON, "title choices", ""}}, "Zoé", "zoe@example.org", "**a**"},
		"an older one for some":       {[]look{{older, wholeParts, ""}, {wholeJSON, "title choices choices-markdown votes", ""}, {littleJSON, "title choices", ""}}, "Zoé", "old@example.org", "**a**"},
		"many looks later":            {[]look{{wholeJSON, wholeParts, ""}, {littleJSON, "title choices", ""}, {littleJSON + " ", "title choices", ""}, {littleJSON + "  ", "title choices", ""}}, "Zoé", "zoe@example.org", "**a**"},
		"none that is suspect":        {[]look{{wholeJSON, wholeParts, ""}, {older, wholeParts, "votes-lost"}, {littleJSON, "title choices", ""}}, "Zoé", "zoe@example.org", "**a**"},
		"none that is newer":          {[]look{{littleJSON, "title choices", ""}, {wholeJSON, wholeParts, "votes-lost"}}, "", "", ""},
		"no file that is not a poll":  {[]look{{wholeJSON, wholeParts, ""}, {"spoilt", wholeParts, ""}, {littleJSON, "title choices", ""}}, "Zoé", "zoe@example.org", "**a**"},
		"nothing, of what was whole":  {[]look{{older, wholeParts, ""}, {wholeJSON, wholeParts, ""}}, "Zoé", "zoe@example.org", "**a**"},
		"of a suspect one, if wanted": {[]look{{wholeJSON, wholeParts, ""}, {littleJSON, "title choices", "choices-lost"}}, "Zoé", "zoe@example.org", "**a**"},
	} {
		t.Run(name, func(t *testing.T) {
			p := looked(t, c.looks...)
			p.Newest = name == "of a suspect one, if wanted"
			got, e, _ := restored(t, p)
			voter := ""
			if len(got.Votes) > 0 {
				voter = got.Votes[0].Name
			}
			if voter != c.name || got.Settings.Mail != c.mail || got.Choices[0].Markdown != c.markdown {
				t.Errorf("%+v", got)
			}
			if (len(e.Taken) == 0) != (len(got.Earlier) == 0) {
				t.Errorf("taken %v, of a poll with %v", e.Taken, got.Earlier)
			}
		})
	}
}

// TestOlderVersionStandsInForOneThatCannotBeRead, but not for what a newer one
// could tell.
func TestOlderVersionStandsInForOneThatCannotBeRead(t *testing.T) {
	oldest := strings.NewReplacer("Zoé", "Oldest", "zoe@", "oldest@").Replace(wholeJSON)
	older := strings.NewReplacer("Zoé", "Old", "zoe@", "old@").Replace(wholeJSON)
	for name, c := range map[string]struct {
		damaged    []int // places of versions
		name, mail string
	}{
		"none":       {nil, "Zoé", "zoe@example.org"},
		"the newest": {[]int{2}, "Old", "old@example.org"},
		"two":        {[]int{1, 2}, "Oldest", "oldest@example.org"},
		"all":        {[]int{0, 1, 2}, "", ""},
		"the oldest": {[]int{0}, "Zoé", "zoe@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			store := memory.New(time.Now)
			p := lookedInto(t, store, look{oldest, wholeParts, ""}, look{older, wholeParts, ""}, look{wholeJSON, wholeParts, ""}, look{littleJSON, "title choices", ""})
			for record, err := range p.Contents.Documents() {
				if err != nil {
					t.Fatal(err)
				}
				for _, at := range c.damaged {
					in := record.Versions[at].Files[0].In
					err := errors.Join(store.Delete(t.Context(), in.Key), store.Put(t.Context(), in.Key, strings.NewReader(strings.Repeat("x", int(in.Size))), in.Size))
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			got, _, _ := restored(t, p)
			voter := ""
			if len(got.Votes) > 0 {
				voter = got.Votes[0].Name
			}
			if voter != c.name || got.Settings.Mail != c.mail {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestNewerVersionFillsNoOlderOne: it was not known then.
func TestNewerVersionFillsNoOlderOne(t *testing.T) {
	p := looked(t, look{littleJSON, "title choices", ""}, look{wholeJSON, wholeParts, ""})
	for record, err := range p.Contents.Documents() {
		if err != nil {
			t.Fatal(err)
		}
		p.Point.Time = record.Versions[0].Saved
	}
	if got, _, _ := restored(t, p); got.Title != "AG 2" || got.Votes != nil || len(got.Earlier) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestRawFilesAreAsTheyWereSaved(t *testing.T) {
	last := look{littleJSON, "title choices", ""}
	p := looked(t, look{wholeJSON, wholeParts, ""}, last)
	p.Raw = true
	_, e, all := restored(t, p)
	if all["polls.example/p/poll.json"] != littleJSON || all["polls.example/p/page.html"] != pageOf(last) || len(e.Taken) > 0 {
		t.Errorf("%q, taken %v", all, e.Taken)
	}
}

// TestPagesThatAreRestoredDoNothing, and say what they say.
func TestPagesThatAreRestoredDoNothing(t *testing.T) {
	p := looked(t, look{wholeJSON, wholeParts, ""})
	_, _, all := restored(t, p)
	got := all["polls.example/p/page.html"]
	if strings.Contains(got, "href") || strings.Contains(got, "Admin123") || !strings.Contains(got, "<p>"+wholeParts+"</p>") {
		t.Errorf("%s", got)
	}
	if all["polls.example/p/poll.json"] != wholeJSON {
		t.Error("a poll that is whole is not as it was saved")
	}
}

// TestSavedPageStandsInForAPollThatCannotBeRead: its own file is given as it was
// saved.
func TestSavedPageStandsInForAPollThatCannotBeRead(t *testing.T) {
	p := looked(t, look{wholeJSON, wholeParts, ""}, look{"spoilt", "title choices", ""})
	p.Formats = []string{"html", "json"}
	if _, events := run(t, p); events[0].Err != nil {
		t.Error(events[0].Err)
	}
	if got := files(t, p.Target); !strings.Contains(got["polls.example/p/poll.html"], "<p>title choices</p>") || got["polls.example/p/poll.json"] != "spoilt" {
		t.Errorf("%q", got)
	}
}

// TestNewestVersionIsNotReadForAMomentBeforeIt: a poll holds no past, so it may be
// damaged.
func TestNewestVersionIsNotReadForAMomentBeforeIt(t *testing.T) {
	store := memory.New(time.Now)
	p := lookedInto(t, store, look{wholeJSON, wholeParts, ""}, look{littleJSON, "title choices", ""})
	for record, err := range p.Contents.Documents() {
		if err = errors.Join(err, store.Delete(t.Context(), record.Newest().Files[0].In.Key)); err != nil {
			t.Fatal(err)
		}
	}
	p.Point.Time = time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC)
	if got, _, _ := restored(t, p); got.Title != "AG" {
		t.Errorf("%+v", got)
	}
}
