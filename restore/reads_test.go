package restore_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/library"
	"github.com/padsync/padsync/repository"
	"github.com/padsync/padsync/restore"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
)

// TestEachPackIsReadOnce: restoring all documents of an old repository, whose
// newest versions are spread over many packs, reads each pack about once.
func TestEachPackIsReadOnce(t *testing.T) {
	count := &sinktest.Count{Sink: memory.New(time.Now)}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	r, err := repository.OpenOrCreate(t.Context(), count, repository.Options{
		Pool: spool.New(t.TempDir(), 0), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 20_000)
	for range 20 {
		now = now.Add(time.Hour)
		var some []saved
		for i := range 400 {
			if random.IntN(8) == 0 {
				for j := range text {
					text[j] = byte(random.Uint32())
				}
				some = append(some, saved{id: fmt.Sprintf("pad-%03d", i), file: "x.bin", format: "bin", text: string(text)})
			}
		}
		save(t, r, some...)
	}
	c, err := r.Read(t.Context(), repository.At{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stored := int64(0)
	packs := 0
	for o := range count.Sink.List(t.Context(), "packs/") {
		stored += o.Size
		packs++
	}
	count.Reset()
	report, err := restore.Run(t.Context(), restore.Plan{Repository: r, Query: library.Query{Contents: c}, Target: t.TempDir()})
	if err != nil || report.Failed > 0 || report.Restored < 300 {
		t.Fatalf("%+v, %v", report, err)
	}
	if read, calls := count.Read("packs/"), count.Calls("packs/"); read > 2*stored || calls > 5*packs {
		t.Errorf("%d bytes in %d requests were read of %d packs with %d bytes", read, calls, packs, stored)
	}
}
