package mirror

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"slices"

	"github.com/padsync/padsync/documents"
	"github.com/padsync/padsync/mirror/shards"
	"github.com/padsync/padsync/sinks"
)

// SearchFolder is the name of the folder that has the files of the search. Their names
// are hashes of what they hold: where that is right, a file is as padsync wrote it.
const SearchFolder = "search"

var searchFile = regexp.MustCompile(`^` + SearchFolder + `/([0-9a-f]{32})(?:-[0-9]{1,2})?\.js$`)

const maxSearchFile = 64 << 20 // bytes

// addText gives the search what a document's page says: it is the same that is
// published, but for notes. What cannot be read is found by its title.
func (r *run) addText(p *plan, opened documents.Publishable) error {
	public := opened.Publish(documents.Publication{
		Title: p.title, Key: p.key, Names: r.Shown.Voters, Chat: r.Shown.Chat,
		Links: func(text string) []documents.Link { return r.linker.links(text, "txt", 1, nil) },
	})
	err := r.texts.Add(p.key, func(w io.Writer) error { return public.Write(w, "txt", r.Language) })
	if errors.Is(err, documents.ErrNothing) || err != nil && unread(err) {
		return nil
	}
	return err
}

// writeSearch stores the files of the search that are not there yet, and says how the
// index is to name them. What was there before is still there.
func (r *run) writeSearch(ctx context.Context) (*shards.Files, error) {
	all := r.sorted()
	slices.SortStableFunc(all, func(a, b *document) int { return b.Modified.Compare(a.Modified) })
	var found []shards.Document
	for _, d := range all {
		if pages := d.links(); len(pages) > 0 {
			one := shards.Document{Key: d.Document, Title: d.Title, Link: pages[0].Href()}
			if !d.Modified.IsZero() {
				one.Date = r.Language.Date(d.Modified.Local())
			}
			found = append(found, one)
		}
	}
	files, err := r.texts.Write(found, func(content []byte) (string, error) { return r.putSearch(ctx, content) })
	return &files, err
}

// putSearch stores a file of the search, unless it is there, and gives its name as
// others name it.
func (r *run) putSearch(ctx context.Context, content []byte) (string, error) {
	sum := sha256.Sum256(content)
	file := &page{Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
	for n := range maxBeside + 1 {
		stem := file.SHA256[:32]
		if n > 0 {
			stem += "-" + itoa(n)
		}
		name := SearchFolder + "/" + stem + ".js"
		if size, there := r.listed[name]; !there || size != file.Size {
			state, err := r.inPlace(ctx, name, file)
			switch {
			case err != nil:
				return "", err
			case state == other:
				r.tellOnce(Event{Kind: Edited, Name: name})
				continue
			case state == absent:
				if err := r.Store.Replace(ctx, name, bytes.NewReader(content), file.Size); err != nil {
					return "", err
				}
			}
			r.listed[name] = file.Size
		}
		r.searched[name] = true
		return stem, nil
	}
	return "", errTooMany
}

// removeSearch deletes the files of the search that the index does not name any more. One
// that somebody edited stays.
func (r *run) removeSearch(ctx context.Context) error {
	for name := range r.listed {
		form := searchFile.FindStringSubmatch(name)
		if form == nil || r.searched[name] {
			continue
		}
		body, err := r.Store.Get(ctx, name, 0, maxSearchFile+1)
		switch {
		case errors.Is(err, sinks.ErrNotFile), errors.Is(err, sinks.ErrWebPage), errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return err
		}
		h := sha256.New()
		n, err := io.Copy(h, io.LimitReader(body, maxSearchFile+1))
		if err := errors.Join(err, body.Close()); err != nil {
			return err
		}
		if n > maxSearchFile || hex.EncodeToString(h.Sum(nil))[:32] != form[1] {
			continue
		}
		if err := r.Store.Delete(ctx, name); err != nil {
			return err
		}
		delete(r.listed, name)
	}
	return nil
}
