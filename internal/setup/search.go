package setup

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"filippo.io/age"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/machine"
	"github.com/padsync/padsync/internal/message"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/search"
)

// ErrNoIndex says that the configuration refuses an index.
var ErrNoIndex = errors.New("the configuration refuses an index")

// MayIndex says whether words and texts may be kept on this machine.
func (s *Settings) MayIndex() bool { return s.Config.Search.Index == nil || *s.Config.Search.Index }

// indexLocation is where the index of a repository is, for those who have these
// identities and only ask it.
func (s *Settings) indexLocation(id string, sealed bool, owner []age.Identity) (search.Location, error) {
	folder, err := s.setup.DataFolder()
	l := search.Location{Folder: folder, Repository: id, Sealed: sealed}
	if sealed {
		l.Identities = owner
	}
	return l, err
}

// indexRecipients are those who may open an index that the owner of these
// identities makes.
func (s *Settings) indexRecipients(owner []age.Identity) (all []crypto.Recipient, err error) {
	configured, err := s.recipients(nil)
	if err != nil {
		return nil, err
	}
	for _, one := range owner {
		// Who has no recipient to show, as a plugin, is one of those configured.
		if r, err := crypto.RecipientOf(one); err == nil {
			all = append(all, r)
		}
	}
	if mixed, err := unique(append(configured, all...)); err == nil { // age cannot mix all kinds
		return mixed, nil
	}
	return all, nil
}

// An Indexed repository is one whose index was brought up to date.
type Indexed struct {
	*search.Report
	Shown  string // the repository's address, without secrets
	Folder string // where the index is
	Sealed bool
}

// Index brings the indexes of all repositories up to date, calls done for each,
// and observe, if not nil, for each document that was read. What is wrong with one
// is no reason to leave others.
func (s *Settings) Index(ctx context.Context, warn Warner, observe func(done, of int), done func(Indexed)) error {
	if !s.MayIndex() {
		return message.Of(message.Usage, ErrNoIndex, "index-refused", "File", s.place("search.index"))
	}
	owner, err := s.ownerIdentities(ctx, true)
	if err != nil {
		return err
	}
	var errs []error
	for _, at := range s.Repositories {
		repo, err := s.OpenToRead(ctx, at, new(spool.Pool), warn)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		indexed, err := s.index(ctx, repo.With(owner...), owner, observe)
		if err != nil {
			errs = append(errs, message.In(err, "repository", "Repository", at.Shown))
			continue
		}
		indexed.Shown = at.Shown
		done(*indexed)
	}
	return errors.Join(errs...)
}

func (s *Settings) index(ctx context.Context, repo *repository.Repository, owner []age.Identity, observe func(done, of int)) (*Indexed, error) {
	if repo.Sealed() && len(owner) == 0 {
		return nil, repository.ErrNoIdentity
	}
	c, err := repo.Read(ctx, repository.At{})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.Readable(); err != nil {
		return nil, err
	}
	s.Machine.KeepLists(repo.ID(), 0, c.Seen())
	at, err := s.indexLocation(repo.ID(), repo.Sealed(), owner)
	if err == nil && at.Sealed {
		at.Recipients, err = s.indexRecipients(owner)
	}
	if err != nil {
		return nil, err
	}
	report, err := search.Update(ctx, at, search.Source{
		Repository: repo, Contents: c, Kinds: s.setup.Kinds.OfDocuments(), Observe: observe,
	})
	return &Indexed{Report: report, Folder: at.Folder, Sealed: at.Sealed}, err
}

// IndexAfter brings indexes up to date after a backup into these repositories:
// those that are there, and on a machine with a catalogue, which is a person's,
// all of them. It asks nobody: of sealed repositories, without an identity at
// hand, it does nothing. It says what was done; what is wrong is not the backup's,
// and with one repository no reason to leave others.
func (s *Settings) IndexAfter(ctx context.Context, known *Known, repos []backup.Repository, done func(Indexed)) error {
	folder, err := s.setup.DataFolder()
	if err != nil {
		return nil
	}
	if !s.MayIndex() {
		for _, repo := range repos {
			if err := unindex(folder, repo.ID()); err != nil {
				return err
			}
		}
		return nil
	}
	var owner []age.Identity
	var errs []error
	for _, repo := range repos {
		_, err := os.Stat(filepath.Join(folder, search.FileName(repo.ID())))
		if err != nil && known.catalog == nil {
			continue
		}
		if repo.Sealed() && owner == nil {
			if owner, _ = s.ownerIdentities(ctx, false); len(owner) == 0 {
				continue
			}
		}
		indexed, err := s.index(ctx, repo.With(owner...), owner, nil)
		if errors.Is(err, search.ErrBusy) {
			continue // who is at it sees this run's documents, or the next update does
		}
		if err != nil {
			errs = append(errs, message.In(err, "repository", "Repository", repo.Name))
			continue
		}
		done(*indexed)
	}
	return errors.Join(errs...)
}

// unindex removes an index from before somebody said that there is to be none.
func unindex(folder, repository string) error {
	if _, err := os.Stat(filepath.Join(folder, search.FileName(repository))); err != nil {
		return nil
	}
	return search.Discard(search.Location{Folder: folder, Repository: repository})
}

// Found are what a search found, and what was not searched as it might have been.
type Found struct {
	*search.Results
	Names     *library.Names
	Documents int // that were searched

	// ByName are the repositories of which only names were searched, by their
	// addresses without secrets, and why: the error matches search.ErrNone,
	// ErrNoIdentity or ErrDamaged.
	ByName []ByName

	// Problem is what is wrong with the catalogue, or with the lists of repositories,
	// whose names were then not searched. Its class is message.Incomplete.
	Problem error
}

// ByName is a repository of which only names were searched.
type ByName struct {
	Shown string
	Err   error
}

// Find finds documents of all repositories, and of the catalogue. It sends no
// request, unless a repository has no index that can be opened: then its lists
// are read, for the names.
func (s *Settings) Find(ctx context.Context, q *search.Question, limit int, warn Warner) (*Found, error) {
	g := searching{settings: s, documents: make(map[library.Address]manifest.Source)}
	defer g.close()
	for _, at := range s.Repositories {
		if err := g.open(ctx, at, warn); err != nil {
			return nil, err
		}
	}
	known, problem := s.catalogued(ctx)
	if problem != nil {
		file, _ := s.setup.CatalogFile()
		problem = message.In(problem, "search-catalogue", "File", file)
	}
	// What this person calls a document goes before what all do.
	called := make(map[library.Address]string)
	for _, n := range known {
		called[addressOf(n.Source, n.ID)] = cmp.Or(n.Name, n.Title)
	}
	g.named = append(known, g.named...)
	for _, n := range g.named {
		g.documents[addressOf(n.Source, n.ID)] = n.Source
	}
	if len(g.documents) == 0 && len(g.problems) > 0 {
		return nil, errors.Join(append(g.problems, problem)...)
	}
	f := new(Found)
	var err error
	f.Names, err = library.NewNames(g.repository, func(add func(manifest.Source, string)) error {
		for address, from := range g.documents {
			add(from, address.ID)
		}
		return nil
	})
	if err == nil {
		f.Results, err = search.Find(ctx, g.indexes, g.named, q, limit)
	}
	if errors.Is(err, search.ErrDamaged) {
		if err = g.withoutIndexes(ctx, err, warn); err == nil {
			f.Results, err = search.Find(ctx, nil, g.named, q, limit)
		}
	}
	if err != nil {
		return nil, err
	}
	for i := range f.Hits {
		h := &f.Hits[i]
		h.Called = cmp.Or(called[addressOf(h.Source, h.ID)], h.Called)
	}
	f.ByName, f.Documents = g.byName, len(g.documents)
	if problem = errors.Join(append(g.problems, problem)...); problem != nil {
		f.Problem = message.Classed(message.Incomplete, problem)
	}
	return f, nil
}

// A searching opens what is searched.
type searching struct {
	settings   *Settings
	owner      []age.Identity
	asked      bool
	quiet      bool   // nobody is asked for a passphrase
	repository string // the id of the first, from which documents have their hashes

	indexes   []*search.Index
	named     []search.Named
	documents map[library.Address]manifest.Source
	byName    []ByName
	problems  []error  // of repositories whose lists could not be read
	opened    []opened // the indexes
}

// An opened index is of a repository at a place.
type opened struct {
	at    Place
	index search.Location
}

func (g *searching) close() {
	for _, x := range g.indexes {
		x.Close()
	}
}

// open opens the index of the repository at a place, or else reads its lists.
func (g *searching) open(ctx context.Context, at Place, warn Warner) error {
	why := search.ErrNone
	all := g.settings.Machine.Repositories(at.place()).Repositories
	for i, r := range slices.Backward(all) {
		err := g.index(ctx, at, r)
		if err != nil && !errors.Is(err, search.ErrNone) && !errors.Is(err, search.ErrNoIdentity) && !errors.Is(err, search.ErrDamaged) {
			return err
		}
		if i < len(all)-1 {
			continue // that was there before, perhaps on a disk that takes turns
		}
		why = err
		g.repository = cmp.Or(g.repository, r.ID)
	}
	if why == nil {
		return nil
	}
	g.byName = append(g.byName, ByName{at.Shown, why})
	return g.lists(ctx, at, warn)
}

// index opens the index of a repository that this machine saw.
func (g *searching) index(ctx context.Context, at Place, r machine.Repository) error {
	s := g.settings
	folder, err := s.setup.DataFolder()
	if errors.Is(err, ErrHomeless) {
		return search.ErrNone
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(folder, search.FileName(r.ID))); err != nil {
		return search.ErrNone
	}
	if !s.MayIndex() {
		return errors.Join(search.ErrNone, unindex(folder, r.ID))
	}
	if r.Sealed && !g.asked {
		g.asked = true
		if g.owner, err = s.ownerIdentities(ctx, !g.quiet); err != nil {
			return err
		}
	}
	location, err := s.indexLocation(r.ID, r.Sealed, g.owner)
	if err != nil {
		return err
	}
	x, err := search.Open(ctx, location)
	if err == nil {
		err = x.Each(ctx, func(from manifest.Source, id string) { g.documents[addressOf(from, id)] = from })
		if err != nil {
			err = errors.Join(err, x.Close())
		}
	}
	if errors.Is(err, search.ErrDamaged) {
		return errors.Join(err, search.Discard(location))
	}
	if err == nil {
		g.indexes = append(g.indexes, x)
		g.opened = append(g.opened, opened{at, location})
	}
	return err
}

// withoutIndexes discards the indexes, of which one is damaged in a part that only
// a question met, and reads the names in their repositories' lists.
func (g *searching) withoutIndexes(ctx context.Context, why error, warn Warner) error {
	g.close()
	g.indexes = nil
	for _, o := range g.opened {
		if err := search.Discard(o.index); err != nil {
			return err
		}
		g.byName = append(g.byName, ByName{o.at.Shown, why})
		if err := g.lists(ctx, o.at, warn); err != nil {
			return err
		}
	}
	return nil
}

// lists reads the names in a repository's lists. What is wrong with them leaves
// other names to be searched.
func (g *searching) lists(ctx context.Context, at Place, warn Warner) error {
	repo, err := g.settings.OpenToRead(ctx, at, new(spool.Pool), warn)
	if err == nil {
		if err = g.read(ctx, repo); err != nil {
			err = message.In(err, "repository", "Repository", at.Shown)
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !errors.Is(err, repository.ErrNone) && !errors.Is(err, repository.ErrNoIdentity):
		g.problems = append(g.problems, err)
	}
	return nil
}

func (g *searching) read(ctx context.Context, repo *repository.Repository) error {
	c, err := repo.Read(ctx, repository.At{})
	if err != nil {
		return err
	}
	defer c.Close()
	if g.repository == "" {
		g.repository = repo.ID()
	}
	for record, err := range c.Documents() {
		if err != nil {
			return err
		}
		if record.State != manifest.Erased && record.State != manifest.Removed {
			n := search.NameOf(repo, record)
			g.named, g.documents[addressOf(n.Source, n.ID)] = append(g.named, n), n.Source
		}
	}
	return nil
}

// firstLines are those of pads that have neither a name nor a title, as far as
// indexes have them that open without asking anybody.
func (s *Settings) firstLines(ctx context.Context) map[library.Address]string {
	lines := make(map[library.Address]string)
	folder, err := s.setup.DataFolder()
	if err != nil || !s.MayIndex() {
		return lines
	}
	var owner []age.Identity
	for _, at := range s.Repositories {
		for _, r := range slices.Backward(s.Machine.Repositories(at.place()).Repositories) {
			if _, err := os.Stat(filepath.Join(folder, search.FileName(r.ID))); err != nil {
				continue
			}
			if r.Sealed && owner == nil {
				owner, _ = s.ownerIdentities(ctx, false)
			}
			place, err := s.indexLocation(r.ID, r.Sealed, owner)
			if err != nil {
				continue
			}
			x, err := search.Open(ctx, place)
			if err != nil {
				continue // whoever searches or indexes is told
			}
			_ = x.FirstLines(ctx, func(from manifest.Source, id, line string) {
				if at := addressOf(from, id); lines[at] == "" {
					lines[at] = line
				}
			})
			x.Close()
		}
	}
	return lines
}

func addressOf(from manifest.Source, id string) library.Address {
	return library.Address{Kind: from.Kind, Server: from.Address(), ID: id}
}

// catalogued are the documents that this machine knows.
func (s *Settings) catalogued(ctx context.Context) (all []search.Named, err error) {
	c, err := s.setup.OpenCatalog(ctx)
	if errors.Is(err, ErrHomeless) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer c.Close()
	documents, err := c.Documents(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		if d.Removed {
			continue
		}
		n := search.Named{
			Source: manifest.Source{Kind: d.Kind, URL: d.Base}, ID: d.ID, Name: d.Name, Description: d.Description, Tags: d.Tags,
		}
		n.Title = titleOf(&d)
		for _, state := range d.States {
			if state.Newest.After(n.Changed) {
				n.Changed = state.Newest
			}
		}
		if n.Title == "" {
			for _, o := range d.Origins {
				n.Also = append(n.Also, o.Titles...)
			}
		}
		all = append(all, n)
	}
	return all, nil
}
