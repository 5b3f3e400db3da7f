package etherpad

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/padsync/padsync/sources/sourcetest/etherpadtest"
)

// richExport is that of a pad which has some of all.
func richExport(t *testing.T) string {
	server := etherpadtest.New(etherpadtest.Options{})
	server.CreateRich("pad")
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/p/pad/export/etherpad", nil))
	return w.Body.String()
}

func contentOf(t testing.TB, export string) (content, names) {
	t.Helper()
	c, n, err := readContent(strings.NewReader(export), int64(len(export)))
	if err != nil {
		t.Fatal(err)
	}
	return c, n
}

func TestContentIsWhatTheServerDoesNotChange(t *testing.T) {
	export := richExport(t)
	c, n := contentOf(t, export)
	for what, replace := range map[string][2]string{
		"the id":          {`"pad:pad`, `"pad:new`},
		"a chat's name":   {`"userId":"a.Noel`, `"userName":"N","userId":"a.Noel`},
		"key revisions":   {`"attribToNum":{`, `"more":1,"attribToNum":{`},
		"the system":      {`"changeset":"Z:1>l|1+l$`, `"changeset":"Z:1>l*zz|1+l$`}, // a number that is in no pool
		"parts of one":    {`"changeset":"Z:1>l|1+l$`, `"changeset":"Z:1>l+5|1+g$`},
		"an author's day": {`"timestamp":`, `"lastSeen":1,"timestamp":`},
	} {
		changed, _ := contentOf(t, strings.ReplaceAll(export, replace[0], replace[1]))
		if !strings.Contains(export, replace[0]) || changed != c {
			t.Errorf("%s: another content, or nothing was changed", what)
		}
	}
	for what, replace := range map[string][2]string{
		"text":              {"Présents", "Présentes"},
		"an inserted text":  {`$ligne 7\n`, `$ligne 8\n`},
		"a time":            {`"timestamp":1793523630000`, `"timestamp":1793523630001`},
		"an author":         {`"meta":{"author":"a.Quiet`, `"meta":{"author":"a.Elodie`},
		"formatting":        {`["bold","true"]`, `["italic","true"]`},
		"who wrote a thing": {`["author","a.Quiet`, `["author","a.Quite`},
		"a message":         {"Très bien", "Pas bien"},
		"a star":            {"avant la réunion", "après la réunion"},
		"an operation":      {`|1+8$ligne 7`, `|1=8$ligne 7`},
	} {
		if changed, _ := contentOf(t, strings.Replace(export, replace[0], replace[1], 1)); !strings.Contains(export, replace[0]) || changed == c {
			t.Errorf("%s: the same content, or nothing was changed", what)
		}
	}
	if _, other := contentOf(t, strings.ReplaceAll(export, "Élodie", "Elodie")); other.authors == n.authors {
		t.Error("another name is the same")
	}
}

func FuzzContent(f *testing.F) {
	f.Add([]byte(`{"pad:a":{"atext":{"text":"xy\n","attribs":"*0+1*0*1|1+2"},"pool":{"numToAttrib":{"0":["author","a.b"],"1":["bold",true]},"nextNum":2},"head":0,"chatHead":0},` +
		`"globalAuthor:a.b":{"name":"B","padIDs":"a"},"pad:a:revs:0":{"changeset":"Z:1>2*0+1*0*1|1+1$xy","meta":{"author":"a.b","timestamp":1}},"pad:a:chat:0":{"text":"t","userId":"a.b","time":2},"x:a":{}}`))
	f.Add([]byte(`{"pad:a":{"atext":{"text":"x\n","attribs":"*0*1|1+2Z:-="},"pool":{"numToAttrib":{"0":1}}},"pad:a:revs:0":{"changeset":"Z:"}}`))
	f.Fuzz(func(t *testing.T, export []byte) {
		c, _, err := readContent(bytes.NewReader(export), int64(len(export)))
		if err != nil || c.text == (sum{}) {
			return // inspect refuses what has no pad
		}
		var copied bytes.Buffer
		if err := writeFor(&copied, "new", bytes.NewReader(export), int64(len(export)), nil); err != nil {
			t.Fatal(err)
		}
		again, _, err := readContent(bytes.NewReader(copied.Bytes()), int64(copied.Len()))
		if err != nil {
			t.Fatalf("%v in %q", err, copied.Bytes())
		}
		if again != c {
			t.Fatalf("copied as %q", copied.Bytes())
		}
	})
}
