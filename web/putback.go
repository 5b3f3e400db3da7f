package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/padsync/padsync/catalog"
	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/pages"
	"github.com/padsync/padsync/internal/setup"
	"github.com/padsync/padsync/internal/terminal"
	"github.com/padsync/padsync/library"
)

// Where a document is put back.
const (
	toSame  = "same"  // the server that it is on
	toOther = "other" // another one, by its address
	toText  = "text"  // nowhere: as a text to paste
)

// A returning is what a form of the page that puts back says.
type returning struct {
	Point string // rev:12, version:NAME or day:2026-11-20, "" for the newest that is not suspect
	To    string
	Into  string // the address of another server
	As    string // the name of the new pad, "" for that which it had
	Mail  string
}

// pointKinds are what points are said by, in a form and in an address.
var pointKinds = []string{"rev", "version", "day"}

// returningOf reads the address of a plan.
func returningOf(q url.Values) returning {
	f := returning{To: q.Get("to"), Into: strings.TrimSpace(q.Get("into")), As: strings.TrimSpace(q.Get("as")), Mail: strings.TrimSpace(q.Get("mail"))}
	f.Point = q.Get("point")
	for _, kind := range pointKinds {
		if value := q.Get(kind); value != "" && f.Point == "" {
			f.Point = kind + ":" + value
		}
	}
	if f.To != toOther && f.To != toText {
		f.To = toSame
	}
	if f.To != toOther {
		f.Into = ""
	}
	if f.To == toText {
		f.As, f.Mail = "", ""
	}
	return f
}

// of is the same for a document: the name that it had is no other.
func (f returning) of(one *catalog.Document) returning {
	if f.As == one.ID {
		f.As = ""
	}
	return f
}

// query is the address of the plan, behind its page.
func (f returning) query() string {
	q := url.Values{"to": {f.To}}
	for name, value := range map[string]string{"into": f.Into, "as": f.As, "mail": f.Mail} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if kind, value, ok := strings.Cut(f.Point, ":"); ok && slices.Contains(pointKinds, kind) {
		q.Set(kind, value)
	}
	return q.Encode()
}

// point is the moment, as library.Document.At has it.
func (f returning) point() string {
	switch kind, value, _ := strings.Cut(f.Point, ":"); kind {
	case "rev":
		return "@" + value
	case "version", "day":
		return value
	}
	return ""
}

// A putBackView is the plan of putting a document back: nothing is done yet.
type putBackView struct {
	row
	Form    returning
	Points  []choice
	Servers []string // that are known
	Pad     bool
	Named   string // what the new pad is called unless somebody says otherwise
	Saved   time.Time
	Suspect string
	Closed  bool

	Back, Lost []item
	Compare    string // the address of how it differs from the newest
	Newest     bool   // it is that
	Into       string // the server, for people
	Bad        string // what is wrong with the address
	Unable     string // why it cannot be put back there
	Do         []string
	Text       string
	Cut        bool // there is more text than the page has
	Forms      []form
	Planned    string
	Command    string
}

// A choice is one of several that a form offers.
type choice struct{ Value, Name string }

// An item is a part of a document that comes back, or does not.
type item struct{ What, Detail string }

// putBack shows the plan.
func (p *page) putBack(w http.ResponseWriter, r *http.Request) error {
	settings, err := p.opened(r)
	if err != nil {
		return err
	}
	one, row, err := p.documentOf(r.Context(), r.PathValue("hash"))
	if err != nil {
		return err
	}
	f := returningOf(r.URL.Query()).of(one)
	v := &putBackView{row: row, Form: f, Pad: one.Kind == "etherpad", Planned: f.query()}
	if v.Pad && !strings.ContainsAny(one.ID, "$") && !pad.IsReadOnly(one.ID) {
		v.Named = one.ID
	}
	if v.Servers, err = p.servers(r.Context(), settings, one.Key); err != nil {
		return err
	}
	doc, err := openSaved(r.Context(), settings, one.Key)
	if err == nil {
		defer doc.Close()
		err = p.planReturn(r.Context(), settings, one, doc, v)
	}
	switch {
	case r.Context().Err() != nil:
		return r.Context().Err()
	case closed(err):
		v.Closed = true
	case err != nil:
		v.Unable, v.Do = sentence(p.Words.Error(err)), p.Words.Hints(err)
	}
	return p.show(w, r, http.StatusOK, "putback", view{Title: p.Words.Text("web-put-back", "Name", row.Name), Section: "documents", Of: v})
}

// servers are those of documents of the same kind, but that of this one.
func (p *page) servers(ctx context.Context, settings *setup.Settings, of catalog.Key) (all []string, err error) {
	known, err := settings.Catalogued(ctx)
	if err != nil {
		return nil, err
	}
	defer known.Close()
	for i := range known.All {
		if one := &known.All[i]; one.Kind == of.Kind && one.Server() != of.Server() {
			all = append(all, one.Base)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// mostPoints is how many versions can be chosen on a plan: the newest.
const mostPoints = 50

// planTime is how long the server of a plan may take to answer.
const planTime = 20 * time.Second

// planReturn says what would be made.
func (p *page) planReturn(ctx context.Context, settings *setup.Settings, one *catalog.Document, doc *library.Document, v *putBackView) error {
	v.Points = append(v.Points, choice{"", p.Words.Text("web-put-back-newest")})
	for _, version := range slices.Backward(doc.Record.Versions) {
		if len(v.Points) <= mostPoints {
			v.Points = append(v.Points, choice{"version:" + version.Name, p.moment(version.Saved)})
		}
	}
	point := v.Form.point()
	e, err := doc.At(ctx, point)
	if err != nil {
		return err
	}
	defer e.Close()
	v.Saved, v.Suspect = e.Version.Saved, p.suspicion(e.Version.Suspect)
	if !slices.ContainsFunc(v.Points, func(c choice) bool { return c.Value == v.Form.Point }) {
		v.Points = append(v.Points, choice{v.Form.Point, p.pointName(e, v.Form.Point)})
	}
	newest := doc.Record.Newest()
	v.Newest = point == "" && newest != nil && newest.Name == e.Version.Name || newest != nil && v.Form.Point == "version:"+newest.Name
	if !v.Newest {
		v.Compare = "/documents/" + v.Hash + "/compare?" + url.Values{"from": {cmp.Or(v.Form.Point, "version:"+e.Version.Name)}}.Encode()
	}
	var text bytes.Buffer
	if err := e.Write(&text, e.RawForm("txt"), documents.Language(p.Words.Text("language"))); err != nil {
		return err
	}
	v.Back = p.comesBack(e, text.Bytes())
	v.Command = p.putBackCommand(one, v)
	if v.Form.To == toText {
		v.Text, v.Cut = shortened(text.Bytes())
		for _, name := range e.Forms() {
			q, _ := url.ParseQuery(v.Form.query())
			q.Del("to")
			q.Set("form", name)
			if q.Has("day") {
				q.Set("go", "day")
			}
			v.Forms = append(v.Forms, form{name, "/documents/" + v.Hash + "/saved?" + q.Encode()})
		}
		return nil
	}
	order, err := p.returned(one, doc, v.Form)
	if err != nil || v.Form.To == toOther && v.Form.Into == "" {
		v.Bad = p.Words.Text("web-put-back-which")
		if err != nil {
			v.Bad = sentence(p.Words.Error(err))
		}
		return nil
	}
	looking, cancel := context.WithTimeout(ctx, planTime)
	defer cancel()
	told, err := settings.Foresee(looking, order)
	if err != nil {
		return err
	}
	v.Into = service(told.Server)
	if told.Err != nil {
		return told.Err
	}
	v.lose(p, told.Losses)
	return nil
}

// mostText is how much text a page has to be copied, in bytes.
const mostText = 150 << 10

func shortened(text []byte) (string, bool) {
	if len(text) <= mostText {
		return string(text), false
	}
	end := mostText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return string(text[:end]), true
}

// pointName is what people call a point.
func (p *page) pointName(e *library.Edition, point string) string {
	if of, ok := e.Document.(*pad.Document); ok && strings.HasPrefix(point, "rev:") {
		return p.Words.Text("web-revision", "Revision", p.number(of.Revision()), "Head", p.number(of.Head()))
	}
	_, value, _ := strings.Cut(point, ":")
	return value
}

// comesBack are the parts of an edition.
func (p *page) comesBack(e *library.Edition, text []byte) []item {
	t := p.Words.Text
	of, ok := e.Document.(*pad.Document)
	if !ok {
		if e.Document == nil {
			return []item{{t("web-part-text"), t("web-part-characters", "Count", utf8.RuneCount(text))}}
		}
		return []item{{t("web-part-poll"), ""}}
	}
	all := []item{{t("web-part-text"), t("web-part-characters", "Count", utf8.RuneCount(text))}}
	if of.Revision() > 0 {
		all = append(all, item{t("web-part-history"), t("web-part-revisions", "Count", of.Revision()+1)})
	}
	if n := len(of.Pad.Authors); n > 0 {
		all = append(all, item{t("web-part-authors"), t("web-part-people", "Count", n)})
	}
	messages := 0
	for _, err := range of.Pad.Messages() {
		if err != nil {
			break
		}
		messages++
	}
	if messages > 0 {
		all = append(all, item{t("web-chat"), t("web-part-messages", "Count", messages)})
	}
	return all
}

// lostParts are the parts of a pad that these losses take away.
var lostParts = map[string]string{"history": "web-part-history", "authors": "web-part-authors", "chat": "web-chat"}

// lose takes what is lost out of what comes back.
func (v *putBackView) lose(p *page, losses []string) {
	for _, loss := range losses {
		if part := lostParts[loss]; part != "" {
			before := len(v.Back)
			v.Back = slices.DeleteFunc(v.Back, func(i item) bool { return i.What == p.Words.Text(part) })
			if len(v.Back) == before {
				continue // there was none
			}
		}
		v.Lost = append(v.Lost, item{What: sentence(p.Words.Loss(loss))})
	}
}

// returned is what is to be done. The error is about the address of the server.
func (p *page) returned(one *catalog.Document, doc *library.Document, f returning) (o setup.Return, err error) {
	o = setup.Return{Document: one.Key, As: f.As, Mail: f.Mail}
	switch kind, value, _ := strings.Cut(f.Point, ":"); kind {
	case "rev":
		number, err := strconv.Atoi(value)
		if err != nil {
			return o, errForm
		}
		o.Revision = &number
	case "day":
		o.When = value
	case "version":
		for _, version := range doc.Record.Versions {
			if version.Name == value {
				o.When, o.Newest = version.Saved.Format(time.RFC3339), version.Suspect != ""
			}
		}
		if newest := doc.Record.Newest(); newest != nil && newest.Name == value {
			o.When = ""
		}
	}
	switch f.To {
	case toOther:
		all, err := p.Setup.Kinds.ParseTargets([]string{f.Into})
		if err != nil {
			return o, err
		}
		o.Into = all[0]
	default:
		o.Into = setup.TargetAddress{Base: one.Base, Kind: one.Kind}
	}
	return o, nil
}

// putBackCommand is the command line that does the same.
func (p *page) putBackCommand(one *catalog.Document, v *putBackView) string {
	f, args := v.Form, []string{"restore", p.Setup.Kinds.Shown(v.URL)}
	if f.To == toText {
		args = []string{"show", p.Setup.Kinds.Shown(v.URL)}
	}
	switch kind, value, _ := strings.Cut(f.Point, ":"); kind {
	case "rev":
		args = append(args, "--rev", value)
	case "day":
		args = append(args, "--at", value)
	case "version":
		if !v.Newest {
			args = append(args, "--at", v.Saved.Format(time.RFC3339))
		}
	}
	if v.Suspect != "" {
		args = append(args, "--newest")
	}
	if f.To != toText {
		into := one.Base
		if f.To == toOther {
			into = cmp.Or(setup.WithoutUser(f.Into), "URL")
		}
		args = append(args, "--into", into)
		if f.As != "" {
			args = append(args, "--as", f.As)
		}
		args = append(args, "--yes")
	}
	return "padsync " + terminal.CommandLine(args)
}

// doPutBack makes the document, if what was planned is what the form says: another
// server, or another moment, is looked at before.
func (p *page) doPutBack(w http.ResponseWriter, r *http.Request) error {
	hash := r.PathValue("hash")
	here := "/documents/" + hash + "/put-back?"
	settings, err := p.opened(r)
	if err != nil {
		return err
	}
	one, row, err := p.documentOf(r.Context(), hash)
	if err != nil {
		return err
	}
	f := returningOf(r.PostForm).of(one)
	if r.PostForm.Get("look") != "" || f.To == toText {
		return p.done(w, r, here+f.query(), "")
	}
	if r.PostForm.Get("planned") != f.query() {
		return p.done(w, r, here+f.query(), "web-said-look-first")
	}
	doc, err := openSaved(r.Context(), settings, one.Key)
	if err == nil {
		defer doc.Close()
		var e *library.Edition
		if e, err = doc.At(r.Context(), f.point()); err == nil {
			e.Close()
		}
	}
	if closed(err) {
		return p.done(w, r, keyAddress(here+f.query()), "")
	}
	if err != nil { // the plan says so
		return p.done(w, r, here+f.query(), "")
	}
	order, err := p.returned(one, doc, f)
	if err != nil || f.To == toOther && f.Into == "" {
		return p.done(w, r, here+f.query(), "")
	}
	b := &puttingBack{row: row, plan: here + f.query(), same: f.To == toSame}
	mirroring := setup.Mirroring{Language: pages.MirrorLanguage(p.Words), Words: pages.MirrorWords(p.Words), Index: pages.Mirror(p.Words)}
	j, joined := p.jobs.beginOnce(r.Context(), "put back "+hash+"?"+f.query(), "web-putting-back", b, func(ctx context.Context, _ *job) error {
		if b.same {
			address := cmp.Or(one.Address, row.URL)
			err := settings.Save(ctx, setup.Order{Documents: []string{address}, Limit: setup.Budget{Begin: time.Now()}}, new(setup.Watch), mirroring)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			b.saved(err) // no pad that is there is changed, whatever this says
		}
		order.Into.Kind = ""
		back, err := settings.Return(ctx, order, nil)
		if back != nil {
			b.made(back)
			err = errors.Join(err, back.Err)
		}
		return err
	})
	said := ""
	if joined {
		said = "web-said-joined"
	}
	return p.done(w, r, "/jobs/"+j.ID, said)
}

// A puttingBack is a job that puts a document back.
type puttingBack struct {
	row  row
	plan string // the address of its plan
	same bool   // on the server that it is on

	mu      sync.Mutex // guards what follows
	kept    bool       // what is there was saved
	problem error      // why not
	back    *setup.Returned
}

func (b *puttingBack) saved(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept, b.problem = true, err
}

func (b *puttingBack) made(back *setup.Returned) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.back = back
}

// A madeView is the page of a job that puts a document back.
type madeView struct {
	*jobView
	Sentence, Lead string
	Name, Hash     string
	Steps          []stepView
	Address        string // the new one
	Shown          string
	Lost           []item
	Plan           string
	Table          string
}

// A stepView is one thing that is done.
type stepView struct{ State, Text, Why string }

func (b *puttingBack) tell(p *page, v *jobView) (template, title string, of any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := p.Words.Text
	m := &madeView{jobView: v, Name: b.row.Name, Hash: b.row.Hash, Plan: b.plan}
	step := func(done bool, id string) {
		state := "waits"
		switch {
		case done:
			state = "safe"
		case v.Running() && !slices.ContainsFunc(m.Steps, func(s stepView) bool { return s.State == "works" }):
			state = "works"
		case !v.Running():
			state = "never"
		}
		m.Steps = append(m.Steps, stepView{State: state, Text: t(id)})
	}
	if b.same {
		step(b.kept, "web-putting-back-saved")
		if at := &m.Steps[0]; b.problem != nil {
			at.State, at.Text, at.Why = "expiring", t("web-putting-back-unsaved"), sentence(p.Words.Error(b.problem))
		}
	}
	made := b.back != nil && b.back.Address != ""
	step(made, "web-putting-back-made")
	step(made && !b.back.Differs && b.back.Err == nil, "web-putting-back-read")
	switch {
	case v.Running():
		m.Sentence, m.Lead = t("web-putting-back-runs", "Name", b.row.Name), t("web-putting-back-lead")
	case made && b.back.Differs:
		m.Sentence, m.Lead = t("web-put-back-differs"), t("web-put-back-differs-lead")
	case made && b.back.Found:
		m.Sentence, m.Lead = t("web-put-back-found"), t("web-put-back-found-lead")
	case made:
		m.Sentence, m.Lead = t("web-put-back-done", "Name", b.row.Name), t("web-put-back-done-lead")
	case b.back != nil && b.back.Unsure:
		m.Sentence, m.Lead = t("web-put-back-unsure"), t("web-put-back-unsure-lead")
	case v.Stopped:
		m.Sentence, m.Lead = t("web-put-back-stopped"), t("web-put-back-nothing")
	default:
		m.Sentence, m.Lead = t("web-put-back-failed"), t("web-put-back-nothing")
	}
	if b.back != nil {
		m.Address, m.Shown = webAddress(b.back.Address), b.back.Address
		for _, loss := range b.back.Losses {
			m.Lost = append(m.Lost, item{What: sentence(p.Words.Loss(loss))})
		}
		if made || b.back.Unsure {
			m.Table = b.back.Table
		}
	}
	return "job-putback", m.Sentence, m
}
