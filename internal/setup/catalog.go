package setup

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/adrg/xdg"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/internal/config"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
)

// DataFolder is where this person's catalogue and indexes are.
func (s *Setup) DataFolder() (string, error) {
	if s.homeless(dataVariable) {
		return "", message.Of(message.Usage, ErrHomeless, "no-home", "Variable", dataVariable)
	}
	return filepath.Join(s.folder(dataVariable, xdg.DataHome), "padsync"), nil
}

// CatalogFile is this person's catalogue.
func (s *Setup) CatalogFile() (string, error) {
	folder, err := s.DataFolder()
	return filepath.Join(folder, "catalog.db"), err
}

// OpenCatalog opens this person's catalogue. The error is as that of
// catalog.Open. The caller closes it.
func (s *Setup) OpenCatalog(ctx context.Context) (*catalog.Catalog, error) {
	file, err := s.CatalogFile()
	if err != nil {
		return nil, err
	}
	return catalog.Open(ctx, file)
}

// Known is what this machine's catalogue says to a backup, and learns from it.
// Where there is none, or it cannot be read, it says nothing, and nothing is
// kept: a backup goes on without it. A nil one is for a caller that has no
// catalogue.
type Known struct {
	settings *Settings
	catalog  *catalog.Catalog // nil if there is none
	chosen   []catalog.Chosen
	ignored  map[library.Address]bool
	began    time.Time

	mu       sync.Mutex // guards what follows
	err      error      // what is wrong with the catalogue
	joined   [][2]catalog.Key
	failures []catalog.Failure
	served   []catalog.Served
	looked   []catalog.Looked
}

// Known reads the catalogue. The caller closes it.
func (s *Settings) Known(ctx context.Context) *Known {
	k := &Known{settings: s, ignored: make(map[library.Address]bool), began: time.Now()}
	c, err := s.setup.OpenCatalog(ctx)
	switch {
	case errors.Is(err, ErrHomeless):
		return k
	case err != nil:
		file, _ := s.setup.CatalogFile()
		k.err = message.In(err, "catalogue-unread", "File", file)
		return k
	case !c.Exists():
		return k
	}
	if k.chosen, k.err = c.Chosen(ctx); k.err != nil {
		k.err = message.In(errors.Join(k.err, c.Close()), "catalogue-unread", "File", c.File())
		return k
	}
	k.catalog = c
	for _, d := range k.chosen {
		if d.Choice == catalog.Ignored {
			for _, key := range append(d.Also, d.Key) {
				k.ignored[place(key)] = true
			}
		}
	}
	return k
}

// place is where a document is.
func place(k catalog.Key) library.Address {
	return library.Address{Kind: k.Kind, Server: k.Server(), ID: k.ID}
}

// keyOf is the key of a repository's document.
func keyOf(from manifest.Source, id string) catalog.Key {
	return catalog.Key{Kind: from.Kind, Base: from.URL, ID: id}
}

// Close ends its use.
func (k *Known) Close() {
	if k.catalog != nil {
		k.catalog.Close()
	}
}

// Problem is what is wrong with the catalogue, nil if nothing is.
func (k *Known) Problem() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		return nil
	}
	return message.Classed(message.Incomplete, k.err)
}

// fail notes that the catalogue cannot be used.
func (k *Known) fail(err error) {
	if err == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		k.err = message.In(err, "at", "Place", k.catalog.File())
	}
}

// Ignores says that no list brings this document back.
func (k *Known) Ignores(from manifest.Source, id string) bool {
	return k != nil && k.ignored[library.Address{Kind: from.Kind, Server: from.Address(), ID: id}]
}

// Without are the documents but those that are ignored and that no argument
// names. It overwrites all.
func (k *Known) Without(all []Wanted) []Wanted {
	return slices.DeleteFunc(all, func(w Wanted) bool {
		from := manifest.Source{Kind: w.kind, URL: w.base}
		return !w.all && !w.origin.Given() && (k.Ignores(from, w.id) || w.verbatim != "" && k.Ignores(from, w.verbatim))
	})
}

// addAutomatic adds the documents of the catalogue that each backup saves.
func (c *collector) addAutomatic(s *Settings, k *Known) {
	if k == nil || k.catalog == nil {
		return
	}
	file := k.catalog.File()
	for _, d := range k.chosen {
		if d.Choice != catalog.Automatic {
			continue
		}
		w, err := s.setup.Kinds.wanted(d.Key, d.Address)
		if err != nil {
			c.fail(message.New("in-catalogue", "File", file), err)
			continue
		}
		w.origin, w.source = Origin{file: &file}, s.sourceOf(w.base)
		c.all = append(c.all, w)
	}
}

// wanted is the document of a key, by the address that opens more than that, if
// there is one.
func (k Kinds) wanted(key catalog.Key, address string) (Wanted, error) {
	kind, ok := k.Named(key.Kind)
	if !ok {
		return Wanted{}, ErrKind
	}
	if address != "" {
		c, err := parse(kind, address)
		return wantedOf(c), err
	}
	return Wanted{kind: key.Kind, base: key.Base, locator: key.ID, id: key.ID}, nil
}

// sourceOf is what the configuration says of a server.
func (s *Settings) sourceOf(base string) *config.Source {
	for i := range s.Sources {
		known, err := sources.Normalize(s.Sources[i].URL.Reveal())
		if err == nil && manifest.Address(known) == manifest.Address(base) {
			return &s.Sources[i]
		}
	}
	return new(config.Source)
}

// Configured are the documents that the configuration names.
type Configured struct {
	documents map[library.Address]bool
	all       map[server]bool // everything of these is saved
	accounts  map[server]bool // of these, what an account lists
}

type server struct{ kind, address string }

// Configured reads the configuration's lists, but none from the input.
func (s *Settings) Configured() Configured {
	silent := *s.setup
	silent.Input, silent.Tell = strings.NewReader(""), func(message.Message) {}
	c := collector{setup: &silent, bases: make(map[string]string), Mistakes: new(Mistakes)}
	c.addConfigured(s)
	named := Configured{make(map[library.Address]bool), make(map[server]bool), make(map[server]bool)}
	for _, w := range c.all {
		if at := (server{w.kind, manifest.Address(w.base)}); w.all {
			if s.hasAccount(at.address) {
				named.accounts[at] = true
			} else {
				named.all[at] = true
			}
			continue
		}
		named.documents[library.Address{Kind: w.kind, Server: manifest.Address(w.base), ID: w.id}] = true
		for _, is := range w.candidates {
			named.documents[library.Address{Kind: is.Kind.Name, Server: manifest.Address(is.Base), ID: is.ID}] = true
		}
	}
	return named
}

// Any says that the configuration names any document.
func (c Configured) Any() bool { return len(c.documents)+len(c.all)+len(c.accounts) > 0 }

// hasAccount says that a server lists what an account sees, and not everything.
func (s *Settings) hasAccount(address string) bool {
	account, operator := false, false
	for i := range s.Sources {
		one := &s.Sources[i]
		if base, err := sources.Normalize(one.URL.Reveal()); err == nil && manifest.Address(base) == address {
			account = account || one.MyPadsLogin != ""
			operator = operator || one.ClientID != "" || one.APIKeyFile != "" || len(one.APIKeyCommand) > 0
		}
	}
	return account && !operator
}

// Names says that the configuration's runs save the document, whatever a server
// lists.
func (c Configured) Names(k catalog.Key) bool {
	return c.documents[place(k)] || c.all[server{k.Kind, k.Server()}]
}

// Lists says that they save it as far as this machine knows: no account is asked
// what it sees, so what a repository has of its server counts, unless somebody made
// a choice for it.
func (c Configured) Lists(d *catalog.Document) bool {
	return d.Choice == catalog.None && !d.Removed && len(d.States) > 0 && c.accounts[server{d.Kind, d.Server()}]
}

// observe takes what became of a document.
func (k *Known) observe(e backup.Event) {
	if k == nil || k.catalog == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	from := e.Document.Source.Source
	if e.ID != e.Document.ID && e.ID != "" && e.Document.ID != "" {
		k.joined = append(k.joined, [2]catalog.Key{keyOf(from, e.Document.ID), keyOf(from, e.ID)})
	}
	k.count(from, e)
	switch {
	case e.Err == nil:
	case errors.Is(e.Err, sources.ErrServer):
		if slices.ContainsFunc(k.failures, func(f catalog.Failure) bool { return f.Kind == "server" && f.Subject == from.URL }) {
			return
		}
		k.failures = append(k.failures, k.settings.failure("server", from.URL, e.Err))
	default:
		k.failures = append(k.failures, k.settings.failure("document", k.settings.setup.Kinds.URL(from, e.ID), e.Err))
	}
}

// count notes what became of a document, under its server.
func (k *Known) count(from manifest.Source, e backup.Event) {
	at := slices.IndexFunc(k.served, func(s catalog.Served) bool { return s.Kind == from.Kind && s.Base == from.URL })
	if at < 0 {
		at, k.served = len(k.served), append(k.served, catalog.Served{Kind: from.Kind, Base: from.URL})
	}
	s := &k.served[at]
	switch e.Outcome {
	case backup.Saved:
		s.Saved++
	case backup.Missing:
		s.Missing++
	case backup.Failed, backup.Unaskable:
		s.Failed++
	default:
		s.Unchanged++
	}
	if e.Outcome == backup.Saved || e.Outcome == backup.Missing && e.New || e.Outcome == backup.Failed {
		k.looked = append(k.looked, catalog.Looked{Key: keyOf(from, cmp.Or(e.ID, e.Document.ID)), Outcome: string(e.Outcome), Suspect: e.Suspect})
	}
}

// failure is something that a run could not do, and why, in words if there are some.
func (s *Settings) failure(kind, subject string, err error) catalog.Failure {
	f := catalog.Failure{Kind: kind, Subject: subject, Error: err.Error()}
	if say := s.setup.Say; say != nil {
		f.Said = strings.Join(say(err), "\n")
	}
	return f
}

// learn takes what a run did. Interrupted or not, the run is recorded; what
// repositories say is read if there is time.
func (k *Known) learn(ctx context.Context, plan *backup.Plan, report *backup.Report, w Writing) {
	if k == nil || k.catalog == nil {
		return
	}
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	for _, keys := range k.joined {
		k.fail(k.catalog.Join(keep, keys[0], keys[1]))
	}
	k.fail(k.catalog.Record(keep, k.run(report, w)))
	if w.Named {
		k.fail(k.namedOnce(keep, plan))
	}
	for i, repo := range plan.Repositories {
		if report == nil || report.Repositories[i].Err != nil || ctx.Err() != nil {
			continue
		}
		if err := k.settings.say(ctx, k.catalog, repo.Repository); err != nil {
			k.fail(message.In(err, "repository", "Repository", repo.Name))
		}
		k.fail(k.settings.learn(ctx, k.catalog, repo.Repository))
	}
	if w.Named {
		// What had been removed and was named now is a document again only since
		// the repositories said so.
		k.fail(k.namedOnce(keep, plan))
	}
}

// keepTime is how long what a run did may take to be noted.
const keepTime = 20 * time.Second

// run is what is recorded of a run.
func (k *Known) run(report *backup.Report, w Writing) catalog.Run {
	r := catalog.Run{
		Configuration: k.settings.File, Started: k.began, Ended: time.Now(), Ending: "failed", Named: w.Named, Failures: slices.Clone(k.failures),
		Servers: slices.Clone(k.served), Documents: slices.Clone(k.looked),
	}
	outcomes := []string{string(backup.Saved), string(backup.Missing), string(backup.Failed)}
	slices.SortStableFunc(r.Documents, func(a, b catalog.Looked) int { // of many, those are kept that the server gave
		return slices.Index(outcomes, a.Outcome) - slices.Index(outcomes, b.Outcome)
	})
	for _, s := range w.Unlisted {
		r.Failures = append(r.Failures, k.settings.failure("server", s.URL, s.Err))
	}
	if report == nil {
		return r
	}
	switch {
	case report.Interrupted:
		r.Ending = "interrupted"
	case len(report.Left) > 0:
		r.Ending = "limited"
	default:
		r.Ending = ""
	}
	for _, rest := range report.Left {
		at := slices.IndexFunc(r.Servers, func(s catalog.Served) bool {
			return s.Kind == rest.Source.Kind && s.Base == rest.Source.URL
		})
		if at < 0 {
			at, r.Servers = len(r.Servers), append(r.Servers, catalog.Served{Kind: rest.Source.Kind, Base: rest.Source.URL})
		}
		r.Servers[at].Remaining = rest.Documents
	}
	r.Saved, r.Unchanged, r.Missing = report.Outcomes[backup.Saved], report.Outcomes[backup.Unchanged], report.Outcomes[backup.Missing]
	r.Failed, r.Suspect = report.Outcomes[backup.Failed]+report.Outcomes[backup.Unaskable], report.Suspect
	for _, repo := range report.Repositories {
		if repo.Err != nil {
			r.Failures = append(r.Failures, k.settings.failure("repository", repo.Name, repo.Err))
			continue
		}
		r.Stored = append(r.Stored, catalog.Stored{Repository: repo.Name, Bytes: repo.RunStats.Stored})
	}
	return r
}

// namedOnce notes that documents are saved when somebody names them, unless
// more was said of them.
func (k *Known) namedOnce(ctx context.Context, plan *backup.Plan) error {
	configured := k.settings.Configured()
	var keys []catalog.Key
	for _, d := range plan.Documents {
		if key := keyOf(d.Source.Source, d.ID); !configured.Names(key) {
			keys = append(keys, key)
		}
	}
	return k.catalog.ChooseNew(ctx, keys, catalog.Manual)
}

// learn lets the catalogue learn what a repository says. What is wrong with the
// repository is left to those who read it for its own sake.
func (s *Settings) learn(ctx context.Context, c *catalog.Catalog, repo *repository.Repository) error {
	contents, err := repo.Read(ctx, repository.At{})
	if err != nil || contents.Readable() != nil {
		return nil
	}
	defer contents.Close()
	var heard []catalog.Heard
	for h, err := range s.heard(repo, contents) {
		if err != nil {
			return nil
		}
		heard = append(heard, h)
	}
	return c.Learn(ctx, repo.ID(), each(heard))
}

// heard are what a repository says of its documents.
func (s *Settings) heard(repo *repository.Repository, contents *repository.Contents) iter.Seq2[catalog.Heard, error] {
	return func(yield func(catalog.Heard, error) bool) {
		for record, err := range contents.All() {
			if err != nil {
				yield(catalog.Heard{}, err)
				return
			}
			if h, is := s.heardOf(repo, record); is && !yield(h, nil) {
				return
			}
		}
	}
}

// heardOf is what a repository says of a document that was not erased.
func (s *Settings) heardOf(repo *repository.Repository, record *manifest.Record) (h catalog.Heard, is bool) {
	if record.State == manifest.Erased {
		return h, false
	}
	h = catalog.Heard{Key: keyOf(record.Source, strings.Clone(record.ID)), Name: record.Said.Name, Tags: record.Said.Tags}
	var err error
	h.Description, err = repo.Description(&record.Said)
	h.Sealed = err != nil
	h.State = catalog.State{State: string(record.State), Versions: len(record.Versions), Checked: record.Checked, Saved: savedOf(record)}
	if v := record.Newest(); v != nil {
		h.Newest, h.Title, h.Suspect, h.Expires = v.Saved, v.Title, v.Suspect, s.Expiries().Of(s.setup.Kinds, record)
		h.State.Version = v.Name
	}
	if v := record.NewestSound(); v != nil {
		h.State.Sound = v.Name
	}
	return h, true
}

// savedOf are the moments at which versions were saved.
func savedOf(r *manifest.Record) catalog.Moments {
	var all []time.Time
	for i := range r.Versions {
		all = append(all, r.Versions[i].Saved)
	}
	return catalog.MomentsOf(all)
}

// Turn waits until no other run works with the same configuration and the same
// repositories, as machine.Machine has it. The caller ends the turn.
func (s *Settings) Turn(ctx context.Context, waiting func(machine.Progress)) (*machine.Turn, error) {
	return s.Machine.Turn(ctx, s.turn(), s.File, waiting)
}

// AtWork is how the run goes that has that turn, of this process or of another;
// false if there is none. A run that was killed is at work for silence longer.
func (s *Settings) AtWork(now time.Time) (machine.Progress, bool) {
	p := s.Machine.Progress(s.turn())
	return p, p.Process != 0 && now.Sub(p.Updated).Abs() < silence
}

// silence is how long a run that writes each second how it goes may not have done so.
const silence = 15 * time.Second

// turn is what runs take turns for.
func (s *Settings) turn() string {
	of := s.File
	for _, r := range s.Repositories {
		of += "\n" + r.Kind + ":" + r.Value
	}
	return of
}
