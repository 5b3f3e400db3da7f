package repository_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/sources"
	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// BenchmarkSave saves pads of 1.5 to 48 KB into a sealed repository in memory.
func BenchmarkSave(b *testing.B) {
	const documents = 3000
	server := etherpadtest.New(etherpadtest.Options{Synthetic: documents})
	var versions []*sources.Version
	plain := int64(0)
	for i := range documents {
		id := etherpadtest.SyntheticID(i)
		content := server.Export(id)
		plain += int64(len(content))
		versions = append(versions, &sources.Version{ID: id, Validator: "v", Files: []sources.File{
			{Name: id + ".etherpad", Format: "etherpad", Size: int64(len(content)), SHA256: sha256.Sum256(content), Content: bytes.NewReader(content)},
		}})
	}
	b.SetBytes(plain)
	b.ReportAllocs()
	for b.Loop() {
		w := newWorld(b, true)
		c, err := w.open().Read(b.Context(), repository.At{})
		if err != nil {
			b.Fatal(err)
		}
		run, err := w.open().Begin(b.Context(), c, repository.RunOptions{Sources: []manifest.Source{pads}})
		if err != nil {
			b.Fatal(err)
		}
		for _, v := range versions {
			if err := run.Save(manifest.Document{ID: v.ID, State: manifest.Current}, v, "", nil); err != nil {
				b.Fatal(err)
			}
		}
		if err := run.Commit(b.Context(), manifest.AtEnd); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(run.Stats().Stored)/float64(plain)*100, "%stored")
		run.Discard()
		c.Close()
	}
}
