package etherpad

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/padsync/padsync/documents/pad"
	"github.com/padsync/padsync/internal/polite"
	"github.com/padsync/padsync/internal/spool"
	"github.com/padsync/padsync/sources/sourcetest"
)

func FuzzExportForAnotherServer(f *testing.F) {
	f.Add([]byte(`{"pad:a":{"atext":{"text":"xy\n","attribs":"*0+1*0*1|1+2"},"pool":{"numToAttrib":{"0":["author","a.b"],"1":["bold",true]},"nextNum":2},"head":0,"chatHead":0},` +
		`"globalAuthor:a.b":{"name":"B","padIDs":"a"},"pad:a:revs:0":{"changeset":"Z:1>2*0+1*0*1|1+1$xy","meta":{"author":"a.b","timestamp":1}},"pad:a:chat:0":{"text":"t","userId":"a.b","time":2},"x:a":{}}`))
	f.Add([]byte(`{"pad:a":{"atext":{"text":"x\n","attribs":"*0*1|1+2Z:-="},"pool":{"numToAttrib":{"0":1}}},"pad:a:revs:0":{"changeset":"Z:"}}`))
	f.Fuzz(func(t *testing.T, export []byte) {
		c, _, err := pad.ReadFingerprint(bytes.NewReader(export), int64(len(export)))
		if err != nil || !holdsPad(export) {
			return // inspect refuses it
		}
		var copied bytes.Buffer
		if err := writeFor(&copied, "new", bytes.NewReader(export), int64(len(export)), nil); err != nil {
			t.Fatal(err)
		}
		again, _, err := pad.ReadFingerprint(bytes.NewReader(copied.Bytes()), int64(copied.Len()))
		if err != nil {
			t.Fatalf("%v in %q", err, copied.Bytes())
		}
		if again != c {
			t.Fatalf("copied as %q", copied.Bytes())
		}
	})
}

func holdsPad(export []byte) (holds bool) {
	for m, err := range pad.Members(bytes.NewReader(export)) {
		holds = holds || err == nil && m.Kind == pad.PadMember && m.IsObject()
	}
	return holds
}

// TestPadWithManyImagesIsSaved: 42 MB of them in its pool, none of which is held.
func TestPadWithManyImagesIsSaved(t *testing.T) {
	image := strings.Repeat("QUJD", 25_000)
	transport, stop := sourcetest.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment")
		io.WriteString(w, `{"pad:ag":{"atext":{"text":"été*\n","attribs":"+3*0+1|1+1"},"pool":{"numToAttrib":{`)
		for n := range 140 {
			fmt.Fprintf(w, `"%d":["img","data:image/png;base64,%s"],`, n, image)
		}
		io.WriteString(w, `"140":["author","a.A"]},"nextNum":141},"head":1,"chatHead":-1},`+
			`"globalAuthor:a.A":{"colorId":1,"name":"Ann","timestamp":5,"padIDs":"ag"},`+
			`"pad:ag:revs:0":{"changeset":"Z:1>3+3$été","meta":{"author":"","timestamp":1795345534517,"pool":{},"atext":{"text":"été\n","attribs":"|1+4"}}},`+
			`"pad:ag:revs:1":{"changeset":"Z:4>1=3*0+1$*","meta":{"author":"a.A","timestamp":1795345534518}}}`)
	}))
	defer stop()
	s, err := New("http://pad.example.org", polite.New(polite.Options{Transport: transport}), spool.New(t.TempDir(), 0), Options{})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	v, err := s.Fetch(t.Context(), "ag", "")
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	runtime.ReadMemStats(&after)
	if v.Suspect != "" || v.Facts.Flaw != "" || v.Facts.Length != 5 || v.Files[0].Size < 14_000_000 || v.Validator == "" {
		t.Errorf("suspect %q, facts %+v, %d bytes", v.Suspect, v.Facts, v.Files[0].Size)
	}
	if most := before.Sys + 48<<20; after.Sys > most {
		t.Errorf("it took %d bytes of memory", after.Sys-before.Sys)
	}
	p, err := pad.Open(v.Files[0].Content, v.Files[0].Size)
	if err != nil || p.Current().Text() != "été*\n" {
		t.Error(err)
	}
	var copied counter
	if err := writeFor(&copied, "new", v.Files[0].Content, v.Files[0].Size, nil); err != nil || int64(copied) < 14_000_000 {
		t.Errorf("%d bytes for another server, %v", copied, err)
	}
	if c, _, err := pad.ReadFingerprint(v.Files[0].Content, v.Files[0].Size); err != nil || c == (pad.Fingerprint{}) {
		t.Error(err)
	}
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
