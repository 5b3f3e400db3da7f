package repository_test

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sinks/sinktest"
	"github.com/padsync/padsync/sources"
)

// anew changes the recipients to a new owner's, and gives the former one's
// identities. What is saved of these documents then is sealed to the new one.
func (w *world) anew(save map[string]string) (former []age.Identity) {
	w.t.Helper()
	former, w.owner = w.owner, []age.Identity{identity(w.t)}
	w.options.Recipients = recipients(w.t, w.owner[0])
	w.change = true
	w.mustRun(save)
	w.change = false
	return former
}

// reseal stores anew what the identities open besides the runner's.
func (w *world) reseal(with ...age.Identity) (documents int) {
	w.t.Helper()
	o := w.options
	o.Identities = append(slices.Clone(o.Identities), with...)
	r, err := repository.OpenToWrite(w.t.Context(), w.sink, o)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := r.Read(w.t.Context(), repository.At{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	documents, sequence, err := r.Reseal(w.t.Context(), c, repository.RunOptions{Program: "test", Host: "host"})
	if err != nil || (sequence > 0) != (documents > 0) {
		w.t.Fatalf("%d documents by run %d: %v", documents, sequence, err)
	}
	return documents
}

// unreadable are the documents whose newest version none of the present
// recipients can read, and those of them that were not given up.
func (w *world) unreadable() (all, counted []string) {
	w.t.Helper()
	c := w.read(repository.At{})
	run := w.begin(c)
	for record, err := range c.Documents() {
		if err != nil {
			w.t.Fatal(err)
		}
		if v := record.Newest(); !run.Readable(v) {
			all = append(all, record.ID)
			if !run.GivenUp(v) {
				counted = append(counted, record.ID)
			}
		}
	}
	return all, counted
}

// TestFormerIdentitySealsAnew: what only the former recipient can read comes
// into the present one's hands once both are there, with its history and what
// stands in packs only; nothing else is written again.
func TestFormerIdentitySealsAnew(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "Bonjour", "long": grown(100_000), "bureau": "y", "Umfrage": "z"})
	w.mustRun(map[string]string{"long": grown(101_000)})
	secret := version("poll", "votes")
	secret.Private = map[string]string{"admin": "https://polls.example/admin"}
	run := w.begin(nil)
	if err := run.Save(manifest.Document{ID: "poll", State: manifest.Current}, secret, "", nil); err != nil {
		t.Fatal(err)
	}
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	w.texts["poll"] = "votes"

	former := w.anew(map[string]string{"bureau": "y2"})
	if all, counted := w.unreadable(); !slices.Equal(all, []string{"Umfrage", "ag", "long", "poll"}) || !slices.Equal(counted, all) {
		t.Errorf("unreadable are %q, of which %q count", all, counted)
	}

	// Who has not the former identity asks the store for no pack.
	count := &sinktest.Count{Sink: w.sink}
	w.sink = count
	if n := w.reseal(w.owner...); n != 0 || count.Calls("packs/") > 1 { // the listing
		t.Errorf("%d documents, %d requests", n, count.Calls("packs/"))
	}
	packs := len(w.keys("packs/"))
	if n := w.reseal(former...); n != 4 {
		t.Errorf("%d documents were sealed anew", n)
	}
	if all, _ := w.unreadable(); len(all) > 0 {
		t.Errorf("unreadable are still %q", all)
	}
	w.asOwnerOnly().wantContents()
	if n := len(w.keys("packs/")) - packs; n != 1 {
		t.Errorf("%d packs more", n)
	}
	if n := w.reseal(former...); n != 0 || len(w.keys("packs/")) != packs+1 {
		t.Errorf("%d documents were sealed anew twice", n)
	}

	// What only packs tell is in the new one.
	newest := w.packWith("poll", "https://polls.example/admin")
	if newest == 0 {
		t.Error("the new pack does not tell the admin link")
	}

	// No version came to be another, and what grows is stored as before.
	for record, err := range w.read(repository.At{}).Documents() {
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]int{"long": 2, "bureau": 2}[record.ID]; len(record.Versions) != max(1, want) {
			t.Errorf("%s has %d versions", record.ID, len(record.Versions))
		}
	}
	w.mustRun(map[string]string{"long": grown(102_000)})
	w.asOwnerOnly().wantContents()
	var last manifest.FileRecord
	for record := range w.read(repository.At{}).Documents() {
		if record.ID == "long" {
			last = record.Newest().Files[0]
		}
	}
	if len(last.Shares) == 0 {
		t.Error("a document that was sealed anew is stored whole each day")
	}

	// A checkpoint knows where they lie now.
	w.checkpoint()
	for _, key := range w.keys("manifests/") {
		if err := w.sink.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	w.asOwnerOnly().wantContents()
}

// asOwnerOnly is for who has nothing but the present owner's identity.
func (w *world) asOwnerOnly() *world {
	v := w.asOwner()
	v.options.Identities = append(slices.Clone(w.options.Identities), w.owner...)
	return v
}

// packWith counts the packs that the owner opens and whose document.json of
// the document has the admin link.
func (w *world) packWith(id, admin string) (packs int) {
	w.t.Helper()
	for _, key := range w.keys("packs/") {
		rc, err := w.sink.Get(w.t.Context(), key, 0, -1)
		if err != nil {
			w.t.Fatal(err)
		}
		defer rc.Close()
		plain, err := age.Decrypt(rc, w.owner...)
		if err != nil {
			continue
		}
		d, err := zstd.NewReader(plain)
		if err != nil {
			w.t.Fatal(err)
		}
		defer d.Close()
		for members := tar.NewReader(d); ; {
			h, err := members.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				w.t.Fatal(err)
			}
			var told struct{ Private map[string]string }
			if path.Base(h.Name) == "document.json" && strings.Contains(h.Name, "/"+id+"/") && json.NewDecoder(members).Decode(&told) == nil && told.Private["admin"] == admin {
				packs++
			}
		}
	}
	return packs
}

// TestWhatOnlyPacksTellIsSealedAnewFromAnyPack: where a pack was full when the
// first file came, document.json is in the one before.
func TestWhatOnlyPacksTellIsSealedAnewFromAnyPack(t *testing.T) {
	w := newWorld(t, true)
	const admin = "https://polls.example/admin"
	run := w.begin(nil)
	secret := version("poll", w.noise(4<<20))
	secret.Private = map[string]string{"admin": admin}
	for _, v := range []*sources.Version{version("big", w.noise(5<<20)), secret, version("small", "x")} {
		if err := run.Save(manifest.Document{ID: v.ID, State: manifest.Current}, v, "", nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	if n := len(w.keys("packs/")); n != 2 || w.packWith("poll", admin) != 1 {
		t.Fatalf("%d packs", n)
	}
	former := w.anew(nil)
	if n := w.reseal(former...); n != 3 {
		t.Errorf("%d documents were sealed anew", n)
	}
	if w.packWith("poll", admin) != 1 {
		t.Error("no new pack tells the admin link")
	}
}

// TestOneRecipientIsEnough: who is added, or goes while another stays, makes
// nothing unreadable.
func TestOneRecipientIsEnough(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "x"})
	second := identity(t)
	w.options.Recipients = append(w.options.Recipients, recipients(t, second)...)
	w.change = true
	w.mustRun(map[string]string{"bureau": "y"})
	w.change = false
	if all, _ := w.unreadable(); len(all) > 0 {
		t.Errorf("after one was added: %q", all)
	}
	w.options.Recipients = recipients(t, second)
	w.change = true
	w.mustRun(nil)
	w.change = false
	if all, _ := w.unreadable(); !slices.Equal(all, []string{"ag"}) {
		t.Errorf("after the first one went: %q", all)
	}
}

// TestLostIsSaidOnce: that a former identity is gone is known ever after, also
// from checkpoints; of who is lost later nothing is said by it.
func TestLostIsSaidOnce(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "x"})
	w.anew(map[string]string{"bureau": "y"})
	run, err := w.open().Begin(context.Background(), w.read(repository.At{}), repository.RunOptions{Sources: []manifest.Source{pads}, FormerLost: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	if all, counted := w.unreadable(); !slices.Equal(all, []string{"ag"}) || len(counted) > 0 {
		t.Errorf("unreadable are %q, of which %q count", all, counted)
	}
	w.now = w.now.Add(time.Hour)
	w.checkpoint()
	for _, key := range w.keys("manifests/") {
		if err := w.sink.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if all, counted := w.unreadable(); !slices.Equal(all, []string{"ag"}) || len(counted) > 0 {
		t.Errorf("by the checkpoint, unreadable are %q, of which %q count", all, counted)
	}
	w.anew(nil)
	if all, counted := w.unreadable(); !slices.Equal(all, []string{"ag", "bureau"}) || !slices.Equal(counted, []string{"bureau"}) {
		t.Errorf("after the next change, unreadable are %q, of which %q count", all, counted)
	}
}

// TestResealingLeavesWhatIsDamaged: a pack that is not what it was costs only
// its own documents.
func TestResealingLeavesWhatIsDamaged(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "x"})
	for _, key := range w.keys("packs/") {
		rc, err := w.sink.Get(t.Context(), key, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(rc)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] ^= 1
		if err := errors.Join(rc.Close(), w.sink.Delete(t.Context(), key), w.sink.Put(t.Context(), key, strings.NewReader(string(b)), int64(len(b)))); err != nil {
			t.Fatal(err)
		}
	}
	w.mustRun(map[string]string{"bureau": "y"})
	former := w.anew(nil)
	if n := w.reseal(former...); n != 1 {
		t.Errorf("%d documents were sealed anew", n)
	}
	if all, _ := w.unreadable(); !slices.Equal(all, []string{"ag"}) {
		t.Errorf("unreadable are %q", all)
	}
}

// TestFormerIdentitySaysDescriptionsAnew for those who can read now, once, also
// of a document that was never saved.
func TestFormerIdentitySaysDescriptionsAnew(t *testing.T) {
	w := newWorld(t, true)
	w.mustRun(map[string]string{"ag": "Bonjour", "bureau": "y"})
	w.say("ag", manifest.Said{Description: new("où ?"), Name: new("Bureau")})
	w.say("never saved", manifest.Said{Description: new("later")})
	former := w.anew(map[string]string{"bureau": "y2"})
	w.say("bureau", manifest.Said{Description: new("of today")})
	reads := func(by []age.Identity) (texts []string) {
		t.Helper()
		r := w.open().With(by...)
		for _, id := range []string{"ag", "bureau", "never saved"} {
			text, err := r.Description(&w.any(id, repository.At{}).Said)
			if err != nil && !errors.Is(err, repository.ErrNoIdentity) {
				t.Fatal(err)
			}
			texts = append(texts, text)
		}
		return texts
	}
	if got := reads(w.owner); !slices.Equal(got, []string{"", "of today", ""}) {
		t.Errorf("before, the new owner reads %q", got)
	}
	if n := w.reseal(w.owner...); n != 0 {
		t.Errorf("without the former identity, %d documents", n)
	}
	if n := w.reseal(append(former, w.owner...)...); n != 2 {
		t.Errorf("%d documents", n)
	}
	if got := reads(w.owner); !slices.Equal(got, []string{"où ?", "of today", "later"}) {
		t.Errorf("the new owner reads %q", got)
	}
	if got := reads(former); !slices.Equal(got, []string{"", "", ""}) {
		t.Errorf("the former owner reads %q", got)
	}
	if s := w.any("ag", repository.At{}).Said; s.Name != "Bureau" {
		t.Errorf("the name is %q", s.Name)
	}
	if n := w.reseal(former...); n != 0 {
		t.Errorf("a second time, %d documents", n)
	}
}

// TestVersionIsPublicOnAfterItWasMoved, and one that is not any more is not in
// its new pack either: packs alone then tell the same.
func TestVersionIsPublicOnAfterItWasMoved(t *testing.T) {
	w := newWorld(t, true)
	for id, public := range map[string]bool{"public": true, "was": true, "private": false} {
		v := version(id, id)
		v.Public = public
		w.saveOne(v, "")
	}
	run := w.begin(nil)
	run.Tell(manifest.Document{ID: "was", State: manifest.Current, Versions: []manifest.DocumentVersion{{Name: w.one("was").Versions[0].Name, Public: new(false)}}})
	if err := run.Commit(t.Context(), manifest.AtEnd); err != nil {
		t.Fatal(err)
	}
	former := w.anew(map[string]string{"other": "x"})
	old := w.keys("packs/")
	if n := w.reseal(former...); n != 3 {
		t.Fatalf("%d documents", n)
	}
	test := func(w *world) {
		for id, public := range map[string]bool{"public": true, "was": false, "private": false} {
			if v := w.one(id).Versions; len(v) != 1 || v[0].Public != public {
				t.Errorf("%s: %+v", id, v)
			}
		}
	}
	w.afterwards(test)
	for _, key := range append(old, append(w.keys("checkpoints/"), w.keys("manifests/")...)...) {
		if err := w.sink.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	w.repair()
	test(w)
}
