package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

const (
	pairs     = 5 // paired runs, whose median counts
	documents = 10_000
)

// storage measures parts b, c and d: many small documents from a fast server
// into S3, beside restic with the same files.
func storage(t testing.TB, p *program) []row {
	c := newCorpus(documents)
	dir := t.TempDir()
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	bytes, err := c.write(files)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "documents")
	if err := c.list(list); err != nil {
		t.Fatal(err)
	}
	source := recite(t, c)
	s := openStore(t)

	var last setup
	var ours, theirs []outcome
	for n := range pairs {
		prefix := fmt.Sprint("padsync-", n)
		last = p.setUp(t, source, list, "s3:"+s.endpoint+"/"+s.Bucket+"/"+prefix, s.env()...)
		last.create(t, source+"/p/"+etherpadtest.SyntheticID(0))
		ours = append(ours, s.observe(t, prefix, func() usage { return last.backup(t, documents) }))
		theirs = append(theirs, s.restic(t, fmt.Sprint("restic-", n), files))
	}
	return append(compare(ours, theirs, bytes), s.unchanged(last.backup(t, documents)), s.single(t, last, c))
}

// An outcome is what one backup took and left.
type outcome struct {
	usage
	traffic
	stored int64
}

func (s *store) observe(t testing.TB, prefix string, backup func() usage) outcome {
	s.taken()
	u := backup()
	return outcome{u, s.taken(), s.size(t, prefix)}
}

// restic backs up the files into a repository of its own.
func (s *store) restic(t testing.TB, prefix, files string) outcome {
	env := append(s.env(), "RESTIC_PASSWORD=bench", "RESTIC_CACHE_DIR="+t.TempDir(),
		"RESTIC_REPOSITORY=s3:"+s.endpoint+"/"+s.Bucket+"/"+prefix)
	if _, _, err := measured(t.Context(), env, "restic", "init"); err != nil {
		t.Fatal(err)
	}
	return s.observe(t, prefix, func() usage {
		u, _, err := measured(t.Context(), env, "restic", "backup", "--quiet", files)
		if err != nil {
			t.Fatal(err)
		}
		return u
	})
}

func compare(ours, theirs []outcome, bytes int64) []row {
	ratio := func(of func(outcome) float64) float64 {
		var ratios []float64
		for n := range ours {
			ratios = append(ratios, of(ours[n])/of(theirs[n]))
		}
		return median(ratios)
	}
	of := func(all []outcome, of func(outcome) float64) float64 {
		var values []float64
		for _, o := range all {
			values = append(values, of(o))
		}
		return median(values)
	}
	wall := func(o outcome) float64 { return o.Wall.Seconds() }
	cpu := func(o outcome) float64 { return o.CPU.Seconds() }
	stored := func(o outcome) float64 { return float64(o.stored) }
	peak := func(o outcome) float64 { return float64(o.Peak) }
	besides := func(o outcome) float64 { return float64(o.Requests - o.PackPuts) }
	versus := func(what, format string, scale float64, value func(outcome) float64, goal float64) row {
		r := ratio(value)
		return row{"b", what, fmt.Sprintf(format+", restic "+format+": %.2f", of(ours, value)/scale, of(theirs, value)/scale, r),
			fmt.Sprintf("at most %.2f of restic", goal), r <= goal}
	}
	return []row{
		versus(fmt.Sprintf("%d documents, %.0f MB, to S3: wall", documents, float64(bytes)/1e6), "%.2f s", 1, wall, 1.25),
		versus("CPU", "%.2f s", 1, cpu, 1),
		versus("stored", "%.1f MB", 1e6, stored, 1),
		{"b", "requests besides packs", fmt.Sprintf("%.0f", of(ours, besides)), "at most 8", of(ours, besides) <= 8},
		{"b", "peak memory", mib(of(ours, peak)) + ", restic " + mib(of(theirs, peak)), "under 150 MiB", of(ours, peak) < 150<<20},
	}
}

// unchanged is the row for a second run that found nothing new.
func (s *store) unchanged(u usage) row {
	asked := s.taken()
	return row{"c", fmt.Sprintf("the same again, nothing changed: store requests (%.2f s, %.2f s CPU)", u.Wall.Seconds(), u.CPU.Seconds()),
		fmt.Sprint(asked.Requests), "at most 8", asked.Requests <= 8}
}

// single restores one document and looks whether it is the right one.
func (s *store) single(t testing.TB, one setup, c *corpus) row {
	target := t.TempDir()
	id := etherpadtest.SyntheticID(documents / 2)
	u, _, err := measured(t.Context(), one.env, one.path, "restore", id, "--config", one.config, "-i", one.identity, "--target", target)
	if err != nil {
		t.Fatal(err)
	}
	asked := s.taken()
	found, err := filepath.Glob(filepath.Join(target, "*", "*", id+".etherpad"))
	if err != nil || len(found) != 1 {
		t.Fatalf("restored %q: %v", found, err)
	}
	restored, err := os.ReadFile(found[0])
	if err != nil || !slices.Equal(restored, c.export(documents/2)) {
		t.Fatalf("the restored document is not what was saved: %v", err)
	}
	return row{"d", fmt.Sprintf("one document restored: read from packs (%.2f s)", u.Wall.Seconds()),
		fmt.Sprintf("%.0f KiB in %d requests", float64(asked.PackBytes)/1024, asked.PackGets), "at most 1 MiB in 4",
		asked.PackBytes <= 1<<20 && asked.PackGets <= 4}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func mib(bytes float64) string { return fmt.Sprintf("%.0f MiB", bytes/(1<<20)) }
