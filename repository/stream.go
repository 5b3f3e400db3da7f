package repository

import (
	"errors"
	"io"
	"math"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository/object"
)

// passWidth is how many streams are merged at once, and how many objects are
// kept open: each takes memory of its own, and perhaps a file.
const passWidth = 32

// A stream is the documents of a manifest or of a checkpoint, received whole,
// or those of some streams that were merged.
type stream struct {
	id     string
	header *manifest.Header
	passes int // that it went through

	body  *spool.Spool // nil: it has only parts
	parts []*spool.Spool

	objects *object.Store // that they are in, as they are spooled
}

func (s *stream) close() (err error) {
	if s.body != nil {
		err = s.body.Close()
	}
	for _, p := range s.parts {
		err = errors.Join(err, p.Close())
	}
	return err
}

// add notes an input, and merges streams when there are many.
func (c *Contents) add(in *input, documents *stream) error {
	c.inputs, c.streams = append(c.inputs, in), append(c.streams, documents)
	for passes := 0; ; passes++ {
		var some, others []*stream
		for _, s := range c.streams {
			if s.passes == passes {
				some = append(some, s)
			} else {
				others = append(others, s)
			}
		}
		if len(some) < passWidth {
			return nil
		}
		merged, err := c.pass(some)
		if err != nil {
			return err
		}
		c.streams = append(others, merged)
		for _, s := range some {
			err = errors.Join(err, s.close())
		}
		if err != nil {
			return err
		}
	}
}

// pass makes one stream of some. It keeps all of what they tell that can count
// at the moment that is read.
func (c *Contents) pass(some []*stream) (*stream, error) {
	own := &object.Store{Pool: c.repo.objects.Pool} // the spool alone keeps them from others
	merged := &stream{passes: some[0].passes + 1, header: new(manifest.Header), objects: own}
	headers := make([]*input, len(some))
	for i, s := range some {
		headers[i] = &input{id: s.id, header: s.header}
		merged.id = max(merged.id, s.id)
	}
	merged.header.Sources = sourcesOf(headers)
	w := &checkpointWriter{header: merged.header, limit: math.MaxInt64, create: func() (*jsonWriter, error) { return createJSON(own) }, store: func(s *spool.Spool) error {
		merged.parts = append(merged.parts, s)
		return nil
	}}
	inputs, done := documentsOf(some)
	defer done()
	err := w.documents(manifest.Merge(inputs, manifest.View{Told: c.at.counts, Stored: c.stored, Lost: true, Parts: true}))
	if err != nil {
		return nil, errors.Join(err, merged.close())
	}
	return merged, nil
}

// documentsOf gives streams to be merged. The caller calls done after that.
func documentsOf(streams []*stream) (inputs []manifest.Input, done func()) {
	readers := make([]*documentStream, len(streams))
	for i, s := range streams {
		readers[i] = &documentStream{stream: s}
		inputs = append(inputs, manifest.Input{ID: s.id, Header: s.header, Next: readers[i].next})
	}
	return inputs, func() {
		for _, r := range readers {
			r.close()
		}
	}
}

// A documentStream reads the documents of a manifest, or those of a
// checkpoint's parts one after the other.
type documentStream struct {
	*stream
	begun bool // the body, if there is one
	part  int  // that comes next
	open  io.ReadCloser
	dec   *manifest.Decoder
}

func (s *documentStream) next() (*manifest.Document, error) {
	for {
		if s.dec == nil {
			if err := s.advance(); err != nil {
				return nil, err
			}
		}
		doc, err := s.dec.Next()
		if err != io.EOF {
			return doc, err
		}
		s.close()
	}
}

// advance opens the manifest itself, then each part, and ends with io.EOF.
func (s *documentStream) advance() (err error) {
	whole := s.body != nil && !s.begun
	body := s.body
	switch {
	case whole:
		s.begun = true
	case s.part == len(s.parts):
		return io.EOF
	default:
		body = s.parts[s.part]
		s.part++
	}
	if s.open, err = openJSON(s.objects, body); err != nil {
		return err
	}
	if whole {
		s.dec, err = manifest.NewDecoder(s.open)
	} else {
		s.dec, err = manifest.NewPartDecoder(s.open, s.header)
	}
	return err
}

func (s *documentStream) close() {
	if s.open != nil {
		s.open.Close()
		s.open, s.dec = nil, nil
	}
}
