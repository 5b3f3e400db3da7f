package manifest_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/padsync/padsync/manifest"
)

func alone(t *testing.T) (manifest.Source, manifest.DocumentVersion, []byte) {
	t.Helper()
	source, v := header().Sources[0], documents()[2].Versions[0]
	for i := range v.Files {
		f := &v.Files[i]
		f.Pack, f.Frame, f.Offset = 0, [2]int64{}, 0
	}
	v.Name, v.Public = manifest.VersionName(*v.Saved, v.Files), new(true)
	b, err := manifest.EncodeAlone(source, "ag-2026", &v, map[string]string{"admin": "https://…"})
	if err != nil {
		t.Fatal(err)
	}
	return source, v, b
}

func TestWhatIsEncodedAloneIsDecoded(t *testing.T) {
	source, v, b := alone(t)
	got, err := manifest.DecodeAlone(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&manifest.Alone{Source: source, ID: "ag-2026", Version: v}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAloneIsReadInItsOneEncodingOnly(t *testing.T) {
	_, _, b := alone(t)
	for name, change := range map[string][2]string{
		"white space":     {`"id":`, `"id": `},
		"unknown key":     {`"id":`, `"more":1,"id":`},
		"another format":  {"padsync document", "padsync part"},
		"another name":    {`"version":"20261122T144106Z`, `"version":"20261122T144107Z`},
		"another hash":    {"ffffffff", "fffffffe"},
		"recovered":       {`"revision"`, `"recovered":true,"revision"`},
		"no time":         {`"saved":"2026-11-22T14:41:06Z",`, ""},
		"no id":           {`"id":"ag-2026"`, `"id":""`},
		"a location":      {`}]}]`, `,"pack":0}]}]`},
		"public or not":   {`"public":true`, `"public":1`},
		"no version":      {`"versions":[{`, `"versions":[],"x":[{`},
		"something after": {"}\n", "}\n{}"},
	} {
		if changed := strings.Replace(string(b), change[0], change[1], 1); changed == string(b) {
			t.Errorf("%s: nothing is changed: %s", name, b)
		} else if _, err := manifest.DecodeAlone([]byte(changed)); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
	newer := bytes.Replace(b, []byte(`document","version":1`), []byte(`document","version":2`), 1)
	if _, err := manifest.DecodeAlone(newer); !errors.Is(err, manifest.ErrUnsupported) {
		t.Errorf("of a newer format: %v", err)
	}
}

func FuzzDecodeAlone(f *testing.F) {
	f.Add([]byte(`{"format":"padsync document","version":1,"source":{"kind":"etherpad","url":"https://a.example"},"id":"a","versions":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := manifest.DecodeAlone(b); err == nil && (a.ID == "" || a.Version.Saved == nil) {
			t.Errorf("%+v", a)
		}
	})
}

// TestRecoveredFactsCountLeast, in whatever order the inputs come, and also
// when a checkpoint carries them on.
func TestRecoveredFactsCountLeast(t *testing.T) {
	const name = "20261122T144106Z-0123456789abcdef"
	at := manifest.At(time.Date(2026, 11, 22, 14, 41, 6, 0, time.UTC))
	h := header()
	told := func(id string, v manifest.DocumentVersion) manifest.Input {
		v.Name = name
		docs := []*manifest.Document{{ID: "a", Versions: []manifest.DocumentVersion{v}}}
		return manifest.Input{ID: id, Header: &h, Next: func() (*manifest.Document, error) {
			if len(docs) == 0 {
				return nil, io.EOF
			}
			d := docs[0]
			docs = docs[1:]
			return d, nil
		}}
	}
	file := []manifest.File{{Name: "f", Format: "txt", SHA256: strings.Repeat("f", 64)}}
	recovered := manifest.DocumentVersion{
		Saved: &at, Recovered: true, Title: "recovered", Validator: new("recovered"), Suspect: new("shrunk"), Files: file,
	}
	inputs := map[string]manifest.DocumentVersion{
		"5": {Saved: &at, Title: "told", Validator: new("told"), Files: file},
		"6": {Suspect: new("")},
		"9": recovered, "2": recovered,
	}
	for _, order := range []string{"569", "965", "695", "256", "562"} {
		var all []manifest.Input
		for _, id := range strings.Split(order, "") {
			all = append(all, told(id, inputs[id]))
		}
		for r, err := range manifest.Merge(all, manifest.View{}) {
			if err != nil {
				t.Fatal(err)
			}
			if v := r.Versions[0]; v.Recovered || v.Title != "told" || v.Validator != "told" || v.Suspect != "" || v.Told != [5]string{"5", "5", "6", "5"} {
				t.Errorf("in the order %s: %+v", order, v)
			}
		}
	}
}
