package manifest_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/manifest"
)

func header() manifest.Header {
	at := manifest.At(time.Date(2026, 11, 22, 14, 41, 6, 999, time.UTC))
	return manifest.Header{
		Format: "padsync manifest", Version: 1,
		Repository: strings.Repeat("b", 32), Sequence: 7, Run: "aa", Started: at, Finished: at, Complete: true, Program: "padsync 0.1", Host: "h",
		Sources: []manifest.Source{{Kind: "etherpad", URL: "https://a.example"}, {Kind: "etherpad", URL: "http://b.example", Name: "B"}},
		Packs:   []manifest.Pack{{Key: "packs/" + strings.Repeat("0", 64) + ".tar.zst", Size: 12, Recipients: manifest.HashesOf([]string{"bbbbbbbbbbbbbbbb", "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"})}},
	}
}

func documents() []manifest.Document {
	at := manifest.At(time.Date(2026, 11, 22, 14, 41, 6, 0, time.UTC))
	revision, none, validator := int64(3), "", "W/\"<&>\u2028"
	return []manifest.Document{
		{Source: 0, ID: "ag-2026", State: manifest.Current},
		{Source: 0, ID: "é <&>", State: manifest.Failed, Error: "500"},
		{Source: 1, ID: "ag-2026", State: manifest.Current, Versions: []manifest.DocumentVersion{{
			Name: "20261122T144106Z-0123456789abcdef", Saved: &at, Revision: "3", Facts: &manifest.Facts{Revision: &revision, Length: 4},
			Validator: &validator, Suspect: &none,
			Files: []manifest.File{{Name: "ag.etherpad", Format: "etherpad", Size: 4, SHA256: strings.Repeat("f", 64), Frame: [2]int64{9, 3}, Offset: 512}},
		}, {
			Name: "20261123T144106Z-0123456789abcdef", Saved: &at,
			Files: []manifest.File{{
				Name: "ag.etherpad", Format: "etherpad", Size: 99, SHA256: strings.Repeat("e", 64), Frame: [2]int64{12, 3}, Offset: 512,
				History: &manifest.History{Offset: 20, Stored: strings.Repeat("d", 64), Pieces: []manifest.Piece{
					{Length: 30, SHA256: strings.Repeat("c", 64), In: &manifest.Place{Version: "20261122T144106Z-0123456789abcdef", Frame: [2]int64{9, 3}, Offset: 532}},
					{Length: 40, SHA256: strings.Repeat("b", 64)},
				}},
			}},
		}}},
	}
}

func encode(t testing.TB, h manifest.Header, documents []manifest.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	e, err := manifest.NewEncoder(&b, h)
	if err != nil {
		t.Fatal(err)
	}
	for i := range documents {
		if err := e.Encode(&documents[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode(b []byte) (*manifest.Header, []manifest.Document, error) {
	d, err := manifest.NewDecoder(bytes.NewReader(b))
	if err != nil {
		return nil, nil, err
	}
	var documents []manifest.Document
	for {
		doc, err := d.Next()
		if err == io.EOF {
			return d.Header, documents, nil
		}
		if err != nil {
			return nil, nil, err
		}
		documents = append(documents, *doc)
	}
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	b := encode(t, header(), documents())
	h, got, err := decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(header(), *h); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(documents(), got); diff != "" {
		t.Error(diff)
	}
	if !bytes.Contains(b, []byte(`{"source":0,"id":"ag-2026","state":"current"}`)) {
		t.Errorf("an unchanged document is not as docs/format.md says: %s", b)
	}
}

func TestOtherEncodingsAreRefused(t *testing.T) {
	good := string(encode(t, header(), documents()))
	for name, change := range map[string][2]string{
		"white space":        {`"run":"aa"`, `"run": "aa"`},
		"white space within": {`"state":"failed"`, `"state": "failed"`},
		"another escape":     {"é", `\u00e9`},
		"order of keys":      {`"id":"ag-2026","state":"current"}`, `"state":"current","id":"ag-2026"}`},
		"unknown key":        {`"complete":true`, `"complete":true,"more":1`},
		"unknown key within": {`"state":"failed"`, `"state":"failed","more":1`},
		"key of other case":  {`"state":"failed"`, `"State":"failed"`},
		"key twice":          {`"run":"aa"`, `"run":"aa","run":"aa"`},
		"unsorted":           {`"id":"é <&>"`, `"id":"a"`},
		"same document":      {`"id":"é <&>"`, `"id":"ag-2026"`},
		"source that is not": {`"source":1`, `"source":2`},
		"pack that is not":   {`"pack":0`, `"pack":1`},
		"negative place":     {`"offset":512`, `"offset":-512`},
		"path for a name":    {`"name":"ag.etherpad"`, `"name":"../ag.etherpad"`},
		"time with zone":     {`"finished":"2026-11-22T14:41:06Z"`, `"finished":"2026-11-22T14:41:06+00:00"`},
		"unknown state":      {`"failed"`, `"fine"`},
		"empty default":      {`"state":"failed"`, `"state":"failed","checked":null`},
		"other format":       {`padsync manifest`, `padsync part`},
		"something behind":   {"]}\n", "]}\n{}"},
		"cut":                {"]}\n", ""},
		"cut line end":       {"]}\n", "]}"},
		"pack of other name": {`"key":"packs/`, `"key":"../packs/`},
		"history is null":    {`"offset":512}]}`, `"offset":512,"history":null}]}`},
		"piece in no pack":   {`"version":"20261122T144106Z-0123456789abcdef","pack":0`, `"version":"20261122T144106Z-0123456789abcdef","pack":1`},
		"piece in nothing":   {`"length":40,`, `"length":40,"in":null,`},
		"piece without hash": {`"sha256":"` + strings.Repeat("b", 64) + `"`, `"sha256":""`},
		"pieces too long":    {`"length":40`, `"length":50`},
		"no packs":           {`"packs":[{`, `"packs":[],"parts":[{`}, // which the files refer to
		"null":               {`"packs":[{`, `"packs":null,"parts":[{`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Errorf("%s: nothing was changed", name)
		}
		if _, _, err := decode([]byte(bad)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	newer := strings.Replace(good, `"version":1`, `"version":2,"unheard-of":[]`, 1)
	if _, _, err := decode([]byte(newer)); !errors.Is(err, manifest.ErrUnsupported) {
		t.Errorf("a newer format: %v", err)
	}
}

func TestEndlessValueIsRefused(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(`{"format":"padsync manifest","version":1,"run":"`), zeros{})
	if _, err := manifest.NewDecoder(endless); err == nil {
		t.Error("it is accepted")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '0'
	}
	return len(b), nil
}

// told makes an input that tells one document, at a sequence.
func told(sequence int64, doc manifest.Document, h manifest.Header) manifest.Input {
	left := []manifest.Document{doc}
	return manifest.Input{
		ID:     manifest.ID(sequence, h.Finished.Time, [32]byte{byte(sequence)}),
		Header: &h,
		Next: func() (*manifest.Document, error) {
			if len(left) == 0 {
				return nil, io.EOF
			}
			doc := left[0]
			left = left[1:]
			return &doc, nil
		},
	}
}

func TestMergeTakesTheHighestTeller(t *testing.T) {
	at, reason, none := manifest.At(time.Unix(0, 0)), "shrunk", ""
	name := func(i int) string { return fmt.Sprintf("20261122T144106Z-%016d", i) }
	files := []manifest.File{{Name: "f", Format: "txt", SHA256: strings.Repeat("0", 64)}}
	states := []manifest.Document{
		{ID: "x", State: manifest.Current, Versions: []manifest.DocumentVersion{{Name: name(9), Saved: &at, Suspect: &reason, Files: files}}},
		{ID: "x", State: manifest.Missing, Versions: []manifest.DocumentVersion{{Name: name(1), Saved: &at, Files: files}}},
		{ID: "x", State: manifest.Failed, Versions: []manifest.DocumentVersion{{Name: name(9), Suspect: &none}}},
		{ID: "x", State: manifest.Current, Versions: []manifest.DocumentVersion{{Name: name(5), Suspect: &none}}}, // never told whole
	}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1, 0, 2}} {
		var inputs []manifest.Input
		for _, i := range order {
			inputs = append(inputs, told(int64(i+1), states[i], header()))
		}
		for record, err := range manifest.Merge(inputs, manifest.View{}) {
			if err != nil {
				t.Fatal(err)
			}
			names := []string{}
			for _, v := range record.Versions {
				names = append(names, v.Name)
			}
			if record.State != manifest.Current || !slices.Equal(names, []string{name(9), name(1)}) || record.Versions[0].Suspect != "" {
				t.Errorf("order %v: %+v", order, record)
			}
		}
	}
	before := manifest.View{Told: func(id string) bool { return id < "0000000002" }}
	for record := range manifest.Merge([]manifest.Input{told(1, states[0], header()), told(2, states[1], header()), told(3, states[2], header())}, before) {
		if record.State != manifest.Current || len(record.Versions) != 1 || record.Versions[0].Suspect != "shrunk" {
			t.Errorf("at the first manifest: %+v", record)
		}
	}
}

func FuzzDecode(f *testing.F) {
	seeds, err := filepath.Glob("testdata/fuzz/FuzzDecode/*")
	if err != nil || len(seeds) == 0 {
		f.Fatal("the corpus is empty", err)
	}
	for _, seed := range seeds {
		if _, err := os.Stat(seed); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(encode(f, header(), documents()))
	f.Add(encode(f, header(), []manifest.Document{{ID: "a", State: manifest.Current, Said: said()}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, documents, err := decode(b)
		if err != nil {
			return
		}
		if again := encode(t, *h, documents); !bytes.Equal(again, b) {
			t.Errorf("%q is encoded as %q", b, again)
		}
	})
}

// TestTextThatIsNoUTF8IsRefused: encoded, it could not be read again.
func TestTextThatIsNoUTF8IsRefused(t *testing.T) {
	h := header()
	h.Host = "host\xff"
	if _, err := manifest.NewEncoder(io.Discard, h); err == nil {
		t.Error("it is accepted in a header")
	}
	for text, valid := range map[string]bool{"\xff": false, `\` + "\xff": false, `\ufffd`: true, `\\ufffd`: true, "\uFFFD": true} {
		e, err := manifest.NewEncoder(io.Discard, header())
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Encode(&manifest.Document{ID: "x", State: manifest.Failed, Error: text}); (err == nil) != valid {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestOneSourceIsNamedOnce: documents of two sources that are one would not be
// in order.
func TestOneSourceIsNamedOnce(t *testing.T) {
	h := header()
	h.Sources[1].URL = "http://a.example"
	if _, err := manifest.NewEncoder(io.Discard, h); err == nil {
		t.Error("one source is accepted twice")
	}
}

func TestManyVersionsAreMergedQuickly(t *testing.T) {
	at := manifest.At(time.Unix(0, 0))
	doc := manifest.Document{ID: "x", State: manifest.Current}
	for i := range 100_000 {
		doc.Versions = append(doc.Versions, manifest.DocumentVersion{
			Name: fmt.Sprintf("20261122T144106Z-%016d", i), Saved: &at,
			Files: []manifest.File{{Name: "f", Format: "txt", SHA256: strings.Repeat("0", 64)}},
		})
	}
	began := time.Now()
	for record, err := range manifest.Merge([]manifest.Input{told(1, doc, header()), told(2, doc, header())}, manifest.View{}) {
		if err != nil || len(record.Versions) != 100_000 {
			t.Error(len(record.Versions), err)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestHTTPAndHTTPSAreOneServer(t *testing.T) {
	a, b := manifest.Address("http://pad.example.org/x"), manifest.Source{URL: "https://pad.example.org/x"}.Address()
	if a != b || a != "pad.example.org/x" {
		t.Errorf("addresses %q and %q", a, b)
	}
}
