package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/padsync/padsync/backup"
	"github.com/padsync/padsync/manifest"
	"github.com/padsync/padsync/sinks/memory"
	"github.com/padsync/padsync/sinks/sinktest"
	"github.com/padsync/padsync/sources"
)

// quick answers at once, for measuring what backing up costs besides.
type quick struct{ size int }

func (q quick) Fetch(_ context.Context, id, validator string) (*sources.Version, error) {
	if validator == id {
		return &sources.Version{ID: id, Validator: id, Unchanged: true}, nil
	}
	random := rand.New(rand.NewPCG(uint64(len(id)), uint64(sha256.Sum256([]byte(id))[0])))
	var b bytes.Buffer
	for b.Len() < q.size {
		fmt.Fprintf(&b, "%s %x ", id, random.Uint64())
	}
	sum := sha256.Sum256(b.Bytes())
	return &sources.Version{ID: id, Validator: id, Facts: sources.Facts{Content: fmt.Sprintf("%x", sum[:16]), First: fmt.Sprintf("%x", sum[:16]), Length: 7}, Files: []sources.File{
		{Name: id + ".etherpad", Format: "etherpad", Size: int64(b.Len()), SHA256: sum, Content: bytes.NewReader(b.Bytes())},
	}}, nil
}

func quickly(t *testing.T, documents, size int) *world {
	w := newWorld(t)
	w.plan.Sources = []*backup.Source{{Source: manifest.Source{Kind: "odd", URL: "https://odd.example"}, Client: quick{size}}}
	for i := range documents {
		w.plan.Documents = append(w.plan.Documents, backup.Document{ID: fmt.Sprintf("document-%06d", i)})
	}
	return w
}

// TestRunsCostFewRequests: eight at most besides packs, whether all is new or
// nothing.
func TestRunsCostFewRequests(t *testing.T) {
	w := quickly(t, 500, 2000)
	count := &sinktest.Count{Sink: memory.New(time.Now)}
	w.stores[0] = count
	for _, run := range []string{"first", "second"} {
		count.Reset()
		r := w.backup(w.plan.Documents...)
		if r.Repositories[0].Err != nil {
			t.Fatal(r.Repositories[0].Err)
		}
		requests := count.Calls("")
		for o := range w.stores[0].List(t.Context(), "packs/") {
			requests -= count.Calls(o.Key)
		}
		if requests > 8 {
			t.Errorf("the %s run made %d requests besides packs", run, requests)
		}
	}
}
