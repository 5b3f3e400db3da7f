package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/padsync/padsync/crypto"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/web/access"
)

// copiesLink is the page for who has copies already: the third step, with another end.
const copiesLink = "/welcome/copies"

// A placeField is one of the form for a place. A secret is never given back.
type placeField struct {
	Name, Label, Type, Value, Help, Wrong, Complete string
	Wide                                            bool
	Options                                         []string
}

// A placeForm is the form for a kind of places.
type placeForm struct {
	Kind, Name, Means string
	Ticked            bool
	Fields            []placeField
	Failed            string // what failed, if that is of no field
	Do                []string
}

// A question is what somebody has to say of a place before it is taken. It is kept for
// the session that named the place, with what opens it.
type question struct {
	ID     string
	Shown  string
	There  *setup.SeenRepository // copies are there; nil: other files are
	Own    string                // the folder of its own, if other files are there
	Key    bool                  // a key is needed
	Wrong  string                // what is wrong with the key
	Closed bool                  // its file has another passphrase

	place  setup.Place
	copies bool // it was named to get copies back
}

// A wherePage is the third step.
type wherePage struct {
	Way       []stage
	Copies    bool // for who has copies already
	Action    string
	There     []string // the places of the configuration
	Forms     []placeForm
	Questions []*question
	Nothing   bool // was ticked
}

func (p *page) where(w http.ResponseWriter, r *http.Request, reached int) error {
	return p.showWhere(w, r, http.StatusOK, reached, wherePage{})
}

func (p *page) copies(w http.ResponseWriter, r *http.Request) error {
	return p.showWhere(w, r, http.StatusOK, finding, wherePage{Copies: true})
}

func (p *page) showWhere(w http.ResponseWriter, r *http.Request, status, reached int, v wherePage) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	if len(settings.Config.Repositories) > 0 {
		for _, at := range settings.Repositories {
			v.There = append(v.There, at.Shown)
		}
	}
	if v.Forms == nil {
		if v.Forms, err = p.placeForms(r, settings, v.Copies); err != nil {
			return err
		}
	}
	v.Way, v.Action = way(placing, reached), stepLink(placing)
	if v.Copies {
		v.Way, v.Action = nil, copiesLink
	}
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	for _, q := range known.questions[access.Token(r)] {
		if q.copies == v.Copies {
			v.Questions = append(v.Questions, q)
		}
	}
	return p.showStep(w, r, status, placing, "welcome-where", v)
}

// placeForms are the forms, as they were sent, or else as they begin.
func (p *page) placeForms(r *http.Request, settings *setup.Settings, copies bool) ([]placeForm, error) {
	t := p.Words.Text
	here, err := p.Setup.Home()
	if err != nil {
		return nil, err
	}
	forms := []placeForm{
		{Kind: setup.Local, Name: t("web-welcome-here"), Means: t("web-welcome-here-means"), Fields: []placeField{
			{Name: setup.FieldAddress, Label: t("web-welcome-folder"), Value: here, Wide: true},
		}},
		{Kind: setup.WebDAV, Name: t("web-welcome-webdav"), Means: t("web-welcome-webdav-means"), Fields: []placeField{
			{Name: setup.FieldAddress, Label: t("web-welcome-address"), Type: "url", Help: t("web-welcome-webdav-help"), Wide: true},
			{Name: setup.FieldUser, Label: t("web-welcome-user"), Complete: "username"},
			{Name: setup.FieldFolder, Label: t("web-welcome-folder"), Value: "padsync"},
			{Name: setup.FieldPassword, Label: t("web-welcome-password"), Type: "password", Complete: "current-password", Help: t("web-welcome-password-help"), Wide: true},
		}},
		{Kind: setup.S3, Name: t("web-welcome-s3"), Means: t("web-welcome-s3-means"), Fields: []placeField{
			{Name: setup.FieldAddress, Label: t("web-welcome-address"), Type: "url", Wide: true},
			{Name: setup.FieldBucket, Label: t("web-welcome-bucket")},
			{Name: setup.FieldFolder, Label: t("web-welcome-folder"), Value: "padsync"},
			{Name: setup.FieldAccessKey, Label: t("web-welcome-access-key"), Complete: "off"},
			{Name: "secret-key", Label: t("web-welcome-secret-key"), Type: "password", Complete: "off"},
			{Name: "region", Label: t("web-welcome-region")},
		}},
	}
	if names, err := p.Setup.Remotes(); err == nil && len(names) > 0 {
		forms = append(forms, placeForm{Kind: setup.Remote, Name: t("web-welcome-remote"), Means: t("web-welcome-remote-means", "Count", len(names)), Fields: []placeField{
			{Name: setup.FieldAddress, Label: t("web-welcome-remote-name"), Options: names},
			{Name: setup.FieldFolder, Label: t("web-welcome-folder"), Value: "padsync"},
		}})
	}
	sent := r.Method == http.MethodPost && r.PostForm.Has(setup.Local+"-"+setup.FieldAddress)
	for i := range forms {
		f := &forms[i]
		f.Ticked = i == 0 && !copies && len(settings.Config.Repositories) == 0
		if sent {
			f.Ticked = slices.Contains(r.PostForm["place"], f.Kind)
		}
		for j := range f.Fields {
			field := &f.Fields[j]
			name := f.Kind + "-" + field.Name
			if sent && field.Type != "password" {
				field.Value = strings.TrimSpace(r.PostForm.Get(name))
			}
		}
	}
	return forms, nil
}

// value is what was sent for a field of a form.
func (f *placeForm) value(r *http.Request, name string) string {
	return r.PostForm.Get(f.Kind + "-" + name)
}

// newPlace is what a form means.
func (f *placeForm) newPlace(r *http.Request) setup.NewPlace {
	n := setup.NewPlace{Kind: f.Kind, Address: f.value(r, setup.FieldAddress), Folder: f.value(r, setup.FieldFolder)}
	switch f.Kind {
	case setup.WebDAV:
		n.User, n.Password = strings.TrimSpace(f.value(r, setup.FieldUser)), setup.NewSecret(f.value(r, setup.FieldPassword))
	case setup.S3:
		n.Bucket, n.Region = f.value(r, setup.FieldBucket), f.value(r, "region")
		n.AccessKey, n.SecretKey = f.value(r, setup.FieldAccessKey), setup.NewSecret(f.value(r, "secret-key"))
	}
	return n
}

// fail says at the field what went wrong, or above the fields if it is of none.
func (f *placeForm) fail(p *page, err error) {
	text, field := p.placeError(err), setup.FieldOf(err)
	for i := range f.Fields {
		if f.Fields[i].Name == field {
			f.Fields[i].Wrong = strings.Join(append([]string{text + "."}, p.Words.Hints(err)...), " ")
			return
		}
	}
	f.Failed, f.Do = text, p.Words.Hints(err)
}

// tryWords are for the steps of a trial.
var tryWords = map[setup.Step]string{
	setup.StepWrite: "web-welcome-try-write", setup.StepRead: "web-welcome-try-read", setup.StepList: "web-welcome-try-list", setup.StepDelete: "web-welcome-try-delete",
}

// placeError says what is wrong with a place, without its address, which stands there.
func (p *page) placeError(err error) string {
	if tried, ok := errors.AsType[*setup.TryError](err); ok {
		return p.Words.Text(tryWords[tried.Step], "Reason", p.Words.Error(tried.Err))
	}
	if field, ok := errors.AsType[*setup.FieldError](err); ok {
		err = field.Err
	}
	if errors.Is(err, errNoCopies) {
		return p.Words.Text("web-welcome-no-copies")
	}
	return sentence(p.Words.Error(err))
}

// place takes the places of the third step.
func (p *page) place(w http.ResponseWriter, r *http.Request) error { return p.takePlaces(w, r, false) }

// placeCopies takes the place of copies.
func (p *page) placeCopies(w http.ResponseWriter, r *http.Request) error {
	return p.takePlaces(w, r, true)
}

// takePlaces looks at each place that is ticked, tries it, and adds it to the
// configuration. What is there may make it ask first.
func (p *page) takePlaces(w http.ResponseWriter, r *http.Request, copies bool) error {
	reached, err := p.reached(r.Context())
	if err != nil {
		return err
	}
	if !copies && reached < placing {
		return p.done(w, r, stepLink(reached), "")
	}
	settings, err := p.settings()
	if err != nil {
		return err
	}
	forms, err := p.placeForms(r, settings, copies)
	if err != nil {
		return err
	}
	v := wherePage{Copies: copies, Forms: forms}
	failed, asked, said := false, false, ""
	for i := range forms {
		f := &forms[i]
		if !f.Ticked {
			continue
		}
		q, keeps, err := p.takePlace(r, f.newPlace(r), copies)
		said = cmp.Or(said, saidOfKeeping(keeps))
		switch {
		case r.Context().Err() != nil:
			return r.Context().Err()
		case errors.Is(err, setup.ErrConfigured) && !copies:
			f.Ticked = false // another page of hers chose it
		case err != nil:
			f.fail(p, err)
			failed = true
		case q != nil:
			p.ask(r, q)
			asked, f.Ticked = true, false
		default:
			f.Ticked = false // it is in the configuration
		}
	}
	reached, err = p.reached(r.Context())
	if err != nil {
		return err
	}
	v.Nothing = !failed && !asked && (reached <= placing || copies)
	if failed || v.Nothing {
		return p.showWhere(w, r, http.StatusUnprocessableEntity, reached, v)
	}
	if asked && copies {
		return p.done(w, r, copiesLink, "")
	}
	if asked {
		return p.done(w, r, stepLink(placing), said)
	}
	return p.placed(w, r, said)
}

// saidOfKeeping is what to say of a store that lets nothing be deleted.
func saidOfKeeping(keeps bool) string {
	if keeps {
		return "web-said-place-keeps"
	}
	return ""
}

// errNoCopies says that no copies are where somebody looks for them.
var errNoCopies = errors.New("no copies")

// takePlace adds one place, or gives what to ask of it. Keeps says that it lets nothing
// be deleted.
func (p *page) takePlace(r *http.Request, n setup.NewPlace, copies bool) (q *question, keeps bool, err error) {
	ctx := r.Context()
	settings, err := p.opened(r)
	if err != nil {
		return nil, false, err
	}
	at, err := p.Setup.FindPlace(ctx, n)
	if err != nil {
		return nil, false, err
	}
	seen, err := settings.Look(ctx, at)
	if err != nil {
		return nil, false, err
	}
	q = &question{ID: rand.Text(), Shown: at.Shown, There: seen.Repository, place: at, copies: copies}
	switch {
	case seen.Repository != nil && seen.Repository.Sealed:
		if owner, err := settings.Owner(ctx); err == nil {
			if j, err := settings.OpenedByOwner(ctx, at, owner); err == nil && !copies {
				return nil, false, settings.Join(j)
			}
		}
		q.Key = true
		return q, false, nil
	case seen.Repository != nil:
		q.place.Unencrypted = true
		return q, false, nil
	case copies:
		return nil, false, &setup.FieldError{Field: setup.FieldAddress, Err: errNoCopies}
	case seen.Other:
		q.Own, q.place = seen.Own.Shown, seen.Own
		return q, false, nil
	}
	keeps, err = p.tryPlace(ctx, settings, at)
	return nil, keeps, err
}

// tryPlace tries a place, and adds it to the configuration as that is now.
func (p *page) tryPlace(ctx context.Context, settings *setup.Settings, at setup.Place) (keeps bool, err error) {
	tried, err := settings.Try(ctx, at, nil)
	if err != nil {
		return false, err
	}
	return tried.Keeps, settings.AddPlaces(at)
}

// ask keeps a question for the session, in place of one about the same place.
func (p *page) ask(r *http.Request, q *question) {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.questions == nil {
		known.questions = make(map[string][]*question)
	}
	session := access.Token(r)
	all := slices.DeleteFunc(known.questions[session], func(other *question) bool { return other.Shown == q.Shown })
	known.questions[session] = append(all, q)
}

// asked is the question that a form answers, nil if it was answered.
func (p *page) asked(r *http.Request) *question {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	for _, q := range known.questions[access.Token(r)] {
		if q.ID == r.PostForm.Get("question") {
			return q
		}
	}
	return nil
}

// answered forgets a question, and reports whether others are left.
func (p *page) answered(r *http.Request, q *question) (left bool) {
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	session := access.Token(r)
	known.questions[session] = slices.DeleteFunc(known.questions[session], func(other *question) bool { return other == q })
	return len(known.questions[session]) > 0
}

// leavePlace forgets a place that somebody was asked about.
func (p *page) leavePlace(w http.ResponseWriter, r *http.Request) error {
	to := stepLink(placing)
	if q := p.asked(r); q != nil {
		if q.copies {
			to = copiesLink
		}
		p.answered(r, q)
	}
	return p.done(w, r, to, "")
}

// ownFolder takes the folder of its own at a place that has other files.
func (p *page) ownFolder(w http.ResponseWriter, r *http.Request) error {
	q := p.asked(r)
	if q == nil || q.Own == "" {
		return p.done(w, r, "/welcome", "")
	}
	settings, err := p.settings()
	if err != nil {
		return err
	}
	keeps, err := p.tryPlace(r.Context(), settings, q.place)
	if err != nil {
		return p.wrongAnswer(w, r, q, p.placeError(err))
	}
	if p.answered(r, q) {
		return p.done(w, r, stepLink(placing), saidOfKeeping(keeps))
	}
	return p.placed(w, r, saidOfKeeping(keeps))
}

// wrongAnswer shows a question again.
func (p *page) wrongAnswer(w http.ResponseWriter, r *http.Request, q *question, wrong string) error {
	reached, err := p.reached(r.Context())
	if err != nil {
		return err
	}
	again := *q
	again.Wrong = wrong
	p.ask(r, &again)
	if err := p.showWhere(w, r, http.StatusUnprocessableEntity, max(reached, placing), wherePage{Copies: q.copies}); err != nil {
		return err
	}
	again.Wrong = ""
	p.ask(r, &again)
	return nil
}

// joinPlace takes the copies that are at a place, with the key that opens them.
func (p *page) joinPlace(w http.ResponseWriter, r *http.Request) error {
	q := p.asked(r)
	if q == nil || q.There == nil {
		return p.done(w, r, "/welcome", "")
	}
	settings, err := p.opened(r)
	if err != nil {
		return err
	}
	if !q.Key {
		if err := settings.AddPlaces(q.place); err != nil {
			return p.wrongAnswer(w, r, q, p.placeError(err))
		}
		return p.joined(w, r, q, nil)
	}
	joining, err := p.openGiven(r, settings, q)
	if err == nil {
		err = settings.Join(joining)
	}
	switch {
	case r.Context().Err() != nil:
		return r.Context().Err()
	case errors.Is(err, errNoKey):
		return p.wrongAnswer(w, r, q, p.Words.Text("web-welcome-no-key"))
	case errors.Is(err, crypto.ErrPassphrase):
		return p.wrongAnswer(w, r, q, p.Words.Text("web-welcome-key-passphrase"))
	case errors.Is(err, repository.ErrNoIdentity):
		return p.wrongAnswer(w, r, q, p.Words.Text("web-welcome-key-other"))
	case errors.Is(err, crypto.ErrNotIdentity):
		return p.wrongAnswer(w, r, q, p.Words.Text("web-welcome-not-key"))
	case err != nil:
		return p.wrongAnswer(w, r, q, p.placeError(err))
	}
	p.keys.keep(access.Token(r), joining.Owner())
	return p.joined(w, r, q, joining.Owner())
}

var errNoKey = errors.New("no key was given")

// openGiven tries the key that a form has: a file, or its text.
func (p *page) openGiven(r *http.Request, settings *setup.Settings, q *question) (*setup.Joining, error) {
	key, err := givenFile(r, "file")
	if err != nil {
		return nil, err
	}
	if key == nil {
		key = []byte(keyText(r.PostForm.Get("key")))
	}
	passphrase := r.PostForm.Get("passphrase")
	r.PostForm.Del("key")
	r.PostForm.Del("passphrase")
	if len(key) == 0 {
		return nil, errNoKey
	}
	return p.keys.tryKey(r.Context(), func() (*setup.Joining, error) {
		return settings.OpenedBy(r.Context(), q.place, key, passphrase)
	})
}

// tryKey tries a key as try does a passphrase: one at a time.
func (k *keyring) tryKey(ctx context.Context, open func() (*setup.Joining, error)) (j *setup.Joining, err error) {
	_, err = k.try(ctx, func() (*setup.Owner, error) {
		if j, err = open(); err != nil {
			return nil, err
		}
		return j.Owner(), nil
	})
	return j, err
}

// keyText is a pasted key, or one that was typed from paper, where it is in words.
func keyText(text string) string {
	text = strings.TrimSpace(text)
	upper := strings.ToUpper(text)
	if at := strings.LastIndex(upper, "AGE-SECRET-KEY-"); at >= 0 {
		return strings.Join(strings.Fields(upper[at:]), "") + "\n"
	}
	return text
}

// joined goes on from copies that were joined: for who came for them, to what they
// have, else to the next step.
func (p *page) joined(w http.ResponseWriter, r *http.Request, q *question, owner *setup.Owner) error {
	left := p.answered(r, q)
	if !q.copies {
		if left {
			return p.done(w, r, stepLink(placing), "")
		}
		return p.placed(w, r, "")
	}
	settings, err := p.settings()
	if err != nil {
		return err
	}
	if owner != nil {
		settings = settings.With(owner)
	}
	count, err := settings.GetBack(r.Context())
	if err != nil {
		return err
	}
	return p.doneSome(w, r, "/", "web-said-copies-back", count)
}

// placed goes on from the third step: the key is made, unless there is one, or none is
// needed; then the backup begins.
func (p *page) placed(w http.ResponseWriter, r *http.Request, said string) error {
	settings, err := p.settings()
	if err != nil {
		return err
	}
	if !settings.Settled() {
		if err := p.beginKey(r, ""); err != nil {
			return err
		}
		return p.done(w, r, stepLink(keying), said)
	}
	if said == "" && settings.Sealed() {
		said = "web-said-key-used"
	}
	known := &p.welcomes
	known.mu.Lock()
	defer known.mu.Unlock()
	return p.beginFirst(w, r, said)
}
