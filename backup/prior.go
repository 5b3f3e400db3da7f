package backup

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sources"
)

// A prior is what a repository knows of a document before it is looked at.
type prior struct {
	State    manifest.State     `json:"state,omitempty"`
	Resumed  bool               `json:"resumed,omitempty"`
	Checked  time.Time          `json:"checked"`            // the last look
	Withheld *manifest.Withheld `json:"withheld,omitempty"` // by it

	// Sealed says that none of the present recipients can read the newest
	// version, Unreadable that they cannot read the one that restore gives,
	// while somebody else may.
	Sealed     bool `json:"sealed,omitempty"`
	Unreadable bool `json:"unreadable,omitempty"`

	Sound  bool            `json:"sound,omitempty"` // some version is not suspect
	Newest *version        `json:"newest,omitempty"`
	Base   *manifest.Facts `json:"base,omitempty"` // of the version that a sound one continues, with the items of the newest sound ones

	// Texts are the hashes of the texts at which the history may have been cut
	// off: of all versions that were sound, except the text that the document
	// was created with.
	Texts []string `json:"texts,omitempty"`

	// Seen has the hash of each part by the newest version that saw it,
	// SeenSound by the newest that is not suspect. Expires is when the document
	// will be deleted, by the newest version that says.
	Seen      map[string]string `json:"seen,omitempty"`
	SeenSound map[string]string `json:"seenSound,omitempty"`
	Expires   string            `json:"expires,omitempty"`

	// Before is the newest version that has a history, with the files that
	// have it: what lies in it need not be stored again.
	Before *manifest.VersionRecord `json:"before,omitempty"`
}

// A version is what later looks compare with.
type version struct {
	Name      string         `json:"name"`
	Validator string         `json:"validator,omitempty"`
	Suspect   string         `json:"suspect,omitempty"`
	Public    bool           `json:"public,omitempty"`
	Modified  time.Time      `json:"modified,omitzero"`
	Facts     manifest.Facts `json:"facts"`
	Files     []file         `json:"files"`
}

type file struct {
	Name   string `json:"name"`
	Format string `json:"format"`
	SHA256 string `json:"sha256"`
}

// priors keep what one repository knows of all the documents of a run, in a
// spool, so that memory stays flat.
type priors struct {
	spool *spool.Spool
	jobs  []place       // by the job's index
	ids   map[key]place // of servers whose documents may turn out to have another id
}

// A place is where a prior lies; the zero value is nowhere.
type place struct {
	offset  int64
	length  int32
	checked uint32 // the last look, as a Unix time
	resumed bool   // as the prior says
	expires uint32 // the day from which its source may delete it, as a Unix time; 0: unknown
}

// readPriors goes through all that the repository knows, once. What the runs
// that are taken up found not long ago need not be looked at again.
func readPriors(t *target, r *run) (*priors, error) {
	c := t.contents
	p := &priors{jobs: make([]place, len(r.jobs)), ids: make(map[key]place)}
	w := r.plan.Pool.Create()
	done, rest := c.Resumed(r.interrupted(c)), r.jobs
	for record, err := range c.Documents() {
		if err != nil {
			return nil, errors.Join(err, w.Discard())
		}
		if t.unreadable(record) {
			t.left++
		}
		s := r.server(record.Source)
		if s != nil {
			s.withhold(record)
		}
		for len(rest) > 0 && rest[0].before(record) {
			rest = rest[1:]
		}
		var wanted []int
		for i := 0; i < len(rest) && rest[i].server == s && rest[i].given.ID == record.ID; i++ {
			wanted = append(wanted, rest[i].index)
		}
		if len(wanted) == 0 && !(s != nil && s.unsure) {
			continue
		}
		known := t.prior(record, done(record))
		at, err := put(w, known)
		if err != nil {
			return nil, errors.Join(err, w.Discard())
		}
		at.resumed, at.expires = known.Resumed, s.expiry(record)
		at.checked = uint32(min(max(record.Checked.Unix(), 0), math.MaxUint32))
		for _, i := range wanted {
			p.jobs[i] = at
		}
		if s.unsure {
			p.ids[key{s, record.ID}] = at
		}
	}
	var err error
	p.spool, err = w.Finish()
	return p, err
}

// expiry is when the server may delete a document.
func (s *server) expiry(record *manifest.Record) uint32 {
	newest := record.Newest()
	if newest == nil {
		return 0
	}
	day := s.expires(record.ID, newest.Modified, record.Expires())
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0
	}
	return uint32(min(max(t.Unix(), 0), math.MaxUint32))
}

// withhold gives the client the passwords that are not to be sent again, also
// those of documents that this run does not look at.
func (s *server) withhold(record *manifest.Record) {
	client, ok := s.Client.(sources.Withholder)
	if w := record.Withheld; ok && w != nil {
		client.Withhold(record.ID, sources.Withheld{Since: w.Since.Time, Key: w.Key})
	}
}

// before reports whether a job sorts before a record.
func (j *job) before(record *manifest.Record) bool {
	c := j.server.Compare(record.Source)
	return c < 0 || c == 0 && strings.Compare(j.given.ID, record.ID) < 0
}

func put(w *spool.Writer, p *prior) (place, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return place{}, err
	}
	at := place{offset: w.Size(), length: int32(len(b))}
	_, err = w.Write(b)
	return at, err
}

func newPrior(r *manifest.Record, resumed bool) *prior {
	p := &prior{State: r.State, Resumed: resumed, Checked: r.Checked, Withheld: r.Withheld, Expires: r.Expires()}
	if v := r.Newest(); v != nil {
		p.Newest = &version{Name: v.Name, Validator: v.Validator, Suspect: v.Suspect, Public: v.Public, Modified: v.Modified, Facts: v.Facts}
		for _, f := range v.Files {
			p.Newest.Files = append(p.Newest.Files, file{f.Name, f.Format, f.SHA256})
		}
	}
	items := p.remember(r)
	if v := r.Base(); v != nil {
		facts := v.Facts
		facts.Items = items
		p.Base, p.Texts = &facts, texts(r)
	}
	for _, v := range slices.Backward(r.Versions) {
		whole := func(f manifest.FileRecord) bool { return f.History == nil }
		if files := slices.DeleteFunc(slices.Clone(v.Files), whole); len(files) > 0 {
			p.Before = &manifest.VersionRecord{Name: v.Name, Files: files}
			break
		}
	}
	return p
}

func texts(r *manifest.Record) (texts []string) {
	created := r.Versions[0].Facts.Start
	for _, v := range r.Versions {
		continues := v.Suspect == "" || v.Suspect == Compacted
		if text := v.Facts.Text; continues && text != "" && text != created && v.Facts.Length > emptyText && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return texts
}

// of gives what is known for a job. The prior of an unknown document is empty.
func (p *priors) of(j *job) (*prior, error) { return p.get(p.jobs[j.index]) }

// otherSpelling gives the validator of the document whose id is the job's in
// lower case, if that is all that is known of the job's: its server may take
// both for one. If it does not, this does no harm.
func (r *run) otherSpelling(targets []*target, j *job) (string, error) {
	lower := strings.ToLower(j.given.ID)
	if lower == j.given.ID || !j.server.unsure {
		return "", nil
	}
	known, err := r.known(targets, func(t *target) (*prior, error) { return r.priorOf(t, j.server, lower) })
	return validator(known), err
}

// priorOf gives what is known of a document that turned out to have another id.
// On a server with certain ids that is rare, so it is searched for.
func (r *run) priorOf(t *target, s *server, id string) (*prior, error) {
	if s.unsure {
		return t.priors.get(t.priors.ids[key{s, id}])
	}
	for record, err := range t.contents.Documents() {
		if err != nil {
			return nil, err
		}
		if record.ID == id && s.Compare(record.Source) == 0 {
			return t.prior(record, false), nil
		}
	}
	return new(prior), nil
}

func (p *priors) get(at place) (*prior, error) {
	known := new(prior)
	if at.length == 0 {
		return known, nil
	}
	b := make([]byte, at.length)
	if _, err := p.spool.ReadAt(b, at.offset); err != nil && err != io.EOF {
		return nil, err
	}
	return known, json.Unmarshal(b, known)
}

func (p *priors) close() {
	if p != nil && p.spool != nil {
		p.spool.Close()
	}
}
