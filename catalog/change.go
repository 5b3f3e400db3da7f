package catalog

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/padsync/padsync/manifest"
)

// A Found document is one that somebody named, or that was found somewhere.
type Found struct {
	Key
	Address string // as in a Document
	Origins []Origin
}

// Keep notes documents, and where they were found. It changes nothing that
// somebody said of them, and takes no address that opens more away.
func (c *Catalog) Keep(ctx context.Context, all []Found) error {
	now := time.Now()
	return c.change(ctx, func(t *tx) error {
		for _, f := range all {
			id, err := t.add(f.Key, now)
			if err == nil && f.Address != "" {
				err = t.exec(`update document set address = ? where id = ?`, f.Address, id)
			}
			for _, o := range f.Origins {
				if err == nil {
					err = t.origin(id, o)
				}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// mostTitles is how many titles of one origin are kept.
const mostTitles = 5

// origin notes where a document was found, beside what was noted before.
func (t *tx) origin(id int64, o Origin) error {
	titles := make([]string, 0, len(o.Titles))
	for _, title := range o.Titles {
		if title = strings.TrimSpace(manifest.MendName(title)); title != "" && len(titles) < mostTitles && !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	return t.exec(`insert into origin (document, browser, profile, kind, file, first, last, visits, titles) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict do update set
			first = case when first = 0 then excluded.first when excluded.first = 0 then first else min(first, excluded.first) end,
			last = max(last, excluded.last), visits = max(visits, excluded.visits),
			titles = case excluded.titles when '' then titles else excluded.titles end`,
		id, o.Browser, o.Profile, o.Kind, o.File, seconds(o.First), seconds(o.Last), o.Visits, strings.Join(titles, lines))
}

// A Change is what somebody says of documents: of what is nil, nothing. An
// empty text takes back what was said.
type Change struct {
	Name, Description *string
	Tag, Untag        []string
	Choice            *Choice

	// Removed says that they are no documents, which also takes their choice
	// back. A choice, and a version, undo it.
	Removed bool
}

// Change notes what somebody says, of documents that it adds where they are
// new. The error for what is beyond the bounds matches ErrTooLong or
// ErrCharacter; then nothing is changed.
func (c *Catalog) Change(ctx context.Context, keys []Key, change Change) error {
	change, err := change.checked()
	if err != nil {
		return err
	}
	now := time.Now()
	return c.change(ctx, func(t *tx) error {
		for _, k := range keys {
			id, err := t.add(k, now)
			if err == nil {
				err = t.apply(id, change)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Valid is nil for a change within the bounds of its texts, else as Change has it.
func (c Change) Valid() error {
	_, err := c.checked()
	return err
}

// checked is the change within the bounds.
func (c Change) checked() (Change, error) {
	for _, text := range []struct {
		of   **string
		most int
	}{{&c.Name, manifest.MaxName}, {&c.Description, manifest.MaxDescription}} {
		if *text.of == nil {
			continue
		}
		fits, err := checked(**text.of, text.most)
		if err != nil {
			return c, err
		}
		*text.of = &fits
	}
	for i, tag := range c.Tag {
		fits, err := checkedTag(tag)
		if err != nil {
			return c, err
		}
		c.Tag = slices.Clone(c.Tag)
		c.Tag[i] = fits
	}
	return c, nil
}

func (t *tx) apply(id int64, change Change) error {
	said := make(map[string]string)
	if change.Name != nil {
		said[factName] = *change.Name
	}
	if change.Description != nil {
		said[factDescription] = *change.Description
	}
	if len(change.Tag)+len(change.Untag) > 0 {
		before, err := t.fact(id, factTags)
		if err != nil {
			return err
		}
		tags := append(split(before, between), change.Tag...)
		tags = slices.DeleteFunc(tags, func(tag string) bool { return slices.Contains(change.Untag, tag) })
		slices.Sort(tags)
		if tags = slices.Compact(tags); len(tags) > manifest.MaxTags {
			return ErrTooLong
		}
		said[factTags] = strings.Join(tags, between)
	}
	switch {
	case change.Removed:
		said[factRemoved], said[factChoice] = yes, ""
	case change.Choice != nil:
		said[factRemoved], said[factChoice] = "", string(*change.Choice)
	}
	for name, value := range said {
		if err := t.say(id, name, value); err != nil {
			return err
		}
	}
	return nil
}

// fact is what is held true.
func (t *tx) fact(id int64, name string) (value string, err error) {
	err = t.row(`select coalesce((select value from fact where document = ? and name = ?), '')`, id, name).Scan(&value)
	return value, err
}

// say notes what is said here, if that is new.
func (t *tx) say(id int64, name, value string) error {
	before, err := t.fact(id, name)
	if before == value || err != nil {
		return err
	}
	if err := t.exec(`update machine set changes = changes + 1`); err != nil {
		return err
	}
	return t.exec(`insert into fact (document, name, value, change) select ?, ?, ?, changes from machine where true
		on conflict do update set value = excluded.value, change = excluded.change`, id, name, value)
}

// Join says that what was known by one key is the document of another: an
// address alone does not always show that. Nothing of either is lost; of what
// both say, the other's counts.
func (c *Catalog) Join(ctx context.Context, from, to Key) error {
	return c.change(ctx, func(t *tx) error {
		before, err := t.find(from)
		if before == 0 || err != nil {
			return err
		}
		is, err := t.find(to)
		switch {
		case err != nil || is == before:
			return err
		case is == 0:
			if err := t.exec(`update document set kind = ?, server = ?, name = ?, base = ? where id = ?`, to.Kind, to.Server(), to.ID, to.Base, before); err != nil {
				return err
			}
			return t.alias(from, before)
		}
		for _, merge := range []string{
			`update document set address = (select address from document where id = ?1) where id = ?2 and address = ''`,
			`update or ignore fact set document = ?2 where document = ?1`,
			`update or ignore heard set document = ?2 where document = ?1`,
			`update or ignore origin set document = ?2 where document = ?1`,
			`update alias set document = ?2 where document = ?1`,
			`delete from document where id = ?1 and ?2`,
		} {
			if err := t.exec(merge, before, is); err != nil {
				return err
			}
		}
		return t.alias(from, is)
	})
}

func (t *tx) alias(k Key, id int64) error {
	return t.exec(`insert or replace into alias (kind, server, name, document) values (?, ?, ?, ?)`, k.Kind, k.Server(), k.ID, id)
}

// ChooseNew makes a choice for those documents of which nobody made one, and
// which nobody removed. It adds those that are new.
func (c *Catalog) ChooseNew(ctx context.Context, keys []Key, choice Choice) error {
	now := time.Now()
	return c.change(ctx, func(t *tx) error {
		for _, k := range keys {
			id, err := t.add(k, now)
			if err != nil {
				return err
			}
			var said bool
			err = t.row(`select exists (select 1 from fact where document = ? and name in ('choice', 'removed') and change > 0)`, id).Scan(&said)
			if err == nil && !said {
				err = t.say(id, factChoice, string(choice))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
