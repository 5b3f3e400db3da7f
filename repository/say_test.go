package repository_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
)

// say says something of one document, and gives the place of what was written.
func (w *world) say(id string, said manifest.Said) int64 {
	w.t.Helper()
	return w.sayAll(repository.Saying{Source: pads, ID: id, Said: said})
}

func (w *world) sayAll(sayings ...repository.Saying) int64 {
	w.t.Helper()
	w.now = w.now.Add(w.pause + 1e9)
	sequence, err := w.open().Say(w.t.Context(), repository.RunOptions{Program: "test", Host: "host", ChangeRecipients: w.change}, sayings)
	if err != nil {
		w.t.Fatal(err)
	}
	return sequence
}

// any is what is known of a document, or only said of it.
func (w *world) any(id string, at repository.At) *manifest.Record {
	w.t.Helper()
	for r, err := range w.read(at).All() {
		if err != nil {
			w.t.Fatal(err)
		}
		if r.ID == id {
			return r
		}
	}
	return nil
}

func named(name string) manifest.Said { return manifest.Said{Name: &name} }

func choice(machine string, choice manifest.Choice) manifest.Said {
	return manifest.Said{Choices: []manifest.MachineChoice{{Machine: machine, Choice: choice}}}
}

// afterwards runs a test on what is stored, and again where a checkpoint stands
// in place of all manifests.
func (w *world) afterwards(test func(*world)) {
	w.t.Helper()
	test(w)
	w.checkpoint()
	for _, key := range w.keys("manifests/") {
		editObject(w.t, w.sink, key, nil)
	}
	test(w)
}

func TestWhatIsSaidIsKnownAndALookIsNot(t *testing.T) {
	bothKinds(t, func(t *testing.T, w *world) {
		w.mustRun(map[string]string{"a": "text"})
		before := w.any("a", repository.At{})
		sequence := w.sayAll(
			repository.Saying{Source: pads, ID: "a", Said: manifest.Said{Name: new("Bureau"), Tags: []string{"été"}}},
			repository.Saying{Source: pads, ID: "a", Said: manifest.Said{Name: new("Le bureau"), Description: new("où ?")}},
			repository.Saying{Source: pads, ID: "never saved", Said: choice("laptop", manifest.Automatic)},
		)
		if sequence == 0 {
			t.Fatal("nothing was written")
		}
		keys := w.keys("manifests/")
		h := w.told(keys[len(keys)-1])
		if !h.Complete || len(h.Packs) > 0 || len(h.Resumes) > 0 || h.Sequence != sequence {
			t.Errorf("it is told in %+v", h)
		}
		w.afterwards(func(w *world) {
			a, b := w.any("a", repository.At{}), w.any("never saved", repository.At{})
			if a.Said.Name != "Le bureau" || !slices.Equal(a.Said.Tags, []string{"été"}) || b.Said.Choice("laptop") != manifest.Automatic || b.State != "" {
				t.Errorf("of one is said %+v, of the other, %q, %+v", a.Said, b.State, b.Said)
			}
			if a.State != before.State || a.Told != before.Told || !a.Checked.Equal(before.Checked) {
				t.Errorf("the look was %s of %s, and is %s of %s", before.State, before.Told, a.State, a.Told)
			}
			if text, err := w.asOwner().open().Description(&a.Said); err != nil || text != "où ?" {
				t.Errorf("the description is %q, %v", text, err)
			}
			ids := []string{}
			for r, err := range w.read(repository.At{}).Documents() {
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, r.ID)
			}
			if !slices.Equal(ids, []string{"a"}) {
				t.Errorf("documents are %q", ids)
			}
		})
		if then := w.any("a", repository.At{Manifest: before.Told}); then != nil && then.Said.Name != "" {
			t.Errorf("before it was said, the name was %q", then.Said.Name)
		}
	})
}

func TestWhatWasSaidIsSeenAsItWasThen(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "text"})
	w.say("a", named("one"))
	then := w.any("a", repository.At{}).Said.Told[manifest.SaidName]
	w.say("a", named("two"))
	w.checkpoint()
	if got := w.any("a", repository.At{Manifest: then}).Said.Name; got != "one" {
		t.Errorf("then the name was %q", got)
	}
	if got := w.any("a", repository.At{}).Said.Name; got != "two" {
		t.Errorf("now the name is %q", got)
	}
}

func TestWhatWasSaidBeforeIsNotWrittenAgain(t *testing.T) {
	w := newWorld(t, true).asOwner()
	all := manifest.Said{
		Name: new("Bureau"), Tags: []string{"a", "b"}, Description: new("où ?"), Removed: new(true),
		Choices: []manifest.MachineChoice{{Machine: "m", Choice: manifest.Ignored}},
	}
	if w.say("a", all) == 0 {
		t.Fatal("nothing was written")
	}
	lists := w.keys("manifests/")
	if w.say("a", all) != 0 || w.say("b", named("")) != 0 || w.say("b", manifest.Said{Removed: new(false), Tags: []string{}}) != 0 || len(w.keys("manifests/")) != len(lists) {
		t.Error("what was said before was written again")
	}
	w.say("a", named(""))
	w.say("a", manifest.Said{Tags: []string{}, Description: new(""), Removed: new(false)})
	w.say("a", choice("m", ""))
	w.afterwards(func(w *world) {
		if r := w.any("a", repository.At{}); r.Said.Name != "" || len(r.Said.Tags)+len(r.Said.Choices) > 0 || r.Said.Description != "" || r.State != "" {
			t.Errorf("all was taken back, and it is %+v", r)
		}
	})
}

// TestLateSayingDoesNotBringBackWhatWasTakenBack, though a checkpoint includes
// all that said so.
func TestLateSayingDoesNotBringBackWhatWasTakenBack(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "text"})
	slow := w.begin(nil)
	w.say("a", named("new"))
	w.say("a", named(""))
	w.say("a", choice("m", manifest.Manual))
	w.say("a", choice("m", ""))
	w.checkpoint()
	slow.Tell(manifest.Document{ID: "a", Said: &manifest.Said{Name: new("old"), Choices: choice("m", manifest.Ignored).Choices}})
	if err := slow.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	if r := w.any("a", repository.At{}); r.Said.Name != "" || len(r.Said.Choices) > 0 {
		t.Errorf("%+v is said", r.Said)
	}
}

func TestChoicesStandBesideEachOther(t *testing.T) {
	w := newWorld(t, false)
	w.say("a", choice("laptop", manifest.Automatic))
	w.say("a", choice("desktop", manifest.Ignored))
	w.say("a", choice("laptop", manifest.Manual))
	w.afterwards(func(w *world) {
		s := w.any("a", repository.At{}).Said
		if s.Choice("laptop") != manifest.Manual || s.Choice("desktop") != manifest.Ignored || s.Choice("") != "" {
			t.Errorf("choices are %+v", s.Choices)
		}
	})
}

func TestRemovedDocumentIsNoneUntilALookFindsIt(t *testing.T) {
	w := newWorld(t, false)
	look := func(state manifest.State) {
		run := w.begin(nil)
		run.Tell(manifest.Document{ID: "a", State: state})
		if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
			t.Fatal(err)
		}
	}
	listed := func() (ids []string) {
		for r, err := range w.read(repository.At{}).Documents() {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, r.ID)
		}
		return ids
	}
	look(manifest.Failed)
	w.say("a", manifest.Said{Removed: new(true), Name: new("Bureau")})
	w.afterwards(func(w *world) {
		if r := w.any("a", repository.At{}); r.State != manifest.Removed || len(listed()) != 0 {
			t.Errorf("it is %s, and documents are %q", r.State, listed())
		}
	})
	if report, err := w.open().Check(t.Context(), false, nil); err != nil || report.Documents != 0 || len(report.Problems) > 0 {
		t.Errorf("the check finds %+v, %v", report, err)
	}
	look(manifest.Failed)
	w.afterwards(func(w *world) {
		if r := w.any("a", repository.At{}); r.State != manifest.Failed || len(listed()) != 1 || r.Said.Name != "Bureau" {
			t.Errorf("it is %s, and documents are %q", r.State, listed())
		}
	})
	w.say("a", manifest.Said{Removed: new(true)})
	w.mustRun(map[string]string{"a": "text"})
	w.say("a", manifest.Said{Removed: new(true)})
	w.afterwards(func(w *world) {
		if r := w.any("a", repository.At{}); r.State != manifest.Current || len(r.Versions) != 1 {
			t.Errorf("it is %s with %d versions", r.State, len(r.Versions))
		}
	})
}

// TestDescriptionIsSealedToTheOwnerAlone: neither the runner nor what the
// runner can open shows it.
func TestDescriptionIsSealedToTheOwnerAlone(t *testing.T) {
	const secret = "the treasurer may not know"
	w := newWorld(t, true)
	w.say("a", manifest.Said{Description: new(secret), Name: new("Bureau")})
	w.afterwards(func(w *world) {
		for _, key := range slices.Concat(w.keys("manifests/"), w.keys("parts/")) {
			if b := decompress(t, openAll(t, w.object(key), w.options.Identities)); bytes.Contains(b, []byte(secret)) || !bytes.Contains(b, []byte("Bureau")) && strings.HasPrefix(key, "parts/") {
				t.Errorf("%s: %s", key, b)
			}
		}
		said := w.any("a", repository.At{}).Said
		if text, err := w.open().Description(&said); !errors.Is(err, repository.ErrNoIdentity) {
			t.Errorf("the runner reads %q, %v", text, err)
		}
		if text, err := w.asOwner().open().Description(&said); err != nil || text != secret {
			t.Errorf("the owner reads %q, %v", text, err)
		}
		// As docs/format.md says.
		sealed, err := base64.StdEncoding.DecodeString(said.Description)
		if err != nil {
			t.Fatal(err)
		}
		if got := openAll(t, sealed, w.owner); string(got) != secret {
			t.Errorf("age reads %q", got)
		}
	})
}

func openAll(t *testing.T, sealed []byte, identities []age.Identity) []byte {
	t.Helper()
	r, err := age.Decrypt(bytes.NewReader(sealed), identities...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestDamagedDescriptionIsAnErrorOfItsOwn and a hostile one is cut and mended.
func TestDamagedDescriptionIsAnErrorOfItsOwn(t *testing.T) {
	w := newWorld(t, true).asOwner()
	r := w.open()
	w.say("a", manifest.Said{Description: new("x")})
	sealed := w.any("a", repository.At{}).Said.Description
	for name, text := range map[string]string{
		"plain text": "où ?", "cut": sealed[:len(sealed)-8], "another letter": sealed[:len(sealed)-8] + "AAAA" + sealed[len(sealed)-4:], "not an age file": "AAAA",
	} {
		if got, err := r.Description(&manifest.SaidRecord{Description: text}); !errors.Is(err, repository.ErrDescription) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	var b bytes.Buffer
	a, err := age.Encrypt(&b, recipients(t, w.owner[0])[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(a, "\x1b[31m\xff"+strings.Repeat("é", 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := r.Description(&manifest.SaidRecord{Description: base64.StdEncoding.EncodeToString(b.Bytes())})
	if err != nil || text != " [31m"+strings.Repeat("é", 3995) {
		t.Errorf("%.20q of %d bytes, %v", text, len(text), err)
	}
}

func TestWhatBreaksABoundIsNotSaid(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(nil)
	for _, s := range []repository.Saying{
		{Source: pads, ID: "a", Said: named("a\x1b")},
		{Source: pads, ID: "", Said: named("a")},
		{Source: pads, ID: "a", Said: choice("", manifest.Manual)},
	} {
		if _, err := w.open().Say(t.Context(), repository.RunOptions{}, []repository.Saying{s}); !errors.Is(err, manifest.ErrSaid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if n := len(w.keys("manifests/")); n != 1 {
		t.Errorf("there are %d manifests", n)
	}
}

func TestSayingLeavesAnInterruptedRunToBeResumed(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "more"})
	w.suspected(false)
	w.say("a", named("Bureau"))
	if c := w.read(repository.At{}); !w.skipped(c)(w.record(repository.At{})) {
		t.Error("the run that was cut off is not resumed")
	}
}

// TestWhatIsSaidInPassesIsTheSame, however many manifests say something.
func TestWhatIsSaidInPassesIsTheSame(t *testing.T) {
	w := newWorld(t, false)
	w.mustRun(map[string]string{"a": "text"})
	for i := range 80 {
		said := choice(fmt.Sprintf("machine-%02d", i%7), manifest.Choice([]manifest.Choice{"", manifest.Manual, manifest.Ignored}[i%3]))
		if i%2 == 0 {
			said.Name, said.Tags = new(fmt.Sprint("name ", i)), []string{fmt.Sprint("tag", i), "b\nad"}
		}
		if i == 10 {
			said.Removed = new(true)
		}
		w.forge("manifests/", w.header(int64(i+2)), manifest.Document{ID: "a", Said: &said}, manifest.Document{ID: "b", Said: &manifest.Said{Removed: new(true)}})
	}
	a, b := w.any("a", repository.At{}), w.any("b", repository.At{})
	if a.Said.Name != "name 78" || !slices.Equal(a.Said.Tags, []string{"tag78", "bad"}) || b.State != manifest.Removed {
		t.Errorf("%+v, and %s", a.Said, b.State)
	}
	w.afterwards(func(w *world) {
		if diff := cmp.Diff(a.Said, w.any("a", repository.At{}).Said); diff != "" {
			t.Error(diff)
		}
	})
	// As it was said, and not as it is shown.
	if part := decompress(t, w.object(w.keys("parts/")[0])); !bytes.Contains(part, []byte(`"tags":["tag78","b\nad"]`)) {
		t.Errorf("a checkpoint has %s", part)
	}
}

func TestSealedRepositoryTakesNoPlainSaying(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"a": "more"})
	w.options.Recipients = nil
	r, err := repository.Open(t.Context(), w.sink, w.options)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Say(t.Context(), repository.RunOptions{}, []repository.Saying{{Source: pads, ID: "a", Said: named("x")}}); err != repository.ErrSealed {
		t.Errorf("%v, want %v", err, repository.ErrSealed)
	}
}
